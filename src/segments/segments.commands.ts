import { readFile } from 'node:fs/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { type Command, Option } from 'commander';
import type { Scope } from '../core/rule/rule.js';
import { err, ok, type Result } from '../core/shared/result.js';
import { type Boot, cards, fail, sayProblem, table, withApp } from './command-line.js';
import { registerListCommands, registerVersionCommands } from './lists.commands.js';
import { type Preview, PreviewService } from './preview.service.js';
import { SegmentsService } from './segments.service.js';

export function registerSegmentsCommands(program: Command, boot: Boot): void {
  const segments = program.command('segments').description('segments: rules over contacts or accounts');
  segments
    .command('list')
    .description('list the segments, each with the sentence of its rule')
    .action(() => withApp(boot, listSegments));
  registerVersionCommands(segments, boot);
  registerListCommands(program, boot);
  program
    .command('preview')
    .description('show whom a rule selects: count, ten of them, and the rule in words; saves nothing')
    .argument('<rule>', 'a JSON file with a rule, or the key of a segment')
    .addOption(new Option('--scope <scope>', 'what the rule of a file is about').choices(['contact', 'account']).default('contact'))
    .option('--json', 'print one JSON object instead')
    .action((what: string, options: { scope: Scope; json?: boolean }) => withApp(boot, (app) => preview(app, what, options)));
}

const PAGE = 200;

async function listSegments(app: INestApplicationContext): Promise<void> {
  const service = app.get(SegmentsService, { strict: false });
  const rows: string[][] = [];
  for (let page = await service.list('', PAGE); page.length > 0; page = await service.list(page.at(-1)?.key ?? '', PAGE)) {
    rows.push(...page.map((segment) => [segment.key, segment.scope, String(segment.version), segment.sentence?.en ?? 'a rule this version cannot read']));
  }
  console.log(rows.length === 0 ? 'There are no segments yet. POST /api/v1/segments makes one.' : table(['Segment', 'Scope', 'Version', 'Selects'], rows));
}

async function preview(app: INestApplicationContext, what: string, options: { scope: Scope; json?: boolean }): Promise<void> {
  const service = app.get(PreviewService, { strict: false });
  const input = what.endsWith('.json') ? await readRule(what) : undefined;
  if (input && !input.ok) return fail(input.error);
  const found = input ? await service.preview(options.scope, input.value) : await service.previewSegment(what);
  if (!found.ok) return fail(sayProblem(found.error));
  console.log(options.json === true ? JSON.stringify(found.value) : report(found.value));
}

async function readRule(file: string): Promise<Result<unknown, string>> {
  try {
    return ok(JSON.parse(await readFile(file, 'utf8')) as unknown);
  } catch (error) {
    return err(`${file} cannot be read as a rule: ${(error as Error).message}`);
  }
}

function report({ scope, count, sample, sentence, touches }: Preview): string {
  const people = { contact: count === 1 ? 'contact' : 'contacts', account: count === 1 ? 'account' : 'accounts' }[scope];
  const touched = [...touches.contactAttributes.map((key) => `contact.${key}`), ...touches.accountAttributes.map((key) => `account.${key}`), ...touches.events.map((name) => `event “${name}”`)];
  return [
    `${count.toLocaleString('en-GB')} ${people}`,
    '',
    `en  ${sentence.en}`,
    `nl  ${sentence.nl}`,
    ...(touched.length > 0 ? ['', `Reads ${touched.join(', ')}`] : []),
    ...(sample.length > 0 ? ['', cards(sample)] : []),
  ].join('\n');
}
