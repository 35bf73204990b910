import type { Result } from '../core/shared/result.js';
import { nextAttempt } from '../core/mail/retry.js';
import { meaningOf } from '../core/mail/smtp-reply.js';
import { assertNever } from '../core/shared/assert-never.js';
import type { MailTransport, SendOutcome } from '../platform/mail/transport.js';
import type { ClaimedMessage } from './claim.service.js';
import type { ComposedMail } from './compose-mail.service.js';
import type { DeliveryResult, MessageKey } from './delivery.queries.js';

/** What became of a message, and whether its address turned out not to exist. */
export interface HandedOver {
  readonly result: DeliveryResult;
  readonly suppress: Buffer | undefined;
  /** The server could not be used: no more messages go to it for now. */
  readonly serverDown: boolean;
}

export interface HandOverPort {
  compose(message: ClaimedMessage): Result<ComposedMail, string>;
  /** Writes results and starts messages: gives the ids of those that may go. */
  recordAndStart(finished: readonly HandedOver[], next: readonly ClaimedMessage[]): Promise<ReadonlySet<number>>;
  now(): Date;
}

/** How long a result may wait for company before it is written. */
const FLUSH_MS = 200;

/**
 * Hands claimed messages over, with at most `connections` of them marked `sending` and not yet recorded: that is how many can become
 * uncertain in a crash. Each round is one statement that records what has finished and starts as many again. It waits until half of the places
 * are free, and for the others as long as the last round took: a quick mail server then has all places in each round (of 60 places a statement per
 * 60 messages, where the commit to disk is what takes time), and a slow one is not kept waiting for its slowest answer.
 */
export class HandOver {
  private readonly pending: ClaimedMessage[] = [];
  private readonly finished: HandedOver[] = [];
  private inFlight = 0;
  private ended = false;
  private wakeUp: (() => void) | undefined;
  private firstFinishedAt = 0;
  private lastStartAt = 0;
  private lastRoundMs = 0;
  private drainListeners: (() => void)[] = [];
  stopped = false;
  readonly withheld: MessageKey[] = [];

  constructor(
    private readonly transport: MailTransport,
    private readonly port: HandOverPort,
  ) {}

  get waiting(): number {
    return this.pending.length;
  }

  add(messages: readonly ClaimedMessage[]): void {
    this.pending.push(...messages);
    this.wake();
  }

  /** No more will be added: `run` returns when all is done. */
  end(): void {
    this.ended = true;
    this.wake();
  }

  /** Starts nothing any more; what is in flight is finished and recorded. */
  stop(): void {
    this.stopped = true;
    this.announceDrain();
    this.wake();
  }

  /** Resolves when messages have been started since, or none will be. */
  drained(): Promise<void> {
    return new Promise((resolve) => this.drainListeners.push(resolve));
  }

  /** What was claimed and not started. */
  takeRest(): MessageKey[] {
    return this.pending.splice(0).map(keyOf);
  }

  /** Waits for what is in flight, and gives what `run` could not record. */
  async takeUnrecorded(): Promise<HandedOver[]> {
    while (this.inFlight > 0) await this.sleep(Infinity);
    return this.finished.splice(0);
  }

  async run(): Promise<void> {
    try {
      for (;;) {
        const wait = this.timeToNextRound();
        if (wait === undefined) return;
        if (wait > 0) await this.sleep(wait);
        else await this.round();
      }
    } finally {
      this.stop(); // also when the database went away: whoever feeds us must not wait for ever
    }
  }

  /** 0: now; a time: then, or when something happens; undefined: all is done. */
  private timeToNextRound(): number | undefined {
    const { connections } = this.transport;
    const startable = this.stopped ? 0 : this.pending.length;
    if (this.inFlight === 0) {
      if (startable > 0 || this.finished.length > 0) return 0;
      return this.ended || this.stopped ? undefined : Infinity;
    }
    const free = connections - this.inFlight;
    const now = performance.now();
    // All places are free only where nothing is in flight, which is above.
    const startWait = startable > 0 && free >= Math.min(Math.ceil(connections / 2), startable) ? this.lastStartAt + this.lastRoundMs - now : Infinity;
    const flushWait = this.finished.length > 0 ? this.firstFinishedAt + FLUSH_MS - now : Infinity;
    return Math.max(0, Math.min(startWait, flushWait));
  }

  private async round(): Promise<void> {
    const results = this.finished.splice(0);
    const next = this.stopped ? [] : this.pending.splice(0, this.transport.connections - this.inFlight);
    this.announceDrain();
    const asked = performance.now();
    const recorded = this.port.recordAndStart(results, next);
    // Written while the database answers: on one core this is where the time goes.
    const composed = next.map((message) => this.port.compose(message));
    const started = await recorded.catch((error: unknown) => {
      // What we know is not lost with the database: what was accepted stays accepted, and these were surely not handed over.
      this.finished.unshift(...results);
      this.pending.unshift(...next);
      for (const message of next) this.finished.push({ result: resultOf(message, 'queued', 'The database was away.'), suppress: undefined, serverDown: true });
      throw error;
    });
    this.lastStartAt = performance.now();
    this.lastRoundMs = this.lastStartAt - asked;
    next.forEach((message, index) => {
      const mail = composed[index];
      if (!mail || !started.has(message.message.message_id)) return void this.withheld.push(keyOf(message));
      this.inFlight += 1;
      if (!mail.ok) this.finish({ result: resultOf(message, 'failed', mail.error), suppress: undefined, serverDown: false });
      else void this.send(message, mail.value);
    });
  }

  private async send(message: ClaimedMessage, mail: ComposedMail): Promise<void> {
    let outcome: SendOutcome;
    try {
      outcome = await this.transport.send(mail.envelope, mail.source);
    } catch (error) {
      outcome = { kind: 'unknown', reason: error instanceof Error ? error.message : 'unexpected trouble' };
    }
    this.finish(handedOver(message, outcome, this.port.now()));
  }

  private finish(result: HandedOver): void {
    this.inFlight -= 1;
    if (this.finished.length === 0) this.firstFinishedAt = performance.now();
    this.finished.push(result);
    if (result.serverDown) this.stop();
    this.wake();
  }

  private announceDrain(): void {
    for (const resolve of this.drainListeners.splice(0)) resolve();
  }

  private wake(): void {
    this.wakeUp?.();
  }

  private async sleep(milliseconds: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.wakeUp = resolve;
      if (milliseconds !== Infinity) timer = setTimeout(resolve, milliseconds);
    });
    clearTimeout(timer);
    this.wakeUp = undefined;
  }
}

export function keyOf({ message }: ClaimedMessage): MessageKey {
  return { contactId: message.contact_id, messageId: message.message_id };
}

function handedOver(claimed: ClaimedMessage, outcome: SendOutcome, now: Date): HandedOver {
  switch (outcome.kind) {
    case 'accepted':
      return { result: { ...resultOf(claimed, 'sent', outcome.response), sentAt: now, attempted: true }, suppress: undefined, serverDown: false };
    case 'refused':
      return refused(claimed, outcome.code, outcome.response, now);
    case 'not_handed_over':
      return { result: resultOf(claimed, 'queued', outcome.reason), suppress: undefined, serverDown: true };
    case 'unknown':
      return { result: { ...resultOf(claimed, 'uncertain', outcome.reason), attempted: true }, suppress: undefined, serverDown: false };
    default:
      return assertNever(outcome);
  }
}

function refused(claimed: ClaimedMessage, code: number, response: string, now: Date): HandedOver {
  const meaning = meaningOf(code, response);
  const { attempts, queued_at: queuedAt } = claimed.message;
  const dueAt = meaning.kind === 'retry' ? nextAttempt(attempts + 1, queuedAt, now) : undefined;
  const result = { ...resultOf(claimed, dueAt ? 'queued' : 'failed', response), dueAt: dueAt ?? null, attempted: true };
  return { result, suppress: meaning.kind === 'failed' && meaning.suppress ? (claimed.person.addressHash ?? undefined) : undefined, serverDown: false };
}

function resultOf(claimed: ClaimedMessage, state: DeliveryResult['state'], response: string): DeliveryResult {
  return { ...keyOf(claimed), state, sentAt: null, dueAt: null, attempted: false, response: response.slice(0, 500) };
}
