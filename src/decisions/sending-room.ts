import type { RequestFacts, SendingFacts } from '../core/decision/facts.js';
import { classesBefore } from '../core/decision/message-class.js';
import { warmUpLimit } from '../core/mail/warm-up.js';
import type { Sql } from '../platform/database/sql.js';
import type { ReferenceRow } from './facts.queries.js';
import { addSendingCount, lockSendingDomain, readSendingCounts } from './sending.queries.js';

const HOUR = 3_600_000;
const DAY = 86_400_000;

/** From where mail leaves, and whether it can carry a link to unsubscribe that mailbox providers follow. */
export interface SendingFrom {
  readonly domain: string;
  readonly unsubscribeHeaders: boolean;
}

/** How the domain stands, before anything of this batch has left. */
export function sendingFacts(domain: string, row: ReferenceRow['sending'], now: Date): SendingFacts {
  return {
    domain,
    aligned: row?.aligned == null ? 'unchecked' : row.aligned ? 'yes' : 'no',
    problem: row?.problem ?? null,
    pausedSince: row?.paused_since ?? null,
    pauseReason: row?.pause_reason ?? null,
    warmUpFullUntil: null,
    dailyLimit: dailyLimit(row, now),
    throttledUntil: null,
    hourlyLimit: row?.hourly_limit ?? null,
  };
}

/** Days are those of UTC: a limit that moved with every receiver's day would be none. */
function dailyLimit(row: ReferenceRow['sending'], now: Date): number | null {
  if (row?.warm_up_day == null) return null;
  const limit = warmUpLimit(Math.floor(now.getTime() / DAY) - row.warm_up_day + 1, row.daily_target);
  return Number.isFinite(limit) ? Math.min(limit, 2_000_000_000) : null;
}

/**
 * What a domain that is new or slowed down may still send in this day and hour. Only at the claim: what is planned waits in the outbox
 * until there is room. Whoever comes after the last place is decided on a request that says so. Service mail and what the law asks for have a place
 * kept as long as they wait, whichever bucket and worker they wait for (rules.md section 1: they go first).
 */
export class SendingRoom {
  private taken = 0;
  private full: RequestFacts | undefined;

  private constructor(
    private readonly request: RequestFacts,
    private readonly today: number,
    private readonly thisHour: number,
    private readonly hour: Date,
  ) {}

  /** Undefined for a domain without limits, which is asked nothing. */
  static async load(sql: Sql, request: RequestFacts, now: Date): Promise<SendingRoom | undefined> {
    const { domain, dailyLimit: daily, hourlyLimit: hourly } = request.sending;
    if (request.phase !== 'claim' || (daily === null && hourly === null)) return undefined;
    const hour = new Date(Math.floor(now.getTime() / HOUR) * HOUR);
    const day = new Date(Math.floor(now.getTime() / DAY) * DAY);
    await lockSendingDomain(sql, domain);
    const most = Math.min(daily ?? Infinity, hourly ?? Infinity);
    const { today, this_hour: thisHour, waiting } = await readSendingCounts(sql, domain, day, hour, classesBefore(request.messageClass), now, most);
    return new SendingRoom(request, (daily ?? Infinity) - today - waiting, (hourly ?? Infinity) - thisHour - waiting, hour);
  }

  /** What the next message is decided on. */
  requestNow(): RequestFacts {
    const [dayIsFull, hourIsFull] = [this.taken >= this.today, this.taken >= this.thisHour];
    if (!dayIsFull && !hourIsFull) return this.request;
    if (this.full?.sending.warmUpFullUntil != null === dayIsFull && this.full?.sending.throttledUntil != null === hourIsFull && this.full) return this.full;
    const nextHour = this.hour.getTime() + HOUR;
    const nextDay = (Math.floor(this.hour.getTime() / DAY) + 1) * DAY;
    this.full = {
      ...this.request,
      sending: { ...this.request.sending, warmUpFullUntil: dayIsFull ? nextDay / 1_000 : null, throttledUntil: hourIsFull ? nextHour / 1_000 : null },
    };
    return this.full;
  }

  take(): void {
    this.taken += 1;
  }

  async keep(sql: Sql): Promise<void> {
    if (this.taken > 0) await addSendingCount(sql, this.request.sending.domain, this.hour, this.taken);
  }
}
