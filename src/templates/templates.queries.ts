import type { Language } from '../core/template/template-functions.js';
import type { MergeField } from '../core/template/merge-fields.js';
import type { Sql } from '../platform/database/sql.js';
import type { BuiltLanguage } from './build-template.js';

export type TemplateRow = { template_id: number; key: string; name: string; current_version: number; languages: Language[]; updated_at: Date };
export type TemplateVersionRow = {
  template_id: number;
  key: string;
  name: string;
  version: number;
  language: Language;
  subject: string;
  preheader: string;
  mjml: string;
  html: string;
  text_part: string;
  merge_fields: MergeField[];
  created_at: Date;
  created_by: string;
};

export function listTemplates(sql: Sql, afterKey: string | undefined, limit: number): Promise<TemplateRow[]> {
  return sql.many<TemplateRow>(
    'templates.list',
    `select t.template_id, t.key, t.name, t.current_version, t.updated_at,
            array(select v.language from template_versions v where v.template_id = t.template_id and v.version = t.current_version order by v.language) as languages
       from templates t where $1::text is null or t.key > $1 order by t.key limit $2`,
    [afterKey ?? null, limit],
  );
}

export function findTemplate(sql: Sql, key: string): Promise<{ template_id: number; current_version: number } | undefined> {
  return sql.maybe('templates.find', 'select template_id, current_version from templates where key = $1', [key]);
}

export function findTemplates(sql: Sql, keys: readonly string[]): Promise<{ key: string; current_version: number }[]> {
  return sql.manyKept('templates.findAll', 'select key, current_version from templates where key = any($1)', [keys]);
}

/** The languages of one version; of the current one where version is left out. */
export function loadVersion(sql: Sql, key: string, version: number | undefined): Promise<TemplateVersionRow[]> {
  return sql.many<TemplateVersionRow>(
    'templates.loadVersion',
    `select t.template_id, t.key, t.name, v.version, v.language, v.subject, v.preheader, v.mjml, v.html, v.text_part, v.merge_fields, v.created_at, v.created_by
       from templates t join template_versions v using (template_id)
      where t.key = $1 and v.version = coalesce($2::integer, t.current_version) order by v.language`,
    [key, version ?? null],
  );
}

export function findKeyOf(sql: Sql, templateId: number): Promise<{ key: string } | undefined> {
  return sql.maybe('templates.findKeyOf', 'select key from templates where template_id = $1', [templateId]);
}

export function listVersions(sql: Sql, key: string): Promise<{ version: number; languages: Language[]; created_at: Date; created_by: string }[]> {
  return sql.many(
    'templates.listVersions',
    `select v.version, array_agg(v.language order by v.language) as languages, min(v.created_at) as created_at, min(v.created_by) as created_by
       from templates t join template_versions v using (template_id) where t.key = $1 group by v.version order by v.version desc`,
    [key],
  );
}

/** Makes the template or gives it its next version number; the row lock orders two saves at once. */
export function nextVersion(sql: Sql, key: string, name: string, now: Date): Promise<{ template_id: number; current_version: number }> {
  return sql.one(
    'templates.nextVersion',
    `insert into templates (key, name, current_version, created_at, updated_at) values ($1, $2, 1, $3, $3)
     on conflict (key) do update set name = excluded.name, current_version = templates.current_version + 1, updated_at = excluded.updated_at
     returning template_id, current_version`,
    [key, name, now],
  );
}

export async function insertVersion(sql: Sql, templateId: number, version: number, languages: readonly BuiltLanguage[], by: string, now: Date): Promise<void> {
  await sql.exec(
    'templates.insertVersion',
    `insert into template_versions (template_id, version, language, subject, preheader, mjml, html, text_part, merge_fields, created_at, created_by)
     select $1, $2, u.language, u.subject, u.preheader, u.mjml, u.html, u.text_part, u.merge_fields, $10, $11
       from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::jsonb[])
         as u(language, subject, preheader, mjml, html, text_part, merge_fields)`,
    [
      templateId,
      version,
      languages.map(({ language }) => language),
      languages.map(({ subject }) => subject),
      languages.map(({ preheader }) => preheader),
      languages.map(({ mjml }) => mjml),
      languages.map(({ html }) => html),
      languages.map(({ text }) => text),
      languages.map(({ mergeFields }) => JSON.stringify(mergeFields)),
      now,
      by,
    ],
  );
}

export function listCustomAttributes(sql: Sql): Promise<{ scope: 'contact' | 'account'; key: string }[]> {
  return sql.many('templates.listCustomAttributes', 'select scope, key from attribute_definitions where not standard and not removing');
}

/** Content hashes of the files that were seeded, by template key. Locked, so that two processes that start together seed once. */
export async function lockSeededHashes(sql: Sql): Promise<Record<string, string>> {
  await sql.exec('templates.ensureSeededHashes', `insert into settings (key, value) values ('templates.seeded', '{}') on conflict (key) do nothing`);
  const row = await sql.one<{ value: Record<string, string> }>('templates.lockSeededHashes', `select value from settings where key = 'templates.seeded' for update`);
  return row.value;
}

export async function saveSeededHashes(sql: Sql, hashes: Record<string, string>, now: Date): Promise<void> {
  await sql.exec('templates.saveSeededHashes', `update settings set value = $1, version = version + 1, updated_at = $2 where key = 'templates.seeded'`, [JSON.stringify(hashes), now]);
}
