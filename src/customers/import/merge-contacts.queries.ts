import type { Sql } from '../../platform/database/sql.js';
import type { Moves } from '../account-moves.queries.js';
import type { RowConsent } from './compile-consent.js';
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

/** A stretch of the staged lines, stored in one transaction. Every statement about it takes its bounds as $1 and $2. */
export interface Chunk {
  readonly staging: Staging;
  readonly after: number;
  readonly upTo: number;
}

export const boundsOf = ({ after, upTo }: Chunk): [number, number] => [after, upTo];

/** The rows of the chunk (r) that are still to be stored, with what they say (s). */
export const rowsOf = ({ staging }: Chunk): string => `import_chunk r join ${staging.rows} s on s.line = r.line and s.line > $1 and s.line <= $2`;

/** The contacts that already have one of a row's identities. */
const IDENTITY_JOINS = `left join identities x on x.kind = 'external_id' and x.value = s.external_id
     left join identities u on u.kind = 'user_id' and u.value = s.user_id
     left join identities e on e.kind = 'email' and e.value = s.email`;

/**
 * Finds, once for the whole file, the contacts that rows are about: one pass over the identities (a lookup for every row
 * of every chunk took a quarter of the import). Rows about nobody known are not in the table.
 */
export async function findKnownPeople(sql: Sql, staging: Staging): Promise<void> {
  await sql.exec(
    'importContacts.findKnownPeople',
    `insert into ${staging.known} (line, by_external_id, by_user_id, by_email, known)
     select s.line, x.contact_id, u.contact_id, e.contact_id, coalesce(x.contact_id, u.contact_id, e.contact_id) from ${staging.rows} s ${IDENTITY_JOINS}
     where coalesce(x.contact_id, u.contact_id, e.contact_id) is not null and not exists (select from ${staging.leftOut} o where o.line = s.line)
     order by s.line`,
  );
  await sql.exec('importContacts.indexKnownPeople', `create index on ${staging.known} (line)`);
}

/** Rows about somebody who was erased because he asked: a file that still has him must not bring him back (legal.erased), however the address is spelled. */
export async function rejectErased(sql: Sql, staging: Staging): Promise<void> {
  await sql.exec(
    'importContacts.rejectErased',
    `insert into ${staging.leftOut} (line, reason)
     select s.line, 'legal.erased: the person with this address asked to be erased' from suppressions x join ${staging.rows} s on s.address_hash = x.address_hash where x.reason = 'erased'
     on conflict (line) do update set reason = excluded.reason`,
  );
}

/** Rows that turn out to be about one contact through different identities: the last one counts. */
export async function leaveOutSameContact(sql: Sql, staging: Staging): Promise<void> {
  await sql.exec(
    'importContacts.leaveOutSameContact',
    `with sound as (select line, known from ${staging.known} k where not exists (select from ${staging.leftOut} o where o.line = k.line)),
       repeated as (select known, max(line) as line from sound group by known having count(*) > 1)
     insert into ${staging.leftOut} (line)
     select s.line from sound s join repeated r on r.known = s.known and s.line < r.line on conflict do nothing`,
  );
}

/**
 * Who each row of the chunk is about, by each of its identities, and which account it names: a narrow temporary table of
 * the caller's transaction. What the row says stays in the staging table. The second time round the identities are read
 * again: somebody added some after the whole file was looked up.
 */
export async function openChunk(sql: Sql, chunk: Chunk, again: boolean): Promise<void> {
  const { staging } = chunk;
  const [x, u, e, joins] = again
    ? ['x.contact_id', 'u.contact_id', 'e.contact_id', IDENTITY_JOINS]
    : ['k.by_external_id', 'k.by_user_id', 'k.by_email', `left join ${staging.known} k on k.line = s.line and k.line > $1 and k.line <= $2`];
  await sql.exec('importContacts.dropChunk', 'drop table if exists pg_temp.import_chunk');
  await sql.exec(
    'importContacts.createChunk',
    `create temporary table import_chunk (line integer, by_external_id bigint, by_user_id bigint, by_email bigint, known bigint, contact_id bigint,
       account_id bigint, account_matches integer, adds_identity boolean, old_account_id bigint, old_bucket smallint, changed boolean not null default false) on commit drop`,
  );
  await sql.exec(
    'importContacts.fillChunk',
    `insert into import_chunk (line, by_external_id, by_user_id, by_email, known, contact_id, account_id, account_matches, adds_identity)
     select s.line, ${x}, ${u}, ${e}, coalesce(${x}, ${u}, ${e}), coalesce(${x}, ${u}, ${e}, nextval(pg_get_serial_sequence('contacts', 'contact_id'))), ${ACCOUNT_ID}, ${ACCOUNT_MATCHES},
       (s.external_id is not null and ${x} is null) or (s.user_id is not null and ${u} is null) or (s.email is not null and ${e} is null)
     from ${staging.rows} s ${joins} ${ACCOUNT_JOINS}
     where s.line > $1 and s.line <= $2 and not exists (select from ${staging.leftOut} o where o.line = s.line)
     order by s.line`,
    boundsOf(chunk),
  );
  await sql.exec(
    'importContacts.readPlaces',
    `update import_chunk r set old_account_id = c.account_id, old_bucket = c.bucket from contacts c where c.contact_id = r.known and r.account_id is not null`,
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
    `with gone as (
       delete from import_chunk r using ${staging.rows} s where r.account_matches <> 1 and s.line = r.line
       returning r.line, r.account_matches, coalesce(s.account_external_id, s.account, s.account_domain) as named
     )
     insert into ${staging.leftOut} (line, reason)
     select line, case when account_matches = 0 then format('account "%s" is unknown: import the accounts first, or let the map say "createAccounts": true', named)
       else format('%s accounts have the domain "%s": name the account', account_matches, named) end
     from gone on conflict do nothing`,
  );
}

/** Why a row (s) with the contacts found for it (r) is about more than one person; null when it is not. */
const MIXED = `case
         when r.by_external_id <> r.by_email or r.by_user_id <> r.by_email then format('the address %s belongs to another contact than this external_id or user_id', s.email)
         when r.by_external_id <> r.by_user_id then format('user_id "%s" belongs to another contact than external_id "%s"', s.user_id, s.external_id)
         when s.external_id is not null and r.by_external_id is null and exists (select from identities i where i.contact_id = r.known and i.kind = 'external_id')
           then format('%s belongs to a contact that has another external_id than "%s": one address is one person', coalesce(s.email, s.user_id), s.external_id)
         when s.user_id is not null and r.by_user_id is null and r.by_external_id is null and exists (select from identities i where i.contact_id = r.known and i.kind = 'user_id')
           then format('%s belongs to a contact that has another user_id than "%s": one address is one person', s.email, s.user_id)
       end`;

/** Rows whose identities belong to different people, and rows that would give a person a second external id. */
export async function rejectMixedPeople(sql: Sql, staging: Staging): Promise<void> {
  await sql.exec(
    'importContacts.rejectMixedPeople',
    `insert into ${staging.leftOut} (line, reason)
     select line, reason from (select r.line, ${MIXED} as reason from ${staging.known} r join ${staging.rows} s on s.line = r.line) judged where reason is not null
     on conflict do nothing`,
  );
}

/** The same for one chunk, whose people were looked up again. */
export async function rejectMixedRows(sql: Sql, chunk: Chunk): Promise<void> {
  await sql.exec(
    'importContacts.rejectMixedRows',
    `with judged as (select r.line, ${MIXED} as reason from ${rowsOf(chunk)} where r.known is not null),
       gone as (delete from import_chunk r using judged j where j.line = r.line and j.reason is not null returning j.line, j.reason)
     insert into ${chunk.staging.leftOut} (line, reason) select line, reason from gone on conflict do nothing`,
    boundsOf(chunk),
  );
}

/** People whom the chunk gives another account. */
const MOVED = 'r.known is not null and r.account_id is not null and r.old_account_id is distinct from r.account_id';

/** The buckets that people leave and enter when this chunk gives them another account. */
export async function bucketsOfMoves(sql: Sql): Promise<number[]> {
  const rows = await sql.many<{ bucket: number }>(
    'importContacts.bucketsOfMoves',
    `select distinct bucket from import_chunk r cross join lateral (values (r.old_bucket), (bucket_of(r.known, r.account_id))) as b (bucket) where ${MOVED}`,
  );
  return rows.map((row) => row.bucket);
}

/** How many people of the chunk changed their account between reading and locking. */
export async function countMovedMeanwhile(sql: Sql): Promise<number> {
  const { count } = await sql.one<{ count: number }>(
    'importContacts.countMovedMeanwhile',
    `select count(*) from import_chunk r join contacts c on c.contact_id = r.known where r.account_id is not null and c.account_id is distinct from r.old_account_id`,
  );
  return count;
}

export async function insertNewContacts(sql: Sql, chunk: Chunk, provenance: Provenance): Promise<void> {
  const filled = FILLED.map((column) => `s.${column}`).join(', ');
  await sql.exec(
    'importContacts.insertContacts',
    `insert into contacts (contact_id, bucket, account_id, email, address_hash, address_state, ${FILLED.join(', ')}, attributes,
       source, source_at, notice_version, collected_for, import_id, created_at, updated_at)
     select r.contact_id, bucket_of(r.contact_id, r.account_id), r.account_id, s.email, s.address_hash, coalesce(s.address_state, 'ok'), ${filled}, coalesce(s.attributes, '{}'),
       $3, coalesce(s.source_at, $4), $5, $6, $7, $8, $8
     from ${rowsOf(chunk)} where r.known is null`,
    [...boundsOf(chunk), provenance.source, provenance.sourceAt, provenance.noticeVersion, provenance.purposes, provenance.importId, provenance.now],
  );
}

/**
 * Stores the identities that are new. Somebody else may take one between reading and here: then this fails on the primary key
 * and the chunk is stored again (`on conflict do nothing` would cost every row a third more to find the same out). In the
 * order of the index, so that neighbours share its pages.
 */
export async function insertIdentities(sql: Sql, chunk: Chunk, now: Date): Promise<void> {
  await sql.exec(
    'importContacts.insertIdentities',
    `insert into identities (kind, value, contact_id, created_at)
     select i.kind, i.value, r.contact_id, $3 from ${rowsOf(chunk)}
     cross join lateral (values ('external_id', s.external_id, r.by_external_id), ('user_id', s.user_id, r.by_user_id), ('email', s.email, r.by_email)) as i (kind, value, known)
     where r.adds_identity and i.value is not null and i.known is null
     order by i.kind, i.value`,
    [...boundsOf(chunk), now],
  );
}

const UNION_OF_PURPOSES = `case when c.collected_for @> $6::text[] then c.collected_for else (select array_agg(distinct p order by p) from unnest(c.collected_for || $6::text[]) p) end`;

/** Each column with what it becomes for a contact that is known. */
const BECOMES: readonly (readonly [column: string, value: string])[] = [
  ...FILLED.map((column) => [column, `coalesce(s.${column}, c.${column})`] as const),
  ['account_id', 'coalesce(r.account_id, c.account_id)'],
  ['email', 'coalesce(s.email, c.email)'],
  ['address_hash', 'coalesce(s.address_hash, c.address_hash)'],
  // A new address is not the one that bounced.
  ['address_state', `coalesce(s.address_state, case when s.email is distinct from c.email and s.email is not null then 'ok' else c.address_state end)`],
  ['attributes', `case when s.attributes is null then c.attributes else c.attributes || s.attributes end`],
  // Where somebody came from first stays; what the data may be used for is the union.
  ['source', 'coalesce(c.source, $3)'],
  ['source_at', 'coalesce(c.source_at, s.source_at, $4)'],
  ['notice_version', 'coalesce(c.notice_version, $5)'],
  ['collected_for', UNION_OF_PURPOSES],
];

/** Marks what differs, and writes only that. */
export async function updateKnownContacts(sql: Sql, chunk: Chunk, provenance: Provenance): Promise<void> {
  const given = [...boundsOf(chunk), provenance.source, provenance.sourceAt, provenance.noticeVersion, provenance.purposes];
  const marked = await sql.exec(
    'importContacts.markChanged',
    `update import_chunk r set changed = true from ${chunk.staging.rows} s, contacts c
     where s.line = r.line and s.line > $1 and s.line <= $2 and c.contact_id = r.known
       and (${BECOMES.map(([, value]) => value).join(', ')}) is distinct from (${BECOMES.map(([column]) => `c.${column}`).join(', ')})`,
    given,
  );
  if (marked === 0) return;
  await sql.exec(
    'importContacts.updateContacts',
    `update contacts c set ${BECOMES.map(([column, value]) => `${column} = ${value}`).join(', ')},
       bucket = bucket_of(c.contact_id, coalesce(r.account_id, c.account_id)), import_id = $7, updated_at = $8
     from ${rowsOf(chunk)} where c.contact_id = r.known and r.changed`,
    [...given, provenance.importId, provenance.now],
  );
}

/** The people of the chunk who go to another account. */
export const MOVES: Moves = { relation: `select r.known as contact_id, r.account_id from import_chunk r where ${MOVED}`, params: [] };

/** Stored rows that name no country. */
export async function countWithoutCountry(sql: Sql, staging: Staging): Promise<number> {
  const { count } = await sql.one<{ count: number }>(
    'importContacts.countWithoutCountry',
    `select count(*) as count from ${staging.rows} s where s.country is null and not exists (select from ${staging.leftOut} o where o.line = s.line)`,
  );
  return count;
}

export function countChunk(sql: Sql): Promise<{ inserted: number; updated: number; unchanged: number }> {
  return sql.one(
    'importContacts.countChunk',
    `select count(*) filter (where known is null) as inserted, count(*) filter (where known is not null and (changed or adds_identity)) as updated,
       count(*) filter (where known is not null and not (changed or adds_identity)) as unchanged
     from import_chunk`,
  );
}

export interface ChunkConsents {
  contact_id: number;
  consents: RowConsent[];
}

export function readChunkConsents(sql: Sql, chunk: Chunk): Promise<ChunkConsents[]> {
  return sql.many<ChunkConsents>('importContacts.readConsents', `select r.contact_id, s.consents from ${rowsOf(chunk)} where s.consents is not null order by r.line`, boundsOf(chunk));
}

export async function markConsentsStored(sql: Sql, contactIds: readonly number[]): Promise<void> {
  await sql.exec('importContacts.markConsents', 'update import_chunk set changed = true where contact_id = any($1)', [contactIds]);
}
