import type { Sql } from '../platform/database/sql.js';

export type Person = { readonly id: number } | { readonly email: string };

export async function findContactId(sql: Sql, person: Person): Promise<number | undefined> {
  const row =
    'id' in person
      ? await sql.maybe<{ contact_id: number }>('segments.findContact', 'select contact_id from contacts where contact_id = $1', [person.id])
      : await sql.maybe<{ contact_id: number }>('segments.findContactByEmail', `select contact_id from identities where kind = 'email' and value = $1`, [person.email]);
  return row?.contact_id;
}
