import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/platform/database/free-port.js';
import { TactfulProcess } from '../support/tactful-process.js';

describe('the process', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tactful-process-'));
  chmodSync(dataDir, 0o755);
  let env: Record<string, string>;
  beforeAll(async () => {
    env = { TACTFUL_DATA_DIR: dataDir, TACTFUL_PORT: String(await freePort()) };
  });
  const started: TactfulProcess[] = [];
  const start = (...args: string[]): TactfulProcess => {
    const begun = new TactfulProcess(['start', ...args], env);
    started.push(begun);
    return begun;
  };
  afterAll(async () => {
    for (const left of started) left.kill('SIGTERM'); // those a failed test left behind
    await Promise.all(started.map(({ ended }) => ended));
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('needs no configuration: brings its database, prints the first key once, drains on SIGTERM and takes the database down', async () => {
    const first = start();
    const [, key] = await first.says(/^ {2}(tk_\S+)$/m);
    await first.says(/ready: api, worker, scheduler/);
    const answer = await fetch(`http://127.0.0.1:${env['TACTFUL_PORT']}/api/v1/audit`, { headers: { authorization: `Bearer ${key}` } });
    expect(answer.status).toBe(200);
    first.kill('SIGTERM');
    expect((await first.ended).output).not.toContain('Error');
    expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false);

    const second = start();
    await second.says(/ready:/);
    expect(second.output).not.toContain('tk_');
    second.kill('SIGTERM');
    await second.ended;
  });

  it('takes the running database over after a kill -9', async () => {
    const killed = start();
    await killed.says(/ready:/);
    killed.kill('SIGKILL');
    await killed.ended;
    expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(true);
    const next = start();
    await next.says(/ready:/);
    next.kill('SIGTERM');
    await next.ended;
    expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false);
  });

  it('plays only the roles it is given', async () => {
    const worker = start('--roles', 'worker');
    await worker.says(/ready: worker"/);
    expect(worker.output).not.toContain('unsubscribe_headers_missing'); // its own mailbox follows any link
    await expect(fetch(`http://127.0.0.1:${env['TACTFUL_PORT']}/health`)).rejects.toThrow();
    worker.kill('SIGTERM');
    await worker.ended;
  });

  it('warns whoever sends over SMTP with links that no mailbox provider follows', async () => {
    const worker = new TactfulProcess(['start', '--roles', 'worker'], { ...env, SMTP_URL: 'smtp://127.0.0.1:1', TACTFUL_PUBLIC_URL: 'http://mail.voorbeeld.example' });
    started.push(worker);
    await worker.says(/TACTFUL_PUBLIC_URL is no https address: marketing and survey mail will be refused[^]*ready: worker"/);
    worker.kill('SIGTERM');
    await worker.ended;
  });

  it('says so when the port is taken, and ends with 1 and without its database', async () => {
    const other = createServer().listen(Number(env['TACTFUL_PORT']), '127.0.0.1');
    const { code, output } = await start().ended;
    other.close();
    expect(code).toBe(1);
    expect(output).toContain('is in use');
    expect(output).not.toContain('after calling end');
    expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false);
  });

  it('names each bad variable and ends with 1', async () => {
    const { code, output } = await new TactfulProcess(['start', '--roles', 'cook'], { ...env, TACTFUL_PORT: '99999999' }).ended;
    expect(code).toBe(1);
    expect(output).toContain('TACTFUL_PORT');
    expect(output).toContain('TACTFUL_ROLES: must be a list of api, worker, scheduler');
  });
});
