import type { INestApplicationContext } from '@nestjs/common';
import { Argument, type Command, Option } from 'commander';
import { HOLD_KINDS, HOLD_STEPS, type HoldStep } from '../../core/account/holds.js';
import { type Boot, fail, withApp } from '../../platform/command-line.js';
import { HoldDeskService } from './hold-desk.service.js';
import { holdInput, holdParams } from './hold-input.js';
import { type HoldView, HoldsViewService } from './holds-view.service.js';

const MOST = 1_000;
const FAR = new Date('9999-12-31T00:00:00Z');

type Language = 'nl' | 'en';

interface ListOptions {
  readonly contact?: string;
  readonly account?: string;
  readonly all?: true;
  readonly language: Language;
}

interface OpenOptions {
  readonly contact?: string;
  readonly account?: string;
  readonly reason: string;
  readonly severe?: true;
  readonly meetingAt?: string;
}

export function registerHoldsCommands(program: Command, boot: Boot): void {
  const holds = program.command('holds').description('whom the machine leaves alone, and why');
  holds
    .command('list')
    .description('holds in force, latest first')
    .option('--contact <number>', 'his own, and those of his account')
    .option('--account <number>', 'its own, and those of its people')
    .option('--all', 'those that ended too')
    .addOption(inLanguage())
    .action((options: ListOptions) => withApp(boot, (app) => list(app.get(HoldsViewService, { strict: false }), options)));
  holds
    .command('open')
    .description('leave a person or an account alone; a task goes to the owner')
    .addArgument(new Argument('<kind>', 'why').choices(HOLD_KINDS))
    .option('--contact <number>', 'the person')
    .option('--account <number>', 'the account')
    .requiredOption('--reason <words>', 'what happened, in words the owner reads')
    .option('--severe', 'complaint, ticket: the whole account')
    .option('--meeting-at <moment>', 'meeting: when it is, such as 2026-06-09T10:00:00Z')
    .action((kind: string, options: OpenOptions) => withApp(boot, (app) => open(app.get(HoldDeskService, { strict: false }), kind, options)));
  holds
    .command('close')
    .description('say what happened to the matter: the hold ends by its rule')
    .argument('<hold>', 'as the list has it, such as contact/12')
    .addArgument(new Argument('<step>', 'what happened').choices(HOLD_STEPS))
    .addOption(inLanguage())
    .action((hold: string, step: HoldStep, { language }: { language: Language }) => withApp(boot, (app) => close(app, hold, step, language)));
}

function inLanguage(): Option {
  return new Option('--language <language>', 'language of the reasons, and of what is waited for').choices(['nl', 'en']).default('en');
}

async function list(holds: HoldsViewService, { contact, account, all, language }: ListOptions): Promise<void> {
  const filter = { contactId: contact === undefined ? undefined : Number(contact), accountId: account === undefined ? undefined : Number(account), inForce: all !== true };
  const rows = await holds.list(filter, undefined, [FAR, 0], MOST);
  for (const row of rows) console.log(line(holds.view(row, language), language));
  if (rows.length === 0) console.log('Nobody is held.');
}

async function open(desk: HoldDeskService, kind: string, { contact, account, meetingAt, ...rest }: OpenOptions): Promise<void> {
  const input = holdInput.safeParse({ kind, ...rest, ...(contact !== undefined && { contact }), ...(account !== undefined && { account }), ...(meetingAt !== undefined && { meetingAt }) });
  if (!input.success) return fail(input.error.issues.map(({ path, message }) => [...path.map(String), message].join(': ')).join('\n'));
  const { contact: contactId, account: accountId, meetingAt: momentAt = null, reference = null, key: _, ...hold } = input.data;
  const subject = { ...(contactId !== undefined && { contactId }), ...(accountId !== undefined && { accountId }) };
  const opened = await desk.open({ ...hold, ...subject, momentAt, reference, cause: `operator:${crypto.randomUUID()}`, by: 'operator' }, undefined);
  if (!opened || opened.length === 0) return fail(`There is no ${contact === undefined ? `account ${account ?? ''}` : `contact ${contact}`}.`);
  for (const { scope, holdId, taskId } of opened) console.log(`${scope}/${holdId} is held${taskId === null ? '' : `; task ${taskId}`}.`);
}

async function close(app: INestApplicationContext, hold: string, step: HoldStep, language: Language): Promise<void> {
  const [scope = '', id = ''] = hold.split('/');
  const meant = holdParams.safeParse({ scope, id });
  const closed = meant.success && (await app.get(HoldDeskService, { strict: false }).close(meant.data.scope, meant.data.id, step, 'operator', undefined));
  if (!meant.success || !closed) return fail(`There is no hold ${hold}.`);
  const view = await app.get(HoldsViewService, { strict: false }).find(meant.data.scope, meant.data.id, undefined, language);
  if (view) console.log(line(view, language));
}

const LINE_WORDS = { nl: { until: 'tot', over: 'voorbij' }, en: { until: 'until', over: 'over' } } as const;

function line({ id, kind, reason, owner, endsAt, waitsFor, inForce }: HoldView, language: Language): string {
  const words = LINE_WORDS[language];
  const end = endsAt instanceof Date ? endsAt.toISOString().slice(0, 16) : waitsFor.map((said) => said[language]).join(', ');
  const until = inForce ? `${words.until} ${end}` : words.over;
  return `${id}\t${kind}\t${until}\t${typeof owner === 'string' ? owner : '-'}\t${String(reason)}`;
}
