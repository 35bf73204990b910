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

describe('statements whose plan is kept', () => {
  const db = useDatabase();

  it('are planned anew within half a minute, so that a table that was empty at first is not read as a whole for ever', async () => {
    const clock = jest.spyOn(performance, 'now');
    let now = 1_000_000;
    clock.mockImplementation(() => now);
    try {
      await db.sql.exec('test.make', 'create table kept_rows (id bigint primary key, note text) with (autovacuum_enabled = off)');
      await db.sql.exec('test.begin', `insert into kept_rows values (1, 'note 1'), (2, 'note 2')`);
      await db.sql.exec('test.count', 'analyze kept_rows');
      await db.sql.transaction(async (sql) => {
        const text = 'select note from kept_rows where id = any($1::bigint[])';
        const read = (): Promise<unknown[]> => sql.manyKept('test.kept', text, [[1, 2]]);
        const plan = async (): Promise<string> => {
          const [{ name } = { name: '' }] = await sql.many<{ name: string }>('test.name', 'select name from pg_prepared_statements where statement = $1', [text]);
          return (await sql.many<Record<string, string>>('test.explain', `explain execute "${name}" ('{1,2}')`)).map((row) => row['QUERY PLAN']).join(' ');
        };
        for (let turn = 0; turn < 7; turn += 1) await read();
        expect(await plan()).toContain('Seq Scan');
        await sql.exec('test.fill', `insert into kept_rows select n, 'note ' || n from generate_series(3, 50000) n`);
        await read();
        expect(await plan()).toContain('Seq Scan');
        now += 31_000;
        expect(await read()).toEqual([{ note: 'note 1' }, { note: 'note 2' }]);
        expect(await plan()).toContain('Index');
      });
    } finally {
      clock.mockRestore();
    }
  });

  it('leave the connection usable for others when one of them fails', async () => {
    await expect(db.sql.manyKept('test.fails', 'select 1 / $1::integer as value', [0])).rejects.toMatchObject({ code: '22012', statement: 'test.fails' });
    expect(await db.sql.manyKept('test.fails', 'select 1 / $1::integer as value', [1])).toEqual([{ value: 1 }]);
  });
});
