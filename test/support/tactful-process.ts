import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** The command line as a process of its own, compiled on the fly. */
export class TactfulProcess {
  output = '';
  readonly ended: Promise<Ended>;
  private readonly child: ChildProcess;
  private closed = false;

  constructor(args: readonly string[], env: Record<string, string>) {
    const root = process.cwd();
    this.child = spawn(process.execPath, ['--import', join(root, 'test/support/register-typescript.mjs'), join(root, 'src/cli.ts'), ...args], {
      env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.on('data', (text: Buffer) => (this.output += text.toString()));
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code) => {
        this.closed = true; // unlike its exit, this comes after all that it said
        resolve({ code, output: this.output });
      });
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Waits until the process has said this. */
  async says(pattern: RegExp, withinMs = 100_000): Promise<RegExpExecArray> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const match = pattern.exec(this.output);
      if (match) return match;
      if (Date.now() > deadline || this.closed) throw new Error(`The process did not say ${String(pattern)}:\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
