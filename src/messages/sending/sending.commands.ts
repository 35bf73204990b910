import type { Command } from 'commander';
import type { z } from 'zod';
import { type Boot, fail, withApp } from '../../platform/command-line.js';
import { host, line, owned, sendingState } from './sending-input.js';
import { SendingDomainsService } from './sending-domains.service.js';
import type { SendingDomainRow } from './sending.queries.js';

const MOST = 10_000;

interface SetOptions {
  readonly pause?: string;
  readonly resume?: true;
  readonly warmUp?: string;
  readonly daily?: string;
  readonly hourly?: string;
  readonly aligned?: 'yes' | 'no';
  readonly problem?: string;
}

export function registerSendingCommands(program: Command, boot: Boot): void {
  const withDomains = (work: (domains: SendingDomainsService) => Promise<void>): Promise<void> => withApp(boot, (app) => work(app.get(SendingDomainsService, { strict: false })));
  const sending = program.command('sending-domains').description('domains that mail leaves from: pause them, warm them up, slow them down');
  sending
    .command('list')
    .description('how each of them stands')
    .action(() => withDomains(listSending));
  sending
    .command('set <domain>')
    .description('say how one stands; what is not named stays, "none" takes away')
    .option('--pause <why>', 'nothing leaves from it from now on')
    .option('--resume', 'mail leaves from it again')
    .option('--warm-up <day>', 'it began to warm up on this day, such as 2026-06-01')
    .option('--daily <number>', 'what it is warmed up to')
    .option('--hourly <number>', 'no more than this an hour')
    .option('--aligned <answer>', 'yes or no: whether SPF, DKIM and DMARC line up')
    .option('--problem <words>', 'what its check found')
    .action((domain: string, options: SetOptions) => withDomains((domains) => set(domains, domain, options)));
  const suppressed = program.command('suppressed-domains').description('domains at which nobody is mailed, with all that stands under them');
  suppressed
    .command('list')
    .description('which they are, and why')
    .action(() => withDomains(listSuppressed));
  suppressed
    .command('add <domain>')
    .description('never mail anybody there')
    .option('--reason <words>', 'why', '')
    .action((domain: string, { reason }: { reason: string }) => withDomains((domains) => suppress(domains, domain, reason)));
  suppressed
    .command('remove <domain>')
    .description('take it off the list')
    .action((domain: string) => withDomains((domains) => release(domains, domain)));
}

async function listSending(domains: SendingDomainsService): Promise<void> {
  const rows = await domains.list();
  for (const row of rows) console.log(`${row.domain.padEnd(32)} ${stateOf(row)}`);
  if (rows.length === 0) console.log('Nothing was said of any domain: mail leaves as it comes.');
}

async function set(domains: SendingDomainsService, name: string, { pause, resume, warmUp, daily, hourly, aligned, problem }: SetOptions): Promise<void> {
  const domain = read(host, name, 'domain');
  const now = domain === undefined ? undefined : await domains.find(domain);
  const before = { aligned: now?.aligned ?? null, problem: now?.problem ?? null, paused: now?.paused_at != null, pauseReason: now?.pause_reason ?? null, warmUpStartedOn: now?.warm_up_started_on ?? null, dailyTarget: now?.daily_target ?? null, hourlyLimit: now?.hourly_limit ?? null };
  const state = read(sendingState, {
    ...before,
    ...(pause !== undefined && { paused: true, pauseReason: pause }),
    ...(resume && { paused: false, pauseReason: null }),
    ...(warmUp !== undefined && { warmUpStartedOn: given(warmUp) }),
    ...(daily !== undefined && { dailyTarget: number(daily) }),
    ...(hourly !== undefined && { hourlyLimit: number(hourly) }),
    ...(aligned !== undefined && { aligned: aligned === 'yes' }),
    ...(problem !== undefined && { problem: given(problem) }),
  }, 'state');
  if (domain === undefined || state === undefined) return;
  const row = await domains.replace(domain, state, 'operator');
  if (row) console.log(`${domain}: ${stateOf(row)}`);
}

async function listSuppressed(domains: SendingDomainsService): Promise<void> {
  const rows = await domains.suppressed('', MOST);
  for (const row of rows) console.log(`${row.domain.padEnd(32)} ${row.suppressed_at.toISOString().slice(0, 10)} ${row.reason || '-'}`);
  if (rows.length === 0) console.log('No domain is left out.');
}

async function suppress(domains: SendingDomainsService, name: string, reason: string): Promise<void> {
  const domain = read(owned, name, 'domain');
  const why = read(line, reason, 'reason');
  if (domain === undefined || why === undefined) return;
  await domains.suppress(domain, why, 'operator');
  console.log(`Nobody at ${domain} or under it is mailed any more.`);
}

async function release(domains: SendingDomainsService, name: string): Promise<void> {
  const domain = read(host, name, 'domain');
  if (domain === undefined) return;
  if (await domains.release(domain, 'operator')) console.log(`${domain} is off the list.`);
  else fail(`${domain} is not on the list.`);
}

function stateOf(row: SendingDomainRow): string {
  const parts = [
    ...(row.paused_at ? [`paused since ${row.paused_at.toISOString().slice(0, 16)}${row.pause_reason === null ? '' : ` (${row.pause_reason})`}`] : []),
    ...(row.aligned === null ? ['not checked'] : [row.aligned ? 'aligned' : 'not aligned']),
    ...(row.problem === null ? [] : [row.problem]),
    ...(row.warm_up_started_on === null ? [] : [`warming up since ${row.warm_up_started_on}${row.daily_target === null ? '' : ` to ${row.daily_target} a day`}`]),
    ...(row.hourly_limit === null ? [] : [`${row.hourly_limit} an hour at most`]),
  ];
  return parts.join(', ');
}

const given = (text: string): string | null => (text === 'none' ? null : text);
const number = (text: string): number | null => (text === 'none' ? null : Number(text));

/** Undefined when it was told what is wrong. */
function read<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> | undefined {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues) fail(`${[what, ...path.map(String)].join('.')}: ${message}`);
  return undefined;
}
