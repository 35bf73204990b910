import { createApplicationContext } from '../../src/application.js';
import { MatchingService } from '../../src/accounts/matching/matching.service.js';
import { PortfolioRefreshService } from '../../src/accounts/portfolio/refresh.service.js';
import { accountNameKey } from '../../src/accounts/name-key.js';
import { SeededRandom } from '../../src/demo/seeded-random.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { startTemporaryPlatform } from '../support/temporary-platform.js';

const FIRST = ['Northern', 'Southern', 'Eastern', 'Western', 'Central', 'Royal', 'First', 'Global', 'United', 'Blue', 'Green', 'Golden', 'Silver', 'Grand', 'Pacific', 'Atlantic', 'Alpine', 'Baltic', 'Nordic', 'Iberian', 'Delta', 'Omega', 'Prime', 'Rapid', 'Solid'];
const SECOND = ['Steel', 'Timber', 'Freight', 'Harbour', 'Textile', 'Dairy', 'Energy', 'Marine', 'Mining', 'Paper', 'Glass', 'Grain', 'Copper', 'Cement', 'Coffee', 'Cotton', 'Rubber', 'Solar', 'Water', 'Wind'];
const THIRD = ['Works', 'Trading', 'Logistics', 'Systems', 'Industries', 'Services', 'Partners', 'Technology', 'Engineering', 'Supplies', 'Group', 'Holding', 'Solutions', 'Consultancy', 'Laboratories', 'Machinery', 'Packaging', 'Transport', 'Ventures', 'Exchange'];
const FORMS = ['B.V.', 'GmbH & Co. KG', 'Ltd', 'N.V.', 'S.p.A.', 'Inc.', ''];
const COUNTRIES = ['NL', 'BE', 'DE', 'GB'];
/** Of a hundred people: how many are to be found by what. */
const SHARES = { host: 40, domain: 10, number: 5, name: 15, typo: 10, free_mail: 10, stranger: 10 } as const;
type Kind = keyof typeof SHARES;

/**
 * Matching: `--contacts` people without an account (default 100,000) among `--accounts` accounts (default 10,000, whose names share their words), all at
 * once and family by family; then stages and RFM of the same people, with an order in three of four.
 */
export async function run(args: string[]): Promise<Record<string, unknown>> {
  const [contacts, accounts] = [option(args, 'contacts', 100_000), option(args, 'accounts', 10_000)];
  const temporary = await startTemporaryPlatform({ TACTFUL_ROLES: 'api' });
  const app = await createApplicationContext(temporary.platform, temporary.logger);
  try {
    const { sql } = temporary.platform.database;
    const perKind = await fill(sql, contacts, accounts);
    say(`${contacts} contacts, ${accounts} accounts`);
    const matching = app.get(MatchingService, { strict: false });
    const byKind: Record<string, number> = {};
    for (const [kind, [from, to]] of Object.entries(perKind)) {
      const started = performance.now();
      // Dry, so that the whole run below finds everybody again.
      await dryRun(matching, from, to);
      byKind[kind] = Math.round((to - from) / ((performance.now() - started) / 1_000));
      say(`${kind}: ${byKind[kind]} contacts/s (without storing)`);
    }
    const started = performance.now();
    const report = await matching.matchAll({ dryRun: false, by: 'bench' });
    const seconds = (performance.now() - started) / 1_000;
    say(`all: ${Math.round(contacts / seconds)} contacts/s; matched ${report.matched}, review ${report.review}`);
    const again = performance.now();
    const second = await matching.matchAll({ dryRun: false, by: 'bench' });
    const refresher = app.get(PortfolioRefreshService, { strict: false });
    const refreshed = await timed(() => refresher.refreshAll('bench'));
    const unchanged = await timed(() => refresher.refreshAll('bench'));
    const wrong = await sql.one<{ wrong: number }>('bench.wrong', `select count(*)::integer as wrong from contacts where account_id is not null and account_id <> (attributes ->> 'truth')::bigint`);
    return {
      contacts, accounts, matched_per_s: Math.round(contacts / seconds), matched: report.matched, review: report.review, by_rule: report.byRule, ...wrong,
      second_run: { seconds: round((performance.now() - again) / 1_000), matched: second.matched, review: second.review },
      family_per_s: byKind, refresh_s: refreshed.seconds, refreshed: refreshed.value?.contacts, refresh_again_s: unchanged.seconds, refreshed_again: unchanged.value?.contacts,
    };
  } finally {
    await app.close();
    await temporary.remove();
  }
}

async function dryRun(matching: MatchingService, from: number, to: number): Promise<void> {
  for (let after: number | null = from; after !== null && after < to; ) ({ next: after } = await matching.matchAll({ dryRun: true, by: 'bench', after, until: 0 }));
}

async function fill(sql: Sql, contacts: number, accounts: number): Promise<Record<Kind, [number, number]>> {
  const random = new SeededRandom(7);
  const names = Array.from({ length: accounts }, (_, index) => `${FIRST[index % 25]} ${SECOND[Math.floor(index / 25) % 20]} ${THIRD[Math.floor(index / 500) % 20]}`.trim() + (index >= 10_000 ? ` ${Math.floor(index / 10_000)}` : ''));
  const country = names.map(() => random.pick(COUNTRIES));
  await sql.exec(
    'bench.accounts',
    `insert into accounts (account_id, name, name_key, domain, country, vat_number, source, created_at, updated_at)
     select n, name, key, 'www.firm-' || n || '.example', country, 'NL' || (100000000 + n) || 'B01', 'bench', now(), now() from unnest($1::text[], $2::text[], $3::text[]) with ordinality as a (name, key, country, n)`,
    [names.map((name) => `${name} ${random.pick(FORMS)}`.trim()), names.map((name) => accountNameKey(name)), country],
  );
  const ranges = {} as Record<Kind, [number, number]>;
  let id = 0;
  for (const [kind, share] of Object.entries(SHARES) as [Kind, number][]) {
    const from = id;
    const rows = Array.from({ length: Math.round((contacts * share) / 100) }, () => {
      id += 1;
      const account = random.between(1, accounts);
      const name = `${names[account - 1]} ${random.pick(FORMS)}`.trim();
      return { id, account, email: addressOf(kind, id, account), country: country[account - 1], attributes: { truth: account, ...attributesOf(kind, account, name, random) } };
    });
    await sql.exec(
      'bench.contacts',
      `insert into contacts (contact_id, bucket, email, address_hash, country, attributes, created_at, updated_at)
       select id, bucket_of(id, null), email, sha256(email::bytea), country, attributes, now(), now() from unnest($1::bigint[], $2::text[], $3::text[], $4::jsonb[]) as c (id, email, country, attributes)`,
      [rows.map((row) => row.id), rows.map((row) => row.email), rows.map((row) => row.country), rows.map((row) => JSON.stringify(row.attributes))],
    );
    ranges[kind] = [from, id];
  }
  await sql.exec(
    'bench.orders',
    `insert into events (contact_id, occurred_at, idempotency_key, name, properties, source)
     select c, now() - make_interval(days => (c * 37 + k * 101) % 700), k, 'Order Completed', jsonb_build_object('total', (c * 13 + k) % 500), 'bench' from generate_series(1, $1::integer) c, generate_series(1, 5) k where c % 4 > 0 and k <= c % 6`,
    [id],
  );
  await sql.exec('bench.queue', 'delete from account_match_queue');
  await sql.exec('bench.analyze', 'vacuum analyze');
  return ranges;
}

function addressOf(kind: Kind, id: number, account: number): string {
  if (kind === 'host') return `p${id}@mail.www.firm-${account}.example`;
  if (kind === 'domain') return `p${id}@firm-${account}.example`;
  return kind === 'stranger' ? `p${id}@stranger-${id}.example` : `p${id}@gmail.com`;
}

function attributesOf(kind: Kind, account: number, name: string, random: SeededRandom): Record<string, string> {
  if (kind === 'number') return { vat_number: `NL ${100_000_000 + account} B01` };
  if (kind === 'name') return { company: name };
  if (kind === 'stranger') return { company: `${random.pick(FIRST)} Unheard ${random.pick(THIRD)} ${random.between(1, 1e6)}` };
  if (kind !== 'typo') return {};
  const at = random.between(2, 12);
  return { company: name.slice(0, at) + name.slice(at + 1) };
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const started = performance.now();
  const value = await work();
  return { value, seconds: round((performance.now() - started) / 1_000) };
}

function option(args: readonly string[], name: string, fallback: number): number {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(args[at + 1]);
}

const round = (value: number): number => Math.round(value * 10) / 10;
const say = (text: string): void => console.error(`match: ${text}`);
