import { Body, Controller, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Caller } from '../platform/http/caller.js';
import { Documented } from '../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../platform/http/page.js';
import { parse } from '../platform/http/parse.js';
import { notFound, ProblemError } from '../platform/http/problem.js';
import { Reaches, Scopes } from '../platform/http/scopes.js';
import { templateDraft, templateKey } from './template-draft.js';
import { TemplatePreviewService, type PreviewFailure } from './template-preview.service.js';
import { TemplatesService, type SaveFailure } from './templates.service.js';
import type { TemplateVersionRow } from './templates.queries.js';

const newTemplate = templateDraft.safeExtend({ key: templateKey });
const versionQuery = z.strictObject({ version: z.coerce.number().int().positive().optional() });
const previewInput = z
  .object({
    contactId: z.number().int().positive().optional(),
    email: z.string().min(3).max(254).optional(),
    version: z.number().int().positive().optional(),
    language: z.enum(['nl', 'en']).optional(),
    sender: z.enum(['workspace', 'account_owner']).default('workspace'),
  })
  .refine(({ contactId, email }) => (contactId === undefined) !== (email === undefined), 'give contactId or email');

@ApiTags('Templates')
@Controller('api/v1/templates')
export class TemplatesController {
  constructor(
    private readonly templates: TemplatesService,
    private readonly previews: TemplatePreviewService,
  ) {}

  @Get()
  @Scopes('templates:read')
  @Reaches('shows nobody')
  @Documented({ summary: 'All templates, by key', query: pageQuery })
  async list(@Query() query: unknown): Promise<unknown> {
    const { limit, cursor } = parse(pageQuery, query);
    const [after] = decodeCursor(z.tuple([z.string()]), cursor) ?? [undefined];
    const { items, next } = pageOf(await this.templates.list(after, limit + 1), limit, (row) => [row.key]);
    return { items: items.map((row) => ({ key: row.key, name: row.name, version: row.current_version, languages: row.languages, updatedAt: row.updated_at })), next };
  }

  @Get(':key')
  @Scopes('templates:read')
  @Reaches('shows nobody')
  @Documented({ summary: 'One version of a template, the current one where none is named', query: versionQuery })
  async get(@Param('key') key: string, @Query() query: unknown): Promise<unknown> {
    const { version } = parse(versionQuery, query);
    const rows = await this.templates.sources(key, version);
    return this.templateOf(key, rows);
  }

  @Get(':key/versions')
  @Scopes('templates:read')
  @Reaches('shows nobody')
  @Documented({ summary: 'The versions of a template, newest first' })
  async versions(@Param('key') key: string): Promise<unknown> {
    const rows = await this.templates.versions(key);
    if (rows.length === 0) throw notFound('template', key);
    return { items: rows.map((row) => ({ version: row.version, languages: row.languages, createdAt: row.created_at, createdBy: row.created_by })) };
  }

  @Post()
  @Scopes('templates:write')
  @Documented({ summary: 'Save a new template: MJML and Handlebars, per language', body: newTemplate })
  async create(@Body() body: unknown, @Caller() by: string): Promise<unknown> {
    const { key, ...draft } = parse(newTemplate, body);
    const saved = await this.templates.save(key, draft, by, true);
    if (!saved.ok) throw problemOf(saved.error);
    return { key, version: saved.value.version };
  }

  @Put(':key')
  @Scopes('templates:write')
  @Documented({ summary: 'Save the next version of a template; tells which campaigns stop because it reads what their purposes may not use', body: templateDraft })
  async update(@Param('key') key: string, @Body() body: unknown, @Caller() by: string): Promise<unknown> {
    const draft = parse(templateDraft, body);
    const saved = await this.templates.save(parse(templateKey, key), draft, by);
    if (!saved.ok) throw problemOf(saved.error);
    return { key, ...saved.value };
  }

  @Post(':key/preview')
  @HttpCode(200)
  @Scopes('templates:read', 'contacts:read')
  @Documented({ summary: 'The mail as one contact would see it, and the fields that contact lacks', body: previewInput })
  async preview(@Param('key') key: string, @Body() body: unknown): Promise<unknown> {
    const { contactId, email, ...rest } = parse(previewInput, body);
    const preview = await this.previews.preview({ key, ...rest, contact: contactId === undefined ? { email: email ?? '' } : { contactId } });
    if (!preview.ok) throw previewProblem(preview.error);
    return preview.value;
  }

  private templateOf(key: string, rows: readonly TemplateVersionRow[]): unknown {
    const first = rows[0];
    if (!first) throw notFound('template', key);
    return {
      key: first.key,
      name: first.name,
      version: first.version,
      createdAt: first.created_at,
      createdBy: first.created_by,
      languages: Object.fromEntries(
        rows.map((row) => [row.language, { subject: row.subject, preheader: row.preheader, mjml: row.mjml, html: row.html, text: row.text_part, mergeFields: row.merge_fields }]),
      ),
    };
  }
}

function problemOf(failure: SaveFailure): ProblemError {
  if (failure.kind === 'template_exists') return new ProblemError({ status: 409, type: 'template-exists', title: 'There is a template with this key.', detail: failure.detail });
  return new ProblemError({
    status: 422,
    type: 'template-invalid',
    title: 'The template cannot be used as it is; nothing was saved.',
    errors: failure.problems.map(({ language, part, line, message }) => ({ path: `languages.${language}.${part}`, message: line === undefined ? message : `line ${line}: ${message}` })),
  });
}

function previewProblem({ kind, detail }: PreviewFailure): ProblemError {
  return kind === 'render_failed' ? new ProblemError({ status: 422, type: 'render-failed', title: 'The template cannot be rendered for this contact.', detail }) : new ProblemError({ status: 404, type: 'not-found', title: detail });
}
