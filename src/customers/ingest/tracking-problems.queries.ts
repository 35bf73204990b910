import type { Sql } from '../../platform/database/sql.js';

export interface ProblemRow {
  write_key_id: number;
  source: string;
  kind: string;
  count: number;
  first_at: Date;
  last_at: Date;
  sample: Record<string, unknown>;
}

export interface CountedProblem {
  readonly writeKeyId: number;
  readonly kind: string;
  readonly count: number;
  readonly at: Date;
  readonly sample: Record<string, unknown>;
}

export async function countProblems(sql: Sql, problems: readonly CountedProblem[]): Promise<void> {
  await sql.exec(
    'tracking.countProblems',
    `insert into tracking_problems (write_key_id, kind, count, first_at, last_at, sample)
     select write_key_id, kind, count, at, at, sample from unnest($1::int[], $2::text[], $3::bigint[], $4::timestamptz[], $5::jsonb[]) as g (write_key_id, kind, count, at, sample) order by write_key_id, kind
     on conflict (write_key_id, kind) do update set count = tracking_problems.count + excluded.count, last_at = excluded.last_at, sample = excluded.sample`,
    [problems.map((one) => one.writeKeyId), problems.map((one) => one.kind), problems.map((one) => one.count), problems.map((one) => one.at), problems.map((one) => JSON.stringify(one.sample))],
  );
}

export function listProblems(sql: Sql, writeKeyId: number | null, after: readonly [number, string], limit: number): Promise<ProblemRow[]> {
  return sql.many<ProblemRow>(
    'tracking.listProblems',
    `select p.write_key_id, k.source, p.kind, p.count, p.first_at, p.last_at, p.sample from tracking_problems p join write_keys k using (write_key_id)
     where (p.write_key_id, p.kind) > ($2, $3) and ($1::int is null or p.write_key_id = $1) order by p.write_key_id, p.kind limit $4`,
    [writeKeyId, after[0], after[1], limit],
  );
}

export interface ConflictRow {
  contact_id: number;
  other_contact_id: number;
  kind: string;
  source: string;
  count: number;
  first_at: Date;
  last_at: Date;
}

export function listConflicts(sql: Sql, contactId: number | null, after: readonly [number, number, string], limit: number): Promise<ConflictRow[]> {
  return sql.many<ConflictRow>(
    'tracking.listConflicts',
    `select contact_id, other_contact_id, kind, source, count, first_at, last_at from identity_conflicts
     where (contact_id, other_contact_id, kind) > ($2, $3, $4) and ($1::bigint is null or contact_id = $1 or other_contact_id = $1) order by contact_id, other_contact_id, kind limit $5`,
    [contactId, after[0], after[1], after[2], limit],
  );
}
