import type { Sql } from '../../platform/database/sql.js';
import type { PageLanguage } from '../page-texts.js';
import type { LinkMailKind } from './renewal-texts.js';

/** Held until the transaction ends, so that the mails asked for can be counted. Undefined for somebody who is gone or has no address. */
export function lockAddressee(sql: Sql, contactId: number): Promise<{ contact_id: number; language: PageLanguage | null } | undefined> {
  return sql.maybe('preferences.lockAddressee', 'select contact_id, language from contacts where contact_id = living_contact($1) and email is not null for no key update', [contactId]);
}

/** How many links somebody asked for since two moments, and whether one of this kind is still on its way. */
export function countLinkMails(sql: Sql, contactId: number, kind: LinkMailKind, hour: Date, day: Date): Promise<{ within_hour: number; within_day: number; waiting: boolean }> {
  return sql.one(
    'preferences.countLinkMails',
    `select count(*) filter (where requested_at > $3)::int as within_hour, count(*)::int as within_day, coalesce(bool_or(kind = $2 and state in ('queued', 'sending')), false) as waiting
       from link_mails where contact_id = $1 and requested_at > $4`,
    [contactId, kind, hour, day],
  );
}

export async function insertLinkMail(sql: Sql, contactId: number, kind: LinkMailKind, language: PageLanguage, now: Date): Promise<void> {
  await sql.exec('preferences.insertLinkMail', 'insert into link_mails (contact_id, kind, language, requested_at, due_at) values ($1, $2, $3, $4, $4)', [contactId, kind, language, now]);
}
