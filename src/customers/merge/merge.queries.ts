import type { Sql } from '../../platform/database/sql.js';

/** What moved in a merge, by merge, as an undo finds it again. */
export interface Moved {
  merge_id: number;
  moved: unknown[];
}

/** Merges in which nobody stays twice: who is merged, and into whom. */
export interface Round {
  readonly merged: readonly number[];
  readonly survivors: readonly number[];
  readonly mergeIds: readonly number[];
}

export interface MergeRow {
  merge_id: number;
  merged_contact_id: number;
  survivor_id: number;
  cause: 'identify' | 'alias' | 'people';
  actor: string;
  merged_at: Date;
  undone_at: Date | null;
  undone_by: string | null;
}

const COLUMNS = 'merge_id, merged_contact_id, survivor_id, cause, actor, merged_at, undone_at, undone_by';
const PAIRS = 'unnest($1::bigint[], $2::bigint[]) as p (merged, survivor)';

/**
 * The buckets of these people, of the accounts given, and of everybody with one of their mailboxes (their suppressions are carried over), ascending.
 * Lock first, read after.
 */
export async function lockBuckets(sql: Sql, contactIds: readonly number[], buckets: readonly number[] = []): Promise<void> {
  await sql.exec(
    'merge.lockBuckets',
    `select bucket from buckets where bucket = any($2) or bucket in (
       select bucket from contacts where contact_id = any($1)
       union select bucket from contacts where address_hash in (select address_hash from contacts where contact_id = any($1)))
     order by bucket for update`,
    [contactIds, buckets],
  );
}

export async function existing(sql: Sql, contactIds: readonly number[]): Promise<number[]> {
  return (await sql.many<{ contact_id: number }>('merge.existing', 'select contact_id from contacts where contact_id = any($1)', [contactIds])).map((row) => row.contact_id);
}

export interface LockedContact {
  contact_id: number;
  bucket: number;
  account_id: number | null;
  address_hash: Buffer | null;
}

export function lockContacts(sql: Sql, contactIds: readonly number[]): Promise<LockedContact[]> {
  return sql.many<LockedContact>('merge.lockContacts', 'select contact_id, bucket, account_id, address_hash from contacts where contact_id = any($1) order by contact_id for update', [contactIds]);
}

/** The redirects, with what an undo needs: both contacts as they were, and what belonged to the one who goes. */
export async function insertMerges(sql: Sql, merged: readonly number[], survivors: readonly number[], causes: readonly string[], actor: string, now: Date): Promise<MergeRow[]> {
  return sql.many<MergeRow>(
    'merge.insert',
    `insert into contact_merges (merged_contact_id, survivor_id, cause, actor, merged_at, snapshot)
     select p.merged, p.survivor, p.cause, $4, $5, jsonb_build_object(
       'merged', (select to_jsonb(c) from contacts c where c.contact_id = p.merged),
       'survivor', (select to_jsonb(c) from contacts c where c.contact_id = p.survivor),
       'identities', (select coalesce(jsonb_agg(jsonb_build_object('kind', i.kind, 'value', i.value)), '[]') from identities i where i.contact_id = p.merged),
       'factors', jsonb_build_array((select to_jsonb(f) from pressure_factors f where f.contact_id = p.merged), (select to_jsonb(f) from pressure_factors f where f.contact_id = p.survivor)),
       'roles', (select coalesce(jsonb_agg(to_jsonb(b)), '[]') from buying_group_members b where b.contact_id = p.merged),
       'segments', (select coalesce(jsonb_agg(jsonb_build_object('segment_id', s.segment_id, 'entered_at', s.entered_at)), '[]') from segment_members s join segments g on g.segment_id = s.segment_id and g.kind = 'list' where s.contact_id = p.merged))
     from unnest($1::bigint[], $2::bigint[], $3::text[]) as p (merged, survivor, cause)
     returning ${COLUMNS}`,
    [merged, survivors, causes, actor, now],
  );
}

/** What of these people there is beside identities and events: a visitor has nothing of it. */
export async function haveHistory(sql: Sql, contactIds: readonly number[]): Promise<boolean> {
  const [row] = await sql.manyKept<{ found: boolean }>(
    'merge.haveHistory',
    `select exists (select from enrollments where contact_id = any($1)) or exists (select from messages where contact_id = any($1)) or exists (select from decisions where contact_id = any($1))
       or exists (select from buying_group_members where contact_id = any($1)) or exists (select from contact_holds where contact_id = any($1)) or exists (select from human_touches where contact_id = any($1))
       or exists (select from tasks where contact_id = any($1)) or exists (select from account_matches where contact_id = any($1)) as found`,
    [contactIds],
  );
  return row?.found ?? true;
}

export async function moveIdentities(sql: Sql, { merged, survivors }: Round): Promise<void> {
  await sql.exec('merge.moveIdentities', `update identities i set contact_id = p.survivor from ${PAIRS} where i.contact_id = p.merged`, [merged, survivors]);
}

/**
 * An event that both have (same moment and key) is one event: it stays, unseen, under the old id. First the months are found: an update of all partitions
 * takes longer to plan than to do.
 */
export async function moveEvents(sql: Sql, { merged, survivors, mergeIds }: Round): Promise<void> {
  const [months] = await sql.manyKept<{ from: Date | null; until: Date | null }>(
    'merge.findMonths',
    `select date_trunc('month', min(occurred_at)) as from, date_trunc('month', max(occurred_at)) + interval '1 month' as until from events where contact_id = any($1)`,
    [merged],
  );
  const { from = null, until = null } = months ?? {};
  if (from === null || until === null) return;
  await sql.exec(
    'merge.moveEvents',
    `with moved as (
       update events e set contact_id = p.survivor from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as p (merged, survivor, merge_id)
       where e.contact_id = p.merged and e.occurred_at >= $4 and e.occurred_at < $5
         and not exists (
           select from events o where o.contact_id = p.survivor and o.occurred_at >= $4 and o.occurred_at < $5 and o.occurred_at = e.occurred_at and o.idempotency_key = e.idempotency_key)
       returning p.merge_id, e.occurred_at, e.idempotency_key
     )
     insert into contact_merge_events (merge_id, occurred_at, idempotency_key) select merge_id, occurred_at, idempotency_key from moved on conflict do nothing`,
    [merged, survivors, mergeIds, from, until],
  );
}

/** The one who stays keeps what he has, and gets what he lacks. What either asked to be spared of (restriction, machines, profiling) holds. */
export async function fillSurvivors(sql: Sql, { merged, survivors }: Round, now: Date): Promise<void> {
  const filled = FILLED.map((column) => `${column} = coalesce(s.${column}, m.${column})`);
  await sql.exec(
    'merge.fillSurvivors',
    `update contacts s set ${filled.join(', ')},
       email = coalesce(s.email, m.email),
       address_hash = case when s.email is null then m.address_hash else s.address_hash end,
       address_state = case when s.email is null then m.address_state else s.address_state end,
       attributes = m.attributes || s.attributes,
       bucket = bucket_of(s.contact_id, coalesce(s.account_id, m.account_id)),
       collected_for = (select coalesce(array_agg(distinct purpose order by purpose), '{}') from unnest(s.collected_for || m.collected_for) as u (purpose)),
       restricted_at = least(s.restricted_at, m.restricted_at),
       prefers_human_at = least(s.prefers_human_at, m.prefers_human_at),
       profiling_off_at = least(s.profiling_off_at, m.profiling_off_at),
       created_at = least(s.created_at, m.created_at),
       updated_at = $3
     from ${PAIRS} join contacts m on m.contact_id = p.merged where s.contact_id = p.survivor`,
    [merged, survivors, now],
  );
}

/** Columns that a contact without them takes over. */
export const FILLED = ['account_id', 'first_name', 'last_name', 'language', 'country', 'city', 'time_zone', 'phone', 'job_title', 'birth_date', 'lifecycle_stage', 'source', 'source_at', 'notice_version', 'import_id'] as const;

/** The person's own no to one mailbox is a no to the other, in both directions: an undo must not loosen it either. */
export async function shareOptOuts(sql: Sql, from: readonly number[], to: readonly number[]): Promise<void> {
  await sql.exec(
    'merge.shareOptOuts',
    `insert into suppressions (address_hash, reason, purpose, suppressed_at, ends_at, source)
     select distinct on (t.address_hash, x.reason, x.purpose) t.address_hash, x.reason, x.purpose, x.suppressed_at, x.ends_at, 'contact_merge'
     from unnest($1::bigint[], $2::bigint[]) as p (origin, target)
     join contacts f on f.contact_id = p.origin join contacts t on t.contact_id = p.target join suppressions x on x.address_hash = f.address_hash
     where t.address_hash <> f.address_hash and x.reason in ('unsubscribed_all', 'unsubscribed_topic', 'objected', 'complaint')
     order by t.address_hash, x.reason, x.purpose, x.suppressed_at
     on conflict do nothing`,
    [from, to],
  );
}

/** Who stays is on the lists of both. What rules come to is found by the rules: the live membership looks at both again. */
export function joinLists(sql: Sql, { merged, survivors, mergeIds }: Round): Promise<Moved[]> {
  return sql.many<Moved>(
    'merge.joinLists',
    `with joined as (
       insert into segment_members (contact_id, segment_id, entered_at)
       select p.survivor, s.segment_id, s.entered_at from ${PAIRS} join segment_members s on s.contact_id = p.merged join segments g on g.segment_id = s.segment_id and g.kind = 'list' on conflict do nothing
       returning contact_id, segment_id
     )
     select j.merge_id, jsonb_agg(segment_id) as moved from joined join unnest($2::bigint[], $3::bigint[]) as j (survivor, merge_id) on j.survivor = joined.contact_id group by 1`,
    [merged, survivors, mergeIds],
  );
}

export async function leaveLists(sql: Sql, merged: readonly number[]): Promise<void> {
  await sql.exec('merge.leaveLists', `delete from segment_members s using segments g where s.contact_id = any($1) and g.segment_id = s.segment_id and g.kind = 'list'`, [merged]);
}

/** And in the snapshots of both; under the old id the person stays in a snapshot, unseen. */
export function joinSnapshots(sql: Sql, { merged, survivors, mergeIds }: Round): Promise<Moved[]> {
  return sql.many<Moved>(
    'merge.joinSnapshots',
    `with joined as (
       insert into segment_snapshot_contacts (contact_id, snapshot_id)
       select p.survivor, s.snapshot_id from ${PAIRS} join segment_snapshot_contacts s on s.contact_id = p.merged on conflict do nothing returning contact_id, snapshot_id
     )
     select j.merge_id, jsonb_agg(snapshot_id) as moved from joined join unnest($2::bigint[], $3::bigint[]) as j (survivor, merge_id) on j.survivor = joined.contact_id group by 1`,
    [merged, survivors, mergeIds],
  );
}

/** What stands for events that are gone: days, computed values, orders. Events that are here take theirs along. */
export async function moveEventHistory(sql: Sql, { merged, survivors, mergeIds }: Round): Promise<void> {
  await sql.exec('merge.moveEventHistory', `select move_event_history(p.merged, p.survivor, p.merge_id) from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as p (merged, survivor, merge_id)`, [merged, survivors, mergeIds]);
}

export async function deleteMerged(sql: Sql, merged: readonly number[]): Promise<void> {
  await sql.exec('merge.deleteMerged', 'delete from contacts where contact_id = any($1)', [merged]);
}

export async function dropConflicts(sql: Sql, { merged, survivors }: Round): Promise<void> {
  await sql.exec(
    'merge.dropConflicts',
    `delete from identity_conflicts c using ${PAIRS} where (c.contact_id, c.other_contact_id) in ((p.merged, p.survivor), (p.survivor, p.merged))`,
    [merged, survivors],
  );
}

/** Newest first, below the given id. */
export function listMerges(sql: Sql, contactId: number | null, before: number, limit: number): Promise<MergeRow[]> {
  return sql.many<MergeRow>(
    'merge.list',
    `select ${COLUMNS} from contact_merges where merge_id < $2 and ($1::bigint is null or merged_contact_id = $1 or survivor_id = $1) order by merge_id desc limit $3`,
    [contactId, before, limit],
  );
}

export function lockMerge(sql: Sql, mergeId: number): Promise<MergeRow | undefined> {
  return sql.maybe<MergeRow>('merge.lock', `select ${COLUMNS} from contact_merges where merge_id = $1 for update`, [mergeId]);
}
