import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { RequestFilteringHttpsAgent } from 'request-filtering-agent';
import { WebhookSender } from '../../src/privacy/rights/recipients/webhook-sender.js';

const file = (name: string): string => readFileSync(join('test', 'support', 'data', 'https', name), 'utf8');

/** The sender as it is, but for this: it may call the test's own server, and knows its certificate (made for tests, good for a hundred years). */
export class TrustingSender extends WebhookSender {
  protected override readonly agent = new RequestFilteringHttpsAgent({ keepAlive: false, allowIPAddressList: ['127.0.0.1'], ca: file('certificate.pem') });
  protected override readonly timeoutMs = 400;
}

/** May call the server too, and knows no certificate but those of the world. */
export class StrangerSender extends WebhookSender {
  protected override readonly agent = new RequestFilteringHttpsAgent({ keepAlive: false, allowIPAddressList: ['127.0.0.1'] });
}

export interface Call {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface HttpsRecipient {
  readonly url: string;
  readonly calls: Call[];
  answer: (call: Call, response: ServerResponse) => void;
  close(): Promise<void>;
}

/** A real https server that keeps what it is told. */
export async function startHttpsRecipient(): Promise<HttpsRecipient> {
  const calls: Call[] = [];
  const sockets = new Set<Socket>();
  const recipient = { url: '', calls, answer: (_: Call, response: ServerResponse): void => void response.writeHead(204).end() };
  const server = createServer({ cert: file('certificate.pem'), key: file('key.pem') }, (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const call = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(parts).toString() };
      calls.push(call);
      recipient.answer(call, response);
    });
  });
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  recipient.url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(recipient, {
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
