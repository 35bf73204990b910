import type { Sql } from '../../platform/database/sql.js';

export type DueLinkMail = {
  contact_id: number;
  link_mail_id: number;
  kind: 'preferences' | 'my_data';
  language: 'nl' | 'en';
  requested_at: Date;
  attempts: number;
  email: string | null;
  bounced: boolean;
};

/**
 * Takes what is due for two minutes: a process that dies leaves it to the next, and the Message-ID stays, so that mail programs show one. The mail
 * was asked for by the person and holds no advertising, so an opt-out does not stop it; a mailbox that does not exist does.
 */
export function leaseLinkMails(sql: Sql, now: Date, limit: number): Promise<DueLinkMail[]> {
  return sql.many<DueLinkMail>(
    'linkMails.lease',
    `update link_mails l set state = 'sending', leased_until = now() + interval '2 minutes', attempts = l.attempts + 1
       from contacts c
      where c.contact_id = l.contact_id and (l.contact_id, l.link_mail_id) in (
        select contact_id, link_mail_id from link_mails
         where due_at <= $1 and state in ('queued', 'sending') and (state = 'queued' or leased_until < now()) order by due_at, link_mail_id limit $2 for update skip locked)
      returning l.contact_id, l.link_mail_id, l.kind, l.language, l.requested_at, l.attempts, c.email,
        exists (select from suppressions s where s.address_hash = c.address_hash and s.reason in ('hard_bounce', 'erased')) as bounced`,
    [now, limit],
  );
}

export interface LinkMailOutcome {
  readonly contactId: number;
  readonly linkMailId: number;
  readonly state: 'queued' | 'sent' | 'failed';
  readonly dueAt: Date | null;
  readonly response: string;
}

export async function storeLinkMailOutcomes(sql: Sql, outcomes: readonly LinkMailOutcome[], now: Date): Promise<void> {
  await sql.exec(
    'linkMails.storeOutcomes',
    `update link_mails l set state = o.state, due_at = coalesce(o.due_at, l.due_at), response = o.response, leased_until = null, sent_at = case when o.state = 'sent' then $6::timestamptz end
       from unnest($1::bigint[], $2::bigint[], $3::text[], $4::timestamptz[], $5::text[]) as o (contact_id, link_mail_id, state, due_at, response)
      where l.contact_id = o.contact_id and l.link_mail_id = o.link_mail_id`,
    [outcomes.map((one) => one.contactId), outcomes.map((one) => one.linkMailId), outcomes.map((one) => one.state), outcomes.map((one) => one.dueAt), outcomes.map((one) => one.response.slice(0, 500)), now],
  );
}
