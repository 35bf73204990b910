import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { addDays } from '../../core/shared/calendar-day.js';
import { Clock } from '../../platform/clock/clock.js';
import { Sql } from '../../platform/database/sql.js';
import { Rhythms } from '../../platform/schedule/rhythms.js';
import { TasksService } from '../../tasks/tasks.service.js';
import { ErasureService } from './erasure/erasure.service.js';
import { LettersService } from './letters/letters.service.js';
import { RecipientsService } from './recipients/recipients.service.js';
import { RightsRequestsService } from './requests/requests.service.js';

/** Open requests that are due within so many days are handed to a human. */
const REMIND_DAYS = 10;
const MOST_REMINDERS = 500;

/** Letters and notices leave; nobody's month runs out unseen. */
@Injectable()
export class RightsScheduler implements OnApplicationBootstrap {
  constructor(
    private readonly rhythms: Rhythms,
    private readonly clock: Clock,
    private readonly sql: Sql,
    private readonly letters: LettersService,
    private readonly recipients: RecipientsService,
    private readonly erasures: ErasureService,
    private readonly requests: RightsRequestsService,
    private readonly tasks: TasksService,
  ) {}

  onApplicationBootstrap(): void {
    this.rhythms.every(5_000, 'sending letters about requests', () => this.letters.deliverDue(this.clock.now()));
    this.rhythms.every(15_000, 'telling recipients of data', () => this.recipients.deliverDue(this.clock.now()));
    this.rhythms.every(60_000, 'keeping erasures outside the database', () => this.erasures.keepOutside());
    this.rhythms.every(600_000, 'closing requests that nobody confirmed', () => this.requests.lapse());
    this.rhythms.every(600_000, 'reminding of requests', () => this.remind());
  }

  /** One task per request, however often it is looked at; what is late says so. */
  async remind(): Promise<number> {
    const today = this.requests.today();
    const due = await this.requests.openDueBy(addDays(today, REMIND_DAYS), MOST_REMINDERS);
    const opened = await this.tasks.open(
      this.sql,
      due.map((request) => ({
        kind: 'rights_request' as const,
        cause: `privacy_request:${request.request_id}:${request.due_on < today ? 'late' : 'soon'}`,
        contactId: request.contact_id,
        reason: { code: 'request_due' as const, request: request.request_id, kind: request.kind, by: request.due_on, late: request.due_on < today },
        by: 'system',
      })),
      this.clock.now(),
    );
    return opened.filter(({ isNew }) => isNew).length;
  }
}
