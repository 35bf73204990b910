import type { Sql } from '../../platform/database/sql.js';
import type { Moved, Round } from './merge.queries.js';

const PAIRS = 'unnest($1::bigint[], $2::bigint[], $3::bigint[]) as p (merged, survivor, merge_id)';

/** A proposal for somebody without an account is overtaken where the one who goes was found, or put, in one: the one who stays takes it over. */
export function endOvertaken(sql: Sql, { merged, survivors, mergeIds }: Round, now: Date): Promise<Moved[]> {
  return sql.many<Moved>(
    'merge.endOvertaken',
    `with ended as (
       update account_matches s set ended_at = $4
         from ${PAIRS} join contacts c on c.contact_id = p.survivor and c.account_id is null
         join account_matches m on m.contact_id = p.merged and m.ended_at is null and m.state in ('matched', 'pinned')
        where s.contact_id = p.survivor and s.ended_at is null and s.state = 'review' returning p.merge_id, s.match_id
     )
     select merge_id, jsonb_agg(match_id) as moved from ended group by merge_id`,
    [merged, survivors, mergeIds, now],
  );
}

/**
 * Where the one who goes was found to belong, and what people said to it: a no holds for the one who stays too. One match stands for a person: the one who
 * stays keeps his own and his account, and what stood for the other is history.
 */
export function moveMatches(sql: Sql, { merged, survivors, mergeIds }: Round, now: Date): Promise<Moved[]> {
  return sql.many<Moved>(
    'merge.moveMatches',
    `with judged as (
       select p.merge_id, p.survivor, m.match_id, m.contact_id, m.ended_at is null and (
         exists (select from account_matches o where o.contact_id = p.survivor and o.ended_at is null)
         or s.account_id is not null and (s.account_id <> m.account_id or m.state = 'review')) as ends
       from ${PAIRS} join contacts s on s.contact_id = p.survivor join account_matches m on m.contact_id = p.merged
     ), moved as (
       update account_matches m set contact_id = j.survivor, ended_at = case when j.ends then $4 else m.ended_at end
       from judged j where m.contact_id = j.contact_id and m.match_id = j.match_id
       returning j.merge_id, m.match_id, j.ends
     )
     select merge_id, jsonb_agg(jsonb_build_object('match_id', match_id, 'ended', ends)) as moved from moved group by merge_id`,
    [merged, survivors, mergeIds, now],
  );
}

/** What the merge ended stands again; what people said since stays said. */
export async function giveBackMatches(sql: Sql, mergeId: number): Promise<void> {
  await sql.exec(
    'merge.giveBackMatches',
    `update account_matches a set contact_id = m.merged_contact_id, ended_at = case when g.ended then null else a.ended_at end
     from contact_merges m cross join jsonb_to_recordset(m.snapshot -> 'matches') as g (match_id bigint, ended boolean)
     where m.merge_id = $1 and a.contact_id = m.survivor_id and a.match_id = g.match_id`,
    [mergeId],
  );
  await sql.exec(
    'merge.restandMatches',
    `update account_matches a set ended_at = null
     from contact_merges m cross join jsonb_array_elements_text(m.snapshot -> 'overtaken_matches') as g (id) join contacts c on c.contact_id = m.survivor_id and c.account_id is null
     where m.merge_id = $1 and a.contact_id = m.survivor_id and a.match_id = g.id::bigint and a.ended_at = m.merged_at
       and not exists (select from account_matches o where o.contact_id = m.survivor_id and o.ended_at is null)`,
    [mergeId],
  );
}
