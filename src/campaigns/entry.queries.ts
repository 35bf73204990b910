import type { BuyingGroupRole } from '../core/account/buying-group.js';
import { compilePropertyFilter } from '../core/rule/compile-value.js';
import { Parameters } from '../core/rule/parameters.js';
import type { PropertyFilter, Scope } from '../core/rule/rule.js';
import type { Sql } from '../platform/database/sql.js';
import { type Campaign, campaignOf, type CampaignRow } from './campaign.js';
import { boundsOf, type Snapshot } from './snapshots.js';

/** Any number that no other advisory lock of this database begins with. */
const ENTRY_LOCK = 7_417_002;

/**
 * Whether this transaction may let people into the campaign: one at a time, also over several processes. Not the campaign's row:
 * a million people take seconds to enter, and a pause must not wait for that.
 */
export async function tryLockEntry(sql: Sql, campaignId: number): Promise<boolean> {
  const { locked } = await sql.one<{ locked: boolean }>('entry.tryLock', 'select pg_try_advisory_xact_lock($1, $2) as locked', [ENTRY_LOCK, campaignId]);
  return locked;
}

/** Running campaigns whose audience is due, or that people enter one by one; the one that waits longest first. */
export function listEntering(sql: Sql, now: Date): Promise<{ campaign_id: number; kind: string }[]> {
  return sql.manyKept(
    'entry.list',
    `select c.campaign_id, v.definition -> 'entry' ->> 'kind' as kind
       from campaigns c join campaign_versions v on v.campaign_id = c.campaign_id and v.version = c.current_version
      where c.state = 'running' and (c.next_entry_at <= $1 or v.definition -> 'entry' ->> 'kind' in ('segment_entered', 'segment_left', 'event'))
      order by c.next_entry_at nulls last, c.campaign_id`,
    [now],
  );
}

/** The campaign if it still is to be entered, read after the entry lock was taken. */
export async function findEntering(sql: Sql, campaignId: number, now: Date): Promise<Campaign | undefined> {
  const [row] = await sql.manyKept<CampaignRow>(
    'entry.find',
    `select c.campaign_id, c.key, c.name, c.scope, c.state, c.problem, v.version, v.definition, c.next_entry_at, c.next_occurrence, c.event_cursor, c.started_at, c.ended_at, c.created_at, c.updated_at
       from campaigns c join campaign_versions v on v.campaign_id = c.campaign_id and v.version = c.current_version
      where c.campaign_id = $1 and c.state = 'running' and (c.next_entry_at <= $2 or c.next_entry_at is null)`,
    [campaignId, now],
  );
  return row && campaignOf(row);
}

/** A compiled segment: one column of ids, its parameters $1 … $n. */
export interface Audience {
  readonly scope: Scope;
  readonly text: string;
  readonly params: readonly unknown[];
  /** One of the few texts of the code, and not of a rule. */
  readonly fixed?: boolean;
}

/** Who came by a trigger, and when; without it everybody in the audience enters at one moment. Accounts come with their buying groups. */
export interface Arrivals {
  readonly of: Scope;
  readonly ids: readonly number[];
  readonly since: readonly Date[];
}

export interface Entrance {
  readonly campaignId: number;
  readonly audience: Audience;
  readonly roles: readonly BuyingGroupRole[];
  readonly perAccount: number | undefined;
  /** `ahead`: asked for a later time, by when those who are on the way now may be through. */
  readonly reentry: 'never' | 'always' | 'ahead';
  readonly now: Date;
  readonly arrivals?: Arrivals | undefined;
}

interface Statement {
  readonly text: string;
  readonly params: unknown[];
}

/**
 * One SELECT of who enters: contact_id, bucket, account_id, role, since. For accounts the valid members of each buying group in the order of
 * the roles. `place` counts all of them, also those who have been written to: who is past the first `perAccount` stays out for good,
 * and colleagues still on their way take the place of newcomers.
 */
function entrantsStatement({ campaignId, audience, roles, perAccount, reentry, now, arrivals }: Entrance): Statement {
  const params: unknown[] = [...audience.params];
  const add = (value: unknown, type: string): string => `$${params.push(value)}::${type}`;
  const campaign = add(campaignId, 'integer');
  const arrived = arrivals
    ? `join (select id, max(since) as since from unnest(${add(arrivals.ids, 'bigint[]')}, ${add(arrivals.since, 'timestamptz[]')}) came (id, since) group by id) came on came.id = c.${arrivals.of}_id`
    : '';
  const since = arrivals ? 'came.since' : add(now, 'timestamptz');
  // Everybody at once: read once. Looked up in place, PostgreSQL scans a table that it takes for empty anew for each person, while this very statement
  // fills it: in an installation whose tables had been analyzed a million people were not in after hours.
  const [before, earlier] = arrivals ? ['', 'enrollments'] : [`with earlier as materialized (select * from enrollments where campaign_id = ${campaign}) `, 'earlier'];
  const enrolled = `exists (select from ${earlier} e where e.contact_id = p.contact_id and e.campaign_id = ${campaign}${reentry === 'always' ? ` and (e.state = 'active' or e.entered_at >= p.since)` : ''})`;
  const barred = reentry === 'ahead' ? `${campaign} is not null` : `not ${enrolled}`;
  if (audience.scope === 'contact') {
    return {
      text: `${before}select p.* from (
               select c.contact_id, c.bucket, c.account_id, null::text as role, ${since} as since
                 from (${audience.text}) audience (contact_id) join contacts c using (contact_id)
                 ${arrived}
             ) p where ${barred}`,
      params,
    };
  }
  const order = add(roles, 'text[]');
  const limit = add(perAccount ?? null, 'integer');
  const moment = add(now, 'timestamptz');
  return {
    text: `${before}select contact_id, bucket, account_id, role, since from (
             select p.*, coalesce(busy.people, 0) + row_number() over (partition by p.account_id order by p.place) as taken
               from (
                 select member.*, row_number() over (partition by account_id order by array_position(${order}, role), confidence desc, contact_id) as place
                   from (
                     select distinct on (c.contact_id) c.contact_id, c.bucket, c.account_id, m.role, m.confidence, ${since} as since
                       from (${audience.text}) audience (account_id)
                       join buying_group_members m using (account_id)
                       join contacts c on c.contact_id = m.contact_id and c.account_id = m.account_id
                       ${arrived}
                      where m.role = any(${order}) and m.valid_from <= ${moment} and (m.valid_to is null or m.valid_to > ${moment})
                      order by c.contact_id, array_position(${order}, m.role), m.confidence desc
                   ) member
               ) p
               left join (select account_id, count(*) as people from ${earlier} where campaign_id = ${campaign} and state = 'active' group by account_id) busy on busy.account_id = p.account_id
              where (${limit} is null or p.place <= ${limit}) and ${barred}
           ) chosen where ${limit} is null or taken <= ${limit}`,
    params,
  };
}

export interface NewEnrollments {
  readonly version: number;
  /** Of the taking of the audience; undefined where each person counts their own. */
  readonly occurrence: number | undefined;
  readonly cause: string;
  /** The first step that is no wait, and how long the waits before it take. */
  readonly step: number;
  readonly waitMs: number;
}

/** Lets everybody in with one statement (a million in 9 s); gives how many. */
export function enroll(sql: Sql, entrance: Entrance, enrollment: NewEnrollments): Promise<number> {
  const { text, params } = entrantsStatement(entrance);
  const add = (value: unknown, type: string): string => `$${params.push(value)}::${type}`;
  const campaign = add(entrance.campaignId, 'integer');
  const counted = enrollment.occurrence === undefined;
  // Each person's own count: looked up for few, read once for everybody (see entrantsStatement).
  const [before, joined, counts] = entrance.arrivals
    ? ['', '', `select max(e.occurrence) from enrollments e where e.contact_id = entrant.contact_id and e.campaign_id = ${campaign}`]
    : [`with last as materialized (select contact_id, max(occurrence) as occurrence from enrollments where campaign_id = ${campaign} group by contact_id) `, 'left join last on last.contact_id = entrant.contact_id', 'last.occurrence'];
  const occurrence = counted ? `1 + coalesce((${counts}), 0)` : add(enrollment.occurrence, 'integer');
  const due = `entrant.since + ${add(enrollment.waitMs, 'bigint')} * interval '1 millisecond'`;
  return sql[entrance.audience.fixed === true && entrance.arrivals ? 'execKept' : 'exec'](
    'entry.enroll',
    `insert into enrollments (contact_id, campaign_id, occurrence, campaign_version, bucket, account_id, role, step, due_at, step_since, entered_at, entry_cause)
     ${counted ? before : ''}select entrant.contact_id, ${campaign}, ${occurrence}, ${add(enrollment.version, 'integer')}, entrant.bucket, entrant.account_id, entrant.role,
            ${add(enrollment.step, 'smallint')}, ${due}, ${due}, entrant.since, ${add(enrollment.cause, 'text')}
       from (${text}) entrant ${counted ? joined : ''}
     on conflict do nothing`,
    params,
  );
}

/** How a campaign's definition has its audience enter at a moment. */
export function entranceOf({ campaignId, definition }: Campaign, audience: Audience, now: Date, arrivals?: Arrivals): Entrance {
  const { roles, perAccount } = definition.audience;
  return { campaignId, audience, roles, perAccount, reentry: definition.reentry, now, arrivals };
}

export interface EntrantRow {
  contact_id: number;
  account_id: number | null;
  bucket: number;
  [column: string]: unknown;
}

/**
 * Opens a cursor over who would enter, for dry run and simulation; read with fetchEntrants in the same transaction, in which nothing can be
 * written from here on. By bucket, so that colleagues come together.
 */
export async function openEntrants(sql: Sql, entrance: Entrance): Promise<void> {
  const { text, params } = entrantsStatement(entrance);
  await sql.exec('entry.readOnly', 'set transaction read only');
  await sql.exec('entry.openEntrants', `declare ${cursorOf(entrance.campaignId)} no scroll cursor for select contact_id, account_id, bucket from (${text}) entrant order by bucket, account_id, contact_id`, params);
}

export function fetchEntrants(sql: Sql, campaignId: number, count: number): Promise<EntrantRow[]> {
  return sql.many<EntrantRow>('entry.fetchEntrants', `fetch ${Math.trunc(count)} from ${cursorOf(campaignId)}`);
}

function cursorOf(campaignId: number): string {
  return `entrants_${Math.trunc(campaignId)}`;
}

/** Writes down that the audience was taken; people who come one by one are added up. */
export async function recordEntry(sql: Sql, campaignId: number, occurrence: number, audience: number, now: Date): Promise<void> {
  await sql.execKept(
    'entry.record',
    `insert into campaign_entries (campaign_id, occurrence, entered_at, audience) values ($1, $2, $3, $4)
     on conflict (campaign_id, occurrence) do update set audience = campaign_entries.audience + excluded.audience, entered_at = excluded.entered_at`,
    [campaignId, occurrence, now, audience],
  );
}

/** Sets the campaign up for its next entry. False when it was stopped meanwhile: then nobody is to enter. */
export async function advanceEntry(sql: Sql, campaign: { campaignId: number; nextEntryAt: Date | null; nextOccurrence: number; eventCursor: Snapshot | null }): Promise<boolean> {
  const rows = await sql.execKept(
    'entry.advance',
    `update campaigns set next_entry_at = $2, next_occurrence = $3, event_cursor = $4 where campaign_id = $1 and state in ('running', 'paused')`,
    [campaign.campaignId, campaign.nextEntryAt, campaign.nextOccurrence, campaign.eventCursor],
  );
  return rows === 1;
}

/** Which transactions have ended by now: later statements see all that they wrote. */
export async function readSnapshot(sql: Sql): Promise<Snapshot> {
  const { snapshot } = await sql.one<{ snapshot: Snapshot }>('entry.readSnapshot', 'select pg_current_snapshot() as snapshot');
  return snapshot;
}

/** From one look to the next. */
export interface Between {
  readonly from: Snapshot;
  readonly to: Snapshot;
}

/**
 * Whether a row, by the number of its transaction, could be read at `to` and not yet at `from`. The range is for the index, and given as values: of a
 * bound that it has to work out itself PostgreSQL expects a third of the table.
 */
export function cameBetween(column: string, { from, to }: Between, params: Parameters): string {
  const xid = `${column}::text::xid8`;
  return `${column} >= ${params.add(boundsOf(from).oldest, 'bigint')} and ${column} < ${params.add(boundsOf(to).next, 'bigint')}
    and pg_visible_in_snapshot(${xid}, ${params.add(to, 'pg_snapshot')}) and not pg_visible_in_snapshot(${xid}, ${params.add(from, 'pg_snapshot')})`;
}

/** Who did it in events received between two looks; events that happened before `since` are history, imported late. */
export async function listEventArrivals(sql: Sql, event: { name: string; where: readonly PropertyFilter[] }, received: Between, since: Date, now: Date): Promise<Arrivals> {
  const params = new Parameters();
  const conditions = [
    `e.name = ${params.add(event.name, 'text')}`,
    `e.occurred_at >= ${params.add(since, 'timestamptz')}`,
    cameBetween('e.received_xid', received, params),
    ...event.where.map((filter) => compilePropertyFilter(filter, 'e.properties', params)),
  ];
  const rows = await sql.many<{ contact_id: number; since: Date }>(
    'entry.listEventArrivals',
    `select e.contact_id, least(max(e.occurred_at), ${params.add(now, 'timestamptz')}) as since from events e where ${conditions.join(' and ')} group by e.contact_id`,
    params.values,
  );
  return { of: 'contact', ids: rows.map((row) => row.contact_id), since: rows.map((row) => row.since) };
}
