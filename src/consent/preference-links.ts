import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../platform/config/config.js';
import { LinkTokens } from './link-tokens.js';

/** The addresses that stand in mails: the token in the path is the credential. */
@Injectable()
export class PreferenceLinks {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'publicUrl'>,
    private readonly tokens: LinkTokens,
  ) {}

  /** For List-Unsubscribe (POST, RFC 8058) and for the link in the mail's foot (GET shows a button). */
  unsubscribeUrl(about: { contactId: number; messageId: number; purpose: string }): string {
    return `${this.config.publicUrl}/unsubscribe/${this.tokens.unsubscribe(about)}`;
  }

  preferenceUrl(about: { contactId: number }): string {
    return `${this.config.publicUrl}/preferences/${this.tokens.preferences(about)}`;
  }

  /** For the mail that asks somebody to confirm. */
  confirmUrl(about: { contactId: number; requestId: number }): string {
    return `${this.config.publicUrl}/confirm/${this.tokens.confirm(about)}`;
  }
}
