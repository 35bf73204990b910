import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import Handlebars from 'handlebars';
import { CONFIG, type Config } from '../platform/config/config.js';
import { packageRoot } from '../platform/package-root.js';
import { PAGE_TEXTS, type PageLanguage } from './page-texts.js';
import { RENEWAL_TEXTS } from './preferences/renewal-texts.js';
import { SETTINGS_TEXTS } from './preferences/settings-texts.js';

export interface Notice {
  readonly title: string;
  readonly paragraphs: readonly string[];
  /** A form with this button, posted to the page's own address, or to this one. */
  readonly button?: string;
  readonly action?: string;
  readonly link?: { readonly href: string; readonly text: string };
}

export interface TopicView {
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly frequency: string;
  readonly on: boolean;
  readonly standing: string;
  /** What really came lately. */
  readonly sent: string;
  readonly often: { readonly shown: string; readonly options: readonly { value: string; text: string; selected: boolean }[] };
  readonly why: { readonly summary: string; readonly hidden: string; readonly basis: string; readonly agreed: { when: string; text: string } | undefined; readonly source: string | undefined };
}

export interface PreferencesView {
  /** As it stands in the path. */
  readonly token: string;
  readonly maskedAddress: string;
  readonly saved: string | undefined;
  readonly everythingOff: boolean;
  readonly humanOnly: boolean;
  readonly topics: readonly TopicView[];
  /** For all mail. */
  readonly often: TopicView['often'];
  readonly paused: string | undefined;
  readonly pauses: readonly { action: string; text: string }[];
  readonly privacy: readonly { key: string; name: string; about: string; on: boolean }[];
  readonly trackingNever: string | undefined;
  readonly others: readonly { name: string; description: string }[];
}

export interface SubscribeView {
  readonly title: string;
  readonly email: string;
  readonly problem: string;
  readonly wording: string;
  readonly beside: readonly { key: string; text: string; chosen: boolean }[];
  readonly noticeUrl: string;
  readonly words: object;
}

const BODIES = ['notice', 'preferences', 'person', 'survey', 'subscribe', 'my-data', 'my-data-export', 'my-data-request'] as const;
type BodyName = (typeof BODIES)[number];

/** The pages behind the links in mails: server-rendered, without JavaScript, cookies or anything loaded from elsewhere. */
@Injectable()
export class PublicPages {
  private readonly css: string;
  private readonly headers: Readonly<Record<string, string>>;
  private readonly layout: Handlebars.TemplateDelegate;
  private readonly bodies = new Map<string, Handlebars.TemplateDelegate>();

  constructor(@Inject(CONFIG) private readonly config: Pick<Config, 'mailFrom' | 'mailReplyTo' | 'postalAddress'>) {
    const read = (name: string): string => readFileSync(join(packageRoot(), 'templates', 'pages', name), 'utf8');
    const compile = (name: string): Handlebars.TemplateDelegate => Handlebars.create().compile(read(name), { strict: true, knownHelpersOnly: true });
    this.css = read('pages.css');
    this.layout = compile('layout.hbs');
    for (const name of BODIES) this.bodies.set(name, compile(`${name}.hbs`));
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
    return this.body('notice', language, notice.title, { ...notice, button: notice.button ?? '', action: notice.action ?? '', link: notice.link ?? null });
  }

  preferences(language: PageLanguage, view: PreferencesView): string {
    const words = { ...SETTINGS_TEXTS[language], ...PAGE_TEXTS[language].preferences };
    const topics = view.topics.map((topic) => ({ ...topic, why: { ...topic.why, agreed: topic.why.agreed ?? null, source: topic.why.source ?? '' } }));
    return this.body('preferences', language, words.title, { ...view, topics, words, saved: view.saved ?? '', paused: view.paused ?? '', trackingNever: view.trackingNever ?? '' });
  }

  /** A page with a body of its own, by the name of its file. */
  body(name: BodyName, language: PageLanguage, title: string, view: object): string {
    return this.page(language, title, this.bodies.get(name)?.({ ...view, language }) ?? '');
  }

  /** Nothing is behind this link, whatever is wrong with it; if it ever was ours, a new one can be mailed. */
  closed(reply: FastifyReply, language: PageLanguage, token: string): void {
    const words = RENEWAL_TEXTS[language].closed;
    this.send(reply, 404, this.notice(language, { ...words, action: `/preferences/${encodeURIComponent(token)}/renew` }));
  }

  subscribe(language: PageLanguage, view: SubscribeView): string {
    return this.body('subscribe', language, view.title, view);
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
