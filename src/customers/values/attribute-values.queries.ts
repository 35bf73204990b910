import type { Sql } from '../../platform/database/sql.js';
import type { AttributeType } from '../custom-attributes.js';

type Scope = 'contact' | 'account';

interface Conversion {
  /** Whether a value (jsonb `v`) can become one of the other type; true or false, never null. */
  readonly fits: string;
  readonly becomes: string;
}

const TEXT = `v #>> '{}'`;
const ALWAYS = 'true';

/** From → to; what is not here can not be converted. */
const CONVERSIONS: Record<AttributeType, Partial<Record<AttributeType, Conversion>>> = {
  text: {
    number: { fits: `${TEXT} ~ '^-?[0-9]{1,15}([.][0-9]{1,10})?$'`, becomes: `to_jsonb((${TEXT})::numeric)` },
    boolean: { fits: `lower(${TEXT}) in ('true', 'yes', 'ja', '1', 'false', 'no', 'nee', '0')`, becomes: `to_jsonb(lower(${TEXT}) in ('true', 'yes', 'ja', '1'))` },
    date: { fits: `${TEXT} ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' and pg_input_is_valid(${TEXT}, 'date')`, becomes: 'v' },
    timestamp: {
      fits: `${TEXT} ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})$' and pg_input_is_valid(${TEXT}, 'timestamptz')`,
      becomes: `to_jsonb(to_char((${TEXT})::timestamptz at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))`,
    },
    list: { fits: ALWAYS, becomes: 'jsonb_build_array(v)' },
  },
  number: { text: { fits: ALWAYS, becomes: `to_jsonb(${TEXT})` } },
  boolean: { text: { fits: ALWAYS, becomes: `to_jsonb(${TEXT})` } },
  date: { text: { fits: ALWAYS, becomes: 'v' }, timestamp: { fits: ALWAYS, becomes: `to_jsonb((${TEXT}) || 'T00:00:00.000Z')` } },
  timestamp: { text: { fits: ALWAYS, becomes: 'v' }, date: { fits: ALWAYS, becomes: `to_jsonb(left(${TEXT}, 10))` } },
  list: { text: { fits: `jsonb_array_length(v) = 1 and jsonb_typeof(v -> 0) = 'string'`, becomes: 'v -> 0' } },
};

const JSON_TYPE: Record<AttributeType, string> = { text: 'string', number: 'number', boolean: 'boolean', date: 'string', timestamp: 'string', list: 'array' };

function conversion(from: AttributeType, to: AttributeType): Conversion {
  const found = CONVERSIONS[from][to];
  if (!found) throw new Error(`A ${from} does not become a ${to}.`);
  return found;
}

export function isConvertible(from: AttributeType, to: AttributeType): boolean {
  return CONVERSIONS[from][to] !== undefined;
}

/** How many have a value, and how many of the values fit another type. A value of another JSON type than it should have never fits. */
export function countFitting(sql: Sql, scope: Scope, key: string, from: AttributeType, to: AttributeType): Promise<{ total: number; fitting: number }> {
  const { fits } = conversion(from, to);
  return sql.one(
    'values.countFitting',
    `select count(*) as total, count(*) filter (where case when jsonb_typeof(v) = '${JSON_TYPE[from]}' then ${fits} else false end) as fitting
       from (select attributes -> $1::text as v from ${scope}s where attributes ? $1) given`,
    [key],
  );
}

export function convertValues(sql: Sql, scope: Scope, key: string, from: AttributeType, to: AttributeType, now: Date): Promise<number> {
  const { becomes } = conversion(from, to);
  return sql.exec(
    'values.convert',
    `update ${scope}s t set attributes = t.attributes || jsonb_build_object($1::text, x.value), updated_at = $2
       from (select ${scope}_id, ${becomes} as value from (select ${scope}_id, attributes -> $1::text as v from ${scope}s where attributes ? $1) given) x where x.${scope}_id = t.${scope}_id`,
    [key, now],
  );
}

export async function storeType(sql: Sql, scope: Scope, key: string, type: AttributeType): Promise<void> {
  await sql.exec('values.storeType', 'update attribute_definitions set type = $3 where scope = $1 and key = $2', [scope, key, type]);
}

/** The values under another name, with all that is kept beside them. */
export async function renameValues(sql: Sql, scope: Scope, key: string, to: string): Promise<number> {
  await sql.exec('values.renameDefinition', 'update attribute_definitions set key = $3 where scope = $1 and key = $2', [scope, key, to]);
  await sql.exec('values.renameRetained', 'update retained_values set key = $3 where scope = $1 and key = $2', [scope, key, to]);
  if (scope === 'contact') {
    await sql.exec('values.renameDue', 'update computed_due set key = $2 where key = $1', [key, to]);
    await sql.exec('values.renameResidues', 'update computed_residues set key = $2 where key = $1', [key, to]);
  }
  return sql.exec('values.rename', `update ${scope}s set attributes = (attributes - $1) || jsonb_build_object($2::text, attributes -> $1::text) where attributes ? $1`, [key, to]);
}

export async function markRemoving(sql: Sql, scope: Scope, key: string): Promise<void> {
  await sql.exec('values.markRemoving', 'update attribute_definitions set removing = true where scope = $1 and key = $2', [scope, key]);
}

export function listRemoving(sql: Sql): Promise<{ scope: Scope; key: string }[]> {
  return sql.many('values.listRemoving', 'select scope, key from attribute_definitions where removing order by scope, key');
}

/** Takes the values out of the next rows that have one, in order of id; gives the last of them, or undefined when none is left. */
export async function removeSome(sql: Sql, scope: Scope, key: string, after: number, limit: number, now: Date): Promise<number | undefined> {
  const { last } = await sql.one<{ last: number | null }>(
    'values.removeSome',
    `with gone as (
       update ${scope}s set attributes = attributes - $1, updated_at = $4
        where ${scope}_id in (select ${scope}_id from ${scope}s where ${scope}_id > $2 and attributes ? $1 order by ${scope}_id limit $3 for update) returning ${scope}_id
     )
     select max(${scope}_id) as last from gone`,
    [key, after, limit, now],
  );
  return last ?? undefined;
}

export async function forgetAttribute(sql: Sql, scope: Scope, key: string): Promise<void> {
  await sql.exec('values.forgetRetained', 'delete from retained_values where scope = $1 and key = $2', [scope, key]);
  if (scope === 'contact') {
    await sql.exec('values.forgetDue', 'delete from computed_due where key = $1', [key]);
    await sql.exec('values.forgetResidues', 'delete from computed_residues where key = $1', [key]);
  }
  await sql.exec('values.forgetDefinition', 'delete from attribute_definitions where scope = $1 and key = $2 and removing', [scope, key]);
}
