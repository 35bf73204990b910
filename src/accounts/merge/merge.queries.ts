import type { Sql } from '../../platform/database/sql.js';

/** Any number that no other advisory lock of this database begins with. */
const MERGE_LOCK = 7_417_012;

/** One merge of accounts at a time: two could each take the account that the other one keeps. */
export async function lockMerges(sql: Sql): Promise<void> {
  await sql.exec('accountMerge.lock', 'select pg_advisory_xact_lock($1)', [MERGE_LOCK]);
}

/** All people of an account share its bucket. */
export async function bucketsOfAccounts(sql: Sql, accountIds: readonly number[]): Promise<number[]> {
  const rows = await sql.many<{ bucket: number }>('accountMerge.buckets', 'select distinct bucket_of(0, account_id) as bucket from unnest($1::bigint[]) as a (account_id)', [accountIds]);
  return rows.map((row) => row.bucket);
}

export type AccountFields = Record<string, unknown> & { account_id: number; parent_account_id: number | null; attributes: Record<string, unknown> };

export async function lockAccounts(sql: Sql, accountIds: readonly number[]): Promise<Map<number, AccountFields>> {
  const rows = await sql.many<{ account_id: number; row: AccountFields }>('accountMerge.lockAccounts', 'select account_id, to_jsonb(a) as row from accounts a where account_id = any($1) order by account_id for update', [accountIds]);
  return new Map(rows.map(({ account_id: id, row }) => [id, row]));
}

/** Whether the account stands somewhere above the other one. */
export async function isAbove(sql: Sql, accountId: number, other: number): Promise<boolean> {
  const { found } = await sql.one<{ found: boolean }>(
    'accountMerge.isAbove',
    `with recursive upwards as (
       select parent_account_id from accounts where account_id = $2
       union
       select a.parent_account_id from upwards u join accounts a on a.account_id = u.parent_account_id
     )
     select exists (select from upwards where parent_account_id = $1) as found`,
    [accountId, other],
  );
  return found;
}

/** Everything that belongs to the account that goes, by its keys: what an undo gives back. */
export interface Belongings {
  readonly contacts: number[];
  readonly opportunities: string[];
  readonly subsidiaries: number[];
  readonly domains: { domain: string; source: string; verified_at: string | null; created_at: string }[];
  readonly roles: { contact_id: number; role: string; source: string; confidence: number; valid_from: string; valid_to: string | null; colleague_id: number | null }[];
  /** Of merges before sent mail stayed where it was written: sent ones too. */
  readonly messages: [contactId: number, messageId: number][];
  readonly enrollments: [contactId: number, campaignId: number, occurrence: number][];
  readonly matches: number[];
  readonly previousOf: number[];
  readonly lists: number[];
  /** Absent from merges before triggers were. */
  readonly firings?: { trigger_id: number; fired_at: string }[];
  readonly keptFirings?: [triggerId: number, firedAt: string][];
  readonly keptDomains: string[];
  readonly keptRoles: [contactId: number, role: string, validFrom: string][];
  readonly keptLists: number[];
}

/**
 * Mail whose account is read by itself: what may still leave, by its bucket, and what was approved. What was sent stays written under the account that goes, and
 * counts against the caps of the account that both are now by the record of the merge (decisions/pressure.queries.ts).
 */
const MOVING = `(state in ('queued', 'sending', 'uncertain') or approved_at is not null)`;

/** What is found, as one JSON array. */
export const all = (what: string, from: string): string => `coalesce((select jsonb_agg(${what}) from ${from}), '[]')`;

export async function readBelongings(sql: Sql, merged: number, kept: number): Promise<Belongings> {
  const { belongings } = await sql.one<{ belongings: Belongings }>(
    'accountMerge.readBelongings',
    `select jsonb_build_object(
       'contacts', ${all('contact_id order by contact_id', 'contacts where account_id = $1')},
       'opportunities', ${all('opportunity_id', 'opportunities where account_id = $1')},
       'subsidiaries', ${all('account_id', 'accounts where parent_account_id = $1')},
       'domains', ${all('to_jsonb(d)', '(select domain, source, verified_at, created_at from account_domains where account_id = $1) d')},
       'roles', ${all('to_jsonb(r)', '(select contact_id, role, source, confidence, valid_from, valid_to, colleague_id from buying_group_members where account_id = $1) r')},
       'messages', ${all('jsonb_build_array(contact_id, message_id)', `messages where account_id = $1 and ${MOVING}`)},
       'enrollments', ${all('jsonb_build_array(contact_id, campaign_id, occurrence)', 'enrollments where account_id = $1 and contact_id in (select contact_id from contacts where account_id = $1)')},
       'matches', ${all('match_id', 'account_matches where account_id = $1')},
       'previousOf', ${all('match_id', 'account_matches where previous_account_id = $1')},
       'lists', ${all('segment_id', `segment_account_members join segments using (segment_id) where account_id = $1 and kind = 'list'`)},
       'firings', ${all('to_jsonb(f)', 'account_trigger_firings f where account_id = $1')},
       'keptFirings', ${all('jsonb_build_array(trigger_id, fired_at)', 'account_trigger_firings where account_id = $2')},
       'keptDomains', ${all('domain', 'account_domains where account_id = $2')},
       'keptRoles', ${all('jsonb_build_array(contact_id, role, valid_from)', 'buying_group_members where account_id = $2')},
       'keptLists', ${all('segment_id', `segment_account_members join segments using (segment_id) where account_id = $2 and kind = 'list'`)}
     ) as belongings`,
    [merged, kept],
  );
  return belongings;
}

/** Parts in the buying group; where the kept account has the same one already, that stays. */
export async function moveRoles(sql: Sql, merged: number, kept: number): Promise<void> {
  await sql.exec(
    'accountMerge.moveRoles',
    `update buying_group_members b set account_id = $2 where b.account_id = $1
       and not exists (select from buying_group_members k where k.account_id = $2 and k.contact_id = b.contact_id and k.role = b.role and (k.valid_from = b.valid_from or (k.valid_to is null and b.valid_to is null)))`,
    [merged, kept],
  );
}

/** People with their bucket; what is on its way to them is moved by moveWithAccount. */
export async function movePeople(sql: Sql, merged: number, kept: number, now: Date): Promise<void> {
  await sql.exec('accountMerge.movePeople', 'update contacts set account_id = $2, bucket = bucket_of(contact_id, $2), updated_at = $3 where account_id = $1', [merged, kept, now]);
}

/** What may still leave, what was approved, and where people are or were on their way through campaigns. */
export async function moveOnTheirWay(sql: Sql, merged: number, kept: number): Promise<void> {
  await sql.exec(
    'accountMerge.moveMessages',
    `update messages set account_id = $2, bucket = bucket_of(contact_id, $2) where account_id = $1 and ${MOVING}`,
    [merged, kept],
  );
  await sql.exec(
    'accountMerge.moveEndedEnrollments',
    `update enrollments set account_id = $2, bucket = bucket_of(contact_id, $2) where account_id = $1 and contact_id in (select contact_id from contacts where account_id = $2)`,
    [merged, kept],
  );
}

/** Opportunities, domains, subsidiaries, matches, what triggers told and lists. */
export async function moveRest(sql: Sql, merged: number, kept: number): Promise<void> {
  await sql.exec('accountMerge.moveOpportunities', 'update opportunities set account_id = $2 where account_id = $1', [merged, kept]);
  await sql.exec('accountMerge.moveSubsidiaries', 'update accounts set parent_account_id = $2 where parent_account_id = $1 and account_id <> $2', [merged, kept]);
  await sql.exec(
    'accountMerge.moveDomains',
    `insert into account_domains (domain, account_id, source, verified_at, created_at) select domain, $2, 'merge', verified_at, created_at from account_domains where account_id = $1
     on conflict (domain, account_id) do update set verified_at = coalesce(account_domains.verified_at, excluded.verified_at)`,
    [merged, kept],
  );
  await sql.exec(
    'accountMerge.moveMatches',
    `update account_matches set account_id = case when account_id = $1 then $2 else account_id end, previous_account_id = case when previous_account_id = $1 then $2 else previous_account_id end
     where account_id = $1 or previous_account_id = $1`,
    [merged, kept],
  );
  await sql.exec(
    'accountMerge.moveFirings',
    `update account_trigger_firings f set account_id = $2 where f.account_id = $1
       and not exists (select from account_trigger_firings k where k.trigger_id = f.trigger_id and k.account_id = $2 and k.fired_at = f.fired_at)`,
    [merged, kept],
  );
  await sql.exec(
    'accountMerge.moveLists',
    `with gone as (delete from segment_account_members m using segments s where s.segment_id = m.segment_id and s.kind = 'list' and m.account_id = $1 returning m.segment_id, m.entered_at)
     insert into segment_account_members (account_id, segment_id, entered_at) select $2, segment_id, entered_at from gone on conflict do nothing`,
    [merged, kept],
  );
}

export async function deleteAccount(sql: Sql, accountId: number): Promise<void> {
  await sql.exec('accountMerge.deleteAccount', 'delete from accounts where account_id = $1', [accountId]);
}

/** Columns that the kept account takes over where it has nothing. */
export const FILLED = ['external_id', 'domain', 'sector', 'country', 'city', 'employees', 'revenue', 'year_established', 'vat_number', 'coc_number', 'owner_id', 'tier', 'lifecycle_stage'] as const;

/** Sets these columns, the parent and the attributes; names come from FILLED, never from outside. */
export async function setFields(sql: Sql, accountId: number, fields: Readonly<Partial<Record<(typeof FILLED)[number], unknown>>>, parentId: number | null, attributes: Record<string, unknown>, now: Date): Promise<void> {
  const columns = FILLED.filter((column) => Object.hasOwn(fields, column));
  await sql.exec(
    'accountMerge.setFields',
    `update accounts set parent_account_id = $2, attributes = $3, updated_at = $4 ${columns.map((column, index) => `, ${column} = $${index + 5}`).join('')} where account_id = $1`,
    [accountId, parentId, JSON.stringify(attributes), now, ...columns.map((column) => fields[column])],
  );
}

/** Adds the deals of these accounts up again. */
export async function rollUp(sql: Sql, accountIds: readonly number[], now: Date): Promise<void> {
  await sql.exec(
    'accountMerge.rollUp',
    `update accounts a set open_opportunities = s.open, won_opportunities = s.won, won_value = s.won_value, last_won_on = s.last_won_on, updated_at = $2
     from (
       select t.account_id, count(o.*) filter (where o.stage in ('prospecting', 'engaging')) as open, count(o.*) filter (where o.stage = 'won') as won,
         coalesce(sum(o.value) filter (where o.stage = 'won'), 0) as won_value, max(o.closed_on) filter (where o.stage = 'won') as last_won_on
       from unnest($1::bigint[]) as t (account_id) left join opportunities o on o.account_id = t.account_id group by t.account_id
     ) s where a.account_id = s.account_id`,
    [accountIds, now],
  );
}

export interface MergeRow {
  merge_id: number;
  kept_account_id: number;
  merged_account_id: number;
  merged_name: string;
  merged_at: Date;
  merged_by: string;
  undone_at: Date | null;
  undone_by: string | null;
}

const MERGE = `select merge_id, kept_account_id, merged_account_id, snapshot #>> '{account,name}' as merged_name, merged_at, merged_by, undone_at, undone_by from account_merges`;

export async function insertMerge(sql: Sql, kept: number, merged: number, snapshot: object, by: string, now: Date): Promise<number> {
  const row = await sql.one<{ merge_id: number }>(
    'accountMerge.insert',
    'insert into account_merges (kept_account_id, merged_account_id, snapshot, merged_at, merged_by) values ($1, $2, $3, $4, $5) returning merge_id',
    [kept, merged, JSON.stringify(snapshot), now, by],
  );
  return row.merge_id;
}

/** Newest first, below the given id. */
export function listMerges(sql: Sql, accountId: number | null, before: number, limit: number): Promise<MergeRow[]> {
  return sql.many<MergeRow>('accountMerge.list', `${MERGE} where merge_id < $1 and ($2::bigint is null or $2 in (kept_account_id, merged_account_id)) order by merge_id desc limit $3`, [before, accountId, limit]);
}

export function readMerge(sql: Sql, mergeId: number): Promise<MergeRow | undefined> {
  return sql.maybe<MergeRow>('accountMerge.read', `${MERGE} where merge_id = $1`, [mergeId]);
}

export async function readSnapshot<Snapshot>(sql: Sql, mergeId: number): Promise<Snapshot> {
  const { snapshot } = await sql.one<{ snapshot: Snapshot }>('accountMerge.readSnapshot', 'select snapshot from account_merges where merge_id = $1', [mergeId]);
  return snapshot;
}

export async function markUndone(sql: Sql, mergeId: number, by: string, now: Date): Promise<void> {
  await sql.exec('accountMerge.markUndone', 'update account_merges set undone_at = $2, undone_by = $3 where merge_id = $1', [mergeId, now, by]);
}
