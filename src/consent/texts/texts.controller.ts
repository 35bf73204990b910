import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { formInput, wordingInput } from '../../core/consent/consent-text.js';
import type { Result } from '../../core/shared/result.js';
import { Caller } from '../../platform/http/caller.js';
import { Documented } from '../../platform/http/documented.js';
import { parse } from '../../platform/http/parse.js';
import { notFound, ProblemError } from '../../platform/http/problem.js';
import { Scopes } from '../../platform/http/scopes.js';
import type { FormRow } from './texts.queries.js';
import { type TextProblem, TextsService } from './texts.service.js';

@ApiTags('Consent')
@Controller('api/v1')
export class TextsController {
  constructor(private readonly texts: TextsService) {}

  @Get('consent-wordings')
  @Scopes('purposes:read')
  @Documented({ summary: 'The texts that people agree to, each in its newest version. They are few: one page' })
  async wordings(): Promise<unknown> {
    return { items: await this.texts.wordings(), next: null };
  }

  @Get('consent-wordings/:wording')
  @Scopes('purposes:read')
  @Documented({ summary: 'Every version of a text, newest first, with its SHA-256' })
  async wordingVersions(@Param('wording') wording: string): Promise<unknown> {
    const items = await this.texts.wordingVersions(wording);
    if (items.length === 0) throw notFound('wording', wording);
    return { items, next: null };
  }

  @Post('consent-wordings')
  @Scopes('purposes:write', 'privacy:write')
  @Documented({ summary: 'Publish a version of a text that people agree to. A version is never edited: publishing other words makes the next one', body: wordingInput })
  async publishWording(@Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    return answer(await this.texts.publishWording(parse(wordingInput, body), actor));
  }

  @Get('consent-forms')
  @Scopes('purposes:read')
  @Documented({ summary: 'Sign-up forms, each in its newest version. They are few: one page' })
  async forms(): Promise<unknown> {
    return { items: (await this.texts.forms()).map(formView), next: null };
  }

  @Get('consent-forms/:form')
  @Scopes('purposes:read')
  @Documented({ summary: 'Every version of a form, newest first' })
  async formVersions(@Param('form') form: string): Promise<unknown> {
    const rows = await this.texts.formVersions(form);
    if (rows.length === 0) throw notFound('form', form);
    return { items: rows.map(formView), next: null };
  }

  @Post('consent-forms')
  @Scopes('purposes:write', 'privacy:write')
  @Documented({ summary: 'Publish a version of a sign-up form: it shows the newest version of each wording and stands at /subscribe/<form>', body: formInput })
  async publishForm(@Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    return formView(answer(await this.texts.publishForm(parse(formInput, body), actor)));
  }
}

function formView(row: FormRow): Record<string, unknown> {
  return {
    form: row.form, version: row.version, title: { nl: row.title_nl, en: row.title_en }, noticeVersion: row.notice_version, noticeUrl: row.notice_url, wordings: row.topics, open: row.open,
    publishedAt: row.published_at, publishedBy: row.published_by,
  };
}

function answer<T>(result: Result<T, TextProblem>): T {
  if (result.ok) return result.value;
  switch (result.error.kind) {
    case 'purpose_unknown':
      throw new ProblemError({ status: 422, type: 'purpose-unknown', title: 'There is no such purpose.' });
    case 'unchanged':
      throw new ProblemError({ status: 409, type: 'wording-unchanged', title: 'These are the words of the newest version already.' });
    case 'other_subject':
      throw new ProblemError({ status: 409, type: 'wording-other-subject', title: 'This wording belongs to another purpose or channel.', detail: 'Who agreed to it agreed to that. Publish this text under a name of its own.' });
    case 'form_unusable':
      throw new ProblemError({ status: 422, type: 'form-unusable', title: 'The form cannot be published.', detail: result.error.detail });
  }
}
