import type { Sql } from '../platform/database/sql.js';

export interface PersonKeyRow {
  readonly contact_id: number;
  readonly key: Buffer;
}

export function readPersonKeys(sql: Sql, contactIds: readonly number[]): Promise<PersonKeyRow[]> {
  return sql.many('consent.readPersonKeys', 'select contact_id, key from person_keys where contact_id = any($1)', [contactIds]);
}

/** The people are locked by whoever appends to their ledgers, so nobody else gives them another key meanwhile. */
export async function insertPersonKeys(sql: Sql, keys: readonly PersonKeyRow[]): Promise<void> {
  if (keys.length === 0) return;
  await sql.exec('consent.insertPersonKeys', 'insert into person_keys (contact_id, key) select * from unnest($1::bigint[], $2::bytea[])', [keys.map((one) => one.contact_id), keys.map((one) => one.key)]);
}

/** Of these, who still is a contact: their key may not be missing. */
export async function existingContacts(sql: Sql, contactIds: readonly number[]): Promise<number[]> {
  if (contactIds.length === 0) return [];
  const rows = await sql.many<{ contact_id: number }>('consent.existingContacts', 'select contact_id from contacts where contact_id = any($1)', [contactIds]);
  return rows.map((row) => row.contact_id);
}

/**
 * Erasure: destroys the keys of these people, and of whoever was merged into them, in the caller's transaction. What they proved can never be read again;
 * that they once said yes or no, to which text and when, stays, and so does the chain. Gives how many keys there were.
 */
export async function shredProofs(sql: Sql, contactIds: readonly number[]): Promise<number> {
  return sql.exec(
    'consent.shredProofs',
    `with recursive people (contact_id) as (
       select unnest($1::bigint[]) union select m.merged_contact_id from contact_merges m join people p on p.contact_id = m.survivor_id where m.undone_at is null
     )
     delete from person_keys where contact_id in (select contact_id from people)`,
    [contactIds],
  );
}

/**
 * Somebody is let go whose proofs are still needed to show that what he was sent was lawful: his keys, and those of whoever was merged into him, stay
 * until then, with the hashes of all their mailboxes, by which he finds them who asks to be forgotten. A moment that was set already is not put off.
 * Gives how many keys there are.
 */
export async function endEvidence(sql: Sql, contactIds: readonly number[], mailboxes: readonly { readonly contactId: number; readonly addressHash: Buffer }[], until: Date): Promise<number> {
  return sql.exec(
    'consent.endEvidence',
    `with recursive people (root, contact_id) as (
       select id, id from unnest($1::bigint[]) id union select p.root, m.merged_contact_id from contact_merges m join people p on p.contact_id = m.survivor_id where m.undone_at is null
     ), mailboxes as (
       select p.contact_id, array_agg(distinct h.address_hash) as hashes
         from people p join people same on same.root = p.root join unnest($3::bigint[], $4::bytea[]) h (contact_id, address_hash) on h.contact_id = same.contact_id group by p.contact_id
     )
     update person_keys k set shred_after = least(k.shred_after, $2), address_hashes = (select hashes from mailboxes m where m.contact_id = k.contact_id)
      where k.contact_id in (select contact_id from people)`,
    [contactIds, until, mailboxes.map(({ contactId }) => contactId), mailboxes.map(({ addressHash }) => addressHash)],
  );
}

/** Somebody asks to be forgotten whom retention had let go: destroys the keys that were kept of these mailboxes. Gives how many there were. */
export async function shredKeptProofs(sql: Sql, addressHashes: readonly Buffer[]): Promise<number> {
  return sql.exec('consent.shredKeptProofs', 'delete from person_keys where address_hashes && $1::bytea[]', [addressHashes]);
}
