import type { Sql } from '../../platform/database/sql.js';
import type { Round } from './merge.queries.js';

/** From often to rare, as in core's CHOICES_OF_FREQUENCY. */
const RARER = `case when array_position(array['weekly', 'digest', 'monthly'], a.frequency) >= coalesce(array_position(array['weekly', 'digest', 'monthly'], excluded.frequency), 0) then a.frequency else excluded.frequency end`;

/** What either chose holds for the one who stays: the rarer, and the longer pause. */
export async function sharePreferences(sql: Sql, from: readonly number[], to: readonly number[]): Promise<void> {
  await sql.exec(
    'merge.sharePreferences',
    `insert into contact_preferences as a (contact_id, purpose, frequency, paused_until, changed_at)
     select p.target, c.purpose, c.frequency, c.paused_until, c.changed_at
       from unnest($1::bigint[], $2::bigint[]) as p (origin, target) join contact_preferences c on c.contact_id = p.origin join contacts t on t.contact_id = p.target
     on conflict (contact_id, purpose) do update set
       frequency = ${RARER}, paused_until = greatest(a.paused_until, excluded.paused_until), changed_at = greatest(a.changed_at, excluded.changed_at)`,
    [from, to],
  );
}

/** Whoever is two people again keeps what was asked for while he was one: being spared is not undone by a slip of ours. */
export async function keepSpared(sql: Sql, merged: number, survivor: number): Promise<void> {
  await sql.exec(
    'merge.keepSpared',
    `update contacts m set prefers_human_at = coalesce(m.prefers_human_at, s.prefers_human_at), profiling_off_at = coalesce(m.profiling_off_at, s.profiling_off_at)
       from contacts s where m.contact_id = $1 and s.contact_id = $2`,
    [merged, survivor],
  );
}

/** Answers to surveys go with the mails they answer. */
export async function moveSurveyAnswers(sql: Sql, { merged, survivors }: Round): Promise<void> {
  await sql.exec('merge.moveSurveyAnswers', 'update nps_responses n set contact_id = p.survivor from unnest($1::bigint[], $2::bigint[]) as p (merged, survivor) where n.contact_id = p.merged', [merged, survivors]);
}

/** Back to whose mail it was: after messages went back. */
export async function giveBackSurveyAnswers(sql: Sql, merged: number, survivor: number): Promise<void> {
  await sql.exec(
    'merge.giveBackSurveyAnswers',
    'update nps_responses n set contact_id = $1 from messages m where n.contact_id = $2 and m.contact_id = $1 and m.message_id = n.message_id',
    [merged, survivor],
  );
}
