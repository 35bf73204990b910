import type { Sql } from '../platform/database/sql.js';

/** As much of a person as the public pages need. */
export interface PersonRow {
  contact_id: number;
  email: string | null;
  language: 'nl' | 'en' | null;
  country: string | null;
}

/** The person behind an id, also behind one that was merged into another since: links in old mails carry it. */
export function readPerson(sql: Sql, contactId: number): Promise<PersonRow | undefined> {
  return sql.maybe<PersonRow>('consent.readPerson', 'select contact_id, email, language, country from contacts where contact_id = living_contact($1)', [contactId]);
}

/** The id that an id means today. */
export async function livingContact(sql: Sql, contactId: number): Promise<number> {
  return (await sql.one<{ contact_id: number }>('consent.livingContact', 'select living_contact($1) as contact_id', [contactId])).contact_id;
}

/**
 * Takes the buckets of a person, and of everybody with the same mailbox, in one ascending order: an opt-out ends mail to all of them,
 * and taking the locks one after the other could meet another opt-out half way.
 */
export async function lockBucketsOfPerson(sql: Sql, contactId: number): Promise<void> {
  await sql.exec(
    'consent.lockBucketsOfPerson',
    `select bucket from buckets where bucket in (
       select bucket from contacts where contact_id = $1
       union select bucket from contacts where address_hash = (select address_hash from contacts where contact_id = $1))
     order by bucket for update`,
    [contactId],
  );
}
