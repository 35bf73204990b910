import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import Handlebars from 'handlebars';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { packageRoot } from '../../platform/package-root.js';
import type { MailboxRow } from './mailbox.queries.js';
import type { MailboxMail } from './mailbox.service.js';

export interface MailboxList {
  readonly rows: readonly MailboxRow[];
  readonly search: string;
  readonly count: number;
  readonly first: boolean;
  readonly next: string | null;
}

const MAX_SHOWN = 200_000;

/** The pages of the built-in mailbox: no JavaScript, nothing from elsewhere, and the mail itself in a frame that may do nothing. */
@Injectable()
export class MailboxPages {
  private readonly css: string;
  private readonly layout: Handlebars.TemplateDelegate;
  private readonly listBody: Handlebars.TemplateDelegate;
  private readonly mailBody: Handlebars.TemplateDelegate;
  /** Of the pages: our own style sheet by its hash, the mail's frame, the search form. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of the mail in its frame: inline styles and embedded images, nothing else, no script even if it were opened by itself. */
  readonly bodyHeaders: Readonly<Record<string, string>>;

  constructor(@Inject(CONFIG) private readonly config: Pick<Config, 'defaultTimeZone'>) {
    const read = (name: string): string => readFileSync(join(packageRoot(), 'templates', 'mailbox', name), 'utf8');
    const compile = (name: string): Handlebars.TemplateDelegate => Handlebars.create().compile(read(name), { knownHelpersOnly: true });
    this.css = read('mailbox.css');
    this.layout = compile('layout.hbs');
    this.listBody = compile('list.hbs');
    this.mailBody = compile('mail.hbs');
    const shared = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff', 'x-robots-tag': 'noindex, nofollow' };
    const style = createHash('sha256').update(this.css).digest('base64');
    this.headers = { ...shared, 'content-security-policy': `default-src 'none'; style-src 'sha256-${style}'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'` };
    this.bodyHeaders = { ...shared, 'content-security-policy': `default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'self'` };
  }

  list({ rows, search, count, first, next }: MailboxList): string {
    const query = search === '' ? '' : `to=${encodeURIComponent(search)}`;
    const mails = rows.map((row) => ({ id: row.mail_id, received: this.time(row.received_at), to: row.envelope_to, subject: row.subject === '' ? '(no subject)' : row.subject }));
    const body = this.listBody({
      mails,
      summary: `${count} ${count === 1 ? 'mail' : 'mails'} so far.`,
      emptyText: search === '' ? 'No mail yet. Start a campaign and look again.' : `No mail to “${search}”.`,
      newest: first ? '' : `/mailbox${query === '' ? '' : `?${query}`}`,
      older: next === null ? '' : `/mailbox?${[query, `cursor=${encodeURIComponent(next)}`].filter((part) => part !== '').join('&')}`,
    });
    return this.layout({ title: 'Mailbox', search, css: this.css, body });
  }

  mail(mail: MailboxMail): string {
    const links = mail.links.map(({ href, text }) => ({ href, text, shown: href.length > 90 ? `${href.slice(0, 90)}…` : href, open: /^https?:\/\//i.test(href) }));
    const source = mail.source.toString('latin1').slice(0, MAX_SHOWN);
    const body = this.mailBody({ mail: { ...mail, links, source, size: mail.source.length, received: this.time(mail.receivedAt), subject: mail.subject === '' ? '(no subject)' : mail.subject } });
    return this.layout({ title: mail.subject, search: '', css: this.css, body });
  }

  private time(moment: Date): string {
    return new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: this.config.defaultTimeZone }).format(moment);
  }
}
