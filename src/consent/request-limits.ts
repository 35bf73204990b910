import { Injectable } from '@nestjs/common';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { truncateIp } from '../core/consent/truncate-ip.js';
import { LinkTokens } from './link-tokens.js';

/**
 * How often the pages behind the links in mails may be asked, per minute and process. An address may be an office: hence the wide ones. Whoever holds a
 * link needs it a few times; a script that toggles would fill the ledger. One-click unsubscribe has no limit at all: mailbox providers speak for thousands
 * from a few addresses, and none of them may be refused (RFC 8058).
 */
@Injectable()
export class RequestLimits {
  private readonly pages = new RateLimiterMemory({ points: 300, duration: 60 });
  /** Links of ours, apart from what else comes from their address: whoever guesses there uses up nothing of theirs. */
  private readonly links = new RateLimiterMemory({ points: 300, duration: 60 });
  /** A mail program breaks a link now and then. Whoever tries more of them is answered no more for ten minutes. */
  private readonly guesses = new RateLimiterMemory({ points: 60, duration: 60, blockDuration: 600 });
  /** Signing up costs a mail to somebody: whoever types addresses gets twenty in ten minutes. */
  private readonly signUps = new RateLimiterMemory({ points: 20, duration: 600 });
  private readonly byHolder = new RateLimiterMemory({ points: 30, duration: 60 });
  private readonly byReader = new RateLimiterMemory({ points: 120, duration: 60 });
  private readonly altogether = new RateLimiterMemory({ points: 100, duration: 1 });

  constructor(private readonly tokens: LinkTokens) {}

  /** A page that anybody may open, or whose link is known by the database alone. */
  requestAllowed(ip: string): Promise<boolean> {
    return within(this.pages, networkOf(ip));
  }

  /** A page behind a signed link. That wrong links are counted apart tells nothing: 128 bits cannot be guessed, and expired or forwarded ones are still ours. */
  linkAllowed(ip: string, token: string): Promise<boolean> {
    return within(this.tokens.open(token) ? this.links : this.guesses, networkOf(ip));
  }

  /**
   * Asked once a link is known to be ours and before the database is: of one person so many a minute, of all together so many a second, from however
   * many addresses they come. Links that are not ours cost no more than a hash, so nobody can use this up for others without links of theirs.
   */
  async readAllowed(contactId: number): Promise<boolean> {
    return (await within(this.byReader, String(contactId))) && within(this.altogether, '');
  }

  signUpAllowed(ip: string): Promise<boolean> {
    return within(this.signUps, ip);
  }

  /** `what` tells apart what the same person does on different pages. */
  changeAllowed(what: 'preferences' | 'confirm' | 'person' | 'survey' | 'my_data', contactId: number): Promise<boolean> {
    return within(this.byHolder, `${what}:${contactId}`);
  }
}

/** Somebody with IPv6 has 2^64 addresses: his network counts as one. */
function networkOf(ip: string): string {
  return ip.includes(':') ? (truncateIp(ip) ?? ip) : ip;
}

async function within(limiter: RateLimiterMemory, key: string): Promise<boolean> {
  try {
    await limiter.consume(key);
    return true;
  } catch (rejection) {
    if (rejection instanceof Error) throw rejection; // the limiter rejects with its state when the limit is reached
    return false;
  }
}
