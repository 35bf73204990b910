import type { Sql } from '../../platform/database/sql.js';
import { FILLED } from './merge.queries.js';

/** Where the merged contact belongs again: its bucket, and that of the survivor once it has given back what it took over. */
export async function bucketsAfterUndo(sql: Sql, mergeId: number): Promise<number[]> {
  const rows = await sql.many<{ bucket: number }>(
    'merge.bucketsAfterUndo',
    `select bucket_of((snapshot -> person ->> 'contact_id')::bigint, (snapshot -> person ->> 'account_id')::bigint) as bucket
     from contact_merges cross join unnest(array['merged', 'survivor']) as person where merge_id = $1`,
    [mergeId],
  );
  return rows.map((row) => row.bucket);
}

/** The merged contact as it was. An account that is gone meanwhile stays gone. */
export async function restoreMerged(sql: Sql, mergeId: number, now: Date): Promise<void> {
  await sql.exec(
    'merge.restoreMerged',
    `insert into contacts select (jsonb_populate_record(null::contacts, m.snapshot -> 'merged' || jsonb_build_object('updated_at', $2::timestamptz, 'account_id', a.account_id,
       'bucket', bucket_of(m.merged_contact_id, a.account_id)))).*
     from contact_merges m left join accounts a on a.account_id = (m.snapshot -> 'merged' ->> 'account_id')::bigint where m.merge_id = $1`,
    [mergeId, now],
  );
}

/** The survivor gives back what it took over, as far as nobody has changed it since. */
export async function restoreSurvivor(sql: Sql, mergeId: number, now: Date): Promise<void> {
  const given = (column: string): string => `b.${column} is null and s.${column} is not distinct from g.${column}`;
  const back = FILLED.map((column) => `${column} = case when ${given(column)} then null else s.${column} end`);
  await sql.exec(
    'merge.restoreSurvivor',
    `update contacts s set ${back.join(', ')},
       email = case when ${given('email')} then null else s.email end,
       address_hash = case when ${given('email')} then null else s.address_hash end,
       address_state = case when ${given('email')} then b.address_state else s.address_state end,
       bucket = bucket_of(s.contact_id, case when ${given('account_id')} then null else s.account_id end),
       attributes = s.attributes - coalesce((select array_agg(key) from jsonb_each(g.attributes) where not b.attributes ? key and s.attributes -> key = value), '{}'),
       created_at = case when s.created_at = g.created_at then b.created_at else s.created_at end,
       updated_at = $2
     from contact_merges m cross join lateral jsonb_populate_record(null::contacts, m.snapshot -> 'merged') g cross join lateral jsonb_populate_record(null::contacts, m.snapshot -> 'survivor') b
     where m.merge_id = $1 and s.contact_id = m.survivor_id`,
    [mergeId, now],
  );
}

export async function giveBackIdentities(sql: Sql, mergeId: number): Promise<void> {
  await sql.exec(
    'merge.giveBackIdentities',
    `update identities i set contact_id = m.merged_contact_id from contact_merges m cross join jsonb_to_recordset(m.snapshot -> 'identities') as g (kind text, value text)
     where m.merge_id = $1 and i.contact_id = m.survivor_id and i.kind = g.kind and i.value = g.value`,
    [mergeId],
  );
}

export async function giveBackEvents(sql: Sql, mergeId: number): Promise<void> {
  await sql.exec(
    'merge.giveBackEvents',
    `update events e set contact_id = m.merged_contact_id from contact_merges m join contact_merge_events g on g.merge_id = m.merge_id
     where m.merge_id = $1 and e.contact_id = m.survivor_id and e.occurred_at = g.occurred_at and e.idempotency_key = g.idempotency_key`,
    [mergeId],
  );
}

/** What stands for events that are gone, also where their months were closed since: after the events that are here. */
export async function partEventHistory(sql: Sql, mergeId: number): Promise<void> {
  await sql.exec('merge.partEventHistory', 'select part_event_history($1)', [mergeId]);
}

export async function giveBackEnrollments(sql: Sql, mergeId: number): Promise<void> {
  await sql.exec(
    'merge.giveBackEnrollments',
    `update enrollments e set contact_id = m.merged_contact_id from contact_merges m cross join jsonb_to_recordset(m.snapshot -> 'enrollments') as g (campaign_id integer, occurrence integer)
     where m.merge_id = $1 and e.contact_id = m.survivor_id and e.campaign_id = g.campaign_id and e.occurrence = g.occurrence
       and not exists (select from enrollments o where o.contact_id = m.merged_contact_id and o.campaign_id = e.campaign_id and o.occurrence = e.occurrence)`,
    [mergeId],
  );
}

export async function giveBackMessages(sql: Sql, mergeId: number): Promise<void> {
  await sql.exec(
    'merge.giveBackMessages',
    `update messages e set contact_id = m.merged_contact_id, occurrence = g.occurrence
     from contact_merges m cross join jsonb_to_recordset(m.snapshot -> 'messages') as g (message_id bigint, occurrence integer)
     where m.merge_id = $1 and e.contact_id = m.survivor_id and e.message_id = g.message_id and e.state <> 'sending'`,
    [mergeId],
  );
}

export async function giveBackDecisions(sql: Sql, mergeId: number): Promise<void> {
  await sql.exec(
    'merge.giveBackDecisions',
    `update decisions d set contact_id = m.merged_contact_id, evidence = g.evidence
     from contact_merges m cross join jsonb_to_recordset(m.snapshot -> 'decisions') as g (decided_at timestamptz, batch_id bigint, campaign_id integer, step smallint, occurrence integer, evidence integer)
     where m.merge_id = $1 and d.contact_id = m.survivor_id and d.decided_at = g.decided_at and d.batch_id = g.batch_id and d.campaign_id = g.campaign_id and d.step = g.step and d.occurrence = g.occurrence`,
    [mergeId],
  );
}

/** Roles as they were before the merge, without those that moved to the survivor. */
export async function giveBackRoles(sql: Sql, mergeId: number): Promise<void> {
  await sql.exec(
    'merge.takeRoles',
    `delete from buying_group_members b using contact_merges m cross join jsonb_to_recordset(m.snapshot -> 'moved_roles') as g (account_id bigint, role text, valid_from timestamptz)
     where m.merge_id = $1 and b.contact_id = m.survivor_id and b.account_id = g.account_id and b.role = g.role and b.valid_from = g.valid_from`,
    [mergeId],
  );
  await sql.exec(
    'merge.giveBackRoles',
    `insert into buying_group_members select (jsonb_populate_record(null::buying_group_members, r)).*
     from contact_merges m cross join jsonb_array_elements(m.snapshot -> 'roles') r where m.merge_id = $1 and exists (select from accounts a where a.account_id = (r ->> 'account_id')::bigint)
     on conflict do nothing`,
    [mergeId],
  );
}

/** Who went is on his lists again; who stayed leaves those, and the snapshots, that he came into by the merge. */
export async function giveBackLists(sql: Sql, mergeId: number): Promise<void> {
  await sql.exec(
    'merge.giveBackLists',
    `insert into segment_members (contact_id, segment_id, entered_at)
     select m.merged_contact_id, g.segment_id, g.entered_at from contact_merges m cross join jsonb_to_recordset(m.snapshot -> 'segments') as g (segment_id integer, entered_at timestamptz)
     join segments s on s.segment_id = g.segment_id and s.kind = 'list' where m.merge_id = $1
     on conflict do nothing`,
    [mergeId],
  );
  await sql.exec(
    'merge.takeLists',
    `delete from segment_members s using contact_merges m cross join jsonb_array_elements_text(m.snapshot -> 'joined_lists') as g (id)
     where m.merge_id = $1 and s.contact_id = m.survivor_id and s.segment_id = g.id::integer`,
    [mergeId],
  );
  await sql.exec(
    'merge.takeSnapshots',
    `delete from segment_snapshot_contacts s using contact_merges m cross join jsonb_array_elements_text(m.snapshot -> 'joined_snapshots') as g (id)
     where m.merge_id = $1 and s.contact_id = m.survivor_id and s.snapshot_id = g.id::integer`,
    [mergeId],
  );
}

export async function markUndone(sql: Sql, mergeId: number, actor: string, now: Date): Promise<void> {
  await sql.exec('merge.markUndone', 'update contact_merges set undone_at = $2, undone_by = $3 where merge_id = $1', [mergeId, now, actor]);
}
