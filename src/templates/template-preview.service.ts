import { Inject, Injectable } from '@nestjs/common';
import { err, ok, type Result } from '../core/shared/result.js';
import type { Language } from '../core/template/template-functions.js';
import { languageFor, missingFor } from '../core/template/loaded-template.js';
import type { RenderedMail } from '../core/template/render.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { Sql } from '../platform/database/sql.js';
import { MergeValuesService } from './merge-values.service.js';
import { findContactByEmail } from './merge-rows.queries.js';
import { TemplatesService } from './templates.service.js';

export interface PreviewRequest {
  readonly key: string;
  readonly version?: number | undefined;
  readonly language?: Language | undefined;
  readonly contact: { readonly contactId: number } | { readonly email: string };
  readonly sender: 'workspace' | 'account_owner';
}

export interface Preview extends RenderedMail {
  readonly version: number;
  readonly language: Language;
  /** Required fields this person lacks: a real send would be denied, naming them. */
  readonly missingFields: string[];
}

export type PreviewFailure = { readonly kind: 'template_missing' | 'contact_missing' | 'render_failed'; readonly detail: string };

/** A template as one person would see it. Its links lead nowhere: a preview must not unsubscribe anybody. */
@Injectable()
export class TemplatePreviewService {
  constructor(
    private readonly sql: Sql,
    private readonly templates: TemplatesService,
    private readonly mergeValues: MergeValuesService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async preview(request: PreviewRequest): Promise<Result<Preview, PreviewFailure>> {
    const template = await this.templates.load(request.key, request.version);
    if (!template.ok) return template;
    const contactId = 'contactId' in request.contact ? request.contact.contactId : await findContactByEmail(this.sql, request.contact.email);
    const frame = { sender: request.sender, campaign: { key: 'preview', name: 'Preview', purpose: 'Preview' } };
    const people = await this.mergeValues.load(this.sql, contactId === undefined ? [] : [contactId], template.value.mergeFields, frame);
    const person = contactId === undefined ? undefined : people.get(contactId);
    if (!person) return err({ kind: 'contact_missing', detail: 'There is no such contact.' });
    const language = request.language && template.value.languages[request.language] ? request.language : languageFor(template.value, person.language);
    const nowhere = `${this.config.publicUrl}/#preview`;
    const values = { ...person.values, links: { unsubscribe: nowhere, preferences: nowhere, human: nowhere, confirm: nowhere, survey: nowhere } };
    const rendered = template.value.languages[language]?.render(values);
    if (!rendered?.ok) return err({ kind: 'render_failed', detail: rendered?.error ?? `The template has no ${language} text.` });
    return ok({ ...rendered.value, version: template.value.version, language, missingFields: missingFor(template.value, language, values) });
  }
}
