import { useDatabase } from '../support/database.js';

describe('lists as parameters', () => {
  const db = useDatabase();
  const moments = [new Date('2026-06-09T08:00:00.123Z'), null, new Date('0001-01-01T00:00:00Z'), new Date('9999-12-31T23:59:59.999Z'), new Date('1883-11-18T12:03:58Z')];

  it.each<[string, string, unknown[]]>([
    ['whole numbers', 'bigint[]', [1, -2, null, Number.MAX_SAFE_INTEGER]],
    ['fractions', 'numeric[]', [0.1, -2.5e-7, null]],
    ['moments', 'timestamptz[]', moments],
    ['texts', 'text[]', ['a,b', '{"x"}', null, 'NULL', '\\']],
    ['truths', 'boolean[]', [true, false, null]],
    ['nothing', 'int[]', []],
  ])('%s arrive as they were given', async (_, type, values) => {
    const rows = await db.sql.many<{ value: unknown }>('test.arrays', `select value from unnest($1::${type}) with ordinality as given (value, position) order by position`, [values]);
    expect(rows.map((row) => row.value)).toEqual(values);
  });
});
