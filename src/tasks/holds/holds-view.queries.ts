import type { HoldKind, HoldScope } from '../../core/account/holds.js';
import { type Reach, reachParams, reachText } from '../../core/shared/reach.js';
import type { Sql } from '../../platform/database/sql.js';

export interface HoldRow {
  scope: HoldScope;
  hold_id: number;
  contact_id: number | null;
  account_id: number | null;
  kind: HoldKind;
  campaign_key: string | null;
  reason: string;
  said: unknown;
  owner_email: string | null;
  task_id: number | null;
  reference: string | null;
  opened_at: Date;
  opened_by: string;
  moment_at: Date | null;
  resolved_at: Date | null;
  followed_up_at: Date | null;
  lifted_at: Date | null;
  retracted_at: Date | null;
  closed_at: Date | null;
  ends_at: Date | null;
}

const COLUMNS = `h.hold_id, h.kind, p.key as campaign_key, h.reason, h.said, u.email as owner_email, h.task_id, h.reference, h.opened_at, h.opened_by, h.moment_at, h.resolved_at, h.followed_up_at, h.lifted_at,
  h.retracted_at, h.closed_at, h.ends_at`;
const JOINS = 'left join campaigns p on p.campaign_id = h.campaign_id left join users u on u.user_id = h.owner_id';
const OF_CONTACTS = `select 'contact' as scope, h.contact_id, null::bigint as account_id, ${COLUMNS} from contact_holds h join contacts c on c.contact_id = h.contact_id ${JOINS}`;
const OF_ACCOUNTS = `select 'account' as scope, null::bigint as contact_id, h.account_id, ${COLUMNS} from account_holds h ${JOINS}`;

export interface HoldFilter {
  /** His own, and those of his account. */
  readonly contactId?: number | undefined;
  /** Its own, and those of its people. */
  readonly accountId?: number | undefined;
  readonly inForce: boolean;
}

/** Latest opened first, before the given moment and id. */
export function listHolds(sql: Sql, { contactId, accountId, inForce }: HoldFilter, reach: Reach, before: readonly [Date, number], now: Date, limit: number): Promise<HoldRow[]> {
  const common = `(h.opened_at, h.hold_id) < ($4, $5) and (not $3::boolean or (h.retracted_at is null and (h.ends_at is null or h.ends_at > $6)))`;
  return sql.many(
    'holds.list',
    `select * from (
       (${OF_CONTACTS} where ${common} and ($1::bigint is null or h.contact_id = living_contact($1)) and ($2::bigint is null or c.account_id = $2) and ${reachText('c.account_id', '$8', '$9')} order by h.opened_at desc, h.hold_id desc limit $7)
       union all
       (${OF_ACCOUNTS} where ${common} and ($1::bigint is null or h.account_id = (select account_id from contacts where contact_id = living_contact($1))) and ($2::bigint is null or h.account_id = $2)
          and ${reachText('h.account_id', '$8', '$9')} order by h.opened_at desc, h.hold_id desc limit $7)
     ) held order by opened_at desc, hold_id desc limit $7`,
    [contactId ?? null, accountId ?? null, inForce, before[0], before[1], now, limit, ...reachParams(reach)],
  );
}

export function findHold(sql: Sql, scope: HoldScope, holdId: number, reach: Reach): Promise<HoldRow | undefined> {
  const text = scope === 'contact' ? `${OF_CONTACTS} where h.hold_id = $1 and ${reachText('c.account_id', '$2', '$3')}` : `${OF_ACCOUNTS} where h.hold_id = $1 and ${reachText('h.account_id', '$2', '$3')}`;
  return sql.maybe(`holds.find_${scope}`, text, [holdId, ...reachParams(reach)]);
}

export function listOfTask(sql: Sql, taskId: number): Promise<HoldRow[]> {
  return sql.many('holds.listOfTask', `select * from (${OF_CONTACTS} where h.task_id = $1 union all ${OF_ACCOUNTS} where h.task_id = $1) held order by scope desc, hold_id`, [taskId]);
}

export interface StoppedRow {
  contact_id: number;
  campaign_key: string;
  step: number;
  occurrence: number;
  first_at: Date;
  times: number;
  verdict: number;
  message_state: string | null;
  sent_at: Date | null;
  last_reasons: number[] | null;
}

/** More than anybody reads; the sums are of what is listed. */
const MOST = 200;

/**
 * The mails that a hold stopped while it lasted, and what became of each: the decisions of these people in its time with one of its reasons, and
 * the latest decision on the same mail.
 */
export function listStopped(sql: Sql, of: { scope: HoldScope; subjectId: number; campaignKey: string | null }, reasons: readonly number[], from: Date, until: Date): Promise<StoppedRow[]> {
  const people = of.scope === 'contact' ? 'select $1::bigint as contact_id' : 'select contact_id from contacts where account_id = $1';
  return sql.many(
    'holds.listStopped',
    `select s.*, p.key as campaign_key, l.verdict, l.reasons as last_reasons, m.state as message_state, m.sent_at
       from (
         select d.contact_id, d.campaign_id, d.step, d.occurrence, min(d.decided_at) as first_at, count(*)::int as times
           from (${people}) person join decisions d using (contact_id)
          where d.decided_at >= $3 and d.decided_at < $4 and d.reasons && $2::smallint[]
          group by d.contact_id, d.campaign_id, d.step, d.occurrence order by first_at limit ${MOST}
       ) s
       join campaigns p using (campaign_id)
       cross join lateral (
         select d.verdict, d.reasons from decisions d where d.contact_id = s.contact_id and d.campaign_id = s.campaign_id and d.step = s.step and d.occurrence = s.occurrence and d.decided_at >= $3
          order by d.decided_at desc, d.batch_id desc limit 1
       ) l
       left join messages m on m.contact_id = s.contact_id and m.campaign_id = s.campaign_id and m.step = s.step and m.occurrence = s.occurrence
      where $5::text is null or p.key = $5
      order by s.first_at, s.contact_id`,
    [of.subjectId, reasons, from, until, of.campaignKey],
  );
}
