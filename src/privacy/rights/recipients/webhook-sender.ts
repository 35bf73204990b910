import type { Agent } from 'node:https';
import { request as httpsRequest } from 'node:https';
import { Injectable } from '@nestjs/common';
import { RequestFilteringHttpsAgent } from 'request-filtering-agent';

export type WebhookAnswer = { readonly ok: true; readonly response: string } | { readonly ok: false; readonly response: string; readonly forGood: boolean };

/**
 * Posts JSON to an address that somebody configured. Only https, never to an address inside the house (10/8, 127/8, 169.254/16, ::1 …): the agent looks at
 * what the name resolves to when it connects, so a name that changes its mind does not help. No redirects, and nothing of the answer is read but its status.
 */
@Injectable()
export class WebhookSender {
  protected readonly agent: Agent = new RequestFilteringHttpsAgent({ keepAlive: false });
  /** From the call to the status: a server that answers by the byte does not keep us longer. */
  protected readonly timeoutMs: number = 10_000;

  post(url: string, body: string, headers: Readonly<Record<string, string>>): Promise<WebhookAnswer> {
    if (!isHttps(url)) return Promise.resolve({ ok: false, response: 'only https addresses are called', forGood: true });
    return new Promise((resolve) => {
      const deadline = setTimeout(() => request.destroy(new Error('no answer in time')), this.timeoutMs);
      const answered = (answer: WebhookAnswer): void => {
        clearTimeout(deadline);
        resolve(answer);
      };
      const request = httpsRequest(
        url,
        { method: 'POST', agent: this.agent, headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'user-agent': 'Tactful', ...headers } },
        (answer) => {
          const status = answer.statusCode ?? 0;
          const taken = status >= 200 && status < 300;
          answered(taken ? { ok: true, response: `HTTP ${status}` } : { ok: false, response: `HTTP ${status}`, forGood: status === 410 });
          answer.destroy(); // what follows may be endless
        },
      );
      request.on('error', (error: Error) => answered({ ok: false, response: error.message.slice(0, 300), forGood: false }));
      request.end(body);
    });
  }
}

function isHttps(url: string): boolean {
  return URL.canParse(url) && new URL(url).protocol === 'https:';
}
