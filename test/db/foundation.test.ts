import { migrate } from '../../src/platform/database/database.js';
import { useDatabase } from '../support/database.js';

describe('the schema', () => {
  const db = useDatabase();

  it('goes down and up again', async () => {
    const applied = db.open.source.migrations.map((migration) => migration.name ?? '');
    for (const _ of applied) await db.open.source.undoLastMigration({ transaction: 'each' });
    const { tables } = await db.sql.one<{ tables: number }>('test.tables', `select count(*)::int as tables from information_schema.tables where table_schema = 'public' and table_name <> 'migrations'`);
    expect(tables).toBe(0);
    expect(await migrate(db.open)).toEqual(applied);
    expect(await migrate(db.open)).toEqual([]);
  });

  it('gives all people of an account one bucket', async () => {
    const rows = await db.sql.many<{ bucket: number }>('test.buckets', 'select distinct bucket_of(contact, 7) as bucket from generate_series(1, 100) contact');
    expect(rows).toHaveLength(1);
  });

  it('spreads people without an account over all buckets', async () => {
    const { buckets } = await db.sql.one<{ buckets: number }>('test.spread', 'select count(distinct bucket_of(contact, null))::int as buckets from generate_series(1, 20000) contact');
    expect(buckets).toBe(256);
  });

  it.each([['update audit_entries set actor = actor'], ['delete from audit_entries'], ['truncate audit_entries']])('refuses to change what is append-only: %s', async (statement) => {
    await db.sql.exec('test.audit', `insert into audit_entries (at, actor, action, subject_type) values ('2026-06-09', 'key:test', 'created', 'campaign')`);
    await expect(db.sql.exec('test.change', statement)).rejects.toThrow('append-only');
  });
});
