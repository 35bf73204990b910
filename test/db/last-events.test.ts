import { loadPermissions, loadTerms } from '../../src/decisions/load-permissions.js';
import { compilePermission } from '../../src/core/decision/compile-permission.js';
import { Parameters } from '../../src/core/rule/parameters.js';
import { NOTHING_TOUCHED } from '../../src/core/rule/touched-data.js';
import { ClosingService } from '../../src/customers/history/closing.service.js';
import { HistoryService } from '../../src/customers/history/history.service.js';
import { useDatabase } from '../support/database.js';
import { settled } from '../support/settled.js';

const NOW = new Date('2026-06-09T10:00:00Z');
const db = useDatabase();
let history: HistoryService;

const digest = () => settled(db.sql, () => history.digest(NOW));
const store = (contactId: number, at: string, name = 'Page Viewed'): Promise<number> =>
  db.sql.exec('test.event', `insert into events (contact_id, occurred_at, idempotency_key, name, source) values ($1, $2, $3, $4, 'test')`, [contactId, at, at, name]);
const last = async (contactId: number): Promise<string | undefined> =>
  (await db.sql.maybe<{ last_at: Date }>('test.last', 'select last_at from contact_last_events where contact_id = $1', [contactId]))?.last_at.toISOString();

beforeAll(() => {
  history = new HistoryService(db.sql, { defaultTimeZone: 'Europe/Amsterdam' });
});

beforeEach(async () => {
  for (const table of ['events', 'contacts', 'event_days', 'contact_last_events', 'consents']) await db.sql.exec('test.clear', `delete from ${table}`);
  await db.sql.exec('test.clear', `update event_history set closed_before = '1900-01-01'`);
  await db.sql.exec('test.months', `select create_event_partitions('2024-01-01', '2026-12-31')`);
  await db.sql.exec('test.purpose', `insert into purposes (purpose, name_nl, name_en, legal_basis, retention_days) values ('newsletter', 'Nieuwsbrief', 'Newsletter', 'consent', 730) on conflict do nothing`);
  await db.sql.exec('test.definition', `insert into event_definitions (name, purposes) values ('Page Viewed', '{*}') on conflict do nothing`);
  await db.sql.exec(
    'test.people',
    `insert into contacts (contact_id, bucket, email, address_hash, address_state, source, source_at, notice_version, collected_for, country, created_at, updated_at)
     select n, 0, n || '@klant.example', int8send(n), 'ok', 'webshop', '2020-01-01', '1', '{*}', 'NL', '2020-01-01', '2020-01-01' from generate_series(1, 2) n`,
  );
  await db.sql.exec('test.consents', `insert into consents (contact_id, purpose, state, legal_basis, given_at, confirmed_at, sequence) select n, 'newsletter', 'confirmed', 'consent', '2020-01-01', '2020-01-01', 2 from generate_series(1, 2) n`);
});

/** What the gate says of the first person, and what SQL says when it is asked of everybody and of one. */
async function answers(): Promise<unknown[]> {
  const gate = (await loadPermissions(db.sql, [1], 'newsletter', NOW)).get(1)?.reason;
  const terms = await loadTerms(db.sql, 'newsletter', NOW, NOTHING_TOUCHED);
  if (!terms) throw new Error('There is no newsletter.');
  const compiled: unknown[] = [];
  for (const few of [false, true]) {
    const params = new Parameters();
    let names = 0;
    const { joins, reason } = compilePermission(terms, NOW, { contact: 'c', account: 'a', few, alias: (prefix) => `${prefix}${(names += 1)}` }, params);
    compiled.push((await db.sql.one<{ free: boolean }>('test.ask', `select ${reason} is null as free from contacts c left join accounts a on a.account_id = c.account_id ${joins.join(' ')} where c.contact_id = 1`, params.values)).free);
  }
  return [gate, ...compiled];
}

/** The second person turns out to be the first. */
const merged = (): Promise<unknown> =>
  db.sql.exec('test.merge', `with merge as (insert into contact_merges (survivor_id, merged_contact_id, cause, actor, snapshot, merged_at) values (1, 2, 'alias', 'test', '{}', $1) returning merge_id) select move_event_history(2, 1, merge_id) from merge`, [NOW]);

describe('somebody whose data came in long ago', () => {
  it('may not be mailed any more when he does nothing', async () => {
    expect(await answers()).toEqual(['legal.retention_elapsed', false, false]);
  });

  it.each([
    ['an event that is not counted yet', async () => store(1, '2025-01-10T10:00:00Z')],
    ['an event that is counted', async () => { await store(1, '2025-01-10T10:00:00Z'); await digest(); }],
    ['an event of a kind that is nowhere defined', async () => { await store(1, '2025-01-10T10:00:00Z', 'Unheard Of'); await digest(); }],
    ['an event of a month that is gone by now', async () => { await store(1, '2025-01-10T10:00:00Z'); await digest(); await close(); }],
    ['an event of a month that went before anybody counted it', async () => { await store(1, '2025-01-10T10:00:00Z'); await close(); }],
    ['an event of his other self', async () => { await store(2, '2025-01-10T10:00:00Z'); await digest(); await db.sql.exec('test.merge', 'update events set contact_id = 1'); }],
    ['an event of his other self, gone by now', async () => { await store(2, '2025-01-10T10:00:00Z'); await digest(); await close(); await merged(); }],
  ])('may be mailed for two years after %s', async (_, happened) => {
    await happened();
    expect(await answers()).toEqual([null, true, true]);
  });

  it.each([
    ['was deleted', async () => db.sql.exec('test.delete', 'delete from events')],
    ['was somebody else’s after all', async () => db.sql.exec('test.move', 'update events set contact_id = 2')],
    ['was dated wrongly', async () => db.sql.exec('test.date', `update events set occurred_at = '2024-02-01'`)],
  ])('may not when the event, counted, %s', async (_, undone) => {
    await store(1, '2025-01-10T10:00:00Z');
    await digest();
    await undone();
    expect(await answers()).toEqual(['legal.retention_elapsed', false, false]);
  });

  it('is remembered by the event before, when the last one is deleted', async () => {
    await store(1, '2025-01-10T10:00:00Z');
    await store(1, '2026-01-10T10:00:00Z');
    await digest();
    await db.sql.exec('test.delete', `delete from events where occurred_at > '2026-01-01'`);
    expect(await last(1)).toBe('2025-01-10T10:00:00.000Z');
  });

  it('is forgotten with all he did when he is deleted', async () => {
    await store(1, '2025-01-10T10:00:00Z');
    await digest();
    await db.sql.exec('test.delete', 'delete from contacts where contact_id = 1');
    expect(await last(1)).toBeUndefined();
  });
});

async function close(): Promise<void> {
  await new ClosingService(db.sql, history, { eventRetentionMonths: 13 }).closeOldMonths(NOW);
  expect((await db.sql.one<{ left: number }>('test.left', 'select count(*) as left from events')).left).toBe(0);
}
