import type { Sql } from '../../platform/database/sql.js';
import type { Staging } from './staging.queries.js';

/** What an import says about itself: who collected this, when, under which notice, for what. */
export interface Provenance {
  readonly importId: number;
  readonly source: string;
  readonly sourceAt: Date;
  readonly noticeVersion: string | null;
  readonly purposes: readonly string[];
  readonly now: Date;
}

/** Standard columns that a row may fill in; an empty cell leaves what is known. */
const FILLED = ['first_name', 'last_name', 'language', 'country', 'city', 'time_zone', 'phone', 'job_title', 'birth_date', 'lifecycle_stage'];

/** Accounts for names and domains that nobody here has yet, one for each. Gives how many. */
export function createMissingAccounts(sql: Sql, staging: Staging, provenance: Provenance): Promise<number> {
  return sql.exec(
    'importContacts.createMissingAccounts',
    `insert into accounts (external_id, name, name_key, domain, source, import_id, created_at, updated_at)
     select distinct on (s.account_key) s.account_external_id, s.account, s.account_key, s.account_domain, $1, $2, $3, $3
     from ${staging.rows} s
     where s.account_key is not null
       and not exists (select from accounts a where a.name_key = s.account_key)
       and not exists (select from accounts a where a.external_id = s.account_external_id)
       and not exists (select from ${staging.leftOut} o where o.line = s.line)
     order by s.account_key, s.line
     on conflict do nothing`,
    [provenance.source, provenance.importId, provenance.now],
  );
}

/**
 * The rows of a chunk with the contact they are about, by each of their identities, and the account they name.
 * A temporary table of the caller's transaction.
 */
export async function openChunk(sql: Sql, staging: Staging, after: number, upTo: number): Promise<void> {
  await sql.exec('importContacts.dropChunk', 'drop table if exists pg_temp.import_chunk');
  await sql.exec(
    'importContacts.createChunk',
    `create temporary table import_chunk on commit drop as
     select s.*, null::bigint as by_external_id, null::bigint as by_user_id, null::bigint as by_email, null::bigint as known, null::bigint as contact_id,
       null::bigint as account_id, null::bigint as old_account_id, null::smallint as old_bucket, 0 as account_matches, false as changed
     from ${staging.rows} s with no data`,
  );
  await sql.exec(
    'importContacts.fillChunk',
    `insert into import_chunk
     select s.*, x.contact_id, u.contact_id, e.contact_id, coalesce(x.contact_id, u.contact_id, e.contact_id), coalesce(x.contact_id, u.contact_id, e.contact_id),
       ${ACCOUNT_ID}, null, null, ${ACCOUNT_MATCHES}, false
     from ${staging.rows} s
     left join identities x on x.kind = 'external_id' and x.value = s.external_id
     left join identities u on u.kind = 'user_id' and u.value = s.user_id
     left join identities e on e.kind = 'email' and e.value = s.email
     ${ACCOUNT_JOINS}
     where s.line > $1 and s.line <= $2 and not exists (select from ${staging.leftOut} o where o.line = s.line)
     order by s.line`,
    [after, upTo],
  );
  await sql.exec(
    'importContacts.readPlaces',
    `update import_chunk s set old_account_id = c.account_id, old_bucket = c.bucket from contacts c where c.contact_id = s.known and s.account_id is not null`,
  );
}

/** The account a row names: by external id, else by name, else by domain, whichever it fills in first. */
export const ACCOUNT_ID = `case when s.account_external_id is not null then ax.account_id when s.account_key is not null then an.account_id else ad.account_id end`;
export const ACCOUNT_MATCHES = `case when s.account_external_id is not null then num_nonnulls(ax.account_id) when s.account_key is not null then num_nonnulls(an.account_id)
       when s.account_domain is not null then coalesce(ad.matches, 0)::integer else 1 end`;
export const ACCOUNT_JOINS = `left join accounts ax on ax.external_id = s.account_external_id
     left join accounts an on an.name_key = s.account_key
     left join (select domain, min(account_id) as account_id, count(*) as matches from accounts where domain is not null group by domain) ad on ad.domain = s.account_domain`;

/** Rows whose account is not known, or not one. */
export async function rejectUnknownAccounts(sql: Sql, staging: Staging): Promise<void> {
  await sql.exec(
    'importContacts.rejectUnknownAccounts',
    `with gone as (delete from import_chunk where account_matches <> 1 returning line, account_matches, coalesce(account_external_id, account, account_domain) as named)
     insert into ${staging.leftOut} (line, reason)
     select line, case when account_matches = 0 then format('account "%s" is unknown: import the accounts first, or let the map say "createAccounts": true', named)
       else format('%s accounts have the domain "%s": name the account', account_matches, named) end
     from gone on conflict do nothing`,
  );
}

/** Rows whose identities belong to different people, and rows that would give a person a second external id. */
export async function rejectMixedIdentities(sql: Sql, staging: Staging): Promise<void> {
  await sql.exec(
    'importContacts.rejectMixedIdentities',
    `with judged as (
       select line, case
         when by_external_id <> by_email or by_user_id <> by_email then format('the address %s belongs to another contact than this external_id or user_id', email)
         when by_external_id <> by_user_id then format('user_id "%s" belongs to another contact than external_id "%s"', user_id, external_id)
         when external_id is not null and by_external_id is null and exists (select from identities i where i.contact_id = known and i.kind = 'external_id')
           then format('%s belongs to a contact that has another external_id than "%s": one address is one person', coalesce(email, user_id), external_id)
         when user_id is not null and by_user_id is null and by_external_id is null and exists (select from identities i where i.contact_id = known and i.kind = 'user_id')
           then format('%s belongs to a contact that has another user_id than "%s": one address is one person', email, user_id)
       end as reason
       from import_chunk where known is not null
     ), gone as (
       delete from import_chunk c using judged j where j.line = c.line and j.reason is not null returning j.line, j.reason
     )
     insert into ${staging.leftOut} (line, reason) select line, reason from gone on conflict do nothing`,
  );
}

/** Rows of the chunk that turn out to be about one contact through different identities: the last one counts. */
export async function leaveOutSameContact(sql: Sql, staging: Staging): Promise<void> {
  await sql.exec(
    'importContacts.leaveOutSameContact',
    `with gone as (
       delete from import_chunk c using (select known, max(line) as line from import_chunk where known is not null group by known having count(*) > 1) last
       where last.known = c.known and c.line < last.line returning c.line
     )
     insert into ${staging.leftOut} (line) select line from gone on conflict do nothing`,
  );
}

/** The buckets that people leave and enter when this chunk gives them another account. */
export async function bucketsOfMoves(sql: Sql): Promise<number[]> {
  const rows = await sql.many<{ bucket: number }>(
    'importContacts.bucketsOfMoves',
    `select distinct bucket from import_chunk s cross join lateral (values (s.old_bucket), (bucket_of(s.known, s.account_id))) as b (bucket)
     where s.known is not null and s.account_id is not null and s.old_account_id is distinct from s.account_id`,
  );
  return rows.map((row) => row.bucket);
}

/** Ascending, like everybody who locks more than one. */
export async function lockBuckets(sql: Sql, buckets: readonly number[]): Promise<void> {
  await sql.exec('importContacts.lockBuckets', 'select from buckets where bucket = any($1) order by bucket for update', [buckets]);
}

/** How many people of the chunk changed their account between reading and locking. */
export async function countMovedMeanwhile(sql: Sql): Promise<number> {
  const { count } = await sql.one<{ count: number }>(
    'importContacts.countMovedMeanwhile',
    `select count(*) from import_chunk s join contacts c on c.contact_id = s.known where s.account_id is not null and c.account_id is distinct from s.old_account_id`,
  );
  return count;
}

/** Gives ids to new people and stores them. The number stored. */
export async function insertNewContacts(sql: Sql, provenance: Provenance): Promise<number> {
  await sql.exec('importContacts.numberNew', `update import_chunk set contact_id = nextval(pg_get_serial_sequence('contacts', 'contact_id')) where known is null`);
  return sql.exec(
    'importContacts.insertContacts',
    `insert into contacts (contact_id, bucket, account_id, email, address_hash, address_state, ${FILLED.join(', ')}, attributes,
       source, source_at, notice_version, collected_for, import_id, created_at, updated_at)
     select contact_id, bucket_of(contact_id, account_id), account_id, email, address_hash, coalesce(address_state, 'ok'), ${FILLED.join(', ')}, coalesce(attributes, '{}'),
       $1, coalesce(source_at, $2), $3, $4, $5, $6, $6
     from import_chunk where known is null`,
    [provenance.source, provenance.sourceAt, provenance.noticeVersion, provenance.purposes, provenance.importId, provenance.now],
  );
}

/** Stores the identities that are new. False when somebody else took one in the meantime: the chunk must be read again. */
export async function insertIdentities(sql: Sql, now: Date): Promise<boolean> {
  const { missing, stored } = await sql.one<{ missing: number; stored: number }>(
    'importContacts.insertIdentities',
    `with missing as (
       select i.kind, i.value, c.contact_id from import_chunk c
       cross join lateral (values ('external_id', c.external_id, c.by_external_id), ('user_id', c.user_id, c.by_user_id), ('email', c.email, c.by_email)) as i (kind, value, known)
       where i.value is not null and i.known is null
     ), stored as (
       insert into identities (kind, value, contact_id, created_at) select kind, value, contact_id, $1 from missing on conflict do nothing returning 1
     )
     select (select count(*) from missing) as missing, (select count(*) from stored) as stored`,
    [now],
  );
  return missing === stored;
}

const UNION_OF_PURPOSES = `case when c.collected_for @> $4::text[] then c.collected_for else (select array_agg(distinct p order by p) from unnest(c.collected_for || $4::text[]) p) end`;

/** Each column with what it becomes for a contact that is known. */
const BECOMES: readonly (readonly [column: string, value: string])[] = [
  ...FILLED.map((column) => [column, `coalesce(s.${column}, c.${column})`] as const),
  ['account_id', 'coalesce(s.account_id, c.account_id)'],
  ['email', 'coalesce(s.email, c.email)'],
  ['address_hash', 'coalesce(s.address_hash, c.address_hash)'],
  // A new address is not the one that bounced.
  ['address_state', `coalesce(s.address_state, case when s.email is distinct from c.email and s.email is not null then 'ok' else c.address_state end)`],
  ['attributes', `case when s.attributes is null then c.attributes else c.attributes || s.attributes end`],
  // Where somebody came from first stays; what the data may be used for is the union.
  ['source', 'coalesce(c.source, $1)'],
  ['source_at', 'coalesce(c.source_at, s.source_at, $2)'],
  ['notice_version', 'coalesce(c.notice_version, $3)'],
  ['collected_for', UNION_OF_PURPOSES],
];

/** Marks what differs, and writes only that. */
export async function updateKnownContacts(sql: Sql, provenance: Provenance): Promise<void> {
  const given = [provenance.source, provenance.sourceAt, provenance.noticeVersion, provenance.purposes];
  const marked = await sql.exec(
    'importContacts.markChanged',
    `update import_chunk s set changed = true from contacts c where c.contact_id = s.known
       and (${BECOMES.map(([, value]) => value).join(', ')}) is distinct from (${BECOMES.map(([column]) => `c.${column}`).join(', ')})`,
    given,
  );
  if (marked === 0) return;
  await sql.exec(
    'importContacts.updateContacts',
    `update contacts c set ${BECOMES.map(([column, value]) => `${column} = ${value}`).join(', ')},
       bucket = bucket_of(c.contact_id, coalesce(s.account_id, c.account_id)), import_id = $5, updated_at = $6
     from import_chunk s where c.contact_id = s.known and s.changed`,
    [...given, provenance.importId, provenance.now],
  );
}

/** What is on its way to people who changed accounts goes with them; what was sent stays where it counted. The buckets are locked. */
export async function moveWithAccount(sql: Sql, now: Date): Promise<void> {
  const moved = `s.known is not null and s.account_id is not null and s.old_account_id is distinct from s.account_id`;
  await sql.exec(
    'importContacts.moveEnrollments',
    `update enrollments e set account_id = s.account_id, bucket = bucket_of(s.known, s.account_id) from import_chunk s
     where e.contact_id = s.known and e.state = 'active' and ${moved}`,
  );
  await sql.exec(
    'importContacts.moveMessages',
    `update messages m set account_id = s.account_id, bucket = bucket_of(s.known, s.account_id) from import_chunk s
     where m.contact_id = s.known and m.state in ('draft', 'queued', 'sending') and ${moved}`,
  );
  await sql.exec(
    'importContacts.endRolesElsewhere',
    `update buying_group_members b set valid_to = $1 from import_chunk s
     where b.contact_id = s.known and b.account_id <> s.account_id and b.valid_to is null and ${moved}`,
    [now],
  );
}

/** The role a row names takes the place of the one that the same source gave before. */
export async function storeRoles(sql: Sql, source: string, now: Date): Promise<void> {
  await sql.exec(
    'importContacts.endOtherRoles',
    `update buying_group_members b set valid_to = $2 from import_chunk s
     where b.contact_id = s.contact_id and b.account_id = s.account_id and s.role is not null and b.role <> s.role and b.source = $1 and b.valid_to is null`,
    [source, now],
  );
  await sql.exec(
    'importContacts.insertRoles',
    `with given as (
       insert into buying_group_members (contact_id, account_id, role, source, valid_from)
       select s.contact_id, s.account_id, s.role, $1, $2 from import_chunk s
       where s.role is not null and s.account_id is not null
         and not exists (select from buying_group_members b where b.contact_id = s.contact_id and b.account_id = s.account_id and b.role = s.role and b.valid_to is null)
       on conflict (contact_id, account_id, role, valid_from) do update set valid_to = null returning contact_id
     )
     update import_chunk s set changed = true from given where given.contact_id = s.contact_id`,
    [source, now],
  );
}

export function countChunk(sql: Sql): Promise<{ inserted: number; updated: number; unchanged: number }> {
  return sql.one(
    'importContacts.countChunk',
    `select count(*) filter (where known is null) as inserted, count(*) filter (where known is not null and touched) as updated, count(*) filter (where known is not null and not touched) as unchanged
     from (select known, changed or (external_id is not null and by_external_id is null) or (user_id is not null and by_user_id is null) or (email is not null and by_email is null) as touched
           from import_chunk) rows`,
  );
}

export interface ChunkConsents {
  contact_id: number;
  line: number;
  consents: { purpose: string; event: string; at: string; proof: unknown }[];
}

export function readChunkConsents(sql: Sql): Promise<ChunkConsents[]> {
  return sql.many<ChunkConsents>('importContacts.readConsents', 'select contact_id, line, consents from import_chunk where consents is not null order by line');
}

export async function markConsentsStored(sql: Sql, contactIds: readonly number[]): Promise<void> {
  await sql.exec('importContacts.markConsents', 'update import_chunk set changed = true where contact_id = any($1)', [contactIds]);
}
