import type { Readable, Writable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { transportPause } from '../../core/mail/retry.js';
import type { SmtpTarget } from './smtp-target.js';
import { MailTransport, type Envelope, type SendOutcome } from './transport.js';

export interface SmtpTimeouts {
  /** To open a connection and hear the greeting. */
  readonly connect: number;
  /** Without a word from the server. */
  readonly silence: number;
  /** For one message in all, so that a server that answers a letter a minute does not hold it past its lease. */
  readonly message: number;
}

const TIMEOUTS: SmtpTimeouts = { connect: 15_000, silence: 60_000, message: 90_000 };

/** The fields that nodemailer puts on its errors. */
interface SmtpError extends Error {
  readonly command?: string;
  readonly responseCode?: number;
  readonly response?: string;
}

interface Waiting {
  readonly envelope: Envelope;
  readonly message: Buffer;
  readonly done: (outcome: SendOutcome) => void;
}

/**
 * A pool over nodemailer's own SMTP connection (TLS, AUTH, timeouts are its), without its mailer: that builds and scans
 * MIME we have built already (4,550 instead of 1,365 messages/s), and it does not say whether content went out before a
 * connection broke, which decides between "again" and "uncertain".
 */
export class SmtpTransport extends MailTransport {
  private readonly idle: SMTPConnection[] = [];
  private readonly waiting: Waiting[] = [];
  private readonly all = new Set<SMTPConnection>();
  private busy = 0;
  private failures = 0;
  private pausedUntil = 0;
  private closed = false;

  constructor(
    private readonly target: () => Promise<SmtpTarget>,
    readonly connections: number,
    private readonly name: string,
    private readonly timeouts: SmtpTimeouts = TIMEOUTS,
  ) {
    super();
  }

  send(envelope: Envelope, message: Buffer): Promise<SendOutcome> {
    return new Promise((done) => {
      this.waiting.push({ envelope, message, done });
      this.next();
    });
  }

  pausedFor(): number {
    return Math.max(0, this.pausedUntil - performance.now());
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const connection of this.all) connection.close();
    for (const { done } of this.waiting.splice(0)) done({ kind: 'not_handed_over', reason: 'the transport was closed' });
    await Promise.resolve();
  }

  private next(): void {
    while (this.busy < this.connections) {
      const waiting = this.waiting.shift();
      if (!waiting) return;
      this.busy += 1;
      void this.handle(waiting).then((outcome) => {
        this.busy -= 1;
        waiting.done(outcome);
        this.next();
      });
    }
  }

  private async handle({ envelope, message }: Waiting): Promise<SendOutcome> {
    for (let attempt = 1; ; attempt += 1) {
      if (this.closed) return { kind: 'not_handed_over', reason: 'the transport was closed' };
      if (this.pausedFor() > 0) return { kind: 'not_handed_over', reason: 'the mail server is left alone after it could not be reached' };
      const reused = this.idle.pop();
      let connection = reused;
      try {
        connection ??= await this.connect();
      } catch (error) {
        return this.trouble(error as Error);
      }
      const outcome = await this.handOver(connection, envelope, message);
      if (outcome.kind === 'accepted' || outcome.kind === 'refused') this.failures = 0;
      // A server may close a connection that was idle; that says nothing about the server, so a fresh one is tried once.
      if (outcome.kind !== 'not_handed_over' || attempt > 1 || !reused) return outcome.kind === 'not_handed_over' ? this.trouble(new Error(outcome.reason)) : outcome;
    }
  }

  private trouble(error: Error): SendOutcome {
    // The connections of a pool fail together: that is one failure, not ten.
    if (this.pausedFor() === 0) {
      this.failures += 1;
      this.pausedUntil = performance.now() + transportPause(this.failures);
    }
    return { kind: 'not_handed_over', reason: reasonOf(error) };
  }

  private async connect(): Promise<SMTPConnection> {
    const { host, port, secure, requireTLS, ignoreTLS, rejectUnauthorized, auth } = await this.target();
    const connection = new SMTPConnection({
      host, port, secure, name: this.name, requireTLS: requireTLS ?? false, ignoreTLS: ignoreTLS ?? false, tls: { rejectUnauthorized: rejectUnauthorized ?? true },
      connectionTimeout: this.timeouts.connect, greetingTimeout: this.timeouts.connect, socketTimeout: this.timeouts.silence, socketCloseTimeout: 1_000,
    });
    this.all.add(connection);
    connection.once('end', () => this.forget(connection));
    await new Promise<void>((resolve, reject) => {
      connection.once('error', reject);
      connection.connect((error) => (error ? reject(error) : resolve()));
    });
    connection.removeAllListeners('error');
    connection.on('error', () => this.forget(connection)); // between messages: it is simply no longer there
    if (auth) await new Promise<void>((resolve, reject) => connection.login({ user: auth.user, pass: auth.pass }, (error) => (error ? reject(error) : resolve())));
    return connection;
  }

  private async handOver(connection: SMTPConnection, envelope: Envelope, message: Buffer): Promise<SendOutcome> {
    let started = false;
    const content = contentOf(message, () => (started = true));
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        connection.close();
        finish(started ? { kind: 'unknown', reason: 'no answer in time after the content went out' } : { kind: 'not_handed_over', reason: 'the mail server took too long' });
      }, this.timeouts.message);
      const finish = (outcome: SendOutcome): void => {
        clearTimeout(timer);
        resolve(outcome);
      };
      connection.send({ from: envelope.from, to: [envelope.to] }, content as Readable, (error, info) => {
        if (!error) {
          this.keep(connection);
          return finish({ kind: 'accepted', response: info?.response ?? '' });
        }
        const outcome = outcomeOf(error, started);
        if (outcome.kind === 'refused') this.reset(connection);
        else connection.close();
        finish(outcome);
      });
    });
  }

  /** After a refused recipient the transaction is still open on the server: without RSET the next MAIL FROM is an error. */
  private reset(connection: SMTPConnection): void {
    if (connection.destroyed) return;
    connection.reset((error) => (error ? connection.close() : this.keep(connection)));
  }

  private keep(connection: SMTPConnection): void {
    if (this.closed) connection.close();
    else if (!connection.destroyed) this.idle.push(connection);
  }

  private forget(connection: SMTPConnection): void {
    this.all.delete(connection);
    const at = this.idle.indexOf(connection);
    if (at !== -1) this.idle.splice(at, 1);
  }
}

/**
 * The message as nodemailer's connection takes a stream: it asks for `pipe` exactly when the server has said 354, which is
 * how we know that content went out. Our messages need no dot-stuffing, so they go past that scan (`push`, not `write`);
 * the last line end is left to the stream, which ends every message with CRLF . CRLF.
 */
function contentOf(message: Buffer, onStart: () => void): { pipe(into: Writable): void } {
  return {
    pipe(into) {
      onStart();
      (into as Writable & Readable).push(message.subarray(0, message.length - 2));
      into.end();
    },
  };
}

function outcomeOf(error: SmtpError, started: boolean): SendOutcome {
  const { responseCode: code, command } = error;
  const answered = code !== undefined && code >= 400;
  if (answered && (started || (command !== 'CONN' && !isAboutUs(code, command)))) return { kind: 'refused', code, response: oneLine(error.response ?? error.message) };
  return { kind: started ? 'unknown' : 'not_handed_over', reason: reasonOf(error) };
}

/** Refusals that mean us, not the receiver: sign-in, or a sender the server will not have. No message is lost over an operator's mistake. */
function isAboutUs(code: number, command: string | undefined): boolean {
  return command === 'MAIL FROM' ? code >= 500 : [421, 530, 535, 538].includes(code);
}

function reasonOf(error: Error): string {
  return oneLine(error.message).slice(0, 200);
}

function oneLine(text: string): string {
   
  return text.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
}
