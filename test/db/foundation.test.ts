import { migrate } from '../../src/platform/database/database.js';
import { catchUpTransactionNumbers } from '../../src/platform/database/transaction-numbers.js';
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

  describe('of a dump that was put back into another server', () => {
    const next = async (): Promise<number> => (await db.sql.one<{ next: number }>('test.next', 'select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next')).next;

    it('gives what is written next higher numbers than all that was brought, so that cursors find it', async () => {
      const brought = (await next()) + 25_000;
      await db.sql.exec('test.brought', 'update event_history set cursor_xid = $1', [brought]);
      await db.sql.exec('test.unread', `insert into segment_changes (contact_id, segment_id, at, kind, cause, change_xid) values (1, 1, now(), 'entered', 'change', $1)`, [brought + 500]);
      const left: number[] = [];
      expect(await catchUpTransactionNumbers(db.sql, (count) => left.push(count))).toBeGreaterThan(25_000);
      expect(await next()).toBeGreaterThan(brought + 500);
      expect(left.length).toBeGreaterThan(1);
    });

    it('leaves the numbers of a server alone that is past them', async () => {
      await db.sql.exec('test.own', 'update event_history set cursor_xid = $1', [await next()]);
      expect(await catchUpTransactionNumbers(db.sql)).toBe(0);
    });
  });
});
