import type { Sql } from '../platform/database/sql.js';

/** What a template may read of a person, by column; the names are those of core/template/template-fields.ts. */
const CONTACT_COLUMNS = ['email', 'first_name', 'last_name', 'language', 'country', 'city', 'time_zone', 'phone', 'job_title', 'birth_date', 'lifecycle_stage', 'source', 'created_at', 'updated_at'] as const;
const ACCOUNT_COLUMNS = [
  'name', 'domain', 'sector', 'country', 'city', 'employees', 'revenue', 'year_established', 'tier', 'lifecycle_stage',
  'open_opportunities', 'won_opportunities', 'won_value', 'last_won_on', 'created_at',
] as const;

export type MergeDataRow = {
  contact_id: number;
  account_id: number | null;
  email: string | null;
  address_hash: Buffer | null;
  language: 'nl' | 'en' | null;
  profiling_off: boolean;
  first_name: string | null;
  last_name: string | null;
  owner_name: string | null;
  owner_email: string | null;
  contact_attributes: Record<string, unknown> | null;
  account_attributes: Record<string, unknown> | null;
} & Record<string, unknown>;

/**
 * Values that were worked out about a person are not there for whoever objected to profiling.
 * The values of a batch in one statement: only the columns and custom attributes that the fields name.
 * Column names come from the lists above, never from the template's text.
 */
export function loadMergeRows(sql: Sql, contactIds: readonly number[], paths: readonly string[]): Promise<MergeDataRow[]> {
  const columns = [...columnsOf('contact', CONTACT_COLUMNS, 'c', paths), ...columnsOf('account', ACCOUNT_COLUMNS, 'a', paths)];
  const [contactKeys, accountKeys] = [customKeys('contact', paths), customKeys('account', paths)];
  return sql.manyOf<MergeDataRow>(
    contactIds.length,
    'templates.loadMergeRows',
    `select c.contact_id, c.account_id, c.email, c.address_hash, c.language, c.profiling_off_at is not null as profiling_off, c.first_name, c.last_name, u.name as owner_name, u.email as owner_email,
            case when $2::text[] <> '{}' then (select jsonb_object_agg(k, c.attributes -> k) from unnest($2::text[]) k where c.attributes ? k
              and (c.profiling_off_at is null or not exists (select from attribute_definitions d where d.scope = 'contact' and d.key = k and d.computation is not null))) end as contact_attributes,
            case when $3::text[] <> '{}' then (select jsonb_object_agg(k, a.attributes -> k) from unnest($3::text[]) k where a.attributes ? k) end as account_attributes
            ${columns.map((column) => `, ${column}`).join('')}
       from contacts c left join accounts a on a.account_id = c.account_id left join users u on u.user_id = a.owner_id
      where c.contact_id = any($1::bigint[])`,
    [contactIds, contactKeys, accountKeys],
  );
}

function columnsOf(root: string, names: readonly string[], alias: string, paths: readonly string[]): string[] {
  return names.filter((name) => paths.includes(`${root}.${name}`)).map((name) => `${alias}.${name} as "${root}.${name}"`);
}

function customKeys(root: string, paths: readonly string[]): string[] {
  const prefix = `${root}.attributes.`;
  return paths.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
}

export async function findContactByEmail(sql: Sql, email: string): Promise<number | undefined> {
  const row = await sql.maybe<{ contact_id: number }>('templates.findContactByEmail', `select contact_id from identities where kind = 'email' and value = $1`, [email.trim().toLowerCase()]);
  return row?.contact_id;
}
