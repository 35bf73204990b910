import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import Handlebars from 'handlebars';
import { PreferenceLinks } from '../../consent/preference-links.js';
import { RENEWAL_TEXTS } from '../../consent/preferences/renewal-texts.js';
import { cleanValue, isNoReply, isPlainAddress, type MailHeaders, rfc5322Date } from '../../core/mail/headers.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { Sql } from '../../platform/database/sql.js';
import { buildMime } from '../../platform/mail/mime.js';
import { MailTransport } from '../../platform/mail/transport.js';
import { packageRoot } from '../../platform/package-root.js';
import { afterSending } from '../after-sending.js';
import { type DueLinkMail, leaseLinkMails, type LinkMailOutcome, storeLinkMailOutcomes } from './link-mails.queries.js';

const AT_ONCE = 20;

/** Brings people the links they asked for on a page. The link is made now, so that it lives from now on and is kept nowhere. */
@Injectable()
export class LinkMailsService {
  private readonly layout: Handlebars.TemplateDelegate;

  constructor(
    private readonly sql: Sql,
    private readonly links: PreferenceLinks,
    private readonly transport: MailTransport,
    @Inject(CONFIG) private readonly config: Pick<Config, 'mailFrom' | 'mailReplyTo' | 'mailDomain' | 'postalAddress'>,
  ) {
    this.layout = Handlebars.create().compile(readFileSync(join(packageRoot(), 'templates', 'mailed-link', 'link.hbs'), 'utf8'), { strict: true, knownHelpersOnly: true });
  }

  async deliverDue(now: Date): Promise<{ sent: number; failed: number; retried: number }> {
    const due = await leaseLinkMails(this.sql, now, AT_ONCE);
    const outcomes = await Promise.all(due.map((row) => this.deliver(row, now)));
    if (outcomes.length > 0) await storeLinkMailOutcomes(this.sql, outcomes, now);
    const count = (state: string): number => outcomes.filter((one) => one.state === state).length;
    return { sent: count('sent'), failed: count('failed'), retried: count('queued') };
  }

  private async deliver(row: DueLinkMail, now: Date): Promise<LinkMailOutcome> {
    if (row.email === null || !isPlainAddress(row.email)) return failed(row, 'there is no address that can be used');
    if (row.bounced) return failed(row, 'suppression.hard_bounce');
    if (isNoReply(this.config.mailReplyTo) || isNoReply(this.config.mailFrom.address)) return failed(row, 'no_reply_sender');
    const words = RENEWAL_TEXTS[row.language];
    const { subject, paragraphs, link } = words.mail[row.kind];
    const href = row.kind === 'my_data' ? this.links.myDataUrl({ contactId: row.contact_id, issuedAt: now }) : this.links.preferenceUrl({ contactId: row.contact_id, issuedAt: now });
    const { mailFrom, mailReplyTo, postalAddress } = this.config;
    const questions = words.questions(mailReplyTo);
    const html = this.layout({ language: row.language, subject, paragraphs, href, link, sender: mailFrom.name, questions, postalAddress });
    const text = `${[...paragraphs, `${link}: ${href}`, mailFrom.name, questions, postalAddress].join('\n\n')}\n`;
    const sent = await this.transport.send({ from: mailFrom.address, to: row.email }, buildMime(this.headers(row, row.email, subject, now), { text, html }));
    return { contactId: row.contact_id, linkMailId: row.link_mail_id, ...afterSending(sent, { attempts: row.attempts, since: row.requested_at }, now) };
  }

  private headers(row: DueLinkMail, to: string, subject: string, now: Date): MailHeaders {
    const { mailFrom, mailReplyTo, mailDomain } = this.config;
    const messageId = `<l${row.link_mail_id.toString(36)}.${row.contact_id.toString(36)}@${mailDomain}>`;
    return {
      from: { name: cleanValue(mailFrom.name), address: mailFrom.address },
      replyTo: { address: mailReplyTo },
      to: { address: to },
      subject: cleanValue(subject),
      messageId,
      // An answer to something the person just did: other machines do not answer it.
      plain: [['Date', rfc5322Date(now)], ['Message-ID', messageId], ['Auto-Submitted', 'auto-replied']],
    };
  }
}

function failed(row: DueLinkMail, response: string): LinkMailOutcome {
  return { contactId: row.contact_id, linkMailId: row.link_mail_id, state: 'failed', dueAt: null, response };
}
