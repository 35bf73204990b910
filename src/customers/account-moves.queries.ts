import type { Sql } from '../platform/database/sql.js';

/** Who goes to which account (null: to none): a relation with the columns contact_id and account_id, and its parameters from $1 on. */
export interface Moves {
  readonly relation: string;
  readonly params: readonly unknown[];
}

export function listedMoves(contactIds: readonly number[], accountIds: readonly (number | null)[]): Moves {
  return { relation: 'select contact_id, account_id from unnest($1::bigint[], $2::bigint[]) as listed (contact_id, account_id)', params: [contactIds, accountIds] };
}

/**
 * What is on its way to people who changed accounts goes with them; what was sent stays where it counted, and their parts in other accounts' buying groups
 * end. The one place that does this: the buckets they leave and enter are locked by the caller, and the contacts themselves already moved.
 */
export async function moveWithAccount(sql: Sql, { relation, params }: Moves, now: Date): Promise<void> {
  await sql.exec(
    'customers.moveEnrollments',
    `update enrollments e set account_id = m.account_id, bucket = bucket_of(m.contact_id, m.account_id) from (${relation}) m where e.contact_id = m.contact_id and e.state = 'active'`,
    params,
  );
  await sql.exec(
    'customers.moveMessages',
    `update messages g set account_id = m.account_id, bucket = bucket_of(m.contact_id, m.account_id) from (${relation}) m
     where g.contact_id = m.contact_id and g.state in ('draft', 'queued', 'sending')`,
    params,
  );
  await sql.exec(
    'customers.endRolesElsewhere',
    `update buying_group_members b set valid_to = $${params.length + 1} from (${relation}) m
     where b.contact_id = m.contact_id and b.account_id is distinct from m.account_id and b.valid_to is null`,
    [...params, now],
  );
}

/** Ascending, like everybody who locks more than one. */
export async function lockBuckets(sql: Sql, buckets: readonly number[]): Promise<void> {
  await sql.exec('customers.lockBuckets', 'select from buckets where bucket = any($1) order by bucket for update', [buckets]);
}

/** The buckets that people leave and enter by these moves. */
export async function bucketsOfMoves(sql: Sql, { relation, params }: Moves): Promise<number[]> {
  const rows = await sql.many<{ bucket: number }>(
    'customers.bucketsOfMoves',
    `select distinct b.bucket from (${relation}) m join contacts c using (contact_id) cross join lateral (values (c.bucket), (bucket_of(m.contact_id, m.account_id))) as b (bucket)`,
    params,
  );
  return rows.map((row) => row.bucket);
}

/** Moves those who still are where they were when it was decided; gives their ids. In the order of ids, so that two movers never wait for each other in a circle. */
export async function moveContacts(sql: Sql, contactIds: readonly number[], from: readonly (number | null)[], to: readonly (number | null)[], now: Date): Promise<number[]> {
  const rows = await sql.many<{ contact_id: number }>(
    'customers.moveContacts',
    `with listed as (
       select l.* from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as l (contact_id, old_account_id, account_id)
       join contacts c on c.contact_id = l.contact_id and c.account_id is not distinct from l.old_account_id order by l.contact_id for update of c
     )
     update contacts c set account_id = l.account_id, bucket = bucket_of(c.contact_id, l.account_id), updated_at = $4
     from listed l where c.contact_id = l.contact_id returning c.contact_id`,
    [contactIds, from, to, now],
  );
  return rows.map((row) => row.contact_id);
}
