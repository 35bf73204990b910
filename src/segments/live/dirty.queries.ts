import { joinGroup } from '../../core/rule/compile-group.js';
import type { ChangeKind } from '../../core/rule/dependencies.js';
import type { Scope } from '../../core/rule/rule.js';
import type { Step } from '../../core/rule/walk-rule.js';
import type { Sql } from '../../platform/database/sql.js';
import { LIVE_TABLES, SLOT_LOCK } from './live-tables.js';

/** People are asked slot by slot: two workers never ask about the same person, so the later look is never overwritten by an earlier one. */
export const SLOTS = 8;
const SLOT_NUMBERS: Readonly<Record<Scope, number>> = { contact: 0, account: SLOTS };

/** Takes up to so many slots that nobody else holds, until the transaction ends. From a slot on, in turn, so that none is left waiting. */
export async function lockSlots(sql: Sql, scope: Scope, first: number, most: number): Promise<number[]> {
  const rows = await sql.manyKept<{ slot: number }>(
    'live.lockSlots',
    `select slot from (
       select slot, pg_try_advisory_xact_lock($1, $2 + slot) as locked from (select ($3 + n) % ${SLOTS} as slot from generate_series(0, $4 - 1) n order by n) turn
     ) tried where locked`,
    [SLOT_LOCK, SLOT_NUMBERS[scope], first, Math.min(most, SLOTS)],
  );
  return rows.map(({ slot }) => slot);
}

/** `derived`: found by following a change to somebody else; the name is the cause, and it is about one segment. */
export interface Mark {
  readonly id: number;
  readonly kind: ChangeKind | 'derived';
  readonly name: string;
  readonly segment_id: number | null;
}

/**
 * Takes marks out of the queue, oldest first. They are gone when this transaction commits, and there again when it does not. Kept for its plan's sake: it reads
 * the index in order, which passes over what was taken before once it is marked dead, where a plan for these very numbers reads all of that anew each time. Taken up
 * to the last of each slot and not one by one, so that no plan reads the whole queue for each mark.
 */
export function takeMarks(sql: Sql, scope: Scope, slots: readonly number[], limit: number): Promise<Mark[]> {
  const { dirty, id } = LIVE_TABLES[scope];
  return sql.manyKept(
    'live.takeMarks',
    `delete from ${dirty} d using unnest($1::smallint[]) asked (slot) cross join lateral (
       select max(dirty_id) as last from (
         select dirty_id from ${dirty} where slot = asked.slot and (not_before is null or not_before <= clock_timestamp()) order by dirty_id limit $2
       ) oldest
     ) taken
     where d.slot = asked.slot and d.dirty_id <= taken.last and (d.not_before is null or d.not_before <= clock_timestamp()) returning d.${id} as id, d.kind, d.name, d.segment_id`,
    [slots, Math.ceil(limit / slots.length)],
  );
}

/** Whether anybody is marked whose time has come. */
export async function isAnybodyMarked(sql: Sql): Promise<boolean> {
  const { marked } = await sql.one<{ marked: boolean }>(
    'live.isAnybodyMarked',
    `select exists (select from dirty_contacts where not_before is null or not_before <= clock_timestamp())
         or exists (select from dirty_accounts where not_before is null or not_before <= clock_timestamp()) as marked`,
  );
  return marked;
}

export interface DerivedMark {
  readonly id: number;
  readonly segmentId: number;
  readonly cause: string;
}

/** Puts marks back for a segment that is being built just now. */
export async function putBack(sql: Sql, scope: Scope, marks: readonly DerivedMark[], milliseconds: number): Promise<void> {
  const { dirty, id } = LIVE_TABLES[scope];
  await sql.exec(
    'live.putBack',
    `insert into ${dirty} (${id}, kind, name, segment_id, not_before)
     select id, 'derived', cause, segment_id, clock_timestamp() + $4 * interval '1 millisecond' from unnest($1::bigint[], $2::integer[], $3::text[]) m (id, segment_id, cause)`,
    [marks.map((mark) => mark.id), marks.map((mark) => mark.segmentId), marks.map((mark) => mark.cause), milliseconds],
  );
}

interface Way {
  readonly joins: string;
  readonly here: Scope;
  /** Whom the path reaches. */
  readonly reached: string;
}

/** The joins of a path from a row `m` of the given scope: to the account of a person, to all people of an account, and so on. */
export function wayAlong(from: Scope, path: readonly Step[], start: string): Way {
  let here: Scope = from;
  let reached = start;
  const joins = path.map((step, index) => {
    const alias = `s${index}`;
    const before = reached;
    if (step !== 'account' && step !== 'people') {
      reached = `${alias}.account_id`;
      return joinGroup(step, alias, before);
    }
    here = step === 'account' ? 'account' : 'contact';
    reached = `${alias}.${LIVE_TABLES[here].id}`;
    return step === 'account' ? `join contacts ${alias} on ${alias}.contact_id = ${before} and ${alias}.account_id is not null` : `join contacts ${alias} on ${alias}.account_id = ${before}`;
  });
  return { joins: joins.join(' '), here, reached };
}

/** Marks whoever a change to these must ask. */
export async function followPath(sql: Sql, from: Scope, path: readonly Step[], marks: readonly DerivedMark[]): Promise<void> {
  const { joins, here, reached } = wayAlong(from, path, 'm.id');
  await sql.exec(
    'live.followPath',
    `insert into ${LIVE_TABLES[here].dirty} (${LIVE_TABLES[here].id}, kind, name, segment_id)
     select ${reached}, 'derived', max(m.cause), m.segment_id from unnest($1::bigint[], $2::integer[], $3::text[]) m (id, segment_id, cause) ${joins} group by ${reached}, m.segment_id`,
    [marks.map((mark) => mark.id), marks.map((mark) => mark.segmentId), marks.map((mark) => mark.cause)],
  );
}

/** Makes marks of the checks that are due; gives how many. */
export function markDueChecks(sql: Sql, scope: Scope, now: Date, limit: number): Promise<number> {
  const { checks, dirty, id } = LIVE_TABLES[scope];
  return sql.exec(
    'live.markDueChecks',
    `with due as (
       delete from ${checks} where (${id}, segment_id) in (select ${id}, segment_id from ${checks} where next_check_at <= $1 order by next_check_at limit $2 for update skip locked)
       returning ${id}, segment_id
     )
     insert into ${dirty} (${id}, kind, name, segment_id) select ${id}, 'derived', 'clock', segment_id from due`,
    [now, limit],
  );
}

/** Segments of these that nobody is building: they stay so until the transaction ends. */
export async function lockAgainstBuilding(sql: Sql, lock: number, segmentIds: readonly number[]): Promise<number[]> {
  const rows = await sql.manyKept<{ segment_id: number }>(
    'live.lockAgainstBuilding',
    `select segment_id from (select segment_id, pg_try_advisory_xact_lock_shared($1, segment_id) as locked from unnest($2::integer[]) segment_id) tried where locked`,
    [lock, segmentIds],
  );
  return rows.map(({ segment_id }) => segment_id);
}
