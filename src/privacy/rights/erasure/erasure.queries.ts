import { PERSON_TABLES } from '../../../core/privacy/person-tables.js';
import type { Sql } from '../../../platform/database/sql.js';

/** All ids under which the people behind these ids are, or were, known: as they are called today, and what was merged into them. */
export async function idsOfPeople(sql: Sql, contactIds: readonly number[]): Promise<number[]> {
  const rows = await sql.many<{ contact_id: number }>(
    'rights.idsOfPeople',
    `with recursive meant (contact_id) as (
       select living_contact(id) from unnest($1::bigint[]) as given (id)
       union select m.merged_contact_id from meant join contact_merges m on m.survivor_id = meant.contact_id and m.undone_at is null
     ) select contact_id from meant order by contact_id`,
    [contactIds],
  );
  return rows.map((row) => row.contact_id);
}

/** Everybody with a mailbox of these people: one mailbox is one person, however the address is spelled. */
export async function sameMailbox(sql: Sql, contactIds: readonly number[]): Promise<number[]> {
  const rows = await sql.many<{ contact_id: number }>(
    'rights.sameMailbox',
    `select contact_id from contacts where contact_id = any($1)
     union select contact_id from contacts where address_hash in (select address_hash from contacts where contact_id = any($1)) order by contact_id`,
    [contactIds],
  );
  return rows.map((row) => row.contact_id);
}

export interface ErasedPerson {
  contact_id: number;
  account_id: number | null;
  address_hash: Buffer | null;
  first_name: string | null;
  last_name: string | null;
}

export function lockPeople(sql: Sql, contactIds: readonly number[]): Promise<ErasedPerson[]> {
  return sql.many<ErasedPerson & Record<string, unknown>>(
    'rights.lockPeople',
    'select contact_id, account_id, address_hash, first_name, last_name from contacts where contact_id = any($1) order by contact_id for update',
    [contactIds],
  );
}

/** As for a merge: nothing of these people is leased while they go. Lock first, read after. */
export async function lockBucketsOfPeople(sql: Sql, contactIds: readonly number[]): Promise<void> {
  await sql.exec('rights.lockBuckets', 'select bucket from buckets where bucket in (select bucket from contacts where contact_id = any($1)) order by bucket for update', [contactIds]);
}

export type IdentityOfPerson = { contact_id: number; kind: string; value: string };

/** Everything that names these people, also what stands only in the history of merges. */
export function identitiesOfPeople(sql: Sql, contactIds: readonly number[]): Promise<IdentityOfPerson[]> {
  return sql.many<IdentityOfPerson>(
    'rights.identitiesOfPeople',
    `select contact_id, kind, value from identities where contact_id = any($1)
     union select contact_id, 'email', email from contacts where contact_id = any($1) and email is not null
     union select m.merged_contact_id, 'email', m.snapshot -> 'merged' ->> 'email' from contact_merges m where m.merged_contact_id = any($1) and m.snapshot -> 'merged' ->> 'email' is not null
     union select m.merged_contact_id, g.kind, g.value from contact_merges m cross join jsonb_to_recordset(m.snapshot -> 'identities') as g (kind text, value text) where m.merged_contact_id = any($1)
     order by 1, 2, 3`,
    [contactIds],
  );
}

const generic = Object.entries(PERSON_TABLES).flatMap(([table, { erasure }]) => (erasure.act === 'deleted' && erasure.by.length > 0 ? [{ table, by: erasure.by, after: erasure.afterContact === true }] : []));

/** Deletes by the list of person-tables: first what hangs on the contact, then the contact, then what its triggers leave. Gives how many rows went, by table. */
export async function deleteRows(sql: Sql, contactIds: readonly number[], now: Date): Promise<Record<string, number>> {
  await sql.exec('rights.closeTasks', TASKS, [contactIds, now]);
  const before = await deleteFrom(sql, generic.filter(({ after }) => !after), contactIds);
  const contacts = await sql.exec('rights.deleteContacts', 'delete from contacts where contact_id = any($1)', [contactIds]);
  // The totals of events, which name nobody, stay: the days of these people went with them.
  const events = await sql.exec('rights.deleteEvents', 'delete from events where contact_id = any($1)', [contactIds]);
  const after = await deleteFrom(sql, generic.filter(({ table, after: late }) => (late && table !== 'contacts' && table !== 'events') || table === 'dirty_contacts'), contactIds);
  return { ...before, ...after, contacts, events };
}

async function deleteFrom(sql: Sql, tables: readonly { table: string; by: readonly string[] }[], contactIds: readonly number[]): Promise<Record<string, number>> {
  const parts = tables.map(({ table, by }) => `${table}_gone as (delete from ${table} where ${by.map((column) => `${column} = any($1)`).join(' or ')} returning 1)`);
  const counts = tables.map(({ table }) => `(select count(*) from ${table}_gone) as ${table}`);
  return sql.one<Record<string, number>>('rights.deleteRows', `with ${parts.join(',\n')}\nselect ${counts.join(', ')}`, [contactIds]);
}

// Retention counts the finished ones, so the row stays; nothing in it says about whom it was.
const TASKS = `update tasks set contact_id = null, reason = 'erased', said = null, details = '{}', outcome = null,
    state = case when state = 'open' then 'dropped' else state end, closed_at = coalesce(closed_at, $2), closed_by = coalesce(closed_by, 'system')
  where contact_id = any($1)`;

/** A random number stands where the contact stood: reports count on, and no way leads back. */
export interface Pseudonyms {
  readonly contactIds: readonly number[];
  readonly numbers: readonly number[];
}

const PSEUDONYMS = 'unnest($1::bigint[], $2::bigint[]) as p (contact_id, number)';

export async function pseudonymise(sql: Sql, { contactIds, numbers }: Pseudonyms, now: Date): Promise<Record<string, number>> {
  const enrollments = await sql.exec(
    'rights.pseudonymiseEnrollments',
    `update enrollments e set contact_id = p.number, account_id = null, state = case when e.state = 'active' then 'exited' else e.state end,
       ended_at = coalesce(e.ended_at, $3), end_reason = coalesce(e.end_reason, 'erased')
     from ${PSEUDONYMS} where e.contact_id = p.contact_id`,
    [contactIds, numbers, now],
  );
  const messages = await sql.exec(
    'rights.pseudonymiseMessages',
    `update messages m set contact_id = p.number, account_id = null, response = case when m.state in ('draft', 'queued') then 'erased' end,
       state = case when m.state in ('draft', 'queued') then 'denied' else m.state end
     from ${PSEUDONYMS} where m.contact_id = p.contact_id`,
    [contactIds, numbers],
  );
  const decisions = await sql.exec(
    'rights.pseudonymiseDecisions',
    `update decisions d set contact_id = p.number, facts = '{}', evidence = null from ${PSEUDONYMS} where d.contact_id = p.contact_id`,
    [contactIds, numbers],
  );
  return { enrollments, messages, decisions };
}

/** Mails in the built-in mailbox are found by address. */
export function deleteMailboxMails(sql: Sql, addresses: readonly string[]): Promise<number> {
  return sql.exec('rights.deleteMailboxMails', 'delete from mailbox_mails where envelope_to = any($1)', [addresses]);
}

/** Warnings of imports quote values of the file. */
export function forgetInImports(sql: Sql, values: readonly string[]): Promise<number> {
  return sql.exec(
    'rights.forgetInImports',
    `update imports i set
       warnings = (select coalesce(jsonb_agg(w order by position), '[]') from jsonb_array_elements(i.warnings) with ordinality as listed (w, position)
                    where not exists (select from unnest($1::text[]) as known (value) where strpos(lower(w ->> 'message'), known.value) > 0)),
       error = case when exists (select from unnest($1::text[]) as known (value) where strpos(lower(i.error), known.value) > 0) then 'erased' else i.error end
     where exists (select from unnest($1::text[]) as known (value) where strpos(lower(i.warnings::text), known.value) > 0 or strpos(lower(i.error), known.value) > 0)`,
    [values],
  );
}

export function listRejectedFiles(sql: Sql): Promise<{ rejected_file: string }[]> {
  return sql.many('rights.listRejectedFiles', 'select distinct rejected_file from imports where rejected_file is not null');
}

/** Requests of these people stay, without saying whose they were; what was still open has no subject any more. */
export function forgetInRequests(sql: Sql, contactIds: readonly number[], now: Date): Promise<number> {
  return sql.exec(
    'rights.forgetInRequests',
    `update privacy_requests set contact_id = null, wish = '{}', token_hash = null, closed_at = coalesce(closed_at, $2), closed_by = coalesce(closed_by, 'system'),
       outcome = coalesce(outcome, 'the person was erased'), state = case when state in ('done', 'refused', 'lapsed') then state else 'done' end
     where contact_id = any($1)`,
    [contactIds, now],
  );
}

export interface TextRow {
  place: 'account_holds' | 'tasks' | 'human_touches';
  id: number;
  text: string;
}

/** What colleagues wrote about the account: it may name the person. */
export function textsOfAccounts(sql: Sql, accountIds: readonly number[]): Promise<TextRow[]> {
  return sql.many<TextRow & Record<string, unknown>>(
    'rights.textsOfAccounts',
    `select 'account_holds' as place, hold_id as id, reason as text from account_holds where account_id = any($1) and reason <> ''
     union all select 'tasks', task_id, reason from tasks where account_id = any($1) and reason <> ''
     union all select 'human_touches', touch_id, note from human_touches where account_id = any($1) and note <> ''`,
    [accountIds],
  );
}

export async function rewriteTexts(sql: Sql, place: TextRow['place'], rows: readonly { id: number; text: string }[]): Promise<number> {
  const [key, column, code] = ({ account_holds: ['hold_id', 'reason', ', said = null'], tasks: ['task_id', 'reason', ', said = null'], human_touches: ['touch_id', 'note', ''] } as const)[place];
  return sql.exec(
    'rights.rewriteTexts',
    `update ${place} t set ${column} = n.text${code} from unnest($1::bigint[], $2::text[]) as n (id, text) where t.${key} = n.id`,
    [rows.map(({ id }) => id), rows.map(({ text }) => text)],
  );
}

export interface ErasureRow {
  erasure_id: string;
  erased_at: Date;
  cause: string;
  actor: string;
  request_id: number | null;
  people: number;
  person_keys: Buffer[];
  address_hashes: Buffer[];
  certificate: unknown;
  digest: Buffer;
}

export async function insertErasure(sql: Sql, row: ErasureRow): Promise<void> {
  await sql.exec(
    'rights.insertErasure',
    `insert into erasures (erasure_id, erased_at, cause, actor, request_id, people, person_keys, address_hashes, certificate, digest) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [row.erasure_id, row.erased_at, row.cause, row.actor, row.request_id, row.people, row.person_keys, row.address_hashes, JSON.stringify(row.certificate), row.digest],
  );
}

/** Newest first. */
export function listErasures(sql: Sql, before: Date, limit: number): Promise<ErasureRow[]> {
  return sql.many<ErasureRow & Record<string, unknown>>('rights.listErasures', 'select * from erasures where erased_at < $1 order by erased_at desc limit $2', [before, limit]);
}

export function readErasure(sql: Sql, erasureId: string): Promise<ErasureRow | undefined> {
  return sql.maybe<ErasureRow & Record<string, unknown>>('rights.readErasure', 'select * from erasures where erasure_id = $1', [erasureId]);
}

/** All of them, oldest first, from the given one on: what the file outside must hold. */
export function erasuresSince(sql: Sql, since: Date): Promise<ErasureRow[]> {
  return sql.many<ErasureRow & Record<string, unknown>>('rights.erasuresSince', 'select * from erasures where erased_at >= $1 order by erased_at, erasure_id', [since]);
}

export async function knownErasures(sql: Sql, ids: readonly string[]): Promise<string[]> {
  return (await sql.many<{ erasure_id: string }>('rights.knownErasures', 'select erasure_id from erasures where erasure_id = any($1::uuid[])', [ids])).map((row) => row.erasure_id);
}

/** Ids of people, page by page, also of those whose ledger is all that is left. */
export async function pageOfIds(sql: Sql, after: number, limit: number): Promise<number[]> {
  return (await sql.many<{ contact_id: number }>('rights.pageOfIds', 'select contact_id from contacts where contact_id > $1 order by contact_id limit $2', [after, limit])).map((row) => row.contact_id);
}

/** Who has one of these mailboxes and was here already at that moment. */
export async function holdersBefore(sql: Sql, hashes: readonly Buffer[], moment: Date): Promise<number[]> {
  return (await sql.many<{ contact_id: number }>('rights.holdersBefore', 'select contact_id from contacts where address_hash = any($1) and created_at <= $2', [hashes, moment])).map((row) => row.contact_id);
}
