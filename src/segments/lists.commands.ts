import { readFile } from 'node:fs/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Scope } from '../core/rule/rule.js';
import { type Boot, fail, withApp } from '../platform/command-line.js';
import { cards, sayProblem, table } from './command-output.js';
import type { MemberCard } from './member-cards.js';
import { ListsService, type MemberChange, type MemberReferences, MOST_AT_ONCE, newList } from './lists.service.js';
import { PreviewService } from './preview.service.js';
import { SegmentsService } from './segments.service.js';
import { SnapshotsService } from './snapshots.service.js';
import { VersionsService } from './versions.service.js';

const OPERATOR = 'operator';
const PAGE = 200;
const LAST_VERSION = 2 ** 31 - 1;

/** `tactful segments versions|restore|snapshot`. */
export function registerVersionCommands(segments: Command, boot: Boot): void {
  segments
    .command('versions <key>')
    .description('every rule the segment has had: who saved it, when, and its sentence')
    .action((key: string) => withApp(boot, (app) => versions(app, key)));
  segments
    .command('restore <key>')
    .description('take the rule of an old version again, as a new version')
    .argument('<version>', 'see "tactful segments versions"', wholeNumber)
    .action((key: string, version: number) => withApp(boot, (app) => restore(app, key, version)));
  segments
    .command('snapshot <key> <name>')
    .description('keep who is in the segment now, under a name; with --compare: who entered and left since')
    .option('--compare', 'take nothing: compare with now')
    .option('--list <key>', 'take nothing: make a list of it')
    .action((key: string, name: string, options: { compare?: boolean; list?: string }) => withApp(boot, (app) => {
      if (options.list !== undefined) return listOfSnapshot(app, key, name, options.list);
      return options.compare === true ? compare(app, key, name) : snapshot(app, key, name);
    }));
}

/** `tactful lists create|add|remove|members`. */
export function registerListCommands(program: Command, boot: Boot): void {
  const lists = program.command('lists').description('lists: segments whose members are put in and taken out by hand');
  lists
    .command('create <key>')
    .description('make an empty list')
    .option('--name <text>', 'its name (default: the key)')
    .addOption(new Option('--scope <scope>', 'what is in it').choices(['contact', 'account']).default('contact'))
    .action((key: string, options: { name?: string; scope: Scope }) => withApp(boot, (app) => create(app, key, options)));
  for (const action of ['add', 'remove'] as const) {
    lists
      .command(`${action} <key>`)
      .description(action === 'add' ? 'put members in' : 'take members out')
      .argument('[members...]', 'addresses or numbers of contacts (of accounts: numbers), external:CRM-7, user:u7')
      .option('--file <file>', 'a text file with one member on each line')
      .action((key: string, members: string[], options: { file?: string }) => withApp(boot, (app) => change(app, action, key, members, options.file)));
  }
  lists
    .command('members <key>')
    .description('who is in the list')
    .action((key: string) => withApp(boot, (app) => listMembers(app, key)));
}

async function versions(app: INestApplicationContext, key: string): Promise<void> {
  const found = await app.get(VersionsService, { strict: false }).list(key, LAST_VERSION, PAGE);
  if (!found.ok) return fail(sayProblem(found.error));
  const rows = found.value.map((one) => [
    `${one.version}${one.current ? ' (now)' : ''}`, one.createdAt.toISOString(), one.createdBy, one.restoredFrom === null ? '' : String(one.restoredFrom), one.sentence?.en ?? 'a rule this version cannot read',
  ]);
  console.log(rows.length === 0 ? `“${key}” is a list: it has no rule.` : table(['Version', 'Saved', 'By', 'Restored from', 'Selects'], rows));
}

async function restore(app: INestApplicationContext, key: string, version: number): Promise<void> {
  const restored = await app.get(SegmentsService, { strict: false }).restore(key, version, OPERATOR);
  if (!restored.ok) return fail(sayProblem(restored.error));
  console.log(`Segment “${key}” is at version ${restored.value.version}: ${restored.value.sentence?.en ?? ''}`);
}

async function snapshot(app: INestApplicationContext, key: string, name: string): Promise<void> {
  const taken = await app.get(SnapshotsService, { strict: false }).take(key, name.trim(), OPERATOR);
  if (!taken.ok) return fail(sayProblem(taken.error));
  console.log(`Snapshot “${taken.value.name}” of “${key}”: ${taken.value.members.toLocaleString('en-GB')} ${taken.value.members === 1 ? 'member' : 'members'}.`);
}

async function listOfSnapshot(app: INestApplicationContext, key: string, name: string, list: string): Promise<void> {
  const input = newList.safeParse({ key: list, name: `${key}: ${name}` });
  if (!input.success) return fail(input.error.issues.map(({ message }) => message).join('\n'));
  const made = await app.get(SnapshotsService, { strict: false }).toList(key, name, input.data, OPERATOR);
  if (!made.ok) return fail(sayProblem(made.error));
  console.log(`List “${list}”: ${made.value.members.toLocaleString('en-GB')} of snapshot “${name}”.`);
}

async function compare(app: INestApplicationContext, key: string, name: string): Promise<void> {
  const compared = await app.get(SnapshotsService, { strict: false }).compare(key, name);
  if (!compared.ok) return fail(sayProblem(compared.error));
  const { then, now, entered, left } = compared.value;
  console.log(`${then.toLocaleString('en-GB')} then, ${now.toLocaleString('en-GB')} now: ${entered.count.toLocaleString('en-GB')} entered, ${left.count.toLocaleString('en-GB')} left`);
  for (const [title, { sample }] of [['Entered', entered], ['Left', left]] as const) if (sample.length > 0) console.log(`\n${title}, among others:\n${cards(sample)}`);
}

async function create(app: INestApplicationContext, key: string, options: { name?: string; scope: Scope }): Promise<void> {
  const input = newList.safeParse({ key, name: options.name ?? key, scope: options.scope });
  if (!input.success) return fail(input.error.issues.map(({ message }) => message).join('\n'));
  const made = await app.get(ListsService, { strict: false }).create(input.data, OPERATOR);
  if (!made.ok) return fail(sayProblem(made.error));
  console.log(`List “${key}” is there, and empty.`);
}

async function change(app: INestApplicationContext, action: 'add' | 'remove', key: string, words: readonly string[], file: string | undefined): Promise<void> {
  const lines = file === undefined ? '' : await readFile(file, 'utf8').catch((error: unknown) => error as Error);
  if (lines instanceof Error) return fail(`${file} cannot be read: ${lines.message}`);
  const members = [...words, ...lines.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '')];
  if (members.length === 0) return fail('Name members, or a file with one on each line.');
  const service = app.get(ListsService, { strict: false });
  const total = { changed: 0, unchanged: 0, unknown: [] as string[] };
  for (let from = 0; from < members.length; from += MOST_AT_ONCE) {
    const lot = members.slice(from, from + MOST_AT_ONCE);
    const done = await service[action](key, lot.map(referenceOf), OPERATOR);
    if (!done.ok) return fail(sayProblem(done.error));
    total.changed += done.value.changed;
    total.unchanged += done.value.unchanged;
    total.unknown.push(...unknownOf(done.value, lot));
  }
  const [did, idle] = action === 'add' ? ['put in', 'in already'] : ['taken out', 'not in it'];
  console.log(`${total.changed} ${did}, ${total.unchanged} ${idle}, ${total.unknown.length} unknown`);
  if (total.unknown.length > 0) fail(`Nobody here is known as ${total.unknown.slice(0, 20).join(', ')}${total.unknown.length > 20 ? ', …' : ''}.`);
}

function unknownOf({ outcomes }: MemberChange, lot: readonly string[]): string[] {
  return outcomes.flatMap(({ outcome, index }) => (outcome === 'unknown' ? [lot[index] ?? ''] : []));
}

function referenceOf(word: string): MemberReferences[number] {
  if (/^\d{1,15}$/.test(word)) return { id: Number(word) };
  const [, kind, rest = ''] = /^(id|external|user):(.*)$/.exec(word) ?? [];
  if (kind === 'id') return { id: /^\d{1,15}$/.test(rest) ? Number(rest) : 0 };
  if (kind === 'external') return { externalId: rest };
  return kind === 'user' ? { userId: rest } : { email: word };
}

async function listMembers(app: INestApplicationContext, key: string): Promise<void> {
  const counted = await app.get(ListsService, { strict: false }).count(key);
  if (!counted.ok) return fail(sayProblem(counted.error));
  const previews = app.get(PreviewService, { strict: false });
  const all: MemberCard[] = [];
  for (let after = 0; ; ) {
    const page = await previews.members(key, after, PAGE);
    if (!page.ok) return fail(sayProblem(page.error));
    all.push(...page.value);
    const last = page.value.at(-1);
    if (!last || page.value.length < PAGE || all.length >= MOST_AT_ONCE) break;
    after = last.id;
  }
  console.log(`${counted.value.toLocaleString('en-GB')} in the list “${key}”`);
  if (all.length > 0) console.log(cards(all));
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('give a whole number');
  return Number(text);
}
