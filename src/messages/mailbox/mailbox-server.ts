import type { AddressInfo } from 'node:net';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { Clock } from '../../platform/clock/clock.js';
import { Sql } from '../../platform/database/sql.js';
import type { SmtpTarget } from '../../platform/mail/smtp-target.js';
import { type IncomingMail, insertMails } from './mailbox.queries.js';
import { subjectOf } from './subject-of.js';

const MAX_BYTES = 30 * 1024 * 1024;

interface Arrival {
  readonly mail: IncomingMail;
  readonly answer: (error?: Error | null) => void;
}

/**
 * A real SMTP server on a loopback port of its own: where mail goes while no mail server is configured. It answers a mail
 * only when it is stored; what arrives while one insert runs shares the next (group commit).
 */
@Injectable()
export class MailboxServer implements OnApplicationShutdown {
  private readonly logger = new Logger('mailbox');
  private readonly arrivals: Arrival[] = [];
  private server: SMTPServer | undefined;
  private starting: Promise<SmtpTarget> | undefined;
  private storing: Promise<void> | undefined;

  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
  ) {}

  /** Where to hand mail to; the first to ask starts the server. */
  target(): Promise<SmtpTarget> {
    this.starting ??= this.start().catch((error: unknown) => {
      this.starting = undefined;
      throw error;
    });
    return this.starting;
  }

  async onApplicationShutdown(): Promise<void> {
    const { server } = this;
    await this.storing;
    if (server) await new Promise<void>((resolve) => server.close(resolve));
  }

  private start(): Promise<SmtpTarget> {
    const server = new SMTPServer({
      name: 'mailbox.localhost', banner: 'Tactful mailbox', authOptional: true, disabledCommands: ['AUTH', 'STARTTLS'], disableReverseLookup: true, size: MAX_BYTES, logger: false, closeTimeout: 1_000,
      onData: (stream, session, answer) => this.receive(stream, session, answer),
    });
    server.on('error', (error) => this.logger.debug(error.message)); // a sender that hung up
    this.server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => {
        server.off('error', reject);
        resolve({ host: '127.0.0.1', port: (server.server.address() as AddressInfo).port, secure: false, ignoreTLS: true });
      });
    });
  }

  private receive(stream: SMTPServerDataStream, { envelope }: SMTPServerSession, answer: Arrival['answer']): void {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', (error) => answer(error));
    stream.on('end', () => {
      if (stream.sizeExceeded) return answer(Object.assign(new Error('Message too large'), { responseCode: 552 }));
      const source = Buffer.concat(chunks);
      const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
      const to = envelope.rcptTo.map(({ address }) => address.toLowerCase()).join(', ');
      this.arrivals.push({ mail: { receivedAt: this.clock.now(), from, to, subject: subjectOf(source), source }, answer });
      this.storing ??= this.store();
    });
  }

  private async store(): Promise<void> {
    while (this.arrivals.length > 0) {
      const batch = this.arrivals.splice(0);
      let failure: Error | null = null;
      try {
        await insertMails(this.sql, batch.map(({ mail }) => mail));
      } catch (error) {
        this.logger.error(error, 'mails could not be stored; their sender is told to try again');
        failure = Object.assign(new Error('Storage is not available'), { responseCode: 451 });
      }
      for (const { answer } of batch) answer(failure);
    }
    this.storing = undefined;
  }
}
