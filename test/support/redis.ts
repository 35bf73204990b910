import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { freePort } from '../../src/platform/database/free-port.js';

/** Redis is an option of operators who have it; where the machine lacks it there is nothing to test. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

export interface RunningRedis {
  readonly url: string;
  stop(): void;
}

export async function startRedis(tries = 3): Promise<RunningRedis> {
  try {
    return await launch();
  } catch (error) {
    if (tries <= 1) throw error;
    return startRedis(tries - 1); // somebody else took the port that was free
  }
}

async function launch(): Promise<RunningRedis> {
  const port = await freePort();
  const server: ChildProcess = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'], { stdio: ['ignore', 'pipe', 'ignore'] });
  await new Promise<void>((resolve, reject) => {
    server.stdout?.on('data', (text: Buffer) => {
      if (text.includes('Ready to accept connections')) resolve();
    });
    server.once('exit', () => reject(new Error('redis-server ended')));
  });
  return { url: `redis://127.0.0.1:${port}`, stop: () => server.kill('SIGTERM') };
}
