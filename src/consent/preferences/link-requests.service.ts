import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { Sql } from '../../platform/database/sql.js';
import type { PageLanguage } from '../page-texts.js';
import { countLinkMails, insertLinkMail, lockAddressee } from './link-mails.queries.js';
import type { LinkMailKind } from './renewal-texts.js';

const HOUR = 3_600_000;
/** Whoever holds somebody's old link can have his mailbox written to this often, and no more. */
const MOST_PER_HOUR = 3;
const MOST_PER_DAY = 6;

/** Asks for a fresh link by mail. It goes to the address on file and nowhere else, and nobody is told whether it went. */
@Injectable()
export class LinkRequestsService implements OnApplicationShutdown {
  private readonly logger = new Logger('preferences');
  private readonly running = new Set<Promise<void>>();

  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
  ) {}

  /** Begins and does not wait: what fails is in the log, and the person asks again. */
  requestSoon(contactId: number, kind: LinkMailKind, language: PageLanguage): void {
    const work = this.request(contactId, kind, language)
      .catch((error: unknown) => {
        this.logger.error(error, 'a link by mail could not be noted');
      })
      .finally(() => this.running.delete(work));
    this.running.add(work);
  }

  /** When everything asked for so far is noted. */
  async settled(): Promise<void> {
    await Promise.all(this.running);
  }

  onApplicationShutdown(): Promise<void> {
    return this.settled();
  }

  async request(contactId: number, kind: LinkMailKind, language: PageLanguage): Promise<void> {
    const now = this.clock.now();
    await this.sql.transaction(async (sql) => {
      const person = await lockAddressee(sql, contactId);
      if (!person) return;
      const asked = await countLinkMails(sql, person.contact_id, kind, new Date(now.getTime() - HOUR), new Date(now.getTime() - 24 * HOUR));
      if (asked.waiting || asked.within_hour >= MOST_PER_HOUR || asked.within_day >= MOST_PER_DAY) return;
      await insertLinkMail(sql, person.contact_id, kind, person.language ?? language, now);
    });
  }
}
