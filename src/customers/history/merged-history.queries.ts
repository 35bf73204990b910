import type { Sql } from '../../platform/database/sql.js';
import type { EventHistory } from './history.queries.js';

/**
 * Events about to go that came to their contact by merges which can still be undone. Of each such merge it is kept what they gave to the days; of merges
 * within merges to each of them.
 */
export async function keepMergedDays(sql: Sql, { time_zone: zone, closed_before: closed }: EventHistory, before: Date): Promise<void> {
  await sql.exec(
    'closing.keepMergedDays',
    `with merged as materialized (
       select g.merge_id, g.occurred_at, g.idempotency_key, living_contact(m.survivor_id) as holder from contact_merge_events g join contact_merges m using (merge_id)
        where m.undone_at is null and g.occurred_at >= $2 and g.occurred_at < $3
     )
     insert into contact_merge_days as k (merge_id, event_id, day, count)
     select g.merge_id, d.event_id, (e.occurred_at at time zone $1)::date, count(*)
       from merged g join events e on e.contact_id = g.holder and e.occurred_at = g.occurred_at and e.idempotency_key = g.idempotency_key and e.occurred_at >= $2 and e.occurred_at < $3
       join event_definitions d on d.name = e.name
      group by 1, 2, 3
     on conflict (merge_id, event_id, day) do update set count = k.count + excluded.count`,
    [zone, closed, before],
  );
}

/**
 * For the time of the closing, whatever a merge brought stands under minus its id (of merges within merges: the first), so that residues are worked out for
 * each of the two who are one. Written to the months themselves: triggers on events would take the days along.
 */
export async function partMerged(sql: Sql, tables: readonly string[], before: Date): Promise<void> {
  for (const table of [...tables, 'events_default']) {
    await sql.exec(
      'closing.partEvents',
      `with merged as materialized (
         select living_contact(m.survivor_id) as holder, g.occurred_at, g.idempotency_key, min(m.merge_id) as merge_id from contact_merge_events g join contact_merges m using (merge_id)
          where m.undone_at is null and g.occurred_at >= (select min(occurred_at) from ${table}) and g.occurred_at < $1 group by 1, 2, 3
       )
       update ${table} e set contact_id = -g.merge_id from merged g where e.contact_id = g.holder and e.occurred_at = g.occurred_at and e.idempotency_key = g.idempotency_key and e.occurred_at < $1`,
      [before],
    );
  }
  for (const table of RESIDUES) await sql.exec('closing.partResidues', `update ${table} set contact_id = -origin, origin = 0 where origin <> 0`);
}

const RESIDUES = ['computed_residues', 'order_residues'] as const;

/** Each residue under the contact that has it now, with the merge that brought it. Which events moved need not be known any longer: they are gone. */
export async function joinMerged(sql: Sql, before: Date): Promise<void> {
  for (const table of RESIDUES) {
    await sql.exec('closing.joinResidues', `update ${table} r set contact_id = living_contact(m.survivor_id), origin = m.merge_id from contact_merges m where r.contact_id < 0 and m.merge_id = -r.contact_id`);
  }
  await sql.exec('closing.forgetMoved', 'delete from contact_merge_events where occurred_at < $1', [before]);
}
