export interface Load {
  readonly url: string;
  readonly key: string;
  readonly people: number;
  readonly seconds: number;
  readonly connections: number;
  /** Tracks of known people; those with new visitors, joins and identifies among them; one message over and over. */
  readonly kind: 'known' | 'mixed' | 'again';
}

export interface LoadReport {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly failed: number;
}

interface Request {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string;
}

/** The part of autocannon that is used. */
type Autocannon = (options: { url: string; connections: number; duration: number; requests: (Request & { setupRequest: (request: Request) => Request })[] }) => Promise<{
  requests: { average: number };
  latency: { p50: number; p99: number };
  errors: number;
  non2xx: number;
}>;

const EVENTS = ['Page Viewed', 'Pricing Viewed', 'Order Completed', 'Signed In'];
let sent = 0;

function message({ kind, people }: Load): { path: string; body: object } {
  sent += 1;
  const userId = `u${1 + ((sent * 7_919) % people)}`;
  const properties = { url: `https://shop.example/products/${sent % 500}`, price: (sent % 100) / 2, category: 'garden' };
  const track = { userId, event: EVENTS[sent % EVENTS.length], properties, timestamp: new Date().toISOString(), messageId: kind === 'again' ? 'again' : `bench-${process.pid}-${Math.random()}` };
  if (kind !== 'mixed') return { path: '/v1/track', body: track };
  if (sent % 20 === 0) return { path: '/v1/identify', body: { userId, anonymousId: `v${sent - 10}`, traits: { plan: EVENTS[sent % 3], logins: sent } } };
  if (sent % 20 === 10) return { path: '/v1/track', body: { ...track, userId: undefined, anonymousId: `v${sent}` } };
  return { path: '/v1/track', body: track };
}

async function apply(load: Load): Promise<LoadReport> {
  const tool: string = 'autocannon'; // by name, because it brings no types
  const autocannon = ((await import(tool)) as { default: Autocannon }).default;
  const headers = { authorization: `Basic ${Buffer.from(`${load.key}:`).toString('base64')}`, 'content-type': 'application/json' };
  const setupRequest = (request: Request): Request => {
    const { path, body } = message(load);
    return { ...request, path, body: JSON.stringify(body) };
  };
  const result = await autocannon({ url: load.url, connections: load.connections, duration: load.seconds, requests: [{ method: 'POST', path: '/v1/track', headers, setupRequest }] });
  return { perSecond: Math.round(result.requests.average), p50: result.latency.p50, p99: result.latency.p99, failed: result.errors + result.non2xx };
}

process.once('message', (load) => void apply(load as Load).then((report) => process.send?.(report, () => process.exit(0))));
