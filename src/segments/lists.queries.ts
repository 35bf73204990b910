import type { Scope } from '../core/rule/rule.js';
import type { Sql } from '../platform/database/sql.js';
import type { SegmentRow } from './segments.queries.js';

export interface NewList {
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly scope: Scope;
  /** The segment whose members at some moment it is made of. */
  readonly origin?: string;
}

const COLUMNS = 'segment_id, key, name, description, scope, kind, rule, version, created_at, updated_at, updated_by';

/** Undefined when the key is taken, by a list or by another segment. */
export function insertList(sql: Sql, list: NewList, by: string, now: Date): Promise<SegmentRow | undefined> {
  return sql.maybe<SegmentRow & Record<string, unknown>>(
    'lists.insert',
    `insert into segments (key, name, description, scope, kind, created_at, updated_at, updated_by, origin_segment) values ($1, $2, $3, $4, 'list', $5, $5, $6, $7) on conflict (key) do nothing returning ${COLUMNS}`,
    [list.key, list.name, list.description, list.scope, now, by, list.origin ?? null],
  );
}

export function renameList(sql: Sql, key: string, name: string, description: string, by: string, now: Date): Promise<SegmentRow | undefined> {
  return sql.maybe<SegmentRow & Record<string, unknown>>(
    'lists.rename',
    `update segments set name = $2, description = $3, updated_at = $4, updated_by = $5 where key = $1 and kind = 'list' returning ${COLUMNS}`,
    [key, name, description, now, by],
  );
}

export function listLists(sql: Sql, afterKey: string, limit: number): Promise<SegmentRow[]> {
  return sql.many<SegmentRow & Record<string, unknown>>('lists.list', `select ${COLUMNS} from segments where kind = 'list' and key > $1 order by key limit $2`, [afterKey, limit]);
}

export function listKinds(sql: Sql, keys: readonly string[]): Promise<Pick<SegmentRow, 'key' | 'scope' | 'kind'>[]> {
  return sql.many('lists.kinds', 'select key, scope, kind from segments where key = any($1)', [keys]);
}

/** Where the members of each scope stand; none of these names comes from outside. */
export const MEMBERS: Readonly<Record<Scope, { readonly table: string; readonly id: string }>> = {
  contact: { table: 'segment_members', id: 'contact_id' },
  account: { table: 'segment_account_members', id: 'account_id' },
};

export async function countListed(sql: Sql, scope: Scope, segmentId: number): Promise<number> {
  const { count } = await sql.one<{ count: number }>('lists.count', `select count(*) as count from ${MEMBERS[scope].table} where segment_id = $1`, [segmentId]);
  return count;
}

/** How somebody is named: by our id, or by an identity. */
export interface Reference {
  readonly kind: 'id' | 'email' | 'external_id' | 'user_id';
  readonly value: string;
}

export interface FoundReference {
  /** Position in what was given. */
  readonly place: number;
  /** Null when nobody is known by it. */
  readonly id: number | null;
  /** Whether this very call put the member in, or took it out. */
  readonly changed: boolean;
}

const FOUND: Readonly<Record<Scope, string>> = {
  contact: `select g.place, coalesce(c.contact_id, i.contact_id) as id from given g
     left join contacts c on c.contact_id = g.id
     left join identities i on i.kind = g.kind and i.value = g.value`,
  account: `select g.place, coalesce(a.account_id, x.account_id) as id from given g
     left join accounts a on a.account_id = g.id
     left join accounts x on g.kind = 'external_id' and x.external_id = g.value`,
};

function given(references: readonly Reference[]): unknown[] {
  return [references.map(({ kind }) => kind), references.map(({ value }) => value), references.map(({ kind, value }) => (kind === 'id' ? Number(value) : null))];
}

const WITH_FOUND = (scope: Scope): string => `with given as (select place - 1 as place, kind, value, id from unnest($1::text[], $2::text[], $3::bigint[]) with ordinality row (kind, value, id, place)), found as materialized (${FOUND[scope]})`;

/** Puts them in, in the order of their ids, as everybody does who writes many members. */
export function addReferences(sql: Sql, scope: Scope, segmentId: number, references: readonly Reference[], now: Date): Promise<FoundReference[]> {
  const { table, id } = MEMBERS[scope];
  return sql.many<FoundReference & Record<string, unknown>>(
    'lists.addReferences',
    `${WITH_FOUND(scope)}, added as (
       insert into ${table} (${id}, segment_id, entered_at) select distinct id, $4::integer, $5::timestamptz from found where id is not null order by id
       on conflict do nothing returning ${id} as id
     )
     select f.place, f.id, a.id is not null as changed from found f left join added a using (id) order by f.place`,
    [...given(references), segmentId, now],
  );
}

export function removeReferences(sql: Sql, scope: Scope, segmentId: number, references: readonly Reference[]): Promise<FoundReference[]> {
  const { table, id } = MEMBERS[scope];
  return sql.many<FoundReference & Record<string, unknown>>(
    'lists.removeReferences',
    `${WITH_FOUND(scope)}, removed as (delete from ${table} m using (select distinct id from found) f where m.${id} = f.id and m.segment_id = $4 returning m.${id} as id)
     select f.place, f.id, r.id is not null as changed from found f left join removed r using (id) order by f.place`,
    [...given(references), segmentId],
  );
}

/** Contacts or accounts by id; whoever is in already stays as they are. Gives how many came in. */
export function addIds(sql: Sql, scope: Scope, segmentId: number, ids: readonly number[], now: Date): Promise<number> {
  const { table, id } = MEMBERS[scope];
  return sql.exec('lists.addIds', `insert into ${table} (${id}, segment_id, entered_at) select distinct id, $2::integer, $3::timestamptz from unnest($1::bigint[]) id order by id on conflict do nothing`, [ids, segmentId, now]);
}

export function removeIds(sql: Sql, scope: Scope, segmentId: number, ids: readonly number[]): Promise<number> {
  const { table, id } = MEMBERS[scope];
  return sql.exec('lists.removeIds', `delete from ${table} where ${id} = any($1::bigint[]) and segment_id = $2`, [ids, segmentId]);
}
