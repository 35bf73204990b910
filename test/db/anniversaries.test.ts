import { compileRule } from '../../src/core/rule/compile-rule.js';
import { evaluateRule } from '../../src/core/rule/evaluate-rule.js';
import { startOfDay } from '../../src/core/shared/calendar-day.js';
import { useDatabase } from '../support/database.js';
import { contextWith, person, rule } from '../unit/rule/people.js';

const TODAYS = [2027, 2028].flatMap((year) => ['02-25', '02-28', '02-29', '03-01', '03-02', '12-29', '12-31', '01-01', '01-03', '07-01'].map((day) => `${year}-${day}`)).filter((day) => day !== '2027-02-29');

/** A birthday on each day of a leap year: as a column, as an attribute of the company's own, and as a moment shortly after midnight. */
describe('anniversaries of every day of the year, asked of the database', () => {
  const db = useDatabase();
  let born: { contact_id: number; birth_date: string; attributes: Record<string, unknown>; created_at: Date }[];

  beforeAll(async () => {
    await db.sql.exec(
      'test.people',
      `insert into contacts (bucket, birth_date, attributes, created_at, updated_at)
       select 0, day::date, jsonb_build_object('renewal', day::date::text), (day::date + time '00:30') at time zone 'Europe/Amsterdam', now() from generate_series(timestamp '1980-01-01', '1980-12-31', '1 day') day`,
    );
    born = await db.sql.many('test.born', 'select contact_id, birth_date, attributes, created_at from contacts order by contact_id');
    expect(born).toHaveLength(366);
  });

  it.each(['birth_date', 'renewal', 'created_at'].flatMap((attribute) => [0, 3, 180].map((days) => [attribute, days] as const)))('are the same as of one person: %s within %d days', async (attribute, days) => {
    const condition = rule({ kind: 'attribute', attribute, operator: 'anniversary', days });
    for (const today of TODAYS) {
      const context = { ...contextWith(), now: new Date(startOfDay(today, 'Europe/Amsterdam').getTime() + 3_600_000) };
      const compiled = compileRule(condition, context);
      if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
      const found = (await db.sql.many<{ contact_id: number }>('test.found', `${compiled.value.text} order by 1`, compiled.value.params)).map((row) => row.contact_id);
      const facts = born.filter((row) => evaluateRule(condition, person({ ...row.attributes, birth_date: row.birth_date, created_at: row.created_at }), context)).map((row) => row.contact_id);
      expect([today, found]).toEqual([today, facts]);
      if (days === 0) expect(found.length).toBe(today === '2027-02-28' ? 2 : 1); // in a year without a 29th, the 28th celebrates both
    }
  });
});
