import { readFile } from 'node:fs/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { Argument, type Command } from 'commander';
import { Clock } from '../platform/clock/clock.js';
import { notFound, ProblemError } from '../platform/http/problem.js';
import { attributeChange, attributeScope } from './attribute-input.js';
import { problemOf } from './attributes.controller.js';
import { AttributesService } from './attributes.service.js';
import { problemOf as computedProblemOf } from './computed/computed-attributes.controller.js';
import { ComputedAttributesService, computedInput } from './computed/computed-attributes.service.js';
import { HistoryService } from './history/history.service.js';

type Boot = () => Promise<INestApplicationContext>;

const PAGE = 200;

export function registerAttributesCommands(program: Command, boot: Boot): void {
  const attributes = program.command('attributes').description('attributes: what each is, what it may be used for, who uses it');
  attributes
    .command('list')
    .description('list the attributes')
    .option('--unclassified', 'only those that no purpose may use until somebody classifies them')
    .action((options: { unclassified?: boolean }) => withApp(boot, (app) => list(app, options.unclassified === true)));
  attributes
    .command('show')
    .description('where an attribute or a kind of event comes from, what it may be used for, and who uses it')
    .addArgument(new Argument('<scope>', 'whose attribute, or event').choices([...attributeScope.options, 'event']))
    .argument('<key>', 'the attribute, or the name of the event')
    .action((scope: 'contact' | 'account' | 'event', key: string) => withApp(boot, (app) => show(app, scope, key)));
  attributes
    .command('classify')
    .description('say what an attribute may be used for')
    .addArgument(new Argument('<scope>', 'whose attribute').choices(attributeScope.options))
    .argument('<key>', 'the attribute')
    .requiredOption('--purposes <list>', 'comma-separated keys of purposes; * for any; empty for none')
    .option('--sensitive', 'special category (GDPR art. 9): needs explicit consent')
    .action((scope: 'contact' | 'account', key: string, options: { purposes: string; sensitive?: boolean }) => withApp(boot, (app) => classify(app, scope, key, options)));
  attributes
    .command('compute')
    .description('compute an attribute of contacts from their events, and wait until everybody has a value')
    .argument('<key>', 'the attribute')
    .argument('<file>', 'JSON: {"computation": {"aggregate": "count", "event": "Order Completed", "withinDays": 90}}')
    .action((key: string, file: string) => withApp(boot, (app) => compute(app, key, file)));
}

async function withApp(boot: Boot, work: (app: INestApplicationContext) => Promise<void>): Promise<void> {
  const app = await boot();
  try {
    await work(app);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const { title, detail, errors } = error.problem;
    console.error([title, ...(detail === undefined ? [] : [detail]), ...(errors ?? []).map(({ path, message }) => `  ${path}: ${message}`)].join('\n'));
    process.exitCode = 1;
  } finally {
    await app.close();
  }
}

async function list(app: INestApplicationContext, unclassified: boolean): Promise<void> {
  const service = app.get(AttributesService, { strict: false });
  let count = 0;
  for (let after: readonly [string, string] | undefined = ['', '']; after !== undefined; ) {
    const page = await service.list(unclassified ? { unclassified } : {}, after, PAGE);
    for (const { row, users } of page) {
      const purposes = row.purposes.length === 0 ? 'unclassified' : row.purposes.join(', ');
      const used = users.segments.length + users.templates.length + users.campaigns.length;
      console.log(`${`${row.scope}.${row.key}`.padEnd(40)} ${row.type.padEnd(10)} ${purposes}${row.sensitive ? ', sensitive' : ''}${row.computation ? `, computed from ${row.computation.event}` : ''}${used > 0 ? `, used by ${used}` : ''}`);
    }
    count += page.length;
    const last = page.at(-1)?.row;
    after = last && page.length === PAGE ? [last.scope, last.key] : undefined;
  }
  if (count === 0) console.log(unclassified ? 'Every attribute is classified.' : 'There are no attributes.');
}

async function show(app: INestApplicationContext, scope: 'contact' | 'account' | 'event', key: string): Promise<void> {
  const service = app.get(AttributesService, { strict: false });
  const known = scope === 'event' ? await service.findEvent(key) : await service.find(scope, key);
  if (!known) throw notFound(scope === 'event' ? 'kind of event' : 'attribute', key);
  const { row, users } = known;
  const classified = await service.classifiedBy(scope, key);
  const list = (items: readonly string[]): string => (items.length === 0 ? 'none' : items.join(', '));
  const lines: [string, string][] = [
    ['from', `${row.source ?? 'not known'}${'computation' in row && row.computation ? `, computed from the event ${row.computation.event}` : ''}, since ${row.created_at.toISOString().slice(0, 10)}`],
    ['may be used for', row.purposes.length === 0 ? 'nothing: unclassified' : row.purposes.join(', ')],
    ['sensitive', row.sensitive ? 'yes: asks for explicit consent (GDPR art. 9)' : 'no'],
    ['classified by', classified ? `${classified.actor}, ${classified.at.toISOString().slice(0, 10)}` : 'nobody'],
    ...('retention_days' in row ? [['values are kept', row.retention_days === null ? 'as long as the person' : `${row.retention_days} days`] as [string, string]] : []),
    ['segments', list(users.segments)],
    ['templates', list(users.templates)],
    ['campaigns', list(users.campaigns)],
    ...('computed' in known ? [['computed from it', list(known.computed)] as [string, string]] : []),
  ];
  console.log([`${scope}.${key}`, ...lines.map(([what, says]) => `  ${what.padEnd(16)} ${says}`)].join('\n'));
}

async function classify(app: INestApplicationContext, scope: 'contact' | 'account', key: string, options: { purposes: string; sensitive?: boolean }): Promise<void> {
  const purposes = options.purposes.split(',').map((purpose) => purpose.trim()).filter((purpose) => purpose !== '');
  const change = attributeChange.safeParse({ purposes, ...(options.sensitive === true && { sensitive: true }) });
  if (!change.success) throw new ProblemError({ status: 422, type: 'invalid-input', title: 'That cannot be used as it is.', errors: change.error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message })) });
  const result = await app.get(AttributesService, { strict: false }).change(scope, key, change.data, 'operator');
  if (!result.ok) throw problemOf(result.error, 'attribute', key);
  console.log(`${scope}.${key} may be used for ${result.value.purposes.join(', ') || 'nothing'}.`);
  for (const { campaign, reads } of result.value.stops) for (const { message } of reads) console.log(`campaign ${campaign}: ${message}`);
}

async function compute(app: INestApplicationContext, key: string, file: string): Promise<void> {
  const given: unknown = await readFile(file, 'utf8').then((text) => JSON.parse(text) as unknown).catch((error: unknown) => {
    throw new ProblemError({ status: 422, type: 'invalid-input', title: `${file} cannot be read: ${(error as Error).message}` });
  });
  const input = computedInput.safeParse(given);
  if (!input.success) throw new ProblemError({ status: 422, type: 'invalid-input', title: `${file} cannot be used as it is.`, errors: input.error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message })) });
  const computed = app.get(ComputedAttributesService, { strict: false });
  const result = await computed.define(key, input.data, 'operator');
  if (!result.ok) throw computedProblemOf(result.error, key);
  const { people, changed } = await app.get(HistoryService, { strict: false }).digest(app.get(Clock, { strict: false }).now());
  const remaining = (await computed.progress(key))?.remaining ?? 0;
  console.log(`contact.${key} is computed. ${people.toLocaleString('en-GB')} contacts were looked at, ${changed.toLocaleString('en-GB')} have a new value${remaining > 0 ? `, ${remaining.toLocaleString('en-GB')} follow in the background` : ''}.`);
}
