import type { ExitCondition } from '../core/campaign/definition.js';
import type { EnrollmentState } from '../core/campaign/transition.js';
import { compilePropertyFilter } from '../core/rule/compile-value.js';
import { Parameters } from '../core/rule/parameters.js';
import type { Sql } from '../platform/database/sql.js';

export async function listRunning(sql: Sql): Promise<number[]> {
  const rows = await sql.manyKept<{ campaign_id: number }>('planner.listRunning', `select campaign_id from campaigns where state = 'running'`);
  return rows.map((row) => row.campaign_id);
}

/**
 * Where work is due, and how much of it, counted up to `most` a bucket: 256 probes of the index enrollments_due per campaign,
 * however many people wait.
 */
export function listDueBuckets(sql: Sql, campaignIds: readonly number[], now: Date, most: number): Promise<{ bucket: number; people: number }[]> {
  return sql.many(
    'planner.listDueBuckets',
    `select b.bucket, sum(due.people)::int as people
       from buckets b cross join unnest($1::int[]) c (campaign_id)
       cross join lateral (
         select count(*) as people from (
           select from enrollments e where e.bucket = b.bucket and e.campaign_id = c.campaign_id and e.state = 'active' and e.due_at <= $2 limit $3
         ) found
       ) due
      where due.people > 0
      group by b.bucket order by b.bucket`,
    [campaignIds, now, most],
  );
}

export interface DueEnrollment {
  readonly contact_id: number;
  readonly campaign_id: number;
  readonly occurrence: number;
  readonly campaign_version: number;
  readonly bucket: number;
  readonly account_id: number | null;
  readonly step: number;
  readonly step_since: Date;
  readonly attempts: number;
  readonly entered_at: Date;
  [column: string]: unknown;
}

/** Those who are due in these buckets, at most `limit`, longest due first. The caller holds the buckets' locks, so nobody else moves them. */
export function listDue(sql: Sql, buckets: readonly number[], campaignIds: readonly number[], now: Date, limit: number): Promise<DueEnrollment[]> {
  return sql.many<DueEnrollment>(
    'planner.listDue',
    `select e.contact_id, e.campaign_id, e.occurrence, e.campaign_version, e.bucket, e.account_id, e.step, e.step_since, e.attempts, e.entered_at
       from unnest($1::smallint[]) b (bucket) cross join unnest($2::int[]) c (campaign_id)
       cross join lateral (
         select * from enrollments e
          where e.bucket = b.bucket and e.campaign_id = c.campaign_id and e.state = 'active' and e.due_at <= $3
          order by e.due_at limit $4
       ) e
      order by e.due_at, e.contact_id limit $4`,
    [buckets, campaignIds, now, limit],
  );
}

export interface RivalEnrollment extends DueEnrollment {
  readonly due_at: Date;
}

/** Everything that is due for these people until a moment: what wants to write to them besides. One probe of the primary key per person. */
export function listRivals(sql: Sql, contactIds: readonly number[], campaignIds: readonly number[], until: Date): Promise<RivalEnrollment[]> {
  return sql.many<RivalEnrollment>(
    'planner.listRivals',
    `select e.contact_id, e.campaign_id, e.occurrence, e.campaign_version, e.bucket, e.account_id, e.step, e.step_since, e.attempts, e.entered_at, e.due_at
       from enrollments e where e.contact_id = any($1) and e.campaign_id = any($2) and e.state = 'active' and e.due_at <= $3
      order by e.due_at, e.contact_id, e.campaign_id`,
    [contactIds, campaignIds, until],
  );
}

type Conditions = readonly Pick<ExitCondition, 'event' | 'where'>[];

/** Which of the conditions hold for whom: the position of the enrollment in the list given, and the index of the condition. */
export function listExits(
  sql: Sql,
  enrollments: readonly { readonly contact_id: number; readonly entered_at: Date }[],
  conditions: Conditions,
  now: Date,
): Promise<{ position: number; condition: number }[]> {
  const params = new Parameters();
  const earliest = new Date(Math.min(...enrollments.map((enrollment) => enrollment.entered_at.getTime())));
  const ids = params.add(enrollments.map((enrollment) => enrollment.contact_id), 'bigint[]');
  const since = params.add(enrollments.map((enrollment) => enrollment.entered_at), 'timestamptz[]');
  const people = `unnest(${ids}, ${since}) with ordinality p (contact_id, entered_at, ordinality)`;
  return sql.many('planner.listExits', compileExits(people, params.add(earliest, 'timestamptz'), conditions, now, params), params.values);
}

/** The same of mail that waits in the outbox: its enrollment tells since when. */
export function listExitsOfMail(
  sql: Sql,
  campaignId: number,
  messages: readonly { readonly contact_id: number; readonly occurrence: number }[],
  conditions: Conditions,
  now: Date,
): Promise<{ position: number; condition: number }[]> {
  const params = new Parameters();
  const ids = params.add(messages.map((message) => message.contact_id), 'bigint[]');
  const occurrences = params.add(messages.map((message) => message.occurrence), 'int[]');
  const people = `select m.contact_id, e.entered_at, m.ordinality from unnest(${ids}, ${occurrences}) with ordinality m (contact_id, occurrence, ordinality)
         join enrollments e on e.contact_id = m.contact_id and e.campaign_id = ${params.add(campaignId, 'int')} and e.occurrence = m.occurrence`;
  const exits = compileExits('people p', '(select min(entered_at) from people)', conditions, now, params);
  return sql.many('planner.listExitsOfMail', `with people as materialized (${people}) ${exits}`, params.values);
}

/** `earliest` is asked besides each one's own moment: as one value it keeps the months before it out. */
function compileExits(people: string, earliest: string, conditions: Conditions, now: Date, params: Parameters): string {
  const tests = conditions.map((condition, index) => {
    const filters = (condition.where ?? []).map((filter) => compilePropertyFilter(filter, 'e.properties', params));
    return `(${index}, ${[`e.name = ${params.add(condition.event, 'text')}`, ...filters].map((test) => `(${test})`).join(' and ')})`;
  });
  return `select distinct (p.ordinality - 1)::int as position, condition.index as condition
       from ${people}
       join events e on e.contact_id = p.contact_id and e.occurred_at > p.entered_at
       cross join lateral (values ${tests.join(', ')}) condition (index, holds)
      where e.occurred_at > ${earliest} and e.occurred_at <= ${params.add(now, 'timestamptz')}
        and e.name = any(${params.add(conditions.map((condition) => condition.event), 'text[]')}) and condition.holds`;
}

export interface Move {
  readonly contactId: number;
  readonly campaignId: number;
  readonly occurrence: number;
  readonly state: EnrollmentState;
  readonly step: number;
  /** Of those who stay: when the step is due, since when, how often deferred. */
  readonly dueAt: Date | null;
  readonly stepSince: Date | null;
  readonly attempts: number;
  readonly endReason: string | null;
}

/** Moves a batch with one statement. */
export async function moveEnrollments(sql: Sql, moves: readonly Move[], now: Date): Promise<void> {
  await sql.exec(
    'planner.move',
    `update enrollments e
        set state = m.state, step = m.step, due_at = coalesce(m.due_at, e.due_at), step_since = coalesce(m.step_since, e.step_since), attempts = m.attempts,
            ended_at = case when m.state <> 'active' then $10::timestamptz end, end_reason = m.end_reason
       from unnest($1::bigint[], $2::int[], $3::int[], $4::text[], $5::smallint[], $6::timestamptz[], $7::timestamptz[], $8::smallint[], $9::text[])
            m (contact_id, campaign_id, occurrence, state, step, due_at, step_since, attempts, end_reason)
      where e.contact_id = m.contact_id and e.campaign_id = m.campaign_id and e.occurrence = m.occurrence`,
    [
      moves.map((move) => move.contactId), moves.map((move) => move.campaignId), moves.map((move) => move.occurrence), moves.map((move) => move.state), moves.map((move) => move.step),
      moves.map((move) => isoText(move.dueAt)), moves.map((move) => isoText(move.stepSince)), moves.map((move) => move.attempts), moves.map((move) => move.endReason), now,
    ],
  );
}

/** pg writes a Date in an array field by field, in local time: ten times the work of this. */
function isoText(moment: Date | null): string | null {
  return moment === null ? null : moment.toISOString();
}

/**
 * The next moment at which anything is to be done: an audience taken, a step decided, a mail delivered. People who come by a trigger have
 * no such moment. For clocks that jump from one to the next.
 */
export async function findNextDue(sql: Sql): Promise<Date | undefined> {
  const { due_at } = await sql.one<{ due_at: Date | null }>(
    'planner.findNextDue',
    `with running as (select campaign_id, next_entry_at from campaigns where state = 'running')
     select least(
       (select min(next_entry_at) from running),
       (select min(due.due_at) from buckets b cross join running c
          cross join lateral (select e.due_at from enrollments e where e.bucket = b.bucket and e.campaign_id = c.campaign_id and e.state = 'active' order by e.due_at limit 1) due),
       (select min(due.due_at) from buckets b cross join (select campaign_id from campaigns where state in ('running', 'stopped')) c
          cross join lateral (select m.due_at from messages m where m.bucket = b.bucket and m.campaign_id = c.campaign_id and m.state = 'queued' order by m.due_at limit 1) due)
     ) as due_at`,
  );
  return due_at ?? undefined;
}
