import { Inject, Injectable } from '@nestjs/common';
import { type AddressObject, simpleParser } from 'mailparser';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { Sql } from '../../platform/database/sql.js';
import { countMails, findMail, listMails, type MailboxRow } from './mailbox.queries.js';

export interface MailboxLink {
  readonly href: string;
  readonly text: string;
}

export interface MailboxMail {
  readonly id: number;
  readonly receivedAt: Date;
  readonly envelopeFrom: string;
  readonly envelopeTo: string;
  readonly subject: string;
  readonly from: string;
  readonly to: string;
  readonly replyTo: string;
  readonly text: string;
  readonly html: string;
  readonly headers: string;
  readonly links: readonly MailboxLink[];
  readonly source: Buffer;
}

/** What the built-in mail server received, for people and tests to read. */
@Injectable()
export class MailboxService {
  constructor(
    private readonly sql: Sql,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** With a mail server configured nothing comes here, and what is left is nobody's business. */
  get active(): boolean {
    return this.config.smtpUrl === undefined;
  }

  list(to: string | undefined, before: number, limit: number): Promise<MailboxRow[]> {
    return listMails(this.sql, to === undefined || to.trim() === '' ? undefined : to.trim().toLowerCase(), before, limit);
  }

  count(): Promise<number> {
    return countMails(this.sql);
  }

  async read(id: number): Promise<MailboxMail | undefined> {
    const row = await findMail(this.sql, id);
    if (!row) return undefined;
    const mail = await simpleParser(row.source, { skipTextToHtml: true, skipImageLinks: true });
    const html = mail.html || '';
    return {
      id: row.mail_id,
      receivedAt: row.received_at,
      envelopeFrom: row.envelope_from,
      envelopeTo: row.envelope_to,
      subject: mail.subject ?? '',
      from: addressText(mail.from),
      to: addressText(mail.to),
      replyTo: addressText(mail.replyTo),
      text: mail.text ?? '',
      html,
      headers: mail.headerLines.map(({ line }) => line).join('\n'),
      links: linksOf(html),
      source: row.source,
    };
  }
}

function addressText(address: AddressObject | AddressObject[] | undefined): string {
  return [address ?? []].flat().map(({ text }) => text).join(', ');
}

/** The links of an HTML text, each once. Our own mails are written by MJML, so a look at the tags suffices. */
function linksOf(html: string): MailboxLink[] {
  const links = new Map<string, string>();
  for (const [, href = '', inner = ''] of html.matchAll(/<a\s[^>]*?href="([^"]*)"[^>]*>([\s\S]*?)<\/a>/gi)) {
    const address = unescape(href);
    if (!links.has(address)) links.set(address, unescape(inner.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ').trim()) || address);
  }
  return [...links].map(([href, text]) => ({ href, text }));
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#x27': "'", '#x3D': '=', '#x60': '`', nbsp: ' ' };

function unescape(text: string): string {
  return text.replace(/&([a-z]+|#x[0-9a-f]+);/gi, (whole, name: string) => ENTITIES[name] ?? whole);
}
