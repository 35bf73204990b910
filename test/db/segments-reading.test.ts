import { readWithin } from '../../src/segments/limited-reading.js';
import { useDatabase } from '../support/database.js';

describe('a rule that is only looked at', () => {
  const db = useDatabase();

  it('ends by itself when it takes too long', async () => {
    const started = performance.now();
    const slow = await readWithin(db.sql, (sql) => sql.many('test.slow', 'select pg_sleep(20)'), 100);
    expect(slow).toEqual({ ok: false, error: { kind: 'segment_slow', seconds: 0.1 } });
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('cannot write', async () => {
    await expect(readWithin(db.sql, (sql) => sql.exec('test.write', `insert into settings (key, value) values ('x', '1')`))).rejects.toMatchObject({ code: '25006' });
  });

  it('leaves the connection as it was', async () => {
    await readWithin(db.sql, (sql) => sql.many('test.fine', 'select 1'), 100);
    expect(await db.sql.one('test.settings', `select current_setting('statement_timeout') as timeout, current_setting('transaction_read_only') as read_only`)).toEqual({ timeout: '0', read_only: 'off' });
  });
});
