import type { Sql } from '../../platform/database/sql.js';
import { MERGE_LOCK } from '../merge/merge-lock.queries.js';

/**
 * Notes these messages as received and gives those that were not before; takes the merge lock with others on the way. In order of the hash, so that two
 * processes with the same messages wait for each other in one direction only. A message that is known writes nothing at all.
 */
export async function receive(sql: Sql, hashes: readonly string[], day: Date): Promise<Set<string>> {
  const rows = await sql.manyKept<{ message_hash: string }>(
    'tracking.receive',
    `with held as materialized (select pg_advisory_xact_lock_shared(${MERGE_LOCK}))
     insert into tracking_receipts (message_hash, received_on)
     select hash, $2::timestamptz::date from held cross join unnest($1::uuid[]) as given (hash) order by hash on conflict do nothing returning message_hash`,
    [hashes, day],
  );
  return new Set(rows.map((row) => row.message_hash));
}

export function findIdentities(sql: Sql, kinds: readonly string[], values: readonly string[]): Promise<{ kind: string; value: string; contact_id: number }[]> {
  return sql.manyKept(
    'tracking.findIdentities',
    'select i.kind, i.value, i.contact_id from unnest($1::text[], $2::text[]) as g (kind, value) join identities i on i.kind = g.kind and i.value = g.value',
    [kinds, values],
  );
}

/** Of these mailboxes those whose people were erased because they asked. */
export async function listErased(sql: Sql, addressHashes: readonly Buffer[]): Promise<Buffer[]> {
  const rows = await sql.manyKept<{ address_hash: Buffer }>('tracking.listErased', `select address_hash from suppressions where address_hash = any($1::bytea[]) and reason = 'erased'`, [addressHashes]);
  return rows.map((row) => row.address_hash);
}

/** What decides whether these contacts may be joined with others. */
export function readStandings(sql: Sql, contactIds: readonly number[]): Promise<{ contact_id: number; user_id: boolean; external_id: boolean; email: boolean }[]> {
  const has = (kind: string): string => `exists (select from identities i where i.contact_id = c.contact_id and i.kind = '${kind}') as ${kind}`;
  return sql.manyKept('tracking.readStandings', `select c.contact_id, ${has('user_id')}, ${has('external_id')}, ${has('email')} from unnest($1::bigint[]) as c (contact_id)`, [contactIds]);
}

export async function nextContacts(sql: Sql, count: number): Promise<number[]> {
  const rows = await sql.many<{ id: number }>('tracking.nextContacts', `select nextval(pg_get_serial_sequence('contacts', 'contact_id')) as id from generate_series(1, $1)`, [count]);
  return rows.map((row) => row.id);
}

/** Fails on the primary key when somebody else was first: then the whole group is done again. */
export async function insertIdentities(sql: Sql, identities: readonly { kind: string; value: string; contactId: number }[], now: Date): Promise<void> {
  await sql.exec(
    'tracking.insertIdentities',
    'insert into identities (kind, value, contact_id, created_at) select kind, value, contact_id, $4 from unnest($1::text[], $2::text[], $3::bigint[]) as g (kind, value, contact_id) order by kind, value',
    [identities.map(({ kind }) => kind), identities.map(({ value }) => value), identities.map(({ contactId }) => contactId), now],
  );
}

/** Columns of a contact that tracking writes, as JSON can carry them. */
const TRACKED = [
  'contact_id', 'account_id', 'email', 'address_hash', 'address_state', 'first_name', 'last_name', 'language', 'country', 'city', 'time_zone', 'phone', 'job_title', 'birth_date', 'attributes',
  'source', 'source_at', 'notice_version', 'collected_for', 'created_at', 'updated_at',
] as const;
export type TrackedContact = Record<(typeof TRACKED)[number], unknown> & { contact_id: number; account_id: number | null; email: string | null; attributes: Record<string, unknown>; collected_for: string[]; created_at: Date };

/** The lock of a single writer, in order of id. */
export function lockContacts(sql: Sql, contactIds: readonly number[]): Promise<TrackedContact[]> {
  return sql.many<TrackedContact>('tracking.lockContacts', `select ${TRACKED.join(', ')} from contacts where contact_id = any($1) order by contact_id for no key update`, [contactIds]);
}

export async function insertContacts(sql: Sql, rows: readonly TrackedContact[]): Promise<void> {
  await sql.exec(
    'tracking.insertContacts',
    `insert into contacts (bucket, ${TRACKED.join(', ')}) select bucket_of(r.contact_id, r.account_id), ${TRACKED.map((column) => `r.${column}`).join(', ')} from jsonb_populate_recordset(null::contacts, $1::jsonb) r order by r.contact_id`,
    [JSON.stringify(rows)],
  );
}

export async function updateContacts(sql: Sql, rows: readonly TrackedContact[]): Promise<void> {
  const set = TRACKED.slice(1).map((column) => `${column} = r.${column}`);
  await sql.exec(
    'tracking.updateContacts',
    `update contacts c set bucket = bucket_of(r.contact_id, r.account_id), ${set.join(', ')} from jsonb_populate_recordset(null::contacts, $1::jsonb) r where c.contact_id = r.contact_id`,
    [JSON.stringify(rows)],
  );
}

/** Where these people would be with these accounts, as far as that is elsewhere. Whom a human pinned to an account stays there. */
export function readMoves(sql: Sql, contactIds: readonly number[], accountIds: readonly number[]): Promise<{ contact_id: number; bucket: number; pinned: boolean }[]> {
  return sql.many(
    'tracking.readMoves',
    `select c.contact_id, bucket_of(c.contact_id, g.account_id) as bucket,
       exists (select from account_matches m where m.contact_id = c.contact_id and m.state = 'pinned' and m.ended_at is null) as pinned
     from unnest($1::bigint[], $2::bigint[]) as g (contact_id, account_id) join contacts c on c.contact_id = g.contact_id where c.account_id is distinct from g.account_id`,
    [contactIds, accountIds],
  );
}

export interface TrackedEvent {
  readonly contactId: number;
  readonly occurredAt: Date;
  readonly key: string;
  readonly name: string;
  readonly properties: string;
  readonly source: string;
  readonly receivedAt: Date;
}

export async function insertEvents(sql: Sql, events: readonly TrackedEvent[]): Promise<void> {
  await sql.manyKept(
    'tracking.insertEvents',
    `insert into events (contact_id, occurred_at, idempotency_key, name, properties, source, received_at)
     select contact_id, occurred_at, key, name, properties, source, received_at
     from unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::jsonb[], $6::text[], $7::timestamptz[]) as e (contact_id, occurred_at, key, name, properties, source, received_at)
     order by contact_id, occurred_at, key on conflict do nothing`,
    [
      events.map((event) => event.contactId), events.map((event) => event.occurredAt), events.map((event) => event.key), events.map((event) => event.name),
      events.map((event) => event.properties), events.map((event) => event.source), events.map((event) => event.receivedAt),
    ],
  );
}

export function readTrackingConsents(sql: Sql, contactIds: readonly number[], purposes: readonly string[]): Promise<{ contact_id: number; purpose: string; state: string }[]> {
  return sql.many('tracking.readConsents', `select contact_id, purpose, state from consents where channel = 'tracking' and contact_id = any($1) and purpose = any($2)`, [contactIds, purposes]);
}

export interface NotedConflict {
  readonly contactId: number;
  readonly otherContactId: number;
  readonly kind: string;
  readonly source: string;
  readonly count: number;
}

export async function noteConflicts(sql: Sql, conflicts: readonly NotedConflict[], now: Date): Promise<void> {
  await sql.exec(
    'tracking.noteConflicts',
    `insert into identity_conflicts (contact_id, other_contact_id, kind, source, count, first_at, last_at)
     select contact_id, other_contact_id, kind, source, count, $6, $6 from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::int[]) as g (contact_id, other_contact_id, kind, source, count)
     order by contact_id, other_contact_id, kind
     on conflict (contact_id, other_contact_id, kind) do update set count = identity_conflicts.count + excluded.count, last_at = excluded.last_at, source = excluded.source`,
    [conflicts.map((one) => one.contactId), conflicts.map((one) => one.otherContactId), conflicts.map((one) => one.kind), conflicts.map((one) => one.source), conflicts.map((one) => one.count), now],
  );
}

/** How many attributes and kinds of event a source has brought that nobody has classified yet. */
export async function countUnclassified(sql: Sql, source: string): Promise<{ attributes: number; events: number }> {
  return sql.one(
    'tracking.countUnclassified',
    `select (select count(*) from attribute_definitions where source = $1 and purposes = '{}' and not standard) as attributes, (select count(*) from event_definitions where source = $1 and purposes = '{}') as events`,
    [source],
  );
}

export async function knownEventNames(sql: Sql, names: readonly string[]): Promise<string[]> {
  return (await sql.many<{ name: string }>('tracking.knownEventNames', 'select name from event_definitions where name = any($1)', [names])).map((row) => row.name);
}

/** Receipts older than anybody sends a message again. Gives how many went; a bounded number at a time. */
export function forgetReceipts(sql: Sql, before: Date, most: number): Promise<number> {
  return sql.exec('tracking.forgetReceipts', 'delete from tracking_receipts where message_hash in (select message_hash from tracking_receipts where received_on < $1::timestamptz::date limit $2)', [before, most]);
}
