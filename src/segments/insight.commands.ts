import { readFile } from 'node:fs/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import type { Language } from '../core/rule/phrasebook.js';
import type { ExplainedCondition } from '../core/rule/explain-membership.js';
import { type Scope, scopeSchema } from '../core/rule/rule.js';
import { err, ok, type Result } from '../core/shared/result.js';
import { type Boot, fail, withApp } from '../platform/command-line.js';
import { cards, sayProblem, table } from './command-output.js';
import { type Overlap, OverlapService } from './overlap.service.js';
import { type Mailability, type Preview, PreviewService } from './preview.service.js';
import { sayCount, sayMailing } from './preview-words.js';
import { type Why, WhyService } from './why.service.js';

const language = () => new Option('--language <language>', 'of the sentences').choices(['nl', 'en']).default('en');

export function registerPreviewCommand(program: Command, boot: Boot): void {
  program
    .command('preview')
    .description('show whom a rule selects: count, ten of them, the rule in words, what it takes and who may be mailed; saves nothing')
    .argument('<rule>', 'a JSON file with a rule, by itself or with its scope as the API takes it, or the key of a segment')
    .addOption(new Option('--scope <scope>', 'what the rule of a file is about').choices(['contact', 'account']).default('contact'))
    .option('--purpose <purpose>', 'tell how many may be mailed for this purpose, and what stops the others')
    .option('--exact', 'count all, however long it takes; else what takes longer than a second is judged by people drawn by lot')
    .addOption(language())
    .option('--json', 'print one JSON object instead')
    .action((what: string, options: PreviewOptions) => withApp(boot, (app) => preview(app, what, options)));
}

export function registerInsightCommands(segments: Command, boot: Boot): void {
  segments
    .command('why')
    .description('why somebody is in a segment, or not: condition by condition, with the values seen')
    .argument('<key>', 'the key of a segment')
    .option('--contact <contact>', 'e-mail address or number of a contact')
    .option('--account <account>', 'number of an account')
    .addOption(language())
    .option('--json', 'print one JSON object instead')
    .action((key: string, options: WhyOptions) => withApp(boot, (app) => why(app, key, options)));
  segments
    .command('overlap')
    .description('how many members a segment shares with others of its kind')
    .argument('<key>', 'the key of a segment')
    .argument('[with...]', 'the segments to compare with; all when left out')
    .option('--json', 'print one JSON object instead')
    .action((key: string, others: string[], options: { json?: boolean }) => withApp(boot, (app) => overlap(app, key, others, options)));
}

interface PreviewOptions {
  readonly scope: Scope;
  readonly purpose?: string;
  readonly exact?: boolean;
  readonly language: Language;
  readonly json?: boolean;
}

/** What the API takes and a segment is saved as: the rule with its scope. */
const wholeSegment = z.object({ kind: z.undefined().optional(), scope: scopeSchema.optional(), rule: z.record(z.string(), z.unknown()) });

async function preview(app: INestApplicationContext, what: string, options: PreviewOptions): Promise<void> {
  const service = app.get(PreviewService, { strict: false });
  const input = what.endsWith('.json') ? await readRule(what) : undefined;
  if (input && !input.ok) return fail(input.error);
  const patience = options.exact === true ? null : undefined;
  const whole = input && wholeSegment.safeParse(input.value).data;
  const found = input ? await service.preview(whole?.scope ?? options.scope, whole ? whole.rule : input.value, options.purpose, patience) : await service.previewSegment(what, options.purpose, patience);
  if (!found.ok) return fail(sayProblem(found.error));
  console.log(options.json === true ? JSON.stringify(found.value) : report(found.value, options.language));
}

async function readRule(file: string): Promise<Result<unknown, string>> {
  try {
    return ok(JSON.parse(await readFile(file, 'utf8')) as unknown);
  } catch (error) {
    return err(`${file} cannot be read as a rule: ${(error as Error).message}`);
  }
}

function report(preview: Preview, spoken: Language): string {
  const { sample, sentence, touches, mailability, estimate } = preview;
  const touched = [...touches.contactAttributes.map((key) => `contact.${key}`), ...touches.accountAttributes.map((key) => `account.${key}`), ...touches.events.map((name) => `event “${name}”`)];
  return [
    ...sayCount(preview, spoken),
    '',
    `en  ${sentence.en}`,
    `nl  ${sentence.nl}`,
    ...(touched.length > 0 ? ['', `Reads ${touched.join(', ')}`] : []),
    ...(estimate?.expensive === true && estimate.advice ? ['', `Note  ${estimate.advice[spoken]}`] : []),
    ...(mailability ? ['', mailing(mailability, spoken)] : []),
    ...(sample.length > 0 ? ['', cards(sample)] : []),
  ].join('\n');
}

function mailing(mailability: Mailability, spoken: Language): string {
  const { reasons } = mailability;
  const head = sayMailing(mailability, spoken);
  if (reasons.length === 0) return head;
  const width = Math.max(...reasons.map(({ count }) => number(count).length));
  return [head, '', ...reasons.map(({ count, text, code }) => `  ${number(count).padStart(width)}   ${text[spoken]}  [${code}]`)].join('\n');
}

interface WhyOptions {
  readonly contact?: string;
  readonly account?: string;
  readonly language: Language;
  readonly json?: boolean;
}

async function why(app: INestApplicationContext, key: string, options: WhyOptions): Promise<void> {
  if ((options.contact === undefined) === (options.account === undefined)) return fail('Give either --contact or --account.');
  if (options.account !== undefined && !/^[1-9]\d{0,14}$/.test(options.account)) return fail(`“${options.account}” is no number of an account.`);
  const found = await app.get(WhyService, { strict: false }).explain(key, options.contact !== undefined ? { contact: options.contact } : { account: Number(options.account) });
  if (!found.ok) return fail(sayProblem(found.error));
  console.log(options.json === true ? JSON.stringify(found.value) : told(found.value, options.language));
}

const IN: Record<Language, readonly [not: string, is: string]> = { nl: ['is niet in', 'is in'], en: ['is not in', 'is in'] };

function told({ who, segment, member, because }: Why, spoken: Language): string {
  const name = ('email' in who ? (who.name ?? who.email) : who.name) ?? String(who.id);
  return [`${name} ${IN[spoken][member ? 1 : 0]} “${segment}”`, '', ...lines(because, 0, spoken)].join('\n');
}

function lines({ holds, sentence, seen, conditions }: ExplainedCondition, depth: number, spoken: Language): string[] {
  const mark = holds ? '✓' : '✗';
  const here = `${'  '.repeat(depth)}${mark} ${sentence[spoken]}${seen ? `  (${seen[spoken]})` : ''}`;
  return [here, ...(conditions ?? []).flatMap((condition) => lines(condition, depth + 1, spoken))];
}

async function overlap(app: INestApplicationContext, key: string, others: readonly string[], options: { json?: boolean }): Promise<void> {
  const found = await app.get(OverlapService, { strict: false }).compare({ rule: { segment: key }, ...(others.length > 0 && { with: others }) });
  if (!found.ok) return fail(sayProblem(found.error));
  console.log(options.json === true ? JSON.stringify(found.value) : compared(key, found.value));
}

function compared(key: string, { size, scope, segments, leftOut }: Overlap): string {
  const rows = segments.map((segment) => [segment.key, number(segment.size), number(segment.both), number(segment.onlyHere), number(segment.onlyThere)]);
  return [
    `${key}: ${number(size)} ${scope}${size === 1 ? '' : 's'}`,
    ...(rows.length > 0 ? ['', table(['Segment', 'Members', 'In both', `Only ${key}`, 'Only it'], rows)] : ['There is no other segment to compare with.']),
    ...(leftOut.length > 0 ? ['', `Not compared: ${leftOut.join(', ')}`] : []),
  ].join('\n');
}

function number(value: number): string {
  return value.toLocaleString('en-GB');
}
