import type { FormInput } from '../../core/consent/consent-text.js';
import type { Sql } from '../../platform/database/sql.js';

export interface WordingRow {
  wording: string;
  version: number;
  language: 'nl' | 'en';
  purpose: string;
  channel: string;
  text: string;
  sha256: Buffer;
  published_at: Date;
  published_by: string;
}

export interface FormRow {
  form: string;
  version: number;
  title_nl: string;
  title_en: string;
  notice_version: string;
  notice_url: string | null;
  topics: { wording: string; version: number }[];
  open: boolean;
  published_at: Date;
  published_by: string;
}

const WORDING = 'wording, version, language, purpose, channel, text, sha256, published_at, published_by';
const FORM = 'form, version, title_nl, title_en, notice_version, notice_url, topics, open, published_at, published_by';

/** One publishes at a time: two at once would both make version 4. */
export async function lockTexts(sql: Sql): Promise<void> {
  await sql.exec('consent.lockTexts', 'lock table consent_wordings, consent_forms in share row exclusive mode');
}

/** The newest version of these wordings, a row a language; of all without keys. */
export function newestWordings(sql: Sql, wordings: readonly string[] | null): Promise<WordingRow[]> {
  return sql.many<WordingRow & Record<string, unknown>>(
    'consent.newestWordings',
    `select ${WORDING} from consent_wordings w where ($1::text[] is null or wording = any($1))
       and version = (select max(version) from consent_wordings n where n.wording = w.wording) order by wording, language`,
    [wordings],
  );
}

export function wordingVersions(sql: Sql, wording: string): Promise<WordingRow[]> {
  return sql.many<WordingRow & Record<string, unknown>>('consent.wordingVersions', `select ${WORDING} from consent_wordings where wording = $1 order by version desc, language`, [wording]);
}

export async function insertWording(sql: Sql, rows: readonly WordingRow[]): Promise<void> {
  await sql.exec(
    'consent.insertWording',
    `insert into consent_wordings (${WORDING})
     select w, v, l, p, c, t, s, $8, $9 from unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[]) as new (w, v, l, p, c, t, s)`,
    [
      rows.map((row) => row.wording), rows.map((row) => row.version), rows.map((row) => row.language), rows.map((row) => row.purpose), rows.map((row) => row.channel), rows.map((row) => row.text),
      rows.map((row) => row.sha256), rows[0]?.published_at, rows[0]?.published_by,
    ],
  );
}

/** Given versions of wordings, in every language they have. */
export function readWordings(sql: Sql, wordings: readonly string[], versions: readonly number[]): Promise<WordingRow[]> {
  return sql.many<WordingRow & Record<string, unknown>>(
    'consent.readWordings',
    `select ${WORDING} from unnest($1::text[], $2::integer[]) with ordinality as asked (wording, version, place) join consent_wordings using (wording, version) order by place, language`,
    [wordings, versions],
  );
}

/** The published texts with these digests: what a record's hash stands for. */
export function textsByHash(sql: Sql, hashes: readonly Buffer[]): Promise<WordingRow[]> {
  return sql.many<WordingRow & Record<string, unknown>>('consent.textsByHash', `select distinct on (sha256) ${WORDING} from consent_wordings where sha256 = any($1) order by sha256, published_at`, [hashes]);
}

/** The newest version of a form. */
export function newestForm(sql: Sql, form: string): Promise<FormRow | undefined> {
  return sql.maybe<FormRow & Record<string, unknown>>('consent.newestForm', `select ${FORM} from consent_forms where form = $1 order by version desc limit 1`, [form]);
}

export function listForms(sql: Sql): Promise<FormRow[]> {
  return sql.many<FormRow & Record<string, unknown>>('consent.listForms', `select distinct on (form) ${FORM} from consent_forms order by form, version desc`);
}

export function formVersions(sql: Sql, form: string): Promise<FormRow[]> {
  return sql.many<FormRow & Record<string, unknown>>('consent.formVersions', `select ${FORM} from consent_forms where form = $1 order by version desc`, [form]);
}

export async function insertForm(sql: Sql, input: FormInput, version: number, topics: FormRow['topics'], by: string, now: Date): Promise<FormRow> {
  return sql.one<FormRow & Record<string, unknown>>(
    'consent.insertForm',
    `insert into consent_forms (form, version, title_nl, title_en, notice_version, notice_url, topics, open, published_at, published_by)
     values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, $10) returning ${FORM}`,
    [input.form, version, input.title.nl, input.title.en, input.noticeVersion, input.noticeUrl ?? null, JSON.stringify(topics), input.open, now, by],
  );
}
