import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve as resolvePath } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from './free-port.js';
import { postgresBinaries, serverUser, type ServerUser } from './postgres-binaries.js';

export interface EmbeddedPostgres {
  /** postgresql://… of the database "tactful". */
  readonly url: string;
  readonly pid: number;
  /** Starts the server again, at the same address, if it is gone; true if it was. */
  revive(): Promise<boolean>;
  /** Stops the server, unless another process still works with it. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Where the data, the log and the password live; made when missing. */
  readonly dataDir: string;
  /** false: no fsync, for throw-away databases of tests. */
  readonly durable?: boolean;
  /** Left out: a free one. */
  readonly port?: number;
  readonly settings?: Readonly<Record<string, string>>;
}

const START_TIMEOUT_MS = 30_000;
const LINGERING_MS = 2_000;
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '256MB',
  // Full-page images after a checkpoint halve planning speed: let checkpoints be rare.
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  random_page_cost: '1.1',
  work_mem: '32MB',
  maintenance_work_mem: '256MB',
  jit: 'off',
  timezone: 'UTC',
  log_min_messages: 'warning',
};

/**
 * Starts the PostgreSQL that npm installed, or takes over the one that still runs on this data folder
 * (after a kill -9 of the application, or beside another Tactful process).
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const user = serverUser();
  const root = resolvePath(options.dataDir);
  const data = join(root, 'postgres');
  mkdirSync(root, { recursive: true });
  const binaries = postgresBinaries(root, user);
  if (!existsSync(join(data, 'PG_VERSION'))) initialise(binaries, root, data, user);
  const password = readFileSync(join(root, 'postgres-password'), 'utf8').trim();
  let running = (await reach(data, password)) ?? (await launch(binaries, data, password, user, options));
  await createDatabase(running.port, password);
  return {
    url: urlOf(running.port, password, 'tactful'),
    get pid() {
      return running.pid;
    },
    revive: async () => {
      if (isAlive(running.pid)) return false;
      running = (await reach(data, password)) ?? (await launch(binaries, data, password, user, { ...options, port: running.port }));
      return true;
    },
    stop: () => stop(running, data, password),
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

interface Running {
  readonly pid: number;
  readonly port: number;
}

function initialise(binaries: string, root: string, data: string, user: ServerUser | undefined): void {
  rmSync(data, { recursive: true, force: true }); // what a first start that was cut off left behind
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const passwordFile = join(root, 'postgres-password');
  writeFileSync(passwordFile, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  if (user) for (const path of [data, passwordFile]) chownSync(path, user.uid, user.gid);
  const result = spawnSync(
    join(binaries, 'bin', 'initdb'),
    ['-D', data, '-U', 'tactful', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-locale', '--no-instructions'],
    { ...user, cwd: '/', encoding: 'utf8' },
  );
  if (result.status === 0) return;
  const closed = user !== undefined && /permission denied/i.test(result.stderr) ? ` PostgreSQL does not run as root but as user ${user.uid}, who must be able to reach this folder: open the folders above it (chmod o+x), or choose another one with TACTFUL_DATA_DIR.` : '';
  throw new Error(`The built-in database could not be prepared in ${data}: ${result.stderr || result.error?.message}${closed}`);
}

async function launch(binaries: string, data: string, password: string, user: ServerUser | undefined, options: EmbeddedOptions): Promise<Running> {
  const port = options.port ?? (await freePort());
  const settings = { ...SETTINGS, ...(options.durable === false && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }), ...options.settings };
  const log = openSync(join(options.dataDir, 'postgres.log'), 'a', 0o600);
  // Detached: Ctrl-C ends the application first, which then ends the database.
  const child = spawn(
    join(binaries, 'bin', 'postgres'),
    ['-D', data, '-p', String(port), ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...user, cwd: '/', detached: true, stdio: ['ignore', 'ignore', log] },
  );
  closeSync(log);
  child.unref();
  let ended = false;
  child.on('exit', () => (ended = true)).on('error', () => (ended = true));
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const running = await reach(data, password);
    if (running) return running;
    if (ended) break; // it may have lost a race against another process: one last look below
    await sleep(25);
  }
  const other = await reach(data, password);
  if (other) return other;
  throw new Error(`The built-in database did not start; see ${join(options.dataDir, 'postgres.log')}`);
}

/** The server that postmaster.pid names, if it answers to our password. */
async function reach(data: string, password: string): Promise<Running | undefined> {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const lines = readFileSync(file, 'utf8').split('\n');
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  if (!pid || !port) return undefined;
  const client = new pg.Client({ connectionString: urlOf(port, password, 'postgres'), connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return { pid, port };
  } catch {
    return undefined;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function createDatabase(port: number, password: string): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf(port, password, 'postgres') });
  await client.connect();
  try {
    const { rowCount } = await client.query(`select from pg_database where datname = 'tactful'`);
    if (!rowCount) await client.query('create database tactful');
  } catch (error) {
    if ((error as { code?: string }).code !== '42P04' && (error as { code?: string }).code !== '23505') throw error; // another process was first
  } finally {
    await client.end();
  }
}

async function stop(running: Running, data: string, password: string): Promise<void> {
  if (await staysInUse(running.port, password)) return;
  try {
    process.kill(running.pid, 'SIGINT'); // "fast" shutdown
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
    throw error;
  }
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (existsSync(join(data, 'postmaster.pid')) && Date.now() < deadline) await sleep(20);
}

/** Connections that were closed a moment ago are still counted until their backends are gone; those of another process stay. */
async function staysInUse(port: number, password: string): Promise<boolean> {
  const deadline = Date.now() + LINGERING_MS;
  while (await inUse(port, password)) {
    if (Date.now() >= deadline) return true;
    await sleep(50);
  }
  return false;
}

async function inUse(port: number, password: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: urlOf(port, password, 'postgres'), connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ others: number }>(`select count(*)::int as others from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`);
    return (rows[0]?.others ?? 0) > 0;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function urlOf(port: number, password: string, database: string): string {
  return `postgresql://tactful:${password}@127.0.0.1:${port}/${database}`;
}
