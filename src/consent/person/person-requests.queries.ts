import type { Sql } from '../../platform/database/sql.js';

/** Who a link speaks for today, and of which campaign the mail was that it stood in. */
export function livingWithCampaign(sql: Sql, contactId: number, messageId: number | null): Promise<{ contact_id: number; campaign_id: number | null } | undefined> {
  return sql.maybe(
    'person.livingWithCampaign',
    `select c.contact_id, m.campaign_id from contacts c left join messages m on m.contact_id = any(array[$1, c.contact_id]) and m.message_id = $2 where c.contact_id = living_contact($1) limit 1`,
    [contactId, messageId],
  );
}

export function dueOf(sql: Sql, taskId: number): Promise<{ due_at: Date; cause: string } | undefined> {
  return sql.maybe('person.dueOf', `select due_at, details ->> 'cause' as cause from tasks where task_id = $1`, [taskId]);
}
