import type { EventCursor } from '../../platform/database/event-cursor.queries.js';
import type { Sql } from '../../platform/database/sql.js';

/** Any number that no other advisory lock of this database begins with. */
const TRIGGERS_LOCK = 7_417_015;

/** Whether this transaction may read the events: one at a time, over all processes. */
export async function tryLockTriggers(sql: Sql): Promise<boolean> {
  const { locked } = await sql.one<{ locked: boolean }>('holds.tryLockTriggers', 'select pg_try_advisory_xact_lock($1) as locked', [TRIGGERS_LOCK]);
  return locked;
}

export const CURSOR: EventCursor = { reader: 'holds', key: 'hold_cursor' };

export interface HoldEventRow {
  contact_id: number;
  occurred_at: Date;
  idempotency_key: string;
  name: string;
  properties: Record<string, unknown>;
}

const COLUMNS = 'contact_id, occurred_at, idempotency_key, name, properties';

/** What was received from `from` (in) to `to` (out), in the order in which it happened; older than `since` is history. */
export function listEvents(sql: Sql, names: readonly string[], { from, to }: { from: number; to: number }, since: Date): Promise<HoldEventRow[]> {
  return sql.manyKept(
    'holds.listEvents',
    `select ${COLUMNS} from events where name = any($1) and received_xid >= $2 and received_xid < $3 and occurred_at > $4 order by occurred_at, contact_id, idempotency_key`,
    [names, from, to, since],
  );
}

/** What these people's matters came to since, whenever it was received: the end may have arrived before the beginning. */
export function listEndings(sql: Sql, contactIds: readonly number[], names: readonly string[], since: Date): Promise<HoldEventRow[]> {
  return sql.many('holds.listEndings', `select ${COLUMNS} from events where contact_id = any($1) and name = any($2) and occurred_at >= $3 order by occurred_at, contact_id, idempotency_key`, [contactIds, names, since]);
}

export function findCampaigns(sql: Sql, keys: readonly string[]): Promise<{ key: string; campaign_id: number }[]> {
  return sql.many('holds.findCampaigns', 'select key, campaign_id from campaigns where key = any($1)', [keys]);
}
