import type { Sql } from '../../platform/database/sql.js';
import type { Moved, Round } from './merge.queries.js';

const PAIRS = 'unnest($1::bigint[], $2::bigint[], $3::bigint[]) as p (merged, survivor, merge_id)';

/** Whoever held one of the two holds the one who stays. */
export async function moveHolds(sql: Sql, { merged, survivors, mergeIds }: Round): Promise<void> {
  await sql.exec(
    'merge.moveHolds',
    `update contact_holds h set contact_id = p.survivor from ${PAIRS}
      where h.contact_id = p.merged and not exists (select from contact_holds o where o.contact_id = p.survivor and o.kind = h.kind and o.cause = h.cause)`,
    [merged, survivors, mergeIds],
  );
}

/** What colleagues did counts against the one who stays. */
export function moveTouches(sql: Sql, { merged, survivors, mergeIds }: Round): Promise<Moved[]> {
  return sql.many<Moved>(
    'merge.moveTouches',
    `with moved as (update human_touches h set contact_id = p.survivor from ${PAIRS} where h.contact_id = p.merged returning p.merge_id, h.touch_id)
     select merge_id, jsonb_agg(touch_id) as moved from moved group by merge_id`,
    [merged, survivors, mergeIds],
  );
}

/** Work about the one who goes is about the one who stays, with what was written down. */
export function moveTasks(sql: Sql, { merged, survivors, mergeIds }: Round): Promise<Moved[]> {
  return sql.many<Moved>(
    'merge.moveTasks',
    `with moved as (update tasks t set contact_id = p.survivor from ${PAIRS} where t.contact_id = p.merged returning p.merge_id, t.task_id),
       noted as (update task_notes n set contact_id = p.survivor from ${PAIRS} where n.contact_id = p.merged)
     select merge_id, jsonb_agg(task_id) as moved from moved group by merge_id`,
    [merged, survivors, mergeIds],
  );
}

/** Whoever is two people again is held as two while it lasts: being spared is not undone by a slip of ours. */
export async function shareHolds(sql: Sql, merged: number, survivor: number, now: Date): Promise<void> {
  await sql.exec(
    'merge.shareHolds',
    `insert into contact_holds (contact_id, kind, campaign_id, reason, said, owner_id, task_id, cause, opened_at, opened_by, ends_at, closed_at, closed_by, reference, moment_at, resolved_at, followed_up_at, lifted_at)
     select $1, kind, campaign_id, reason, said, owner_id, task_id, cause, opened_at, opened_by, ends_at, closed_at, closed_by, reference, moment_at, resolved_at, followed_up_at, lifted_at
       from contact_holds where contact_id = $2 and retracted_at is null and (ends_at is null or ends_at > $3)
     on conflict (contact_id, kind, cause) do nothing`,
    [merged, survivor, now],
  );
}

export async function giveBackTouches(sql: Sql, mergeId: number): Promise<void> {
  await sql.exec(
    'merge.giveBackTouches',
    `update human_touches h set contact_id = m.merged_contact_id from contact_merges m cross join jsonb_array_elements_text(m.snapshot -> 'touches') as t (id)
      where m.merge_id = $1 and h.contact_id = m.survivor_id and h.touch_id = t.id::bigint`,
    [mergeId],
  );
}

export async function giveBackTasks(sql: Sql, mergeId: number): Promise<void> {
  await sql.exec(
    'merge.giveBackTasks',
    `with mine as (
       update tasks t set contact_id = m.merged_contact_id from contact_merges m cross join jsonb_array_elements_text(m.snapshot -> 'tasks') as g (id)
        where m.merge_id = $1 and t.contact_id = m.survivor_id and t.task_id = g.id::bigint returning t.task_id, t.contact_id
     )
     update task_notes n set contact_id = mine.contact_id from mine where n.task_id = mine.task_id`,
    [mergeId],
  );
}
