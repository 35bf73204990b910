import type { AddressInfo } from 'node:net';
import { createHttpApplication } from '../../src/application.js';
import { WriteKeysService } from '../../src/customers/ingest/write-keys.service.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { startTemporaryPlatform } from '../support/temporary-platform.js';

const BATCH = 500;
const NAMES = 100_000;
const NAMES_A_MESSAGE = 100;
const MESSAGES_OF_NAMES = 20;

/** What a broken or hostile client does: one messageId a million times, each with another content; and 100,000 names of attributes. */
export async function run(args: string[]): Promise<Record<string, unknown>> {
  const at = args.indexOf('--messages');
  const messages = at < 0 ? 1_000_000 : Number(args[at + 1]);
  if (!Number.isInteger(messages) || messages < BATCH) throw new Error(`--messages wants a whole number from ${BATCH}`);
  const temporary = await startTemporaryPlatform({ TACTFUL_ROLES: 'api' });
  const app = await createHttpApplication(temporary.platform, temporary.logger);
  try {
    const { sql } = temporary.platform.database;
    await app.listen(0, '127.0.0.1');
    const send = sender(`http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}/v1/batch`, await writeKey(sql, app.get(WriteKeysService, { strict: false })));
    const before = await standing(sql);
    const heap = heapMb();
    let sent = 0;
    const again = await timed(async () => {
      const batch = (): object[] => Array.from({ length: BATCH }, () => ({ type: 'track', userId: `u${(sent += 1)}`, event: `Clicked ${sent}`, messageId: 'again', properties: { sent }, timestamp: new Date().toISOString() }));
      await parallel(messages / BATCH, 16, () => send(batch()));
    });
    const after = await standing(sql);
    const heapGrew = heapMb() - heap;
    const named = await timed(async () => {
      let name = 0;
      const traits = (): object => Object.fromEntries(Array.from({ length: NAMES_A_MESSAGE }, () => [`name_${(name += 1)}`, 1]));
      await parallel(NAMES / NAMES_A_MESSAGE / MESSAGES_OF_NAMES, 16, () => send(Array.from({ length: MESSAGES_OF_NAMES }, (_, index) => ({ type: 'identify', userId: `named${index}`, traits: traits() }))));
    });
    const { definitions, widest } = await sql.one<{ definitions: number; widest: number }>(
      'bench.names',
      `select (select count(*) from attribute_definitions where source = 'flood')::int as definitions, (select max(length(attributes::text)) from contacts) as widest`,
    );
    return {
      messages, seconds: again.seconds, per_s: Math.round(messages / again.seconds), events: after.events - before.events, receipts: after.receipts - before.receipts, contacts: after.contacts - before.contacts,
      database_grew_kb: Math.round((after.bytes - before.bytes) / 1024), heap_grew_mb: heapGrew, rss_peak_mb: again.rss,
      names: NAMES, names_seconds: named.seconds, definitions, widest_attributes_bytes: widest, names_rss_peak_mb: named.rss,
    };
  } finally {
    await app.close();
    await temporary.remove();
  }
}

async function writeKey(sql: Sql, keys: WriteKeysService): Promise<string> {
  await sql.exec('bench.purpose', `insert into purposes (purpose, name_nl, name_en, legal_basis, retention_days) values ('bench', 'x', 'x', 'consent', 365)`);
  const input = { source: 'flood', kind: 'server' as const, purposes: ['bench'], noticeVersion: '1', consentCategories: {}, consentWordingVersion: null, allowedOrigins: [], eventsPerSecond: 100_000 };
  const made = await keys.create(input, 'bench');
  if (!made.ok) throw new Error(JSON.stringify(made.error));
  return made.value.key;
}

/** Sends a batch until it is taken: whoever is told to wait waits, as clients do. */
function sender(url: string, key: string): (batch: readonly object[]) => Promise<void> {
  const headers = { authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`, 'content-type': 'application/json' };
  return async (batch) => {
    const body = JSON.stringify({ batch });
    for (;;) {
      const answer = await fetch(url, { method: 'POST', headers, body });
      await answer.text();
      if (answer.status === 200) return;
      if (answer.status !== 429 && answer.status !== 503) throw new Error(`refused: ${answer.status}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
}

async function parallel(times: number, atOnce: number, work: () => Promise<void>): Promise<void> {
  let left = times;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while ((left -= 1) >= 0) await work();
  }));
}

/** How long it takes, and the most memory of this process (server and client) meanwhile. */
async function timed(work: () => Promise<void>): Promise<{ seconds: number; rss: number }> {
  let rss = 0;
  const watch = setInterval(() => (rss = Math.max(rss, process.memoryUsage.rss())), 100);
  const started = performance.now();
  await work().finally(() => clearInterval(watch));
  return { seconds: Number(((performance.now() - started) / 1_000).toFixed(1)), rss: Math.round(rss / 1e6) };
}

/** What is still held once nobody needs it. */
function heapMb(): number {
  globalThis.gc?.();
  return Math.round(process.memoryUsage().heapUsed / 1e6);
}

function standing(sql: Sql): Promise<{ events: number; receipts: number; contacts: number; bytes: number }> {
  return sql.one(
    'bench.standing',
    `select (select count(*) from events) as events, (select count(*) from tracking_receipts) as receipts, (select count(*) from contacts) as contacts, pg_database_size(current_database()) as bytes`,
  );
}
