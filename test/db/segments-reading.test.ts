import { createTestDatabase, useDatabase } from '../support/database.js';
import { migrate, openDatabase } from '../../src/platform/database/database.js';
import { readWithin } from '../../src/segments/limited-reading.js';

describe('a rule that is only looked at', () => {
  const db = useDatabase();

  it('ends by itself when it takes too long', async () => {
    const started = performance.now();
    const slow = await readWithin(db.sql, (sql) => sql.many('test.slow', 'select pg_sleep(20)'), 100);
    expect(slow).toEqual({ ok: false, error: { kind: 'segment_slow', seconds: 0.1 } });
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it.each(['contacts', 'accounts', 'events', 'buying_group_members', 'segment_members', 'consents', 'suppressions', 'messages', 'soft_opt_in_proofs'])('reads %s', async (table) => {
    expect(await readWithin(db.sql, (sql) => sql.many('test.read', `select * from ${table} limit 1`))).toEqual({ ok: true, value: [] });
  });

  it.each(['api_keys', 'write_keys', 'users', 'settings', 'audit_entries', 'consent_records', 'identities', 'mailbox_mails', 'pg_authid'])('cannot read %s', async (table) => {
    await expect(readWithin(db.sql, (sql) => sql.many('test.read', `select * from ${table} limit 1`))).rejects.toMatchObject({ code: '42501' });
  });

  it.each([`insert into segment_members (contact_id, segment_id, entered_at) values (1, 1, now())`, `update contacts set first_name = 'x'`, 'delete from suppressions', 'create table mine (a int)'])('cannot write: %s', async (statement) => {
    await expect(readWithin(db.sql, (sql) => sql.exec('test.write', statement))).rejects.toMatchObject({ code: expect.stringMatching(/^(25006|42501)$/) });
  });

  it('leaves the connection as it was', async () => {
    await readWithin(db.sql, (sql) => sql.many('test.fine', 'select 1'), 100);
    expect(await db.sql.one('test.settings', `select current_setting('statement_timeout') as timeout, current_setting('transaction_read_only') as read_only, current_setting('role') as role`)).toEqual({ timeout: '0', read_only: 'off', role: 'none' });
  });
});

describe('a database whose user may not make roles', () => {
  it('is migrated, and rules run there read-only and within their time', async () => {
    const db = await createTestDatabase();
    const { name } = await db.sql.one<{ name: string }>('test.name', 'select current_database() as name');
    const user = `plain_${name}`;
    try {
      // All is taken down, and made again by somebody who may not even take the reading role.
      for (const _ of db.open.source.migrations) await db.open.source.undoLastMigration({ transaction: 'each' });
      await db.sql.exec('test.user', `create role ${user} login password 'plain'`);
      await db.sql.exec('test.owner', `alter database ${name} owner to ${user}`);
      await db.sql.exec('test.owned', `drop owned by tactful_reader`);
      await db.sql.exec('test.table', `alter table migrations owner to ${user}`);
      await db.sql.exec('test.sequence', `grant all on schema public to ${user}`);
      const url = new URL(db.url);
      [url.username, url.password] = [user, 'plain'];
      const open = await openDatabase({ url: url.href, connections: 2 });
      try {
        expect((await migrate(open)).length).toBe(db.open.source.migrations.length);
        expect(await readWithin(open.sql, (sql) => sql.one('test.role', `select current_user::text as reader, (select count(*) from contacts) as contacts`))).toEqual({ ok: true, value: { reader: user, contacts: 0 } });
        await expect(readWithin(open.sql, (sql) => sql.exec('test.write', 'delete from contacts'))).rejects.toMatchObject({ code: '25006' });
      } finally {
        await open.source.destroy();
      }
    } finally {
      await db.sql.exec('test.back', `reassign owned by ${user} to current_user`);
      await db.sql.exec('test.drop', `drop owned by ${user}`);
      await db.sql.exec('test.drop', `drop role ${user}`);
      await db.drop();
    }
  });
});
