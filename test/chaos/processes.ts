import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';

/** A part of the running system that can be killed without warning and comes back. */
export class Part {
  private child: ChildProcess | undefined;

  constructor(
    readonly name: string,
    private readonly roles: string,
    private readonly env: Record<string, string>,
    private readonly logFolder: string,
  ) {}

  start(): void {
    const log = createWriteStream(join(this.logFolder, `${this.name}.log`), { flags: 'a' });
    const cli = new URL('../../src/cli.js', import.meta.url).pathname;
    this.child = spawn(process.execPath, [cli, 'start', '--roles', this.roles], { env: { PATH: process.env['PATH'] ?? '', ...this.env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.pipe(log, { end: false });
    this.child.stderr?.pipe(log, { end: false });
  }

  async kill(): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
}
