import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import Handlebars from 'handlebars';
import { CONFIG, type Config } from '../platform/config/config.js';
import { packageRoot } from '../platform/package-root.js';
import { PAGE_TEXTS, type PageLanguage } from './page-texts.js';

export interface Notice {
  readonly title: string;
  readonly paragraphs: readonly string[];
  /** A form with this button, posted to the page's own address. */
  readonly button?: string;
  readonly link?: { readonly href: string; readonly text: string };
}

export interface PreferencesView {
  readonly maskedAddress: string;
  readonly saved: string | undefined;
  readonly everythingOff: boolean;
  readonly topics: readonly { key: string; name: string; description: string; frequency: string; on: boolean; standing: string }[];
  readonly others: readonly { name: string; description: string }[];
}

export interface SubscribeView {
  readonly title: string;
  readonly email: string;
  readonly problem: string;
  readonly wording: string;
  readonly beside: readonly { key: string; text: string }[];
  readonly noticeUrl: string;
  readonly words: object;
}

/** The pages behind the links in mails: server-rendered, without JavaScript, cookies or anything loaded from elsewhere. */
@Injectable()
export class PublicPages {
  private readonly css: string;
  private readonly headers: Readonly<Record<string, string>>;
  private readonly layout: Handlebars.TemplateDelegate;
  private readonly noticeBody: Handlebars.TemplateDelegate;
  private readonly preferencesBody: Handlebars.TemplateDelegate;
  private readonly subscribeBody: Handlebars.TemplateDelegate;

  constructor(@Inject(CONFIG) private readonly config: Pick<Config, 'mailFrom' | 'mailReplyTo' | 'postalAddress'>) {
    const read = (name: string): string => readFileSync(join(packageRoot(), 'templates', 'pages', name), 'utf8');
    const compile = (name: string): Handlebars.TemplateDelegate => Handlebars.create().compile(read(name), { strict: true, knownHelpersOnly: true });
    this.css = read('pages.css');
    this.layout = compile('layout.hbs');
    this.noticeBody = compile('notice.hbs');
    this.preferencesBody = compile('preferences.hbs');
    this.subscribeBody = compile('subscribe.hbs');
    this.headers = {
      'content-type': 'text/html; charset=utf-8',
      // Only our own style sheet, by its hash; forms go home; nobody may frame the page and lure a click.
      'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(this.css).digest('base64')}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer', // the token is in the address: no other site may learn it
      'x-content-type-options': 'nosniff',
      'x-robots-tag': 'noindex, nofollow',
      'cross-origin-opener-policy': 'same-origin',
      'permissions-policy': 'interest-cohort=()',
    };
  }

  notice(language: PageLanguage, notice: Notice): string {
    return this.page(language, notice.title, this.noticeBody({ ...notice, button: notice.button ?? '', link: notice.link ?? null, language }));
  }

  preferences(language: PageLanguage, view: PreferencesView): string {
    const words = PAGE_TEXTS[language].preferences;
    return this.page(language, words.title, this.preferencesBody({ ...view, words, language, saved: view.saved ?? '' }));
  }

  subscribe(language: PageLanguage, view: SubscribeView): string {
    return this.page(language, view.title, this.subscribeBody({ ...view, language }));
  }

  send(reply: FastifyReply, status: number, html: string): void {
    void reply.status(status).headers(this.headers).send(html);
  }

  tooMany(reply: FastifyReply, language: PageLanguage): void {
    void reply.header('retry-after', '60');
    this.send(reply, 429, this.notice(language, PAGE_TEXTS[language].tooMany));
  }

  private page(language: PageLanguage, title: string, body: string): string {
    return this.layout({
      language,
      title,
      body,
      css: this.css,
      words: PAGE_TEXTS[language],
      sender: this.config.mailFrom.name,
      replyTo: this.config.mailReplyTo,
      postalAddress: this.config.postalAddress,
      ...(language === 'nl' ? { otherLanguage: 'en', otherLanguageName: 'English' } : { otherLanguage: 'nl', otherLanguageName: 'Nederlands' }),
    });
  }
}
