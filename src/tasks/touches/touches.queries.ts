import type { Sql } from '../../platform/database/sql.js';

export interface TouchRow {
  touch_id: number;
  kind: 'mail' | 'call' | 'meeting';
  touched_at: Date;
  user_name: string | null;
  note: string;
}

/** The touch counts for the account the person is of now. Whoever is being erased at this moment is waited for, and is nobody afterwards. */
export function insertTouch(sql: Sql, touch: { contactId: number; kind: string; at: Date; userId: number | null; note: string }): Promise<{ touch_id: number; contact_id: number } | undefined> {
  return sql.maybe(
    'touches.insert',
    `insert into human_touches (contact_id, touched_at, kind, account_id, user_id, note)
     select contact_id, $2, $3, account_id, $4, $5 from contacts where contact_id = living_contact($1) for key share returning touch_id, contact_id`,
    [touch.contactId, touch.at, touch.kind, touch.userId, touch.note],
  );
}

/** Newest first, before the given moment and number. */
export function listTouches(sql: Sql, contactId: number, before: readonly [Date, number], limit: number): Promise<TouchRow[]> {
  return sql.many(
    'touches.list',
    `select h.touch_id, h.kind, h.touched_at, u.name as user_name, h.note from human_touches h left join users u using (user_id)
      where h.contact_id = living_contact($1) and (h.touched_at, h.touch_id) < ($2, $3) order by h.touched_at desc, h.touch_id desc limit $4`,
    [contactId, before[0], before[1], limit],
  );
}
