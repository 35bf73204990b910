import type { Sql } from '../platform/database/sql.js';

/** Any number that no other advisory lock of this database begins with. */
const ANCHOR_LOCK = 7_417_012;

export interface Head {
  readonly contact_id: number;
  readonly sequence: number;
  readonly hash: Buffer;
}

/** One process at a time writes an anchor; held until the transaction ends. Everything read in it shows the same moment. */
export async function tryLockAnchor(sql: Sql): Promise<boolean> {
  await sql.exec('consent.anchorSnapshot', 'set transaction isolation level repeatable read');
  return (await sql.one<{ locked: boolean }>('consent.tryLockAnchor', 'select pg_try_advisory_xact_lock($1, 0) as locked', [ANCHOR_LOCK])).locked;
}

/** Which ledger this is, and the number below which every transaction has ended: the next anchor goes on from there. */
export function readLedgerPosition(sql: Sql): Promise<{ ledger: string; horizon: number }> {
  return sql.one('consent.readLedgerPosition', `select (select value #>> '{}' from settings where key = 'consent/ledger-id') as ledger, pg_snapshot_xmin(pg_current_snapshot())::text::bigint as horizon`);
}

/** The last records of the next people after the given id whose ledgers grew since that transaction. */
export function readHeads(sql: Sql, sinceTransaction: number, afterContact: number, limit: number): Promise<Head[]> {
  return sql.many<Head & Record<string, unknown>>(
    'consent.readHeads',
    `select distinct on (contact_id) contact_id, sequence, hash from consent_records
     where written_xid >= $1 and contact_id > $2 order by contact_id, sequence desc limit $3`,
    [sinceTransaction, afterContact, limit],
  );
}

/** What the database holds today in the places that an anchor names. */
export function readAnchored(sql: Sql, contactIds: readonly number[], sequences: readonly number[]): Promise<{ contact_id: number; sequence: number; hash: Buffer | null }[]> {
  return sql.many(
    'consent.readAnchored',
    `select a.contact_id, a.sequence, r.hash from unnest($1::bigint[], $2::integer[]) a (contact_id, sequence)
     left join consent_records r on r.contact_id = a.contact_id and r.sequence = a.sequence`,
    [contactIds, sequences],
  );
}
