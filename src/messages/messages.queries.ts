import { reachParams, reachText, type Reach } from '../core/shared/reach.js';
import type { Sql } from '../platform/database/sql.js';
import type { MessageState } from './message-state.js';

export interface MessageFilter {
  readonly state?: MessageState | undefined;
  readonly campaign?: string | undefined;
  readonly contactId?: number | undefined;
  /** Whose people's mail is seen. */
  readonly reach?: Reach;
}

export type MessageRow = {
  contact_id: number;
  message_id: number;
  campaign_key: string;
  step: number;
  occurrence: number;
  purpose: string;
  class: string;
  template_key: string | null;
  template_version: number | null;
  language: string;
  state: MessageState;
  due_at: Date;
  expires_at: Date;
  queued_at: Date;
  sent_at: Date | null;
  attempts: number;
  response: string | null;
  approved_at: Date | null;
  approved_by: string | null;
};

/** Newest first. */
export function listMessages(sql: Sql, { state, campaign, contactId, reach }: MessageFilter, before: number, limit: number): Promise<MessageRow[]> {
  return sql.many<MessageRow>(
    'messages.list',
    `select m.contact_id, m.message_id, c.key as campaign_key, m.step, m.occurrence, m.purpose, m.class, t.key as template_key, m.template_version, m.language,
            m.state, m.due_at, m.expires_at, m.queued_at, m.sent_at, m.attempts, m.response, m.approved_at, m.approved_by
       from messages m join campaigns c using (campaign_id) left join templates t on t.template_id = m.template_id
      where m.message_id < $4 and ($1::text is null or m.state = $1) and ($2::text is null or c.key = $2) and ($3::bigint is null or m.contact_id = $3)
        and ($6::bigint is null or exists (select from contacts p where p.contact_id = m.contact_id and ${reachText('p.account_id', '$6', '$7')}))
      order by m.message_id desc limit $5`,
    [state ?? null, campaign ?? null, contactId ?? null, before, limit, ...reachParams(reach)],
  );
}

export function findMessageState(sql: Sql, contactId: number, messageId: number): Promise<{ state: MessageState } | undefined> {
  return sql.maybe('messages.findState', 'select state from messages where contact_id = $1 and message_id = $2', [contactId, messageId]);
}

/**
 * Queues an uncertain message again, by a person's decision. It gets a day to arrive; the gate decides again at the claim, and the
 * Message-ID stays, so that mail programs show one where the first did arrive.
 */
export async function requeueUncertain(sql: Sql, contactId: number, messageId: number, now: Date): Promise<boolean> {
  const rows = await sql.exec(
    'messages.requeueUncertain',
    `update messages set state = 'queued', due_at = $3, expires_at = greatest(expires_at, $3::timestamptz + interval '24 hours'), leased_by = null, leased_until = null, attempts = 0, response = null
      where contact_id = $1 and message_id = $2 and state = 'uncertain'`,
    [contactId, messageId, now],
  );
  return rows === 1;
}
