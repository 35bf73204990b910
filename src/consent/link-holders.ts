import { Injectable } from '@nestjs/common';
import { Clock } from '../platform/clock/clock.js';
import { ConsentService, type PersonConsents } from './consent.service.js';
import { isPreferencesLinkFresh, LinkTokens } from './link-tokens.js';
import { PreferencesService } from './preferences/preferences.service.js';
import { RequestLimits } from './request-limits.js';

/** For whom a link on a page speaks, and what for. */
@Injectable()
export class LinkHolders {
  constructor(
    private readonly consent: ConsentService,
    private readonly preferences: PreferencesService,
    private readonly tokens: LinkTokens,
    private readonly limits: RequestLimits,
    private readonly clock: Clock,
  ) {}

  /** Whose preferences a link opens. An unsubscribe link does too, for as long as a preference link of its mail would. */
  async ofPreferences(token: string): Promise<PersonConsents | 'closed' | 'too_many'> {
    const link = this.tokens.open(token);
    if (link?.kind !== 'preferences' && link?.kind !== 'unsubscribe') return 'closed';
    if (!(await this.limits.readAllowed(link.contactId))) return 'too_many';
    const issuedAt = link.kind === 'preferences' ? link.issuedAt : await this.preferences.mailMadeAt(link.contactId, link.messageId);
    if (link.kind === 'unsubscribe' && issuedAt === undefined) return 'closed'; // nobody knows any more how old its mail is
    return isPreferencesLinkFresh(issuedAt, this.clock.now()) ? ((await this.consent.load(link.contactId)) ?? 'closed') : 'closed';
  }

  /** Whoever this link was made for, however old it is and whatever it was for: good enough to write to the address on file, and for nothing else. */
  anybody(token: string): number | undefined {
    return this.tokens.open(token)?.contactId;
  }

  /** Who writes to us from a mail or from a page of ours; a link made for a confirmation or an answer is not one for that. */
  ofMail(token: string): { contactId: number; messageId: number | null } | undefined {
    const link = this.tokens.open(token);
    if (!link || link.kind === 'confirm' || link.kind === 'survey') return undefined;
    return { contactId: link.contactId, messageId: 'messageId' in link && link.messageId > 0 ? link.messageId : null };
  }
}
