import { mkdtempSync, rmSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { runMigrations } from 'bullmq';
import { migrate, openDatabase } from '../../src/platform/database/database.js';
import { startEmbeddedPostgres } from '../../src/platform/database/embedded-postgres.js';

// The process behind test/support/global-setup.mjs: prints the server's URL, lives until its input ends.
const dataDir = mkdtempSync(join(tmpdir(), 'tactful-test-'));
chmodSync(dataDir, 0o755);
const server = await startEmbeddedPostgres({ dataDir, durable: false, settings: { max_connections: '300', shared_buffers: '128MB' } });

const template = await openDatabase({ url: server.url, connections: 2 });
await migrate(template);
await template.source.destroy();
const client = new pg.Client({ connectionString: server.url });
await client.connect();
await runMigrations(client); // the queue's tables: a second saved in every file that starts workers
await client.end();

console.log(server.url);

process.stdin.resume().on('end', () => void end());
process.on('SIGTERM', () => void end());

async function end(): Promise<void> {
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
  process.exit(0);
}
