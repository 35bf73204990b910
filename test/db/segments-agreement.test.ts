import { fc, seed } from '../support/generated.js';
import { checkRule } from '../../src/core/rule/check-rule.js';
import { compileRule } from '../../src/core/rule/compile-rule.js';
import { evaluateAccountRule, evaluateRule, type PermissionFact } from '../../src/core/rule/evaluate-rule.js';
import { parseRule } from '../../src/core/rule/parse-rule.js';
import type { Rule, Scope, SegmentRule } from '../../src/core/rule/rule.js';
import { touchedData } from '../../src/core/rule/touched-data.js';
import { loadPermissions } from '../../src/decisions/load-permissions.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { useDatabase } from '../support/database.js';
import { factsOf, population } from '../unit/rule/random-people.js';
import { CAMPAIGNS, eventConditions, FIELDS, LISTS, MAILED, NOW, PURPOSES_KNOWN, randomRule, randomSegments, relationConditions, SEGMENT_KEYS, TIME_ZONE } from '../unit/rule/random-rules.js';
import { store } from './store-population.js';

/** Each population is asked so many rules of each scope. */
const POPULATIONS = 6;
const RULES = 80;

/**
 * The promise that makes live membership safe: the statement and the evaluator select exactly the same people. Rules of every
 * operator, people with missing, misshapen and boundary values. A failure prints its seed: TACTFUL_TEST_SEED=… repeats it.
 */
describe('the compiled statement and the evaluator', () => {
  const db = useDatabase();
  const selected = { nobody: 0, some: 0, everybody: 0 };
  let overLists = 0;
  let overPermissions = 0;
  const tellingApart = new Map<string, number>();

  describe.each(fc.sample(fc.tuple(population, randomSegments), { numRuns: POPULATIONS, seed }).map(([people, segments], index) => ({ index, people, segments })))(
    'with random people, population $index',
    ({ people, segments, index }) => {
      let facts = factsOf(people);
      // Whether people may be mailed is the gate's to say: on the facts that decisions load.
      beforeAll(async () => {
        await store(db.sql, people);
        const permissions = new Map(people.people.map((_, person) => [person + 1, new Map<string, PermissionFact>()]));
        for (const purpose of MAILED) for (const [id, said] of await loadPermissions(db.sql, [...permissions.keys()], purpose, NOW)) permissions.get(id)?.set(purpose, said);
        facts = factsOf(people, permissions);
      });

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

      it.each(MAILED)('select the same people who may be mailed for %s', async (purpose) => {
        const rule: Rule = { kind: 'mailable', purpose };
        const evaluated = ofPeople(rule);
        expect(await ask(db.sql, rule, 'contact', segments)).toEqual(evaluated);
        expect(await ask(db.sql, rule, 'contact', segments, [1, 2, 3])).toEqual(evaluated.filter((id) => id <= 3));
        expect(await ask(db.sql, { kind: 'not', condition: rule }, 'contact', segments)).toEqual(ofPeople({ kind: 'not', condition: rule }));
        if (evaluated.length > 0 && evaluated.length < facts.people.length) tellingApart.set(rule.kind, (tellingApart.get(rule.kind) ?? 0) + 1);
      });

      it.each(['contact', 'account'] as const)('select the same %ss by any condition on mail, days of the year, groups and samples', async (scope) => {
        await fc.assert(
          fc.asyncProperty(relationConditions[scope], async (rule) => {
            expectSound(rule, scope, segments);
            const context = { now: NOW, timeZone: TIME_ZONE, fields: FIELDS, segments: (key: string) => segments.get(key) };
            const evaluated = scope === 'contact' ? numbersWhere(facts.people, (person) => evaluateRule(rule, person, context)) : numbersWhere(facts.accounts, (account) => evaluateAccountRule(rule, account, context));
            const all = scope === 'contact' ? facts.people.length : facts.accounts.length;
            if (evaluated.length > 0 && evaluated.length < all) {
              const kind = rule.kind === 'attribute' ? rule.operator : rule.kind;
              tellingApart.set(kind, (tellingApart.get(kind) ?? 0) + 1);
            }
            expect(await ask(db.sql, rule, scope, segments)).toEqual(evaluated);
            expect(await ask(db.sql, rule, scope, segments, [1, 2, 3])).toEqual(evaluated.filter((id) => id <= 3));
            const others = Array.from({ length: all }, (_, index) => index + 1).filter((id) => !evaluated.includes(id));
            expect(await ask(db.sql, { kind: 'not', condition: rule }, scope, segments)).toEqual(others);
          }),
          { numRuns: RULES, seed: seed + index },
        );
      });

      it.each(['contact', 'account'] as const)('select the same %ss by any rule', async (scope) => {
        await fc.assert(
          fc.asyncProperty(randomRule(scope, 3, SEGMENT_KEYS), async (rule) => {
            expectSound(rule, scope, segments);
            const touched = touchedData(rule, scope, (key) => segments.get(key));
            if (touched.segments.some((key) => LISTS.has(key))) overLists += 1;
            if (touched.purposes.length > 0) overPermissions += 1;
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
    expect(overLists).toBeGreaterThan(60);
    expect(overPermissions).toBeGreaterThan(60);
    const few = ['event_value', 'event_time', 'sequence', 'engagement', 'anniversary', 'list_contains_any', 'list_contains_all', 'parent', 'subsidiaries', 'sample'].filter((kind) => (tellingApart.get(kind) ?? 0) < 25);
    expect(tellingApart.get('mailable')).toBeGreaterThan(POPULATIONS);
    expect({ few, tellingApart: Object.fromEntries(tellingApart) }).toMatchObject({ few: [] });
  });
});

/** Random rules are ones that a person could have saved. */
function expectSound(rule: Rule, scope: Scope, segments: ReadonlyMap<string, SegmentRule>): void {
  expect(parseRule(JSON.parse(JSON.stringify(rule)))).toEqual({ ok: true, value: rule });
  expect(checkRule(rule, { scope, fields: FIELDS, segments: (key) => segments.get(key), purposes: PURPOSES_KNOWN, campaigns: CAMPAIGNS })).toEqual([]);
}

async function ask(sql: Sql, rule: Rule, scope: Scope, segments: ReadonlyMap<string, SegmentRule>, only?: number[]): Promise<number[]> {
  const compiled = compileRule(rule, { now: NOW, timeZone: TIME_ZONE, fields: FIELDS, segments: (key) => segments.get(key), purposes: PURPOSES_KNOWN, campaigns: CAMPAIGNS, scope, ...(only && { only }) });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
  const rows = await sql.many<Record<string, number>>('test.rule', compiled.value.text, compiled.value.params);
  return rows.map((row) => Number(row[`${scope}_id`])).sort((a, b) => a - b);
}

/** Ids begin at 1, in the order of the population. */
function numbersWhere<T>(all: readonly T[], holds: (one: T) => boolean): number[] {
  return all.flatMap((one, index) => (holds(one) ? [index + 1] : []));
}
