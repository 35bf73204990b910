import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { err, ok, type Result } from '../core/shared/result.js';
import type { Language } from '../core/template/template-functions.js';
import { touchedByTemplate, type CompiledLanguage, type LoadedTemplate } from '../core/template/loaded-template.js';
import { mergeMergeFields } from '../core/template/merge-fields.js';
import { compileTemplate } from '../core/template/render.js';
import { knownFields } from '../core/template/template-fields.js';
import type { TemplateProblem } from '../core/template/template-problem.js';
import { type StoppedCampaign, tellingWhatStops } from '../customers/stopped-campaigns.js';
import { Clock } from '../platform/clock/clock.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { Sql } from '../platform/database/sql.js';
import { packageRoot } from '../platform/package-root.js';
import { AuditService } from '../privacy/audit.service.js';
import { buildLanguage, type BuiltLanguage } from './build-template.js';
import { readLayouts, readTemplateFiles, type Layouts } from './template-files.js';
import type { TemplateDraft } from './template-draft.js';
import { findKeyOf, findTemplate, findTemplates, insertVersion, listCustomAttributes, listTemplates, listVersions, loadVersion, lockSeededHashes, nextVersion, saveSeededHashes, type TemplateRow, type TemplateVersionRow } from './templates.queries.js';

export type TemplateFailure = { readonly kind: 'template_missing'; readonly detail: string };
export type LanguageProblem = TemplateProblem & { readonly language: Language };
export type SaveFailure = { readonly kind: 'template_invalid'; readonly problems: readonly LanguageProblem[] } | { readonly kind: 'template_exists'; readonly detail: string };

const MAX_CACHED = 200;

/** Templates live in the tables, versioned; the files of /templates are only how they get there first. */
@Injectable()
export class TemplatesService implements OnApplicationBootstrap {
  private readonly logger = new Logger('templates');
  private readonly loaded = new Map<string, LoadedTemplate>();
  private layouts: Promise<Layouts> | undefined;
  private seeded: Promise<unknown> | undefined;

  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly audit: AuditService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (this.config.roles.length > 0) await this.ready(); // a command that needs no template does not wait for MJML
  }

  /** The files are in the tables. Once a process; asked for by everything that reads templates. */
  ready(): Promise<unknown> {
    this.seeded ??= this.seed().catch((error: unknown) => {
      this.seeded = undefined;
      throw error;
    });
    return this.seeded;
  }

  async list(afterKey: string | undefined, limit: number): Promise<TemplateRow[]> {
    await this.ready();
    return listTemplates(this.sql, afterKey, limit);
  }

  /** One version as it was saved, a row per language; the current one where none is named. */
  async sources(key: string, version?: number): Promise<TemplateVersionRow[]> {
    await this.ready();
    return loadVersion(this.sql, key, version);
  }

  /** Ready to render; the current version where none is named. Versions never change, so they are kept compiled. */
  async load(key: string, version?: number): Promise<Result<LoadedTemplate, TemplateFailure>> {
    await this.ready();
    const wanted = version ?? (await findTemplate(this.sql, key))?.current_version;
    const known = wanted === undefined ? undefined : this.loaded.get(`${key}@${wanted}`);
    if (known) return ok(known);
    const rows = wanted === undefined ? [] : await loadVersion(this.sql, key, wanted);
    const template = this.compile(rows);
    if (!template) return err({ kind: 'template_missing', detail: `There is no template "${key}"${version === undefined ? '' : ` of version ${version}`}.` });
    this.keep(template);
    return ok(template);
  }

  /** The current versions of several, by key: one statement, once they are compiled. */
  async loadCurrent(keys: readonly string[]): Promise<ReadonlyMap<string, Result<LoadedTemplate, TemplateFailure>>> {
    await this.ready();
    const versions = new Map((await findTemplates(this.sql, [...new Set(keys)])).map((row) => [row.key, row.current_version]));
    const loaded = new Map<string, Result<LoadedTemplate, TemplateFailure>>();
    for (const key of keys) if (!loaded.has(key)) loaded.set(key, await this.load(key, versions.get(key)));
    return loaded;
  }

  async loadById(templateId: number, version: number): Promise<Result<LoadedTemplate, TemplateFailure>> {
    for (const template of this.loaded.values()) if (template.templateId === templateId && template.version === version) return ok(template);
    const found = await findKeyOf(this.sql, templateId);
    return found ? this.load(found.key, version) : err({ kind: 'template_missing', detail: `There is no template number ${templateId}.` });
  }

  /** Saves as a new template (`mustBeNew`) or as the next version of one. Nothing is saved while any language has a problem. */
  async save(key: string, draft: TemplateDraft, by: string, mustBeNew = false): Promise<Result<{ version: number; stops: StoppedCampaign[] }, SaveFailure>> {
    await this.ready();
    if (mustBeNew && (await findTemplate(this.sql, key))) return err({ kind: 'template_exists', detail: `There is a template "${key}" already; PUT saves a new version of it.` });
    const built = await this.build(draft);
    if (!built.ok) return built;
    return ok(
      await this.sql.transaction(async (sql) => {
        const { value, stops } = await tellingWhatStops(sql, () => this.store(sql, key, draft.name, built.value, by));
        return { ...value, stops };
      }),
    );
  }

  /** What saving would say and make, without saving. */
  async build(draft: TemplateDraft): Promise<Result<BuiltLanguage[], SaveFailure>> {
    const layouts = await (this.layouts ??= readLayouts(packageRoot()));
    const custom = await listCustomAttributes(this.sql);
    const known = knownFields({ contact: keysOf(custom, 'contact'), account: keysOf(custom, 'account') });
    const problems: LanguageProblem[] = [];
    const built: BuiltLanguage[] = [];
    for (const language of ['nl', 'en'] as const) {
      const source = draft.languages[language];
      if (!source) continue;
      const result = await buildLanguage(language, source, layouts, known);
      if (result.ok) built.push(result.value);
      else problems.push(...result.error.map((problem) => ({ ...problem, language })));
    }
    return problems.length > 0 ? err({ kind: 'template_invalid', problems }) : ok(built);
  }

  versions(key: string): ReturnType<typeof listVersions> {
    return listVersions(this.sql, key);
  }

  /** Brings the files of /templates into the tables where their content is new. An edit made through the API stays until the file changes. */
  async seed(): Promise<string[]> {
    const layouts = await (this.layouts ??= readLayouts(packageRoot()));
    const files = await readTemplateFiles(packageRoot(), layouts);
    return this.sql.transaction(async (sql) => {
      const hashes = await lockSeededHashes(sql);
      const changed = files.filter((file) => hashes[file.key] !== file.contentHash);
      const seeded: string[] = [];
      for (const file of changed) {
        const built = await this.build(file.draft);
        if (built.ok) {
          await this.store(sql, file.key, file.draft.name, built.value, 'system');
          hashes[file.key] = file.contentHash;
          seeded.push(file.key);
        } else {
          this.logger.error(`templates/mails/${file.key} is not usable and was left out: ${describe(built.error)}`);
        }
      }
      if (seeded.length > 0) await saveSeededHashes(sql, hashes, this.clock.now());
      return seeded;
    });
  }

  private async store(sql: Sql, key: string, name: string, languages: readonly BuiltLanguage[], by: string): Promise<{ version: number }> {
    const now = this.clock.now();
    const { template_id: templateId, current_version: version } = await nextVersion(sql, key, name, now);
    await insertVersion(sql, templateId, version, languages, by, now);
    await this.audit.record(sql, { actor: by, action: 'template.saved', subjectType: 'template', subjectId: key, details: { version } }, now);
    return { version };
  }

  private compile(rows: readonly TemplateVersionRow[]): LoadedTemplate | undefined {
    const first = rows[0];
    if (!first) return undefined;
    const languages: Partial<Record<Language, CompiledLanguage>> = {};
    for (const row of rows) {
      const compiled = compileTemplate({ subject: row.subject, html: row.html, text: row.text_part }, row.language, this.config.defaultTimeZone);
      languages[row.language] = { ...compiled, mergeFields: row.merge_fields };
    }
    const mergeFields = mergeMergeFields(rows.map((row) => row.merge_fields));
    return { key: first.key, templateId: first.template_id, version: first.version, languages, mergeFields, touches: touchedByTemplate(mergeFields) };
  }

  private keep(template: LoadedTemplate): void {
    if (this.loaded.size >= MAX_CACHED) this.loaded.delete(this.loaded.keys().next().value ?? '');
    this.loaded.set(`${template.key}@${template.version}`, template);
  }
}

export function describe(failure: SaveFailure): string {
  if (failure.kind === 'template_exists') return failure.detail;
  return failure.problems.map(({ language, part, line, message }) => `${language} ${part}${line === undefined ? '' : ` line ${line}`}: ${message}`).join('; ');
}

function keysOf(rows: readonly { scope: string; key: string }[], scope: string): string[] {
  return rows.filter((row) => row.scope === scope).map((row) => row.key);
}
