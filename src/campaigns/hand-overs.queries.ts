import type { Sql } from '../platform/database/sql.js';

export interface OnTheWay {
  readonly contact_id: number;
  readonly campaign_id: number;
  readonly occurrence: number;
}

/**
 * Who got so many mails of a campaign in a row and did nothing since the first of them; gives positions in the list. A reaction is anything that the
 * person did: an event (not an opened mail, which says little, nor what a machine did), an answer, a meeting.
 */
export async function listUnanswered(sql: Sql, people: readonly OnTheWay[], touches: number, now: Date): Promise<Set<number>> {
  const rows = await sql.many<{ position: number }>(
    'handOvers.listUnanswered',
    `select (p.ordinality - 1)::int as position
       from unnest($1::bigint[], $2::int[], $3::int[]) with ordinality p (contact_id, campaign_id, occurrence, ordinality)
       cross join lateral (
         select count(*) as mails, min(sent) as since, bool_or(replied) as replied from (
           select coalesce(m.sent_at, m.queued_at) as sent, m.state = 'replied' as replied from messages m
            where m.contact_id = p.contact_id and m.campaign_id = p.campaign_id and m.occurrence = p.occurrence and m.state in ('queued', 'sending', 'sent', 'uncertain', 'complained', 'replied')
            order by m.step desc limit $4
         ) latest
       ) got
      where got.mails >= $4 and not got.replied
        and not exists (select from events e where e.contact_id = p.contact_id and e.occurred_at >= got.since and e.occurred_at <= $5 and e.name <> 'Email Opened' and e.properties -> 'machine' is distinct from 'true')
        and not exists (select from human_touches h where h.contact_id = p.contact_id and h.kind = 'meeting' and h.touched_at >= got.since and h.touched_at <= $5)`,
    [people.map((one) => one.contact_id), people.map((one) => one.campaign_id), people.map((one) => one.occurrence), touches, now],
  );
  return new Set(rows.map((row) => row.position));
}
