import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Inject, Injectable, Logger } from '@nestjs/common';
import { SuppressionsService } from '../consent/suppressions.service.js';
import { Clock } from '../platform/clock/clock.js';
import type { Taking } from '../decisions/buckets.queries.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { packBuckets } from '../campaigns/pack-buckets.js';
import { Sql } from '../platform/database/sql.js';
import { MailTransport } from '../platform/mail/transport.js';
import { Metrics } from '../platform/metrics/metrics.js';
import { type ClaimedBatch, ClaimService, type ClaimedMessage } from './claim.service.js';
import { ComposeMailService } from './compose-mail.service.js';
import { listDueBuckets, listFirstBuckets, markUncertain, recordAndStart, releaseClaims } from './delivery.queries.js';
import { HandOver, keyOf, type HandedOver } from './hand-over.js';

export interface DeliveryReport {
  readonly sent: number;
  readonly failed: number;
  /** Refused for now by a mail server; they have a later due time. */
  readonly retried: number;
  /** The second decision's. */
  readonly denied: number;
  readonly deferred: number;
  readonly review: number;
  /** May or may not have arrived: listed under /api/v1/messages?state=uncertain. */
  readonly uncertain: number;
  /** Claimed, and stopped by a change before the hand-over: a pause, a withdrawal. Decided again in a minute. */
  readonly withheld: number;
  /** The mail server could not be used; everything not sent is still queued. */
  readonly serverDown: boolean;
}

const EMPTY: DeliveryReport = { sent: 0, failed: 0, retried: 0, denied: 0, deferred: 0, review: 0, uncertain: 0, withheld: 0, serverDown: false };
/** The next batch is claimed while this share of one still waits, so that the mail server never waits for the database. */
const CLAIM_AHEAD = 0.5;
const WITHHELD_MS = 60_000;
/** Of mail that goes first so much is looked up at a time. */
const FIRST_AT_ONCE = 10_000;

/** Sends what is queued and due: claim (second decision and lease) → write → hand over → record, in overlapping batches. */
@Injectable()
export class DeliveryService implements BeforeApplicationShutdown {
  private readonly logger = new Logger('delivery');
  private readonly worker = randomUUID();
  private run = 0;
  private last: Promise<unknown> = Promise.resolve();
  private current: HandOver | undefined;
  private closing = false;

  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly claims: ClaimService,
    private readonly composer: ComposeMailService,
    private readonly transport: MailTransport,
    private readonly suppressions: SuppressionsService,
    private readonly metrics: Metrics,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Delivers everything due (of these buckets, where named). One run at a time in a process, so that its connections bound what is in flight. */
  deliverDue(now: Date, options: { readonly buckets?: readonly number[] } = {}): Promise<DeliveryReport> {
    const run = this.last.then(() => this.deliver(now, options.buckets));
    this.last = run.catch(() => undefined);
    return run;
  }

  /** Batches of buckets with mail that is due, each of about one claim. */
  async duePacks(now: Date): Promise<number[][]> {
    return packBuckets(await listDueBuckets(this.sql, undefined, now, this.config.batchSize), this.config.batchSize);
  }

  /** What a crash left in the middle of a hand-over becomes uncertain. */
  async recover(): Promise<number> {
    const uncertain = await markUncertain(this.sql);
    if (uncertain.length > 0) this.logger.warn(`${uncertain.length} message(s) were being handed over when a process ended; they are uncertain and not sent again: see /api/v1/messages?state=uncertain`);
    this.metrics.messages.inc({ state: 'uncertain' }, uncertain.length);
    return uncertain.length;
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.closing = true;
    this.current?.stop();
    await this.last;
    await this.transport.close();
  }

  private async deliver(now: Date, buckets: readonly number[] | undefined): Promise<DeliveryReport> {
    const tally = new Tally();
    tally.add('uncertain', await this.recover());
    if (this.closing) return tally.report;
    if (this.transport.pausedFor() > 0) return { ...tally.report, serverDown: true };
    const owner = `${this.worker}:${(this.run += 1)}`;
    const handOver = new HandOver(this.transport, {
      now: () => this.clock.now(),
      compose: (message) => this.composer.compose(message, this.clock.now()),
      recordAndStart: (finished, next) => this.recordAndStart(owner, finished, next, tally),
    });
    this.current = handOver;
    try {
      await Promise.all([handOver.run(), this.feed(handOver, owner, buckets, now, tally)]);
    } finally {
      handOver.stop();
      await this.recordRest(handOver, owner, tally);
      this.current = undefined;
      await this.giveBack(handOver, owner, now);
    }
    tally.add('withheld', handOver.withheld.length);
    return { ...tally.report, serverDown: tally.serverDown };
  }

  private async feed(handOver: HandOver, owner: string, buckets: readonly number[] | undefined, now: Date, tally: Tally): Promise<void> {
    try {
      for (const pack of packBuckets(await listDueBuckets(this.sql, buckets, now, this.config.batchSize), this.config.batchSize)) {
        await this.feedFirst(handOver, owner, now, tally);
        // Those first that no planner is at: a bucket is waited for only when nothing else is left of the pack.
        for (let left = pack, which: Taking = 'free'; left.length > 0 && !handOver.stopped; ) {
          const batch = await this.claims.claim(left, owner, now, which);
          await this.take(handOver, batch, tally);
          if (!batch.more) left = left.filter((bucket) => !batch.buckets.includes(bucket));
          if (batch.buckets.length === 0) which = 'first';
        }
      }
    } finally {
      handOver.end();
    }
  }

  /** What goes before all other mail, from every bucket that is free, before each pack of a long run: a recall does not wait for a newsletter to be over. */
  private async feedFirst(handOver: HandOver, owner: string, now: Date, tally: Tally): Promise<void> {
    for (const pack of packBuckets(await listFirstBuckets(this.sql, now, FIRST_AT_ONCE), this.config.batchSize)) {
      for (let left = pack; left.length > 0 && !handOver.stopped; ) {
        const batch = await this.claims.claim(left, owner, now, 'free', 'first');
        await this.take(handOver, batch, tally);
        left = batch.more ? [...batch.buckets] : [];
      }
    }
  }

  private async take(handOver: HandOver, batch: ClaimedBatch, tally: Tally): Promise<void> {
    tally.add('denied', batch.denied);
    tally.add('deferred', batch.deferred);
    tally.add('review', batch.review);
    handOver.add(batch.claimed);
    while (handOver.waiting > CLAIM_AHEAD * this.config.batchSize && !handOver.stopped) await handOver.drained();
  }

  /** Suppressions first, in the same transaction: once a message is known to have no receiver, its address is never mailed again. */
  private async recordAndStart(owner: string, finished: readonly HandedOver[], next: readonly ClaimedMessage[], tally: Tally): Promise<ReadonlySet<number>> {
    const now = this.clock.now();
    const gone = finished.flatMap(({ suppress }) => (suppress ? [{ addressHash: suppress, reason: 'hard_bounce' as const, source: 'smtp' }] : []));
    const write = (sql: Sql): ReturnType<typeof recordAndStart> => recordAndStart(sql, owner, finished.map(({ result }) => result), next.map(keyOf), now, this.config.leaseSeconds);
    const started =
      gone.length === 0
        ? await write(this.sql)
        : await this.sql.transaction(async (sql) => {
            await this.suppressions.suppress(sql, gone, now);
            return write(sql);
          });
    for (const { result, serverDown } of finished) {
      if (serverDown) tally.serverDown = true;
      else tally.add(result.state === 'queued' ? 'retried' : result.state, 1);
      this.metrics.messages.inc({ state: result.state === 'queued' ? 'retried' : result.state });
    }
    return new Set(started.map(({ message_id: id }) => id));
  }

  /** After the database was away: the outcomes that are known are written as soon as it is back, for as long as their lease may last. */
  private async recordRest(handOver: HandOver, owner: string, tally: Tally): Promise<void> {
    const rest = await handOver.takeUnrecorded();
    const until = performance.now() + this.config.leaseSeconds * 1_000;
    for (let wait = 250; rest.length > 0; wait = Math.min(wait * 2, 4_000)) {
      try {
        await this.recordAndStart(owner, rest, [], tally);
        return;
      } catch (error) {
        if (performance.now() + wait > until) throw error;
        await sleep(wait);
      }
    }
  }

  private async giveBack(handOver: HandOver, owner: string, now: Date): Promise<void> {
    const rest = handOver.takeRest();
    if (rest.length > 0) await releaseClaims(this.sql, owner, rest, null);
    if (handOver.withheld.length > 0) await releaseClaims(this.sql, owner, handOver.withheld, new Date(now.getTime() + WITHHELD_MS));
  }
}

type Counted = 'sent' | 'failed' | 'retried' | 'denied' | 'deferred' | 'review' | 'uncertain' | 'withheld';

class Tally {
  report: DeliveryReport = EMPTY;
  serverDown = false;

  add(what: Counted, count: number): void {
    this.report = { ...this.report, [what]: this.report[what] + count };
  }
}
