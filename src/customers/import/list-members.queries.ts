import type { Sql } from '../../platform/database/sql.js';

/** A list that everybody of a file is put into. */
export interface TargetList {
  readonly key: string;
  readonly segmentId: number;
}

export function findList(sql: Sql, key: string): Promise<{ segment_id: number; scope: 'contact' | 'account'; kind: 'rule' | 'list' } | undefined> {
  return sql.maybe('import.findList', 'select segment_id, scope, kind from segments where key = $1', [key]);
}

/** The list, kept from being deleted while members are written; nobody comes into one that is gone. */
const HELD_LIST = '(select segment_id from segments where segment_id = $1 for key share) list';

/** Whose rows are stored, changed or not, comes into the list, and is held from being merged away: no foreign key does that. Whoever is in stays as they were. Gives how many came in. */
export function listContacts(sql: Sql, list: TargetList, now: Date): Promise<number> {
  return sql.exec(
    'importContacts.listContacts',
    `insert into segment_members (contact_id, segment_id, entered_at) select held.contact_id, list.segment_id, $2::timestamptz
       from ${HELD_LIST}, (select contact_id from contacts where contact_id in (select contact_id from import_chunk) order by contact_id for key share) held on conflict do nothing`,
    [list.segmentId, now],
  );
}

/** New accounts are found again by their name, which is theirs alone. */
export function listAccounts(sql: Sql, list: TargetList, now: Date): Promise<number> {
  return sql.exec(
    'importAccounts.listAccounts',
    `insert into segment_account_members (account_id, segment_id, entered_at)
     select coalesce(c.known, a.account_id), list.segment_id, $2::timestamptz from ${HELD_LIST} cross join import_chunk c left join accounts a on c.known is null and a.name_key = c.name_key
     where coalesce(c.known, a.account_id) is not null order by 1 on conflict do nothing`,
    [list.segmentId, now],
  );
}
