import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

export interface PlannedByProcess {
  readonly people: number;
  readonly queued: number;
  readonly deferred: number;
  readonly denied: number;
  readonly retries: number;
  readonly milliseconds: number;
}

/** A process of planners over a database, that can be killed without warning and comes back. */
export class PlannerProcess {
  private child: ChildProcess | undefined;
  private said = '';
  private errors = '';

  constructor(private readonly env: Record<string, string>) {}

  async start(): Promise<void> {
    const root = process.cwd();
    this.said = '';
    const child = spawn(process.execPath, ['--import', join(root, 'test/support/register-typescript.mjs'), join(root, 'test/support/planner-process.ts')], {
      env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...this.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdout.on('data', (text: Buffer) => (this.said += text.toString()));
    child.stderr.on('data', (text: Buffer) => (this.errors += text.toString()));
    child.stdin.on('error', () => undefined); // killed while it was told something
    this.child = child;
    if ((await this.line()) !== 'ready') throw new Error(`A planner process did not start:\n${this.errors}`);
  }

  /** What it did; undefined when it died over it. */
  async plan(moment: Date, planners: number): Promise<PlannedByProcess | undefined> {
    this.child?.stdin?.write(`${moment.toISOString()} ${planners}\n`);
    const line = await this.line();
    return line === undefined ? undefined : (JSON.parse(line) as PlannedByProcess);
  }

  kill(): void {
    this.child?.kill('SIGKILL');
  }

  get errorText(): string {
    return this.errors;
  }

  private async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.said.indexOf('\n');
      if (end >= 0) {
        const line = this.said.slice(0, end);
        this.said = this.said.slice(end + 1);
        return line;
      }
      if (!this.child || this.child.exitCode !== null || this.child.signalCode !== null) return undefined;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
