import { Inject, Injectable } from '@nestjs/common';
import { marketingHeaders } from '../core/mail/headers.js';
import { verpAddress, type Sign } from '../core/mail/verp.js';
import { err, ok, type Result } from '../core/shared/result.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { buildMime } from '../platform/mail/mime.js';
import type { Envelope } from '../platform/mail/transport.js';
import { Secrets } from '../platform/secrets.js';
import { PreferenceLinks } from '../consent/preference-links.js';
import type { ClaimedMessage } from './claim.service.js';

export interface ComposedMail {
  readonly envelope: Envelope;
  readonly source: Buffer;
}

/** Writes one person's mail: values and links into the template, headers, MIME. No waiting and no database. */
@Injectable()
export class ComposeMailService {
  private readonly sign: Sign;

  constructor(
    secrets: Secrets,
    private readonly links: PreferenceLinks,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.sign = (text) => secrets.hmac('return-path', text);
  }

  /** Where a mail asks to confirm, its request has the message's number; in any other mail the link leads to the settings, which can confirm too. */
  private confirmUrl({ class: messageClass, contact_id: contactId, occurrence: requestId }: ClaimedMessage['message']): string {
    return messageClass === 'opt_in_request' ? this.links.confirmUrl({ contactId, requestId }) : this.links.preferenceUrl({ contactId });
  }

  /** The failure says why this mail cannot be written; it concerns this message only. */
  compose({ message, person, language, campaign }: ClaimedMessage, now: Date): Result<ComposedMail, string> {
    if (person.email === null) return err('The contact has no address.');
    const key = { contactId: message.contact_id, messageId: message.message_id };
    const from = person.sender ?? this.config.mailFrom;
    const replyTo = campaign.sender === 'account_owner' ? from.address : this.config.mailReplyTo;
    const unsubscribeUrl = this.links.unsubscribeUrl({ ...key, purpose: message.purpose });
    const values = {
      ...person.values,
      campaign: { key: campaign.key, name: campaign.name, purpose: campaign.purposeName[message.language] },
      links: {
        unsubscribe: unsubscribeUrl,
        preferences: this.links.preferenceUrl({ ...key, issuedAt: message.queued_at }), // not the moment of sending: a mail sent again is the same mail
        human: this.links.personUrl(key),
        confirm: this.confirmUrl(message),
        ...(language.mergeFields.some(({ path }) => path === 'links.survey') && { survey: this.links.surveyUrl(key) }),
      },
    };
    const rendered = language.render(values);
    if (!rendered.ok) return err(`The template cannot be rendered: ${rendered.error}.`);
    const headers = marketingHeaders({
      ...key,
      mailDomain: this.config.mailDomain,
      from,
      replyTo: { address: replyTo },
      to: { name: person.name, address: person.email },
      subject: rendered.value.subject,
      sentAt: now,
      purpose: message.purpose,
      purposeName: campaign.purposeName[message.language],
      campaignId: message.campaign_id,
      messageClass: message.class,
      unsubscribeUrl,
      unsubscribeMailto: `mailto:${verpAddress(key, this.config.mailDomain, this.sign, 'unsubscribe')}?subject=unsubscribe`,
    });
    if (!headers.ok) return err(`The mail cannot be addressed: ${headers.error.detail}.`);
    return ok({ envelope: { from: verpAddress(key, this.config.mailDomain, this.sign), to: person.email }, source: buildMime(headers.value, rendered.value) });
  }
}

