import type { AskedKind } from './my-data-texts.js';
import type { Sql } from '../../platform/database/sql.js';

export interface MyDataRow {
  contact_id: number;
  email: string | null;
  address_hash: Buffer | null;
  first_name: string | null;
  last_name: string | null;
  language: 'nl' | 'en' | null;
  country: string | null;
  time_zone: string | null;
}

export function readMyData(sql: Sql, contactId: number): Promise<MyDataRow | undefined> {
  return sql.maybe<MyDataRow & Record<string, unknown>>(
    'myData.read',
    'select contact_id, email, address_hash, first_name, last_name, language, country, time_zone from contacts where contact_id = living_contact($1)',
    [contactId],
  );
}

/** One request at a time of one person. */
export async function lockAsker(sql: Sql, contactId: number): Promise<void> {
  await sql.exec('myData.lockAsker', 'select from contacts where contact_id = $1 for no key update', [contactId]);
}

/** The same wish that is still open: a second one would start no second month. */
export function findOpenRequest(sql: Sql, contactId: number, kind: AskedKind): Promise<{ request_id: number; due_on: string } | undefined> {
  return sql.maybe(
    'myData.findOpenRequest',
    `select request_id, due_on::text as due_on from privacy_requests where contact_id = $1 and kind = $2 and state not in ('done', 'refused') order by request_id desc limit 1`,
    [contactId, kind],
  );
}

/** Who asks is known: the link came to his mailbox within the last 24 hours. */
export function insertVerifiedRequest(
  sql: Sql,
  one: { contactId: number; addressHash: Buffer | null; kind: AskedKind; language: 'nl' | 'en'; wish: object; dueOn: string },
  now: Date,
): Promise<{ request_id: number }> {
  return sql.one(
    'myData.insertVerifiedRequest',
    `with request as (
       insert into privacy_requests (contact_id, address_hash, kind, state, language, channel, wish, received_at, received_by, due_on, identity_how, identity_by, identity_at)
       values ($1, $2, $3, 'verified', $4, 'link', $5, $6, 'self', $7, 'link mailed to the address on file', 'self', $6) returning request_id
     ), steps as (
       insert into privacy_request_steps (request_id, at, actor, state) select request_id, $6, 'self', state from request cross join unnest(array['received', 'verified']) state
     )
     select request_id from request`,
    [one.contactId, one.addressHash, one.kind, one.language, JSON.stringify(one.wish), now, one.dueOn],
  );
}
