import { readFileSync } from 'node:fs';
import type { INestApplicationContext } from '@nestjs/common';
import type { Command } from 'commander';
import { accountTrigger } from '../../core/account/account-trigger.js';
import { inputWords } from '../../core/shared/input-words.js';
import { err, ok, type Result } from '../../core/shared/result.js';
import { fail } from '../../platform/command-line.js';
import { type Trigger, type TriggerProblem, TriggersService } from './triggers.service.js';

const ACTOR = 'operator';
const MOST = 1_000;

/** `tactful triggers …`. */
export function registerTriggerCommands(program: Command, within: (work: (app: INestApplicationContext) => Promise<void>) => Promise<void>): void {
  const triggers = program.command('triggers').description('what is watched of accounts, such as three people of a buying group who view pricing');
  const act = (work: (service: TriggersService) => Promise<void>): Promise<void> => within((app) => work(app.get(TriggersService, { strict: false })));
  triggers.command('list').description('all triggers, and how often they fired').action(() => act(list));
  triggers
    .command('set')
    .description('define a trigger, or change it; it watches from now on')
    .argument('<key>')
    .argument('[file]', 'its definition as JSON; left out: three people of the buying group viewed pricing within seven days')
    .option('--name <name>', 'what it is called; left out: its key')
    .action((key: string, file: string | undefined, { name = key }: { name?: string }) => act((service) => set(service, key, file, name)));
  for (const [verb, state] of [['pause', 'paused'], ['resume', 'active']] as const) {
    triggers.command(verb).description(verb === 'pause' ? 'watch no longer' : 'watch again, from now on').argument('<key>').action((key: string) => act(async (service) => told(await service.turn(key, state, ACTOR), key)));
  }
  triggers.command('firings').description('when it fired, newest first').argument('<key>').action((key: string) => act((service) => firings(service, key)));
}

async function list(service: TriggersService): Promise<void> {
  const all = await service.list();
  for (const trigger of all) console.log(line(trigger));
  if (all.length === 0) console.log('Nothing is watched.');
}

async function set(service: TriggersService, key: string, file: string | undefined, name: string): Promise<void> {
  const given = file === undefined ? ok({}) : readJson(file);
  if (!given.ok) return fail(given.error);
  const read = accountTrigger.safeParse(given.value, { error: inputWords });
  if (!read.success) return fail(read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'));
  told((await service.find(key)) ? await service.change(key, name, read.data, ACTOR) : await service.create(key, name, read.data, ACTOR), key);
}

function readJson(file: string): Result<unknown, string> {
  try {
    return ok(JSON.parse(readFileSync(file, 'utf8')) as unknown);
  } catch (error) {
    return err(`${file} cannot be read: ${(error as Error).message}`);
  }
}

async function firings(service: TriggersService, key: string): Promise<void> {
  const trigger = await service.find(key);
  if (!trigger) return fail(`There is no trigger "${key}".`);
  const all = await service.firings(trigger, undefined, undefined, [new Date(8_640_000_000_000_000 / 2), 0], MOST);
  for (const { row } of all) console.log(`${row.fired_at.toISOString().slice(0, 16)}\t${row.account_name}\t${row.people} people\t${row.owner_email ?? '-'}\ttask ${row.task_id ?? '-'} ${row.task_state ?? ''}`.trimEnd());
  if (all.length === 0) console.log('It has not fired.');
}

function told(result: Result<Trigger, TriggerProblem>, key: string): void {
  if (result.ok) console.log(line(result.value));
  else fail(`There is no trigger "${key}".`);
}

function line({ key, name, state, firings: count, last_fired_at: last, definition: { people, windowDays, rearmDays } }: Trigger): string {
  return `${key}\t${state}\t${name}\t${people} people in ${windowDays} days, quiet for ${rearmDays}\tfired ${count} times${last === null ? '' : `, last ${last.toISOString().slice(0, 16)}`}`;
}
