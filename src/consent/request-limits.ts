import { Injectable } from '@nestjs/common';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { truncateIp } from '../core/consent/truncate-ip.js';

/**
 * How often the pages behind the links in mails may be asked, per minute and process. An address may be an office, or a mailbox provider
 * that unsubscribes for thousands: hence the wide one. Whoever holds a link needs it a few times; a script that toggles would fill the ledger.
 */
@Injectable()
export class RequestLimits {
  private readonly fromAddress = new RateLimiterMemory({ points: 300, duration: 60 });
  /** Signing up costs a mail to somebody: whoever types addresses gets twenty in ten minutes. */
  private readonly signUps = new RateLimiterMemory({ points: 20, duration: 600 });
  private readonly byHolder = new RateLimiterMemory({ points: 30, duration: 60 });
  private readonly byReader = new RateLimiterMemory({ points: 120, duration: 60 });
  private readonly altogether = new RateLimiterMemory({ points: 100, duration: 1 });

  requestAllowed(ip: string): Promise<boolean> {
    // Somebody with IPv6 has 2^64 addresses: his network counts as one.
    return within(this.fromAddress, ip.includes(':') ? (truncateIp(ip) ?? ip) : ip);
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
  changeAllowed(what: 'preferences' | 'confirm' | 'unsubscribe' | 'person' | 'survey' | 'my_data', contactId: number): Promise<boolean> {
    return within(this.byHolder, `${what}:${contactId}`);
  }
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
