import { Injectable } from '@nestjs/common';
import { RateLimiterMemory } from 'rate-limiter-flexible';

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

  requestAllowed(ip: string): Promise<boolean> {
    return within(this.fromAddress, ip);
  }

  signUpAllowed(ip: string): Promise<boolean> {
    return within(this.signUps, ip);
  }

  /** `what` tells apart what the same person does on different pages. */
  changeAllowed(what: 'preferences' | 'confirm' | 'unsubscribe', contactId: number): Promise<boolean> {
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
