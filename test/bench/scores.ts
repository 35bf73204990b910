import { createHttpApplication } from '../../src/application.js';
import { SteppedClock } from '../../src/platform/clock/clock.js';
import { addEngagement, readState } from '../../src/accounts/scores/engagement.queries.js';
import { readHorizon } from '../../src/platform/database/horizon.queries.js';
import { ScorePolicyService } from '../../src/accounts/scores/score-policy.service.js';
import { ScoresService } from '../../src/accounts/scores/scores.service.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { startTemporaryPlatform } from '../support/temporary-platform.js';

const NOW = new Date('2026-06-09T08:00:00Z');

/** Events of people of accounts, scored as they come in one stretch of the cursor; then everybody anew, then every account. */
export async function run(args: string[]): Promise<Record<string, unknown>> {
  const option = (name: string, otherwise: number): number => (args.includes(name) ? Number(args[args.indexOf(name) + 1]) : otherwise);
  const [events, people, accounts] = [option('--events', 1_000_000), option('--people', 100_000), option('--accounts', 10_000)];
  const temporary = await startTemporaryPlatform({ TACTFUL_ROLES: 'api' }, new SteppedClock(NOW));
  const app = await createHttpApplication(temporary.platform, temporary.logger);
  try {
    await app.init();
    const { sql } = temporary.platform.database;
    const scores = app.get(ScoresService, { strict: false });
    await prepare(sql, people, accounts);
    await scores.work(NOW);
    await fill(sql, events, people);
    const plan = args.includes('--plan') ? await planOf(sql, await app.get(ScorePolicyService, { strict: false }).inForce()) : undefined;
    const followed = await timed(() => scores.work(NOW));
    await fill(sql, events / 10, people, 'again');
    const more = await timed(() => scores.work(NOW));
    await sql.exec('bench.again', 'insert into engagement_again (contact_id) select contact_id from contacts');
    const anew = await timed(() => scores.work(NOW));
    await sql.exec('bench.queue', 'insert into account_score_queue (account_id) select account_id from accounts');
    const looked = await timed(() => scores.work(NOW));
    const { mb } = await sql.one<{ mb: number }>('bench.size', `select round(sum(pg_total_relation_size(t)) / 1e6) as mb from unnest(array['engagement_days', 'contact_engagement', 'account_scores']::regclass[]) t`);
    if (plan) console.error(plan);
    return {
      events, people, accounts, events_per_s: Math.round(events / followed), later_events_per_s: Math.round(events / 10 / more), people_anew_per_s: Math.round(people / anew), accounts_per_s: Math.round(accounts / looked),
      disk_mb: mb, rss_mb: Math.round(process.memoryUsage.rss() / 1e6),
    };
  } finally {
    await app.close();
    await temporary.remove();
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1_000;
}

async function prepare(sql: Sql, people: number, accounts: number): Promise<void> {
  await sql.exec('bench.purpose', `insert into purposes (purpose, name_nl, name_en, legal_basis, retention_days) values ('bench', 'x', 'x', 'consent', 365)`);
  await sql.exec('bench.events', `insert into event_definitions (name, purposes) select unnest(array['Email Replied', 'Page Viewed', 'Email Link Clicked', 'Demo Requested']), '{bench}' on conflict (name) do update set purposes = excluded.purposes`);
  await sql.exec('bench.accounts', `insert into accounts (account_id, name, name_key, employees, sector, domain, source, created_at, updated_at) select id, 'a' || id, 'a' || id, id % 2000, 'x', id || '.example', 'bench', $2, $2 from generate_series(1, $1::bigint) id`, [accounts, NOW]);
  await sql.exec('bench.people', `insert into contacts (contact_id, bucket, account_id, source, created_at, updated_at) select id, bucket_of(id, 1 + id % $2), 1 + id % $2, 'bench', $3, $3 from generate_series(1, $1::bigint) id`, [people, accounts, NOW]);
  await sql.exec('bench.roles', `insert into buying_group_members (contact_id, account_id, role, source, valid_from) select contact_id, account_id, (array['decider', 'user', 'influencer', 'buyer'])[1 + contact_id % 4], 'bench', $1 from contacts where contact_id % 3 = 0`, [NOW]);
}

/** Of the last three months, most of them visits; half of the people do nearly all of it. */
async function fill(sql: Sql, events: number, people: number, key = 'first'): Promise<void> {
  await sql.exec(
    'bench.fill',
    `insert into events (contact_id, occurred_at, idempotency_key, name, properties, source)
     select 1 + (power(random(), 2) * ($2::bigint - 1))::bigint, $3::timestamptz - random() * interval '90 days', $4 || n, (array['Page Viewed', 'Page Viewed', 'Page Viewed', 'Page Viewed', 'Email Link Clicked', 'Email Replied', 'Demo Requested', 'Order Completed'])[1 + n % 8],
       jsonb_build_object('page', (array['home', 'pricing', 'docs'])[1 + n % 3]), 'bench' from generate_series(1, $1::bigint) n`,
    [events, people, NOW, key],
  );
  await sql.exec('bench.analyze', 'analyze events, contacts, accounts, engagement_days, contact_engagement');
}

/** What PostgreSQL does for the stretch; undone again. */
async function planOf(sql: Sql, { usable }: Awaited<ReturnType<ScorePolicyService['inForce']>>): Promise<string> {
  const state = await readState(sql);
  const stretch = { from: state.cursor_xid, to: await readHorizon(sql) };
  let plan = '';
  const explained = { one: async (name: string, text: string, params: unknown[]) => ((plan = (await sql.many<{ 'QUERY PLAN': string }>(name, `explain ${text}`, params)).map((row) => row['QUERY PLAN']).join('\n')), { people: 0 }) } as unknown as Sql;
  await addEngagement(explained, stretch, { policy: usable.engagement, now: NOW, epoch: state.epoch });
  return plan;
}
