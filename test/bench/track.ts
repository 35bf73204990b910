import { fork } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type FastifyInstance, fastify } from 'fastify';
import { createHttpApplication } from '../../src/application.js';
import { WriteKeysService } from '../../src/customers/ingest/write-keys.service.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { startTemporaryPlatform } from '../support/temporary-platform.js';
import type { Load, LoadReport } from './track-load.js';

const PEOPLE = 100_000;

/** One-event requests to the tracking API, each durable before it is answered, against an HTTP server that does nothing with the same requests. */
export async function run(args: string[]): Promise<Record<string, unknown>> {
  const at = args.indexOf('--seconds');
  const seconds = at < 0 ? 10 : Number(args[at + 1]);
  if (!Number.isInteger(seconds) || seconds < 2) throw new Error('--seconds wants a whole number from 2');
  const temporary = await startTemporaryPlatform({ TACTFUL_ROLES: 'api' });
  const app = await createHttpApplication(temporary.platform, temporary.logger);
  const bare = await bareServer();
  try {
    const { sql } = temporary.platform.database;
    await app.listen(0, '127.0.0.1');
    const key = await prepare(sql, app.get(WriteKeysService, { strict: false }));
    const load = { url: `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`, key, people: PEOPLE };
    await applyLoad({ ...load, seconds: 2, connections: 32, kind: 'known' }); // warm up
    const cpu = process.cpuUsage();
    const known = await applyLoad({ ...load, seconds, connections: 64, kind: 'known' });
    const spent = process.cpuUsage(cpu);
    const few = await applyLoad({ ...load, seconds: Math.ceil(seconds / 2), connections: 8, kind: 'known' });
    const mixed = await applyLoad({ ...load, seconds, connections: 64, kind: 'mixed' });
    const again = await applyLoad({ ...load, seconds: Math.ceil(seconds / 2), connections: 64, kind: 'again' });
    const http = await applyLoad({ ...load, url: bare.url, seconds: Math.ceil(seconds / 2), connections: 64, kind: 'known' });
    const { events } = await sql.one<{ events: number }>('bench.events', `select count(*) as events from events where source = 'bench'`);
    return {
      known_per_s: known.perSecond, known_p50_ms: known.p50, known_p99_ms: known.p99, known_cpu_us: Math.round((spent.user + spent.system) / (known.perSecond * seconds)), eight_connections_per_s: few.perSecond, eight_connections_p50_ms: few.p50, eight_connections_p99_ms: few.p99,
      mixed_per_s: mixed.perSecond, mixed_p99_ms: mixed.p99, repeated_per_s: again.perSecond, http_per_s: http.perSecond, vs_http: Number((known.perSecond / http.perSecond).toFixed(3)),
      failed: known.failed + few.failed + mixed.failed + again.failed, stored: events, rss_mb: Math.round(process.memoryUsage.rss() / 1e6),
    };
  } finally {
    await bare.server.close();
    await app.close();
    await temporary.remove();
  }
}

/** What the machine can do at most: the same requests, parsed and answered. */
async function bareServer(): Promise<{ server: FastifyInstance; url: string }> {
  const server = fastify();
  server.post('/v1/track', (_request, reply) => void reply.send({ success: true }));
  server.post('/v1/identify', (_request, reply) => void reply.send({ success: true }));
  return { server, url: await server.listen({ port: 0, host: '127.0.0.1' }) };
}

async function prepare(sql: Sql, keys: WriteKeysService): Promise<string> {
  await sql.exec('bench.purpose', `insert into purposes (purpose, name_nl, name_en, legal_basis, retention_days) values ('bench', 'x', 'x', 'consent', 365)`);
  await sql.exec(
    'bench.people',
    `insert into contacts (contact_id, bucket, source, created_at, updated_at) select id, bucket_of(id, null), 'bench', now(), now() from generate_series(1, $1::bigint) id`,
    [PEOPLE],
  );
  await sql.exec('bench.sequence', `select setval(pg_get_serial_sequence('contacts', 'contact_id'), $1)`, [PEOPLE]);
  await sql.exec('bench.identities', `insert into identities (kind, value, contact_id) select 'user_id', 'u' || id, id from generate_series(1, $1::bigint) id`, [PEOPLE]);
  await sql.exec('bench.analyze', 'analyze');
  const input = { source: 'bench', kind: 'server' as const, purposes: ['bench'], noticeVersion: '1', consentCategories: {}, consentWordingVersion: null, allowedOrigins: [], eventsPerSecond: 100_000 };
  const made = await keys.create(input, 'bench');
  if (!made.ok) throw new Error(JSON.stringify(made.error));
  return made.value.key;
}

/** In a process of its own: what asks must not share the loop of what answers. */
function applyLoad(load: Load): Promise<LoadReport> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('./track-load.js', import.meta.url)));
    child.once('message', (report) => {
      const { perSecond, p50, p99, failed } = report as LoadReport;
      console.error(`${load.kind}, ${load.connections} connections: ${perSecond}/s, p50 ${p50} ms, p99 ${p99} ms, ${failed} failed`);
      resolve(report as LoadReport);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the load ended with ${code}`)));
    child.send(load);
  });
}
