import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/platform/database/embedded-postgres.js';

describe('the embedded database', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tactful-embedded-'));
  chmodSync(dataDir, 0o755);
  let server: EmbeddedPostgres;
  afterAll(async () => {
    await server?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const ask = async (text: string): Promise<unknown> => {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    try {
      return Object.values((await client.query(text)).rows[0] ?? {})[0];
    } finally {
      await client.end();
    }
  };

  it('starts on an empty folder, on loopback only, with a password', async () => {
    server = await startEmbeddedPostgres({ dataDir });
    expect(await ask('show listen_addresses')).toBe('127.0.0.1');
    expect(await ask('show unix_socket_directories')).toBe('');
    expect(await ask('show server_encoding')).toBe('UTF8');
    const stranger = new pg.Client({ connectionString: server.url.replace(/:[^:@]+@/, ':wrong@') });
    await expect(stranger.connect()).rejects.toThrow('password');
  });

  it('is taken over when another process finds it running', async () => {
    await ask('create table kept (value int)');
    const second = await startEmbeddedPostgres({ dataDir });
    expect(second).toMatchObject({ pid: server.pid, url: server.url });
  });

  it('goes on running while somebody else still works with it', async () => {
    const other = new pg.Client({ connectionString: server.url });
    await other.connect();
    await server.stop();
    expect((await other.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await other.end();
  });

  it('keeps its data over a kill -9', async () => {
    await ask('insert into kept values (42)');
    process.kill(server.pid, 'SIGKILL');
    for (let waited = 0; spawnSync('kill', ['-0', String(server.pid)]).status === 0 && waited < 100; waited += 1) await new Promise((resolve) => setTimeout(resolve, 50));
    server = await startEmbeddedPostgres({ dataDir });
    expect(await ask('select value from kept')).toBe(42);
  });

  it('is revived at the same address when it was killed', async () => {
    expect(await server.revive()).toBe(false);
    const { url, pid } = server;
    process.kill(pid, 'SIGKILL');
    for (let waited = 0; waited < 100 && !(await server.revive()); waited += 1) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.url).toBe(url);
    expect(server.pid).not.toBe(pid);
    expect(await ask('select value from kept')).toBe(42);
  });

  it('stops when asked', async () => {
    await server.stop();
    await expect(ask('select 1')).rejects.toThrow();
  });
});
