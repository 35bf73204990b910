import type { ImportProgress } from './import-report.js';

/** Where progress is written: stderr. */
export interface ProgressOutput {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

const BAR = 24;
const REDRAW_SECONDS = 0.1;
const LINE_SECONDS = 5;

/** Shows how far an import is: on a terminal one line that is redrawn, elsewhere a line every five seconds and at the end of each step. */
export class ProgressLine {
  private latest: ImportProgress | undefined;
  private shown: ImportProgress | undefined;
  private stepBegan = 0;

  constructor(private readonly out: ProgressOutput) {}

  show(progress: ImportProgress): void {
    if (progress.phase !== this.latest?.phase) {
      this.showLatest();
      this.stepBegan = this.latest === undefined ? 0 : progress.seconds;
    }
    this.latest = progress;
    const wait = this.out.isTTY === true ? REDRAW_SECONDS : LINE_SECONDS;
    if (this.shown === undefined || progress.seconds - this.shown.seconds >= wait) this.showLatest();
  }

  /** Shows where it ended, and leaves the line, so that what follows stands below it. */
  end(): void {
    this.showLatest();
    if (this.shown && this.out.isTTY === true) this.out.write('\n');
  }

  private showLatest(): void {
    if (!this.latest || this.latest === this.shown) return;
    this.shown = this.latest;
    const text = progressText(this.latest, this.latest.seconds - this.stepBegan);
    this.out.write(this.out.isTTY === true ? `\r${text.slice(0, (this.out.columns ?? 80) - 1)}\u001B[K` : `${text}\n`);
  }
}

/** One line: step, bar, share, rows, rows per second, time left in this step. */
export function progressText({ phase, done, rows }: ImportProgress, secondsInPhase: number): string {
  const filled = Math.round(Math.min(1, done) * BAR);
  const step = phase === 'reading' ? 'reading 1/2' : 'storing 2/2';
  const rate = secondsInPhase > 0 ? Math.round(rows / secondsInPhase) : 0;
  const left = done > 0 && secondsInPhase > 0 ? clock((secondsInPhase / done) * (1 - done)) : '–';
  return `${step} [${'█'.repeat(filled)}${'░'.repeat(BAR - filled)}] ${Math.floor(done * 100)} %  ${count(rows)} rows  ${count(rate)}/s  ${left} left`;
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
