import type { Sql } from '../../platform/database/sql.js';

export interface RepliedMail {
  campaign_id: number;
  campaign_name: string;
  /** Null: the campaign is known, which of its mails is not. */
  message_id: number | null;
}

/** The mail that was answered: the one named, else the latest that this person got from the campaign, else the campaign alone. */
export function listMailsOf(sql: Sql, contactId: number, messageId: number | null, campaign: string | null): Promise<RepliedMail[]> {
  return sql.many(
    'holds.listMailsOf',
    `select p.campaign_id, p.name as campaign_name, m.message_id
       from campaigns p left join lateral (
         select message_id from messages where contact_id = living_contact($1) and campaign_id = p.campaign_id and ($2::bigint is null or message_id = $2) and sent_at is not null order by sent_at desc limit 1
       ) m on true
      where ($3::text is not null and p.key = $3) or ($3::text is null and p.campaign_id = (select campaign_id from messages where contact_id = living_contact($1) and message_id = $2))
      limit 1`,
    [contactId, messageId, campaign],
  );
}

export async function markReplied(sql: Sql, contactId: number, messageId: number): Promise<void> {
  await sql.exec('holds.markReplied', `update messages set state = 'replied' where contact_id = living_contact($1) and message_id = $2 and state = 'sent'`, [contactId, messageId]);
}
