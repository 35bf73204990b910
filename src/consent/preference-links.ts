import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../platform/clock/clock.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { LinkTokens } from './link-tokens.js';

/** The addresses that stand in mails: the token in the path is the credential. */
@Injectable()
export class PreferenceLinks {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'publicUrl'>,
    private readonly tokens: LinkTokens,
    private readonly clock: Clock,
  ) {}

  /** For List-Unsubscribe (POST, RFC 8058) and for the link in the mail's foot (GET shows a button). */
  unsubscribeUrl(about: { contactId: number; messageId: number; purpose: string }): string {
    return `${this.config.publicUrl}/unsubscribe/${this.tokens.unsubscribe(about)}`;
  }

  /** Valid for 400 days from `issuedAt`, or from now. A mail gives its own moment: sent again, it is the same mail. */
  preferenceUrl(about: { contactId: number; issuedAt?: Date }): string {
    return `${this.config.publicUrl}/preferences/${this.tokens.preferences({ contactId: about.contactId, issuedAt: about.issuedAt ?? this.clock.now() })}`;
  }

  /** For the mail that asks somebody to confirm. */
  confirmUrl(about: { contactId: number; requestId: number }): string {
    return `${this.config.publicUrl}/confirm/${this.tokens.confirm(about)}`;
  }

  /** Only ever sent by mail, to the address on file; valid for 24 hours. */
  myDataUrl(about: { contactId: number; issuedAt: Date }): string {
    return `${this.config.publicUrl}/my-data/${this.tokens.myData(about)}`;
  }

  /** "Talk to a person", in every mail. */
  personUrl(about: { contactId: number; messageId: number }): string {
    return `${this.config.publicUrl}/person/${this.tokens.person(about)}`;
  }

  /** Where a survey mail's numbers lead, each with `?score=`. */
  surveyUrl(about: { contactId: number; messageId: number }): string {
    return `${this.config.publicUrl}/survey/${this.tokens.survey(about)}`;
  }
}
