import fc from 'fast-check';
import { checkRule } from '../../src/core/rule/check-rule.js';
import { compileRule } from '../../src/core/rule/compile-rule.js';
import { evaluateAccountRule, evaluateRule } from '../../src/core/rule/evaluate-rule.js';
import { parseRule } from '../../src/core/rule/parse-rule.js';
import type { Rule, Scope, SegmentRule } from '../../src/core/rule/rule.js';
import { touchedData } from '../../src/core/rule/touched-data.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { useDatabase } from '../support/database.js';
import { factsOf, type Population, population } from '../unit/rule/random-people.js';
import { eventConditions, FIELDS, LISTS, NOW, randomRule, randomSegments, SEGMENT_KEYS, TIME_ZONE } from '../unit/rule/random-rules.js';

/** Each population is asked so many rules of each scope. */
const POPULATIONS = 6;
const RULES = 80;

/**
 * The promise that makes live membership safe: the statement and the evaluator select exactly the same people. Rules of every
 * operator, people with missing, misshapen and boundary values. A failure prints its seed: RULE_SEED=… repeats it.
 */
describe('the compiled statement and the evaluator', () => {
  const db = useDatabase();
  const seed = Number(process.env['RULE_SEED'] ?? Date.now() % 2 ** 31);
  const selected = { nobody: 0, some: 0, everybody: 0 };
  let overLists = 0;
  const tellingApart = new Map<string, number>();

  describe.each(fc.sample(fc.tuple(population, randomSegments), { numRuns: POPULATIONS, seed }).map(([people, segments], index) => ({ index, people, segments })))(
    'with random people, population $index',
    ({ people, segments, index }) => {
      const facts = factsOf(people);
      beforeAll(() => store(db.sql, people));

      const ofPeople = (rule: Rule): number[] => numbersWhere(facts.people, (person) => evaluateRule(rule, person, { now: NOW, timeZone: TIME_ZONE, fields: FIELDS, segments: (key: string) => segments.get(key) }));

      // Deep in random rules most of what a condition says is drowned out: here each stands alone.
      it('select the same contacts by any condition on events', async () => {
        await fc.assert(
          fc.asyncProperty(eventConditions, async (rule) => {
            const evaluated = ofPeople(rule);
            if (evaluated.length > 0 && evaluated.length < facts.people.length) tellingApart.set(rule.kind, (tellingApart.get(rule.kind) ?? 0) + 1);
            expect(await ask(db.sql, rule, 'contact', segments)).toEqual(evaluated);
            expect(await ask(db.sql, rule, 'contact', segments, [1, 2, 3])).toEqual(evaluated.filter((id) => id <= 3));
            expect(await ask(db.sql, { kind: 'not', condition: rule }, 'contact', segments)).toEqual(ofPeople({ kind: 'not', condition: rule }));
          }),
          { numRuns: RULES, seed: seed + index },
        );
      });

      it.each(['contact', 'account'] as const)('select the same %ss by any rule', async (scope) => {
        await fc.assert(
          fc.asyncProperty(randomRule(scope, 3, SEGMENT_KEYS), async (rule) => {
            expectSound(rule, scope, segments);
            if (touchedData(rule, scope, (key) => segments.get(key)).segments.some((key) => LISTS.has(key))) overLists += 1;
            const context = { now: NOW, timeZone: TIME_ZONE, fields: FIELDS, segments: (key: string) => segments.get(key) };
            const evaluated =
              scope === 'contact'
                ? numbersWhere(facts.people, (person) => evaluateRule(rule, person, context))
                : numbersWhere(facts.accounts, (account) => evaluateAccountRule(rule, account, context));
            const all = scope === 'contact' ? facts.people.length : facts.accounts.length;
            selected[evaluated.length === 0 ? 'nobody' : evaluated.length === all ? 'everybody' : 'some'] += 1;
            expect(await ask(db.sql, rule, scope, segments)).toEqual(evaluated);
            const few = [1, 2, 3, 5, 8];
            expect(await ask(db.sql, rule, scope, segments, few)).toEqual(evaluated.filter((id) => few.includes(id)));
          }),
          { numRuns: RULES, seed: seed + index },
        );
      });
    },
  );

  it('were asked rules that tell people apart', () => {
    const rules = selected.nobody + selected.some + selected.everybody;
    expect(rules).toBeGreaterThanOrEqual(500);
    expect(selected.some / rules).toBeGreaterThan(0.4);
    expect(overLists).toBeGreaterThan(100);
    const few = ['event_value', 'event_time', 'sequence'].filter((kind) => (tellingApart.get(kind) ?? 0) < 25);
    expect({ few, tellingApart: Object.fromEntries(tellingApart) }).toMatchObject({ few: [] });
  });
});

/** Random rules are ones that a person could have saved. */
function expectSound(rule: Rule, scope: Scope, segments: ReadonlyMap<string, SegmentRule>): void {
  expect(parseRule(JSON.parse(JSON.stringify(rule)))).toEqual({ ok: true, value: rule });
  expect(checkRule(rule, { scope, fields: FIELDS, segments: (key) => segments.get(key) })).toEqual([]);
}

async function ask(sql: Sql, rule: Rule, scope: Scope, segments: ReadonlyMap<string, SegmentRule>, only?: number[]): Promise<number[]> {
  const compiled = compileRule(rule, { now: NOW, timeZone: TIME_ZONE, fields: FIELDS, segments: (key) => segments.get(key), scope, ...(only && { only }) });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
  const rows = await sql.many<Record<string, number>>('test.rule', compiled.value.text, compiled.value.params);
  return rows.map((row) => Number(row[`${scope}_id`])).sort((a, b) => a - b);
}

/** Ids begin at 1, in the order of the population. */
function numbersWhere<T>(all: readonly T[], holds: (one: T) => boolean): number[] {
  return all.flatMap((one, index) => (holds(one) ? [index + 1] : []));
}

async function store(sql: Sql, { accounts, people }: Population): Promise<void> {
  await sql.exec('test.clear', 'truncate events, buying_group_members, contacts, accounts, segment_members, segment_account_members, segments cascade');
  await sql.exec(
    'test.accounts',
    `insert into accounts (account_id, name, name_key, sector, employees, revenue, last_won_on, created_at, updated_at, attributes, source)
     select number, name, number::text, sector, employees, revenue, last_won_on, created_at, created_at, attributes, 'test'
     from jsonb_to_recordset($1) as row (number bigint, name text, sector text, employees integer, revenue numeric, last_won_on date, created_at timestamptz, attributes jsonb)`,
    [JSON.stringify(accounts.map((row, index) => ({ number: index + 1, ...row.columns, attributes: row.attributes })))],
  );
  await sql.exec(
    'test.contacts',
    `insert into contacts (contact_id, bucket, account_id, first_name, country, birth_date, created_at, updated_at, attributes)
     select number, bucket_of(number, account), account, first_name, country, birth_date, created_at, created_at, attributes
     from jsonb_to_recordset($1) as row (number bigint, account bigint, first_name text, country text, birth_date date, created_at timestamptz, attributes jsonb)`,
    [JSON.stringify(people.map((row, index) => ({ number: index + 1, account: row.account === undefined ? null : row.account + 1, ...row.columns, attributes: row.attributes })))],
  );
  await sql.exec(
    'test.events',
    `insert into events (contact_id, occurred_at, idempotency_key, name, properties, source)
     select contact, occurred_at, key, name, properties, 'test' from jsonb_to_recordset($1) as row (contact bigint, occurred_at timestamptz, key text, name text, properties jsonb)`,
    [JSON.stringify(people.flatMap((row, index) => row.events.map((event, key) => ({ contact: index + 1, occurred_at: event.occurredAt, key: String(key), name: event.name, properties: event.properties }))))],
  );
  await sql.exec(
    'test.roles',
    `insert into buying_group_members (contact_id, account_id, role, source, valid_from, valid_to)
     select contact, account, role, 'test', valid_from, valid_to from jsonb_to_recordset($1) as row (contact bigint, account bigint, role text, valid_from timestamptz, valid_to timestamptz)`,
    [JSON.stringify(people.flatMap((row, index) => row.roles.map((part) => ({ contact: index + 1, account: part.account + 1, role: part.role, valid_from: part.validFrom, valid_to: part.validTo }))))],
  );
  await sql.exec(
    'test.lists',
    `insert into segments (segment_id, key, name, scope, kind, created_at, updated_at, updated_by) select id, key, key, scope, 'list', $4, $4, 'test' from unnest($1::integer[], $2::text[], $3::text[]) list (id, key, scope)`,
    [[...LISTS.values()].map(({ list }) => list), [...LISTS.keys()], [...LISTS.values()].map(({ scope }) => scope), NOW],
  );
  for (const [scope, table, rows] of [['contact', 'segment_members', people], ['account', 'segment_account_members', accounts]] as const) {
    const members = rows.flatMap((row, index) => row.lists.map((key) => ({ id: index + 1, list: LISTS.get(key)?.list })));
    await sql.exec('test.members', `insert into ${table} (${scope}_id, segment_id, entered_at) select id, list, $2 from jsonb_to_recordset($1) as row (id bigint, list integer)`, [JSON.stringify(members), NOW]);
  }
}
