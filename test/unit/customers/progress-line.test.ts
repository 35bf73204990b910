import { ProgressLine, progressText } from '../../../src/customers/import/progress-line.js';

describe('progress', () => {
  it('tells the share, the rate and the time left', () => {
    expect(progressText({ phase: 'reading', done: 0.25, rows: 250_000, seconds: 2 }, 2)).toBe('reading 1/2 [██████░░░░░░░░░░░░░░░░░░] 25 %  250,000 rows  125,000/s  0:06 left');
    expect(progressText({ phase: 'storing', done: 0, rows: 0, seconds: 9 }, 0)).toContain('0 %  0 rows  0/s  – left');
  });

  it('shows the end of each step, and counts the rate of a step from its beginning', () => {
    const written: string[] = [];
    const line = new ProgressLine({ isTTY: false, write: (text) => written.push(text) });
    line.show({ phase: 'reading', done: 0.5, rows: 500, seconds: 1 });
    line.show({ phase: 'reading', done: 1, rows: 1_000, seconds: 2 });
    line.show({ phase: 'storing', done: 0, rows: 0, seconds: 2 });
    line.show({ phase: 'storing', done: 1, rows: 1_000, seconds: 3 });
    line.end();
    expect(written.map((text) => /(\w+) \d\/2.* (\d+) %.* ([\d,]+)\/s/.exec(text)?.slice(1).join(' '))).toEqual(['reading 50 500', 'reading 100 500', 'storing 100 1,000']);
  });

  it('redraws one line on a terminal, and writes few lines elsewhere', () => {
    const shown = (isTTY: boolean): string[] => {
      const written: string[] = [];
      const line = new ProgressLine({ isTTY, columns: 60, write: (text) => written.push(text) });
      for (let step = 0; step <= 120; step += 1) line.show({ phase: 'reading', done: step / 121, rows: step, seconds: step / 10 });
      line.show({ phase: 'reading', done: 1, rows: 121, seconds: 12.1 });
      line.end();
      return written;
    };
    const terminal = shown(true);
    expect(terminal.slice(0, -1).every((text) => text.startsWith('\r') && text.length <= 1 + 59 + '\u001B[K'.length)).toBe(true);
    expect(terminal.at(-1)).toBe('\n');
    const log = shown(false);
    expect(log).toHaveLength(4); // at 0, 5 and 10 seconds, and at the end
    expect(log.every((text) => text.endsWith('left\n'))).toBe(true);
    expect(log.at(-1)).toContain(' 100 % ');
  });
});
