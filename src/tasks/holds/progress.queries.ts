import type { HoldKind, HoldScope } from '../../core/account/holds.js';
import type { Sql } from '../../platform/database/sql.js';

export interface ProgressRow {
  scope: HoldScope;
  hold_id: number;
  subject_id: number;
  kind: HoldKind;
  opened_at: Date;
  moment_at: Date | null;
  resolved_at: Date | null;
  followed_up_at: Date | null;
  lifted_at: Date | null;
  closed_at: Date | null;
  ends_at: Date | null;
}

const COLUMNS = 'h.hold_id, h.kind, h.opened_at, h.moment_at, h.resolved_at, h.followed_up_at, h.lifted_at, h.closed_at, h.ends_at';
const contact = (where: string): string => `select position, 'contact' as scope, contact_id as subject_id, ${COLUMNS} from given join contact_holds h on ${where}`;
const account = (where: string): string => `select position, 'account' as scope, account_id as subject_id, ${COLUMNS} from given join account_holds h on ${where}`;

/** A hold that was opened by mistake, or is closed, goes no further. */
const OPEN = 'h.closed_at is null and h.retracted_at is null';

export type FoundProgress = ProgressRow & { position: number };

export function findById(sql: Sql, given: readonly { scope: HoldScope; holdId: number }[]): Promise<FoundProgress[]> {
  return sql.many(
    'holds.progressById',
    `with given as (select scope, id, (position - 1)::int as position from unnest($1::text[], $2::bigint[]) with ordinality g (scope, id, position))
     ${contact(`given.scope = 'contact' and h.hold_id = given.id and ${OPEN}`)} union all ${account(`given.scope = 'account' and h.hold_id = given.id and ${OPEN}`)}`,
    [given.map((one) => one.scope), given.map((one) => one.holdId)],
  );
}

export function findByTask(sql: Sql, taskIds: readonly number[]): Promise<FoundProgress[]> {
  return sql.many(
    'holds.progressByTask',
    `with given as (select id, (position - 1)::int as position from unnest($1::bigint[]) with ordinality g (id, position))
     ${contact(`h.task_id = given.id and ${OPEN}`)} union all ${account(`h.task_id = given.id and ${OPEN}`)}`,
    [taskIds],
  );
}

export interface Matter {
  readonly kind: HoldKind;
  readonly contactId: number | null;
  readonly accountId: number | null;
  readonly reference: string | null;
  readonly at: Date;
}

/** The matters of this kind that were opened before, and everything that is held for their sake: a severe complaint holds an account too. */
export function findByMatter(sql: Sql, matters: readonly Matter[]): Promise<FoundProgress[]> {
  return sql.many(
    'holds.progressByMatter',
    `with given as (
       select kind, contact_id as person, account_id as company, reference as number, at, (position - 1)::int as position
       from unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::timestamptz[]) with ordinality g (kind, contact_id, account_id, reference, at, position)
     ), own as (
       ${contact(`h.contact_id = living_contact(given.person) and h.kind = given.kind and h.opened_at <= given.at and (given.number is null or h.reference = given.number) and ${OPEN}`)}
       union all
       ${account(`h.account_id = given.company and h.kind = given.kind and h.opened_at <= given.at and (given.number is null or h.reference = given.number) and ${OPEN}`)}
     ), along as (
       select own.position, 'account' as scope, h.account_id as subject_id, ${COLUMNS}
         from own join contact_holds c on own.scope = 'contact' and c.contact_id = own.subject_id and c.hold_id = own.hold_id
         join account_holds h on h.task_id = c.task_id and h.kind = c.kind and h.cause = c.cause and ${OPEN}
     )
     select * from own union select * from along`,
    [matters.map((one) => one.kind), matters.map((one) => one.contactId), matters.map((one) => one.accountId), matters.map((one) => one.reference), matters.map((one) => one.at.toISOString())],
  );
}

export interface ProgressUpdate {
  readonly holdId: number;
  readonly resolvedAt: Date | null;
  readonly followedUpAt: Date | null;
  readonly liftedAt: Date | null;
  readonly closedAt: Date | null;
  readonly closedBy: string;
  readonly endsAt: Date | null;
}

const iso = (moment: Date | null): string | null => moment && moment.toISOString();

/** What was noted before stays: two who close at once close once. */
export async function updateProgress(sql: Sql, scope: HoldScope, updates: readonly ProgressUpdate[]): Promise<void> {
  if (updates.length === 0) return;
  await sql.exec(
    `holds.updateProgress_${scope}`,
    `update ${scope}_holds h set resolved_at = coalesce(h.resolved_at, g.resolved_at), followed_up_at = coalesce(h.followed_up_at, g.followed_up_at), lifted_at = coalesce(h.lifted_at, g.lifted_at),
            closed_at = g.closed_at, closed_by = case when g.closed_at is not null then g.closed_by end, ends_at = g.ends_at
       from unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::timestamptz[])
            g (hold_id, resolved_at, followed_up_at, lifted_at, closed_at, closed_by, ends_at)
      where h.hold_id = g.hold_id and h.closed_at is null and h.retracted_at is null`,
    [
      updates.map((one) => one.holdId), updates.map((one) => iso(one.resolvedAt)), updates.map((one) => iso(one.followedUpAt)), updates.map((one) => iso(one.liftedAt)),
      updates.map((one) => iso(one.closedAt)), updates.map((one) => one.closedBy), updates.map((one) => iso(one.endsAt)),
    ],
  );
}

/** One step at a time for these subjects: the steps of a hold are read, added to and written. */
export async function lockProgress(sql: Sql, scope: HoldScope, holdIds: readonly number[]): Promise<ProgressRow[]> {
  if (holdIds.length === 0) return [];
  return sql.many(
    `holds.lockProgress_${scope}`,
    `select '${scope}' as scope, ${scope}_id as subject_id, ${COLUMNS} from ${scope}_holds h where h.hold_id = any($1) and ${OPEN} order by ${scope}_id, hold_id for update`,
    [holdIds],
  );
}

/** It was never so: mail goes on at once. */
export function retractHold(sql: Sql, scope: HoldScope, holdId: number, by: string, now: Date): Promise<{ hold_id: number; task_id: number | null } | undefined> {
  return sql.maybe(
    `holds.retract_${scope}`,
    `update ${scope}_holds set retracted_at = $2, closed_at = coalesce(closed_at, $2), closed_by = coalesce(closed_by, $3), ends_at = least(ends_at, $2) where hold_id = $1 and retracted_at is null returning hold_id, task_id`,
    [holdId, now, by],
  );
}
