import { readFile } from 'node:fs/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { type Command, Option } from 'commander';
import { assertNever } from '../core/shared/assert-never.js';
import type { Scope } from '../core/rule/rule.js';
import { err, ok, type Result } from '../core/shared/result.js';
import type { MemberCard } from './member-cards.js';
import { type Preview, PreviewService } from './preview.service.js';
import type { SegmentProblem } from './segment-problem.js';
import { SegmentsService } from './segments.service.js';

type Boot = () => Promise<INestApplicationContext>;

export function registerSegmentsCommands(program: Command, boot: Boot): void {
  const segments = program.command('segments').description('segments: rules over contacts or accounts');
  segments
    .command('list')
    .description('list the segments, each with the sentence of its rule')
    .action(() => withApp(boot, listSegments));
  program
    .command('preview')
    .description('show whom a rule selects: count, ten of them, and the rule in words; saves nothing')
    .argument('<rule>', 'a JSON file with a rule, or the key of a segment')
    .addOption(new Option('--scope <scope>', 'what the rule of a file is about').choices(['contact', 'account']).default('contact'))
    .option('--json', 'print one JSON object instead')
    .action((what: string, options: { scope: Scope; json?: boolean }) => withApp(boot, (app) => preview(app, what, options)));
}

async function withApp(boot: Boot, work: (app: INestApplicationContext) => Promise<void>): Promise<void> {
  const app = await boot();
  try {
    await work(app);
  } finally {
    await app.close();
  }
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

function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
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

function cards(sample: readonly MemberCard[]): string {
  const rows = sample.map((card) => ('email' in card ? [String(card.id), card.name ?? '', card.email ?? '', card.account ?? ''] : [String(card.id), card.name, card.sector ?? '', card.country ?? '']));
  return table(sample[0] && 'email' in sample[0] ? ['Id', 'Name', 'E-mail', 'Account'] : ['Id', 'Name', 'Sector', 'Country'], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ').trimEnd();
  return [line(head), widths.map((width, column) => '─'.repeat(Math.min(width, column === widths.length - 1 ? 60 : width))).join('───'), ...rows.map(line)].join('\n');
}

function sayProblem(problem: SegmentProblem): string {
  switch (problem.kind) {
    case 'segment_missing':
      return `There is no segment “${problem.key}”. A file with a rule must end in .json; "tactful segments list" lists the segments.`;
    case 'rule_invalid':
      return ['The rule cannot be used as it is:', ...problem.problems.map(({ path, message }) => `  ${path === '' ? 'the whole rule' : path}: ${message}`)].join('\n');
    case 'segment_slow':
      return `The rule was not answered within ${problem.seconds} seconds. Narrow it: a shorter window for events, or a smaller segment to begin from.`;
    case 'is_list':
      return `“${problem.key}” is a list: it has no rule and no versions.`;
    case 'no_list':
      return `“${problem.key}” is no list: its members follow from its rule.`;
    case 'version_missing':
      return `Segment “${problem.key}” has no version ${problem.version}. "tactful segments versions ${problem.key}" lists them.`;
    case 'snapshot_missing':
      return `Segment “${problem.key}” has no snapshot “${problem.name}”.`;
    case 'snapshot_exists':
      return `Segment “${problem.key}” has a snapshot “${problem.name}” already. Choose another name.`;
    case 'segment_exists':
    case 'scope_fixed':
    case 'segment_changed':
    case 'segment_in_use':
      return `Unexpected here: ${problem.kind}.`;
    default:
      return assertNever(problem);
  }
}
