import { Injectable } from '@nestjs/common';
import { isMailChannel } from '../../core/consent/consent-scope.js';
import { type FormInput, parseVersionName, type WordingInput } from '../../core/consent/consent-text.js';
import { err, ok, type Result } from '../../core/shared/result.js';
import { Clock } from '../../platform/clock/clock.js';
import { Sql } from '../../platform/database/sql.js';
import { AuditService } from '../../privacy/audit.service.js';
import { sha256 } from '../hash-chain.js';
import { PurposesService } from '../purposes.service.js';
import * as queries from './texts.queries.js';

export type TextProblem =
  | { readonly kind: 'purpose_unknown' }
  /** The texts are those of the version before: there is nothing to publish. */
  | { readonly kind: 'unchanged' }
  /** A wording goes on for the purpose and channel that it began with: another one is another consent. */
  | { readonly kind: 'other_subject' }
  | { readonly kind: 'form_unusable'; readonly detail: string };

/** One version of a wording, in its languages. */
export interface Wording {
  readonly wording: string;
  readonly version: number;
  readonly purpose: string;
  readonly channel: string;
  readonly texts: Readonly<Partial<Record<'nl' | 'en', { readonly text: string; readonly sha256: string }>>>;
  readonly publishedAt: Date;
  readonly publishedBy: string;
}

/** A form with the wordings it shows. */
export interface Form extends queries.FormRow {
  readonly wordings: readonly Wording[];
}

/** What people are shown when they are asked. Versions are added and never changed: records name them for as long as they are relied on. */
@Injectable()
export class TextsService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly purposes: PurposesService,
    private readonly audit: AuditService,
  ) {}

  async publishWording(input: WordingInput, actor: string): Promise<Result<Wording, TextProblem>> {
    if (!(await this.purposes.get(input.purpose))) return err({ kind: 'purpose_unknown' });
    const now = this.clock.now();
    return this.sql.transaction(async (sql) => {
      await queries.lockTexts(sql);
      const [before] = wordingsOf(await queries.newestWordings(sql, [input.wording]));
      if (before && (before.purpose !== input.purpose || before.channel !== input.channel)) return err({ kind: 'other_subject' });
      if (before && before.texts.nl?.text === input.texts.nl && before.texts.en?.text === input.texts.en) return err({ kind: 'unchanged' });
      const version = (before?.version ?? 0) + 1;
      const rows = (['nl', 'en'] as const).flatMap((language) => {
        const text = input.texts[language];
        return text === undefined ? [] : [{ wording: input.wording, version, language, purpose: input.purpose, channel: input.channel, text, sha256: sha256(text), published_at: now, published_by: actor }];
      });
      await queries.insertWording(sql, rows);
      await this.audit.record(sql, { actor, action: 'wording.published', subjectType: 'wording', subjectId: input.wording, details: { version, purpose: input.purpose, channel: input.channel } }, now);
      const [published] = wordingsOf(rows);
      return published ? ok(published) : err({ kind: 'unchanged' });
    });
  }

  /** Shows the newest version of each wording from here on; a later version of a wording needs a later version of the form. */
  async publishForm(input: FormInput, actor: string): Promise<Result<Form, TextProblem>> {
    const now = this.clock.now();
    return this.sql.transaction(async (sql) => {
      await queries.lockTexts(sql);
      const newest = new Map(wordingsOf(await queries.newestWordings(sql, input.wordings)).map((one) => [one.wording, one]));
      const shown = input.wordings.map((key) => newest.get(key)).filter((one) => one !== undefined);
      const problem = formProblem(input, shown);
      if (problem !== undefined) return err({ kind: 'form_unusable', detail: problem });
      const version = ((await queries.newestForm(sql, input.form))?.version ?? 0) + 1;
      const row = await queries.insertForm(sql, input, version, shown.map(({ wording, version: number }) => ({ wording, version: number })), actor, now);
      await this.audit.record(sql, { actor, action: 'form.published', subjectType: 'form', subjectId: input.form, details: { version, wordings: row.topics, open: input.open } }, now);
      return ok({ ...row, wordings: shown });
    });
  }

  async wordings(): Promise<Wording[]> {
    return wordingsOf(await queries.newestWordings(this.sql, null));
  }

  async wordingVersions(wording: string): Promise<Wording[]> {
    return wordingsOf(await queries.wordingVersions(this.sql, wording));
  }

  forms(): Promise<queries.FormRow[]> {
    return queries.listForms(this.sql);
  }

  formVersions(form: string): Promise<queries.FormRow[]> {
    return queries.formVersions(this.sql, form);
  }

  /** The form as it is shown today; undefined when there is none, or when it is closed. */
  async openForm(form: string): Promise<Form | undefined> {
    const row = await queries.newestForm(this.sql, form);
    if (row?.open !== true) return undefined;
    return { ...row, wordings: wordingsOf(await queries.readWordings(this.sql, row.topics.map((topic) => topic.wording), row.topics.map((topic) => topic.version))) };
  }

  /** The version that a name such as `newsletter@3` means; undefined for a name of another system. */
  async named(name: string, sql: Sql = this.sql): Promise<Wording | undefined> {
    const parsed = parseVersionName(name);
    return parsed && wordingsOf(await queries.readWordings(sql, [parsed.name], [parsed.version]))[0];
  }
}

function wordingsOf(rows: readonly queries.WordingRow[]): Wording[] {
  return [...Map.groupBy(rows, (row) => `${row.wording}@${row.version}`).values()].flatMap((languages) => {
    const [first] = languages;
    if (!first) return [];
    const texts = Object.fromEntries(languages.map((row) => [row.language, { text: row.text, sha256: row.sha256.toString('hex') }]));
    return [{ wording: first.wording, version: first.version, purpose: first.purpose, channel: first.channel, texts, publishedAt: first.published_at, publishedBy: first.published_by }];
  });
}

function formProblem(input: FormInput, shown: readonly Wording[]): string | undefined {
  const unknown = input.wordings.filter((key) => !shown.some((one) => one.wording === key));
  if (unknown.length > 0) return `There is no wording ${unknown.map((key) => `"${key}"`).join(', ')}: publish it first.`;
  const [first, ...others] = shown;
  if (!first || !isMailChannel(first.channel)) return 'The first wording is the one of the mail (channel email).';
  if (others.some((one) => one.purpose !== first.purpose)) return 'A form asks for one purpose, so that one mail confirms it: make a form for each.';
  if (new Set(shown.map((one) => one.channel)).size < shown.length) return 'Each channel is asked for once.';
  return undefined;
}
