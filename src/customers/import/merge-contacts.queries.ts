import type { Sql } from '../../platform/database/sql.js';
import type { RowConsent } from './compile-consent.js';
import { boundsOf, type Chunk, rowsOf } from './contact-chunk.queries.js';
import type { Provenance } from './provenance.js';
import type { Staging } from './staging.queries.js';

/** Standard columns that a row may fill in; an empty cell leaves what is known. */
const FILLED = ['first_name', 'last_name', 'language', 'country', 'city', 'time_zone', 'phone', 'job_title', 'birth_date', 'lifecycle_stage'];

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

const givenBy = (chunk: Chunk, { source, sourceAt, noticeVersion, purposes }: Provenance): unknown[] => [...boundsOf(chunk), source, sourceAt, noticeVersion, purposes];

/** Marks the people who become different; gives how many. */
export function markChanged(sql: Sql, chunk: Chunk, provenance: Provenance): Promise<number> {
  return sql.exec(
    'importContacts.markChanged',
    `update import_chunk r set changed = true from ${chunk.staging.rows} s, contacts c
     where s.line = r.line and s.line > $1 and s.line <= $2 and c.contact_id = r.known
       and (${BECOMES.map(([, value]) => value).join(', ')}) is distinct from (${BECOMES.map(([column]) => `c.${column}`).join(', ')})`,
    givenBy(chunk, provenance),
  );
}

/** Writes those, and only those. */
export async function updateKnownContacts(sql: Sql, chunk: Chunk, provenance: Provenance): Promise<void> {
  await sql.exec(
    'importContacts.updateContacts',
    `update contacts c set ${BECOMES.map(([column, value]) => `${column} = ${value}`).join(', ')},
       bucket = bucket_of(c.contact_id, coalesce(r.account_id, c.account_id)), import_id = $7, updated_at = $8
     from ${rowsOf(chunk)} where c.contact_id = r.known and r.changed`,
    [...givenBy(chunk, provenance), provenance.importId, provenance.now],
  );
}

export interface ChunkConsents {
  contact_id: number;
  consents: RowConsent[];
}

/** Opens what the rows of the chunk say of consents, by bucket: pages of it lock buckets in ascending order, as everybody does. Read with nextChunkConsents. */
export async function openChunkConsents(sql: Sql, chunk: Chunk): Promise<void> {
  await sql.exec(
    'importContacts.openConsents',
    `declare import_consents no scroll cursor for
     select r.contact_id, s.consents from ${rowsOf(chunk)} join contacts c on c.contact_id = r.contact_id where s.consents is not null order by c.bucket, r.line`,
    boundsOf(chunk),
  );
}

export function nextChunkConsents(sql: Sql, rows: number): Promise<ChunkConsents[]> {
  return sql.many<ChunkConsents>('importContacts.readConsents', `fetch ${Math.trunc(rows)} from import_consents`);
}

/** A dry run stores all chunks in one transaction: each closes its own. */
export async function closeChunkConsents(sql: Sql): Promise<void> {
  await sql.exec('importContacts.closeConsents', 'close import_consents');
}

export async function markConsentsStored(sql: Sql, contactIds: readonly number[]): Promise<void> {
  await sql.exec('importContacts.markConsents', 'update import_chunk set changed = true where contact_id = any($1)', [contactIds]);
}

/** Stored rows that name no country. */
export async function countWithoutCountry(sql: Sql, staging: Staging): Promise<number> {
  const { count } = await sql.one<{ count: number }>(
    'importContacts.countWithoutCountry',
    `select count(*) as count from ${staging.rows} s where s.country is null and not exists (select from ${staging.leftOut} o where o.line = s.line)`,
  );
  return count;
}
