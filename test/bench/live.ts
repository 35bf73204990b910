import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createHttpApplication } from '../../src/application.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { LiveService } from '../../src/segments/live/live.service.js';
import { ReconcileService } from '../../src/segments/live/reconcile.service.js';
import { startTemporaryPlatform } from '../support/temporary-platform.js';
import type { Orders, Sent } from './live-client.js';
import { BENCH_SEGMENTS, prepareLiveWorld } from './live-world.js';
import { slowest, spent } from './statements.js';

const CONTACTS = 50_000;
/** Mail that is not there so long after the last event is lost. */
const PATIENCE_MS = 30_000;
const LOOK_MS = 20;
/** What follows a load of people (matching to accounts, stages, RFM) is over by then. */
const SETTLING_MS = 12_000;

/**
 * `--rate` events a second (default 2,000) over HTTP for `--seconds` (60) into one process with all roles, 50 live segments, 5 campaigns that
 * people enter with a segment, mail to a local SMTP sink. From the moment before the request to the moment at which the membership can be read by
 * others, and at which the sink has taken the mail.
 */
export async function run(args: string[]): Promise<Record<string, unknown>> {
  const [rate, seconds] = [option(args, 'rate', 2_000), option(args, 'seconds', 60)];
  const sink = fork(fileURLToPath(new URL('./sink.js', import.meta.url)), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [{ port }] = (await once(sink, 'message')) as [{ port: number }];
  const temporary = await startTemporaryPlatform({ TACTFUL_ROLES: 'api,worker,scheduler', TACTFUL_PUBLIC_URL: 'https://mail.voorbeeld.example', SMTP_URL: `smtp://127.0.0.1:${port}?ignoreTLS=true`, TACTFUL_SMTP_CONNECTIONS: '10' });
  const app = await createHttpApplication(temporary.platform, temporary.logger);
  const { sql } = temporary.platform.database;
  try {
    await app.listen(0, '127.0.0.1');
    say(`making ${CONTACTS} people and ${BENCH_SEGMENTS.length} segments`);
    const key = await prepareLiveWorld(app, CONTACTS, new Date());
    await pause(SETTLING_MS);
    await sql.exec('bench.checkpoint', 'checkpoint');
    const watch = watchMembers(sql);
    const before = await spent(temporary.platform.metrics);
    const cpu = process.cpuUsage();
    say(`sending ${rate} events/s for ${seconds} s`);
    const sent = await sendEvents({ url: await app.getUrl(), key, perSecond: rate, seconds, contacts: CONTACTS, seed: 7 });
    const used = process.cpuUsage(cpu);
    for (const line of slowest(before, await spent(temporary.platform.metrics))) say(line);
    const expected = expectedArrivals(sent.sent);
    const mailed = expectedMails(sent.sent);
    await waitUntil(async () => watch.seen.size >= expected.size && (await mails(sink)).length >= mailed.size);
    const arrived = new Map(await mails(sink));
    await watch.stop();
    const difference = await compare(app.get(LiveService), app.get(ReconcileService), sql);
    for (const line of await phases(sql)) say(line);
    const memberMs = [...expected].flatMap(([place, at]) => (watch.seen.has(place) ? [(watch.seen.get(place) ?? 0) - at] : []));
    const mailMs = [...mailed].flatMap(([recipient, at]) => (arrived.has(recipient) ? [(arrived.get(recipient) ?? 0) - at] : []));
    const lostMembers = expected.size - memberMs.length;
    const lostMails = mailed.size - mailMs.length;
    return {
      ingest_per_s: Math.round(sent.sent.length / sent.seconds),
      event_to_member_p50_ms: quantile(memberMs, 0.5),
      event_to_member_p95_ms: quantile(memberMs, 0.95),
      event_to_member_max_ms: quantile(memberMs, 1),
      event_to_mail_p50_ms: quantile(mailMs, 0.5),
      event_to_mail_p95_ms: quantile(mailMs, 0.95),
      event_to_mail_max_ms: quantile(mailMs, 1),
      lost: sent.refused + lostMembers + lostMails + difference,
      refused: sent.refused,
      lost_members: lostMembers,
      lost_mails: lostMails,
      differences: difference,
      members_followed: memberMs.length,
      mails: mailMs.length,
      cpu_of_process: Math.round(((used.user + used.system) / 1e6 / sent.seconds) * 100) / 100,
    };
  } finally {
    await app.close();
    await temporary.remove();
    sink.disconnect();
  }
}

async function sendEvents(orders: Orders): Promise<{ sent: Sent[]; refused: number; seconds: number }> {
  const client = fork(fileURLToPath(new URL('./live-client.js', import.meta.url)), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  client.send(orders);
  const [result] = (await once(client, 'message')) as [{ sent: Sent[]; refused: number; seconds: number }];
  return result;
}

/** Who must come into which segment of those that count, by which event: the one that makes the count full. */
function expectedArrivals(sent: readonly Sent[]): Map<string, number> {
  const counted = new Map<string, { times: number; key: string }[]>();
  for (const { key, counts } of BENCH_SEGMENTS) if (counts) counted.set(counts.event, [...(counted.get(counts.event) ?? []), { times: counts.times, key }]);
  const done = new Map<string, number>();
  const expected = new Map<string, number>();
  for (const { contact, event, at } of [...sent].sort((left, right) => left.at - right.at)) {
    const times = (done.get(`${contact} ${event}`) ?? 0) + 1;
    done.set(`${contact} ${event}`, times);
    for (const one of counted.get(event) ?? []) if (one.times === times) expected.set(`${contact} ${one.key}`, at);
  }
  return expected;
}

function expectedMails(sent: readonly Sent[]): Map<string, number> {
  const expected = new Map<string, number>();
  for (const { contact, event, at } of sent) {
    if (!/^Event [1-5]$/.test(event)) continue;
    const recipient = `p${contact}@klant.example`;
    expected.set(recipient, Math.min(at, expected.get(recipient) ?? Infinity));
  }
  return expected;
}

/** Rows are found by segment and time; whoever came in before that would be counted as lost. Mostly less far: what is read then again and again costs the database more than the rest of the watching. */
const LOOKED_BACK_MS = 20_000;
const MOSTLY_BACK_MS = 3_000;
const FAR_EVERY = 50;

/** When each membership could be read first, by somebody who looks every 20 ms; by transaction, so that none is passed over. */
function watchMembers(sql: Sql): { seen: Map<string, number>; stop(): Promise<void> } {
  const seen = new Map<string, number>();
  let cursor = 0;
  let running = true;
  let looks = 0;
  let farCursor = 0;
  const look = async (): Promise<void> => {
    const { horizon } = await sql.one<{ horizon: number }>('bench.horizon', 'select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as horizon');
    const far = !running || looks++ % FAR_EVERY === 0;
    const rows = await sql.many<{ contact_id: number; key: string }>('bench.look', `select c.contact_id, s.key from segments s join segment_changes c using (segment_id) where s.key = any($2) and c.at > $3 and c.change_xid >= $1 and c.kind = 'entered'`, [far ? farCursor : cursor, [...COUNTING], new Date(Date.now() - (far ? LOOKED_BACK_MS : MOSTLY_BACK_MS))]);
    const now = Date.now();
    for (const { contact_id, key } of rows) if (!seen.has(`${contact_id} ${key}`) && COUNTING.has(key)) seen.set(`${contact_id} ${key}`, now);
    cursor = horizon;
    if (far) farCursor = horizon;
  };
  const ended = (async () => {
    while (running) {
      await look();
      await pause(LOOK_MS);
    }
    await look();
  })();
  return {
    seen,
    stop: async () => {
      running = false;
      await ended;
    },
  };
}
const COUNTING: ReadonlySet<string> = new Set(BENCH_SEGMENTS.flatMap(({ key, counts }) => (counts ? [key] : [])));

/** All fifty against their compiled rules. */
async function compare(live: LiveService, reconcile: ReconcileService, sql: Sql): Promise<number> {
  await live.settle();
  let difference = 0;
  for (const { segment_id } of await sql.many<{ segment_id: number }>('bench.segments', 'select segment_id from segment_live')) {
    const found = await reconcile.reconcile(segment_id);
    difference += (found?.missing ?? 0) + (found?.surplus ?? 0);
  }
  return difference;
}

/** How long a mail waits where: until its person is a member (asked), is planned, is accepted by the mail server. */
async function phases(sql: Sql): Promise<string[]> {
  const rows = await sql.many<{ phase: string; p50: number; p95: number }>(
    'bench.phases',
    `with ways as (
       select ev.received_at, ch.at, m.queued_at, m.sent_at from messages m join campaigns c using (campaign_id)
         join segments s on s.key = replace(c.key, 'follow', 'did') join segment_changes ch on ch.contact_id = m.contact_id and ch.segment_id = s.segment_id and ch.kind = 'entered'
         join lateral (select min(received_at) as received_at from events e where e.contact_id = m.contact_id and e.name = replace(c.key, 'follow-', 'Event ')) ev on true)
     select phase, percentile_disc(0.5) within group (order by ms) as p50, percentile_disc(0.95) within group (order by ms) as p95
       from ways cross join lateral (values ('1 received, to asked', at - received_at), ('2 asked, to planned', queued_at - at), ('3 planned, to sent', sent_at - queued_at)) v (phase, took)
         cross join lateral (select round(1000 * extract(epoch from took)) as ms) m group by phase order by phase`,
  );
  return rows.map(({ phase, p50, p95 }) => `${phase}: ${p50} ms, p95 ${p95} ms`);
}

async function mails(sink: ChildProcess): Promise<[string, number][]> {
  sink.send('times');
  return ((await once(sink, 'message')) as [{ times: [string, number][] }])[0].times;
}

async function waitUntil(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await condition()) && Date.now() < deadline) await pause(250);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function quantile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
}

function option(args: readonly string[], name: string, initial: number): number {
  const at = args.indexOf(`--${name}`);
  const value = at === -1 ? initial : Number(args[at + 1]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} must be a whole number`);
  return value;
}

function say(text: string): void {
  console.error(text);
}
