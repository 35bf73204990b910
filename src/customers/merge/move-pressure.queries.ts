import { FACTOR_HALF_LIFE_MS } from '../../core/pressure/pressure-factor.js';
import type { Sql } from '../../platform/database/sql.js';
import type { Round } from './merge.queries.js';

/** What is left of a factor at a moment: core's factorAt. Who has none has 1. */
const present = (row: string, moment: string): string => `1 + (${row}.factor - 1) * power(2, -greatest(0, extract(epoch from ${moment}::timestamptz - ${row}.factor_at)) / ${FACTOR_HALF_LIFE_MS / 1_000})`;

/** The more cautious of the two holds; mails that were found unanswered under either id are not counted again. */
const cautious = (row: string, target: string, moment: string): string => `(${present(row, moment)} < 1 or exists (select from pressure_factors x where x.contact_id = ${target}))
     on conflict (contact_id) do update set factor = excluded.factor, factor_at = excluded.factor_at, cause = excluded.cause, unanswered_at = greatest(f.unanswered_at, excluded.unanswered_at)
       where ${present('excluded', moment)} < ${present('f', moment)}`;

/** Whoever asked for less mail, or showed that he has had enough, goes on to be spared under the other id. */
export async function carryFactors(sql: Sql, { merged, survivors }: Round, now: Date): Promise<void> {
  await sql.exec(
    'merge.carryFactors',
    `insert into pressure_factors as f (contact_id, factor, factor_at, cause, unanswered_at)
     select p.survivor, m.factor, m.factor_at, m.cause, m.unanswered_at from unnest($1::bigint[], $2::bigint[]) as p (merged, survivor) join pressure_factors m on m.contact_id = p.merged
      where ${cautious('m', 'p.survivor', '$3')}`,
    [merged, survivors, now],
  );
}

/** Both factors as they were before the merge: of the one who went (t) and of the one who stayed (o). Merges of before know none. */
const BEFORE = [['t', 0], ['o', 1]].map(([name, place]) => `cross join lateral jsonb_populate_record(null::pressure_factors, nullif(m.snapshot -> 'factors' -> ${place}, 'null')) ${name}`).join(' ');

/** Each has again what was his own, as long as it is still what the merge made of it. What was learnt while they were one spares both. */
export async function giveBackFactors(sql: Sql, mergeId: number, now: Date): Promise<void> {
  const carried = 's.contact_id = m.survivor_id and (s.factor, s.factor_at, s.cause) = (t.factor, t.factor_at, t.cause)';
  await sql.exec(
    'merge.restoreOwnFactor',
    `update pressure_factors s set factor = o.factor, factor_at = o.factor_at, cause = o.cause, unanswered_at = o.unanswered_at
     from contact_merges m ${BEFORE} where m.merge_id = $1 and ${carried} and o.factor is not null`,
    [mergeId],
  );
  await sql.exec('merge.takeCarriedFactor', `delete from pressure_factors s using contact_merges m ${BEFORE} where m.merge_id = $1 and ${carried} and o.factor is null`, [mergeId]);
  await sql.exec(
    'merge.restoreFactor',
    `insert into pressure_factors (contact_id, factor, factor_at, cause, unanswered_at)
     select m.merged_contact_id, t.factor, t.factor_at, t.cause, t.unanswered_at from contact_merges m ${BEFORE} where m.merge_id = $1 and t.factor is not null`,
    [mergeId],
  );
  await sql.exec(
    'merge.shareFactor',
    `insert into pressure_factors as f (contact_id, factor, factor_at, cause, unanswered_at)
     select m.merged_contact_id, s.factor, s.factor_at, s.cause, s.unanswered_at from contact_merges m ${BEFORE} join pressure_factors s on s.contact_id = m.survivor_id
      where m.merge_id = $1 and m.snapshot ? 'factors' and (s.factor, s.factor_at, s.cause) is distinct from (o.factor, o.factor_at, o.cause) and ${cautious('s', 'm.merged_contact_id', '$2')}`,
    [mergeId, now],
  );
}
