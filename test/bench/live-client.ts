import { Agent, request } from 'node:http';

/**
 * A tracking client in a process of its own: sends batches as Segment's libraries do (twenty calls each), at a steady pace. Over IPC it gets its
 * orders, and says what it sent and when: the moment just before the request, so that everything after it counts.
 */
export interface Orders {
  readonly url: string;
  readonly key: string;
  readonly perSecond: number;
  readonly seconds: number;
  readonly contacts: number;
  readonly seed: number;
}

export interface Sent {
  readonly contact: number;
  readonly event: string;
  readonly at: number;
}

const BATCH = 20;
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

process.on('message', (orders: Orders) => {
  void run(orders).then((result) => {
    process.send?.(result, () => process.disconnect());
  });
});

async function run(orders: Orders): Promise<{ sent: Sent[]; refused: number; seconds: number }> {
  const random = seeded(orders.seed);
  const sent: Sent[] = [];
  const pending = new Set<Promise<void>>();
  const batches = (orders.perSecond * orders.seconds) / BATCH;
  const started = performance.now();
  let refused = 0;
  for (let number = 0; number < batches; number += 1) {
    const due = started + (number * BATCH * 1_000) / orders.perSecond;
    const wait = due - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    const at = Date.now();
    const calls = Array.from({ length: BATCH }, (_, index) => call(orders, random, `${orders.seed}-${number}-${index}`, at));
    const post = send(orders, calls.map(({ message }) => message), at)
      .then((status) => {
        if (status === 200) sent.push(...calls.map(({ contact, event }) => ({ contact, event, at })));
        else refused += BATCH;
      })
      .catch(() => {
        refused += BATCH;
      })
      .finally(() => pending.delete(post));
    pending.add(post);
  }
  await Promise.all(pending);
  return { sent, refused, seconds: (performance.now() - started) / 1_000 };
}

/** Half are page views; a fifth is one of twenty events that segments and campaigns wait for. */
function call({ contacts }: Orders, random: () => number, messageId: string, at: number): { contact: number; event: string; message: object } {
  const dice = random();
  const number = 1 + Math.floor(random() * 20);
  const event = dice < 0.55 ? 'Page Viewed' : dice < 0.75 ? 'Product Viewed' : dice < 0.8 ? 'Signed In' : `Event ${number}`;
  let contact = 1 + Math.floor(random() * contacts);
  // The events that start a campaign have people of their own, so that each person gets one mail and it is known for which event.
  if (event.startsWith('Event ') && number <= 5) contact = Math.max(number, contact - (contact % 5) + number - 5);
  return { contact, event, message: { type: 'track', userId: `u${contact}`, event, messageId, timestamp: new Date(at).toISOString(), properties: { page: `/page/${number}`, amount: number } } };
}

function send({ url, key }: Orders, batch: readonly object[], at: number): Promise<number> {
  const body = JSON.stringify({ batch, sentAt: new Date(at).toISOString() });
  return new Promise((resolve, reject) => {
    const post = request(`${url}/v1/batch`, { method: 'POST', agent, headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` } }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    });
    post.once('error', reject);
    post.end(body);
  });
}

/** The same every run. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
