import type { Computation } from '../../core/attribute/computation.js';
import type { Sql } from '../../platform/database/sql.js';
import type { AttributeRow } from '../attributes.queries.js';

export interface NewComputed {
  readonly key: string;
  readonly type: string;
  readonly computation: Computation;
  readonly purposes: readonly string[];
  readonly sensitive: boolean;
  readonly label_nl: string;
  readonly label_en: string;
  readonly description: string;
}

export function storeComputed(sql: Sql, computed: NewComputed, now: Date): Promise<AttributeRow> {
  return sql.one<AttributeRow>(
    'computed.store',
    `insert into attribute_definitions (scope, key, type, nature, computation, purposes, sensitive, label_nl, label_en, description, source, created_at)
     values ('contact', $1, $2, 'dynamic', $3, $4, $5, $6, $7, $8, 'computed', $9)
     on conflict (scope, key) do update set type = $2, nature = 'dynamic', computation = $3, purposes = $4, sensitive = $5, label_nl = $6, label_en = $7, description = $8 returning *`,
    [computed.key, computed.type, JSON.stringify(computed.computation), computed.purposes, computed.sensitive, computed.label_nl, computed.label_en, computed.description, now],
  );
}

export async function countComputed(sql: Sql): Promise<number> {
  const { count } = await sql.one<{ count: number }>('computed.count', 'select count(*) from attribute_definitions where computation is not null');
  return count;
}

/** What another computation left behind. */
export async function forgetComputed(sql: Sql, key: string): Promise<void> {
  await sql.exec('computed.forgetDue', 'delete from computed_due where key = $1', [key]);
  await sql.exec('computed.forgetResidues', 'delete from computed_residues where key = $1', [key]);
}

/** Marks everybody who did the event, and everybody who has a value now. The history is locked: what is received later is marked by the cursor. */
export function markEverybody(sql: Sql, key: string, event: string): Promise<{ total: number; until: number | null }> {
  return sql.one(
    'computed.markEverybody',
    `with marked as (
       insert into computed_dirty (contact_id, event)
       select contact_id, $2 from (select contact_id from events where name = $2 union select contact_id from contacts where attributes ? $1) people order by contact_id
       returning dirty_id
     )
     select count(*) as total, max(dirty_id) as until from marked`,
    [key, event],
  );
}

export async function noteBackfill(sql: Sql, key: string, total: number, until: number | null): Promise<void> {
  await sql.exec('computed.noteBackfill', `update attribute_definitions set backfill_total = $2, backfill_until = $3 where scope = 'contact' and key = $1`, [key, total, until]);
}

/** How many people are still to be looked at after a computation was set. */
export function readBackfill(sql: Sql, key: string): Promise<{ total: number; remaining: number } | undefined> {
  return sql.maybe(
    'computed.readBackfill',
    `select coalesce(d.backfill_total, 0) as total,
            (select count(*) from computed_dirty q where q.event = d.computation ->> 'event' and q.dirty_id <= d.backfill_until) as remaining
       from attribute_definitions d where d.scope = 'contact' and d.key = $1 and d.computation is not null and not d.removing`,
    [key],
  );
}
