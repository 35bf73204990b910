import { fc, seed } from '../support/generated.js';
import { compilePermission, SHARED_CODES } from '../../src/core/decision/compile-permission.js';
import { LASTING_GATES, permissionRequest, type PermissionTerms, purposeFacts, type StoredPurpose } from '../../src/core/decision/permission.js';
import { DEFAULT_POLICIES, type StoredPolicies, versioned } from '../../src/core/decision/policies.js';
import { reasonByNumber, type ReasonCode } from '../../src/core/decision/reasons.js';
import { Parameters } from '../../src/core/rule/parameters.js';
import { NOTHING_TOUCHED } from '../../src/core/rule/touched-data.js';
import { loadPermissions, loadTerms } from '../../src/decisions/load-permissions.js';
import { saveWorkspaceName } from '../../src/decisions/policies.queries.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { HistoryService } from '../../src/customers/history/history.service.js';
import { useDatabase } from '../support/database.js';
import { settled } from '../support/settled.js';
import { birthDatesOf, edgesOf, PURPOSES, randomMailing } from '../unit/decision/random-mailing.js';
import { World } from './decisions-world.js';
import { storeMailing } from './store-mailing.js';

const MOMENTS = ['2026-06-09T10:00:00.000Z', '2028-02-29T23:59:59.999Z', '2027-03-01T00:00:00.000Z', '2026-12-31T12:30:00.500Z'].map((text) => new Date(text));
const PEOPLE = 200;
// The second time with an operator's country profiles: Germany lax, France without existing customers, the United States looked into.
const LAX = { businessMail: 'consent', doubleOptIn: 'purpose', existingCustomers: 'allowed', openTracking: 'consent' } as const;
const POLICIES: StoredPolicies[] = [DEFAULT_POLICIES, { ...DEFAULT_POLICIES, minorBelowAge: 18, softOptInDays: 30, controller: 'Klant B.V.', countries: { NL: LAX, DE: LAX, US: LAX, FR: { ...LAX, existingCustomers: 'never' } } }];

/**
 * A rule for a million people asks SQL what the gate says of one. For every person and purpose the expression gives the reason that the
 * gate would tell first on the facts that decisions load; or null where the gate has none. A failure prints its seed: TACTFUL_TEST_SEED=… repeats it.
 */
describe('the compiled permission and the gate', () => {
  const db = useDatabase();
  const told = new Map<ReasonCode | null, number>();

  it.each(MOMENTS.flatMap((now, index) => POLICIES.map((policies, number) => [now.toISOString(), policies.minorBelowAge, now, policies, 2 * index + number] as const)))(
    'say the same at %s, with minors below %d (seed of this run: TACTFUL_TEST_SEED)',
    async (_, __, now, settings, index) => {
      const world = new World(db.sql);
      await world.setPolicies(settings);
      await storePurposes(db.sql, now);
      const ids = await storePeople(db.sql, now, seed + index);
      for (const { purpose } of PURPOSES) {
        for (const touches of [NOTHING_TOUCHED, { ...NOTHING_TOUCHED, contactAttributes: ['phone'] }, { ...NOTHING_TOUCHED, contactAttributes: ['diet'] }]) {
          const expected = new Map([...(await loadPermissions(db.sql, ids, purpose, now, touches))].map(([id, { reason }]) => [id, reason]));
          for (const code of expected.values()) told.set(code, (told.get(code) ?? 0) + 1);
          const terms = await termsOf(db.sql, purpose, settings, touches.contactAttributes, now);
          for (const few of [false, true]) {
            const answered = await ask(db.sql, terms, now, few, ids);
            const differing = ids.filter((id) => answered.get(id) !== expected.get(id)).map((id) => ({ seed, purpose, few, id, sql: answered.get(id), gate: expected.get(id) }));
            expect(differing).toEqual([]);
          }
        }
      }
    },
  );

  it.each([
    ['of itself, unnamed, in a workspace without a name', null, null, null, true],
    ['of somebody, in a workspace without a name', null, 'Klant B.V.', null, false],
    ['of the company itself, by its name', 'Klant B.V.', 'Klant B.V.', null, true],
    ['of the company, for a purpose that names it too', 'Klant B.V.', 'Klant B.V.', 'Klant B.V.', true],
    ['of itself, for a purpose that names the company', 'Klant B.V.', null, 'Klant B.V.', true],
    ['of another', 'Klant B.V.', 'Partner B.V.', null, false],
    ['of itself, for a purpose of another', 'Klant B.V.', null, 'Partner B.V.', false],
    ['of another, for a purpose of that other', 'Klant B.V.', 'Partner B.V.', 'Partner B.V.', true],
  ])('agree whose data they are: %s', async (_, workspace, holder, sender, ours) => {
    const now = MOMENTS[0]!;
    const world = new World(db.sql);
    await db.sql.exec('test.unnamed', `delete from settings where key = 'workspace-name'`);
    await world.setPolicies(DEFAULT_POLICIES);
    if (workspace !== null) await saveWorkspaceName(db.sql, workspace, true, now);
    await world.purpose('whose', { legal_basis: 'legitimate_interest', balancing_assessment: 'weighed', controller: sender });
    try {
      const id = await world.contact({ controller: holder, collected_for: ['*'], address_hash: Buffer.from(`whose ${holder} ${sender} ${workspace}`) });
      const gate = (await loadPermissions(db.sql, [id], 'whose', now)).get(id)?.reason;
      const terms = await loadTerms(db.sql, 'whose', now, NOTHING_TOUCHED);
      expect(gate).toBe(ours ? null : 'input.controller_mismatch');
      expect((await ask(db.sql, terms!, now, false, [id])).get(id)).toBe(gate);
    } finally {
      await db.sql.exec('test.forget', `delete from purposes where purpose = 'whose'`);
      await db.sql.exec('test.unnamed', `delete from settings where key = 'workspace-name'`);
    }
  });

  it('were asked about every reason that can be one person\'s', () => {
    const lasting = LASTING_GATES.flatMap((gate) => gate.codes).filter((code) => !['input.person_unknown', 'input.merge_field_missing', 'basis.soft_opt_in.channel'].includes(code));
    expect(lasting.filter((code) => !told.has(code))).toEqual([]);
    expect(told.get(null)).toBeGreaterThan(300);
  });

  it('know every code that a lasting gate can find', () => {
    const params = new Parameters();
    const compiled = PURPOSES.map((row) => compilePermission(termsFrom({ ...BLANK, ...row } as StoredPurpose, POLICIES[1]!, ['diet'], MOMENTS[0]!), MOMENTS[0]!, frame(false), params).reason).join(' ');
    const known = new Set([...compiled.matchAll(/(?:then|else) (\d+)/g)].map(([, number]) => reasonByNumber(Number(number))));
    expect(LASTING_GATES.flatMap((gate) => gate.codes).filter((code) => !known.has(code) && !SHARED_CODES.includes(code))).toEqual([]);
  });
});

const BLANK = { message_class: 'marketing', channels: ['email'], double_opt_in: true, retention_days: 730, balancing_recorded: true, valid_until: null, retired_at: null, controller: null };

function termsFrom(row: StoredPurpose, settings: StoredPolicies, touched: readonly string[], now: Date, key = 'any'): PermissionTerms {
  const items = touched.map((name) => ({ name: `contact.${name}`, purposes: name === 'diet' ? ['*'] : [], sensitive: name === 'diet' }));
  return { request: permissionRequest(key, purposeFacts(row, now), items), policies: versioned(settings) };
}

async function termsOf(sql: Sql, purpose: string, settings: StoredPolicies, touched: readonly string[], now: Date): Promise<PermissionTerms> {
  const row = await sql.one<StoredPurpose & Record<string, unknown>>('test.purpose', 'select *, balancing_assessment is not null as balancing_recorded from purposes where purpose = $1', [purpose]);
  return termsFrom(row, settings, touched, now, purpose);
}

function frame(few: boolean) {
  let names = 0;
  return { contact: 'c', account: 'a', few, alias: (prefix: string) => `${prefix}${(names += 1)}` };
}

async function ask(sql: Sql, terms: PermissionTerms, now: Date, few: boolean, ids: readonly number[]): Promise<Map<number, ReasonCode | null>> {
  const params = new Parameters();
  const { joins, reason, open } = compilePermission(terms, now, frame(few), params);
  const rows = await sql.many<{ contact_id: number; number: number | null; open: boolean }>(
    'test.permission',
    `select c.contact_id, ${reason} as number, (${open}) is true as open from contacts c left join accounts a on a.account_id = c.account_id ${joins.join(' ')} where c.contact_id = any(${params.add(ids, 'bigint[]')})`,
    params.values,
  );
  expect(rows).toHaveLength(ids.length);
  expect(rows.filter((row) => row.open !== (row.number === null))).toEqual([]);
  return new Map(rows.map((row) => [row.contact_id, row.number === null ? null : (reasonByNumber(row.number) ?? null)]));
}

async function storePurposes(sql: Sql, now: Date): Promise<void> {
  await sql.exec('test.clear', 'delete from consents');
  await sql.exec('test.diet', `insert into attribute_definitions (scope, key, type, purposes, sensitive) values ('contact', 'diet', 'text', '{*}', true) on conflict do nothing`);
  await sql.exec('test.campaign', `insert into campaigns (key, name, scope, created_at, updated_at) values ('june', 'June', 'contact', now(), now()) on conflict do nothing`);
  for (const row of PURPOSES) {
    const given: Record<string, unknown> = { ...row };
    await sql.exec(
      'test.purpose',
      `insert into purposes (purpose, name_nl, name_en, legal_basis, message_class, channels, double_opt_in, retention_days, balancing_assessment, valid_until, retired_at, controller)
       values ($1, $1, $1, $2, coalesce($3, 'marketing'), coalesce($4::text[], '{email}'), coalesce($5::boolean, true), coalesce($6::int, 730), $7, $8, $9, $10)
       on conflict (purpose) do update set valid_until = excluded.valid_until, retired_at = excluded.retired_at`,
      [row.purpose, row.legal_basis, given['message_class'], given['channels'], given['double_opt_in'], given['retention_days'], given['balancing_assessment'], given['ended'] === true ? now : null, given['retired'] === true ? now : null, given['controller']],
    );
  }
}

/** Accounts of all kinds, and people in them and outside. */
async function storePeople(sql: Sql, now: Date, seed: number): Promise<number[]> {
  const day = edgesOf(now).map((moment) => moment.slice(0, 10));
  const account = fc.record({ country: fc.option(fc.constantFrom('NL', 'DE', 'US', 'nl', '')), won_opportunities: fc.constantFrom(0, 0, 1), last_won_on: fc.option(day, { freq: 1 }), holds: fc.array(fc.record({ kind: fc.constantFrom('legal', 'competitor', 'meeting'), ends_at: fc.option(edgesOf(now)) }), { maxLength: 1 }) });
  const accounts = fc.sample(account, { numRuns: 12, seed });
  const person = fc.record({
    mailing: randomMailing(now),
    account: fc.option(fc.nat(accounts.length - 1), { freq: 2 }),
    country: fc.oneof(fc.constant('NL'), fc.constantFrom(null, 'DE', 'FR', 'IT', 'US', 'nl', '', 'Nederland')),
    birth_date: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: birthDatesOf(now, [16, 18]) }),
    created_at: fc.oneof(fc.constant(new Date(now.getTime() - 86_400_000).toISOString()), edgesOf(now)),
    // Counted by the history before it is asked or behind its cursor, and taken away again or not.
    events: fc.array(fc.record({ at: edgesOf(now), counted: fc.boolean(), removed: fc.constantFrom(false, false, false, true) }), { maxLength: 2 }),
  });
  const accountIds = (
    await sql.many<{ account_id: number }>(
      'test.accounts',
      `insert into accounts (name, name_key, country, won_opportunities, last_won_on, source, created_at, updated_at)
       select 'Account', gen_random_uuid()::text, country, won_opportunities, last_won_on, 'test', now(), now()
       from jsonb_to_recordset($1) as row (country text, won_opportunities integer, last_won_on date) returning account_id`,
      [JSON.stringify(accounts)],
    )
  ).map((row) => row.account_id);
  const people = fc.sample(person, { numRuns: PEOPLE, seed });
  const ids = (
    await sql.many<{ contact_id: number }>(
      'test.contacts',
      `insert into contacts (bucket, account_id, country, birth_date, created_at, updated_at)
       select 0, account, country, birth_date, created_at, created_at
       from jsonb_to_recordset($1) as row (account bigint, country text, birth_date date, created_at timestamptz) returning contact_id`,
      [JSON.stringify(people.map((row) => ({ ...row, account: row.account === null ? null : accountIds[row.account] })))],
    )
  ).map((row) => row.contact_id);
  await sql.exec(
    'test.accountHolds',
    `insert into account_holds (account_id, kind, cause, opened_at, opened_by, ends_at) select account, kind, gen_random_uuid()::text, now(), 'test', ends_at from jsonb_to_recordset($1) as row (account bigint, kind text, ends_at timestamptz)`,
    [JSON.stringify(accounts.flatMap((row, index) => row.holds.map((hold) => ({ account: accountIds[index], ...hold }))))],
  );
  await storeMailing(sql, ids, people.map((row) => row.mailing));
  const events = people.flatMap((row, index) => row.events.map((event, number) => ({ ...event, contact: ids[index], key: String(number) })));
  const insert = (some: typeof events): Promise<number> =>
    sql.exec(
      'test.events',
      `insert into events (contact_id, occurred_at, idempotency_key, name, source) select contact, at, key, 'Page Viewed', 'test' from jsonb_to_recordset($1) as row (contact bigint, at timestamptz, key text)`,
      [JSON.stringify(some)],
    );
  await insert(events.filter(({ counted }) => counted));
  await settled(sql, () => new HistoryService(sql, { defaultTimeZone: 'Europe/Amsterdam' }).digest(now));
  await insert(events.filter(({ counted }) => !counted));
  await sql.exec('test.removed', 'delete from events using unnest($1::bigint[], $2::text[]) as gone (contact, key) where contact_id = contact and idempotency_key = key', [
    events.filter(({ removed }) => removed).map(({ contact }) => contact), events.filter(({ removed }) => removed).map(({ key }) => key),
  ]);
  return ids;
}
