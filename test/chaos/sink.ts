import { SMTPServer } from 'smtp-server';
import { freePort } from '../../src/platform/database/free-port.js';

export interface Delivery {
  readonly messageId: string;
  readonly recipient: string;
  readonly at: number;
}

/** A mail server that accepts everything and remembers who got what: the only witness that counts. */
export class Sink {
  readonly deliveries: Delivery[] = [];
  private readonly server: SMTPServer;

  constructor() {
    this.server = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      disableReverseLookup: true,
      logger: false,
      onData: (stream, session, done) => {
        let head = '';
        stream.on('data', (chunk: Buffer) => {
          if (head.length < 16_384) head += chunk.toString('latin1');
        });
        stream.on('end', () => {
          const messageId = /^Message-ID:\s*(<[^>]+>)/im.exec(head)?.[1] ?? '';
          for (const { address } of session.envelope.rcptTo) this.deliveries.push({ messageId, recipient: address, at: Date.now() });
          done();
        });
      },
    });
    this.server.on('error', () => undefined); // a client that was killed leaves broken connections behind
  }

  async listen(): Promise<string> {
    const port = await freePort();
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    return `smtp://127.0.0.1:${port}`;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(resolve));
  }
}
