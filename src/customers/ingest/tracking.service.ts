import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { Counter, Histogram } from 'prom-client';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { assertNever } from '../../core/shared/assert-never.js';
import { err, ok, type Result } from '../../core/shared/result.js';
import { Clock } from '../../platform/clock/clock.js';
import { Metrics } from '../../platform/metrics/metrics.js';
import { GroupCommit, Overloaded } from './group-commit.js';
import { type Accepted, IngestService, type StoredOutcome } from './ingest.service.js';
import { isWritable } from './sound-json.js';
import { type CallType, MOST_EVENT_BYTES, readCall } from './tracking-call.js';
import type { TrackingProblem } from './tracking-problem.js';
import { TrackingProblemsService } from './tracking-problems.service.js';
import type { WriteKeyRow } from './write-keys.queries.js';
import { WriteKeysService } from './write-keys.service.js';

export const MOST_BATCH_BYTES = 500 * 1024;
const MOST_BATCH_EVENTS = 2_500;

// One browser with the public key is not the whole site.
const EVENTS_PER_ADDRESS_AND_SECOND = 200;
const WRONG_KEYS_PER_ADDRESS_AND_MINUTE = 300;
const OUTAGES = new Set(['57P01', '57P02', '57P03', '08006', '08003', '08001', 'ECONNREFUSED', 'ECONNRESET']);

export interface TrackingRequest {
  readonly type: CallType | 'batch';
  /** The body as it came; undefined when there was none. */
  readonly text: string;
  readonly authorization: string | undefined;
  readonly ip: string;
  readonly userAgent: string | undefined;
  /** The page that a browser sends from. */
  readonly origin: string | undefined;
}

/** A problem with where it stands in the batch. */
export type PlacedProblem = TrackingProblem & { readonly index: number };

export interface TrackingAnswer {
  readonly rejected: readonly PlacedProblem[];
  readonly warnings: readonly PlacedProblem[];
}

export type TrackingRefusal =
  | { readonly kind: 'unauthenticated' }
  | { readonly kind: 'rate'; readonly retryAfterSeconds: number }
  | { readonly kind: 'origin' }
  | { readonly kind: 'overloaded' }
  | { readonly kind: 'unusable'; readonly problem: TrackingProblem };

/** The tracking API behind its routes: who sends, how much, what of it can be stored; answers when that is durable. */
@Injectable()
export class TrackingService implements BeforeApplicationShutdown {
  private readonly group: GroupCommit<Accepted, StoredOutcome>;
  private readonly limiters = new Map<number, RateLimiterMemory>();
  private readonly perAddress = new RateLimiterMemory({ points: EVENTS_PER_ADDRESS_AND_SECOND, duration: 1 });
  private readonly wrongKeys = new RateLimiterMemory({ points: WRONG_KEYS_PER_ADDRESS_AND_MINUTE, duration: 60 });
  private readonly messages: Counter;

  constructor(
    ingest: IngestService,
    private readonly keys: WriteKeysService,
    private readonly problems: TrackingProblemsService,
    private readonly clock: Clock,
    metrics: Metrics,
  ) {
    const sizes = new Histogram({ name: 'tactful_tracking_group_messages', help: 'Messages of one commit', buckets: [1, 5, 20, 50, 100, 250, 500, 1_000], registers: [metrics.registry] });
    this.messages = new Counter({ name: 'tactful_tracking_messages_total', help: 'Messages received, by what became of them', labelNames: ['outcome'], registers: [metrics.registry] });
    const store = (messages: readonly Accepted[]): Promise<StoredOutcome[]> => {
      sizes.observe(messages.length);
      return ingest.store(messages);
    };
    this.group = new GroupCommit(store, { most: 1_000, mostWaiting: 20_000, gatherMs: 2 }, (error) => OUTAGES.has((error as { code?: string }).code ?? ''));
  }

  async take(request: TrackingRequest): Promise<Result<TrackingAnswer, TrackingRefusal>> {
    const receivedAt = this.clock.now();
    const body = bodyOf(request.text);
    const key = await this.keys.authenticate(request.authorization, body?.['writeKey']);
    if (!key) {
      const left = await consume(this.wrongKeys, request.ip, 1);
      return left === undefined ? err({ kind: 'unauthenticated' }) : err({ kind: 'rate', retryAfterSeconds: left });
    }
    if (key.kind === 'browser' && key.allowed_origins.length > 0 && !key.allowed_origins.includes(request.origin ?? '')) return err({ kind: 'origin' });
    const given = body === undefined ? undefined : request.type === 'batch' ? body['batch'] : [body];
    if (!Array.isArray(given)) return this.unusable(key, { kind: body === undefined ? 'body_unreadable' : 'batch_missing' });
    const wait = await this.wait(key, request.ip, given.length);
    if (wait !== undefined) return err({ kind: 'rate', retryAfterSeconds: wait });
    const { accepted, indexes, rejected, warnings } = this.read(given, body ?? {}, key, request, receivedAt);
    if (request.type !== 'batch' && rejected[0]) return this.unusable(key, rejected[0]);
    try {
      for (const [position, problems] of (await this.group.submit(accepted)).entries()) warnings.push(...problems.map((problem) => ({ ...problem, index: indexes[position] ?? 0 })));
    } catch (error) {
      if (error instanceof Overloaded) return err({ kind: 'overloaded' });
      throw error;
    }
    for (const { index: _, ...problem } of [...rejected, ...warnings]) this.problems.note(key.write_key_id, problem);
    this.messages.inc({ outcome: 'taken' }, accepted.length);
    this.messages.inc({ outcome: 'rejected' }, rejected.length);
    // Whoever holds a browser's key, which is public, is not told which addresses were erased: it would be a way to ask.
    return ok({ rejected, warnings: key.kind === 'browser' ? warnings.filter(({ kind }) => kind !== 'address_erased') : warnings });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.group.drained();
  }

  /** A request that was cut off before it was read. */
  async tooLarge(authorization: string | undefined): Promise<TrackingRefusal> {
    const key = await this.keys.authenticate(authorization, undefined);
    const problem: TrackingProblem = { kind: 'body_too_large' };
    if (key) this.problems.note(key.write_key_id, problem);
    return { kind: 'unusable', problem };
  }

  private read(given: readonly unknown[], body: Readonly<Record<string, unknown>>, key: WriteKeyRow, request: TrackingRequest, receivedAt: Date) {
    const accepted: Accepted[] = [];
    const indexes: number[] = [];
    const rejected: PlacedProblem[] = [];
    const warnings: PlacedProblem[] = [];
    const mayBeLarge = request.text.length * 3 > MOST_EVENT_BYTES; // a character has up to three bytes
    for (const [index, one] of given.entries()) {
      if (index >= MOST_BATCH_EVENTS) rejected.push({ kind: 'too_many_events', index });
      else if (!isWritable(one)) rejected.push({ kind: 'nested_too_deep', index });
      else if (mayBeLarge && Buffer.byteLength(JSON.stringify(one) ?? '') > MOST_EVENT_BYTES) rejected.push({ kind: 'event_too_large', index });
      else {
        const read = readCall(request.type === 'batch' ? inContext(one, body['context']) : one, {
          source: key.source, receivedAt, ...(request.type === 'batch' ? { sentAt: body['sentAt'] } : { type: request.type }),
        });
        if (read.ok) {
          accepted.push({ call: read.value.call, key, receivedAt, ip: ipOf(one, key, request), userAgent: request.userAgent });
          indexes.push(index);
          warnings.push(...read.value.problems.map((problem) => ({ ...problem, index })));
        } else rejected.push({ ...read.error, index });
      }
    }
    return { accepted, indexes, rejected, warnings };
  }

  private unusable(key: WriteKeyRow, problem: TrackingProblem): Result<never, TrackingRefusal> {
    this.problems.note(key.write_key_id, problem);
    this.messages.inc({ outcome: 'rejected' });
    return err({ kind: 'unusable', problem });
  }

  /** Seconds to wait; undefined when there is room. */
  private async wait(key: WriteKeyRow, ip: string, events: number): Promise<number | undefined> {
    let limiter = this.limiters.get(key.write_key_id);
    if (limiter?.points !== key.events_per_second) this.limiters.set(key.write_key_id, (limiter = new RateLimiterMemory({ points: key.events_per_second, duration: 1 })));
    // A batch larger than the limit takes all of it, else it could never come in.
    const wait = await consume(limiter, 'all', Math.min(Math.max(events, 1), key.events_per_second));
    if (wait !== undefined) return wait;
    switch (key.kind) {
      case 'server':
        return undefined;
      case 'browser':
        return consume(this.perAddress, `${key.write_key_id} ${ip}`, Math.min(Math.max(events, 1), EVENTS_PER_ADDRESS_AND_SECOND));
      default:
        return assertNever(key.kind);
    }
  }
}

/** An object, or nothing that can be used; some clients write a byte order mark before it. A key such as __proto__ is a plain field here; what could not be stored is looked for in each message. */
function bodyOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** A batch may say its context once for all. */
function inContext(message: unknown, context: unknown): unknown {
  if (typeof message !== 'object' || message === null || Array.isArray(message) || Object.hasOwn(message, 'context') || context === undefined) return message;
  return { ...message, context };
}

/** The person's address: a server tells it in the context, a browser's is the caller's. */
function ipOf(message: unknown, key: WriteKeyRow, request: TrackingRequest): string | undefined {
  const told = (message as { context?: { ip?: unknown } | null } | null)?.context?.ip;
  if (key.kind === 'browser') return request.ip;
  return typeof told === 'string' && told.length <= 50 ? told : undefined;
}

async function consume(limiter: RateLimiterMemory, subject: string, points: number): Promise<number | undefined> {
  try {
    await limiter.consume(subject, points);
    return undefined;
  } catch (rejection) {
    if (rejection instanceof RateLimiterRes) return Math.max(1, Math.ceil(rejection.msBeforeNext / 1_000));
    throw rejection;
  }
}
