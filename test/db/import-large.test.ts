import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { useImport } from './import-harness.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('a large file', () => {
  const harness = useImport();
  const MAP = { fields: { email: 'mail', first_name: 'name', 'attributes.filler': 'filler' } };

  async function write(name: string, rows: number, row: (index: number) => string): Promise<string> {
    const path = join(harness.folder, name);
    const out = createWriteStream(path);
    out.write('mail,name,filler\n');
    for (let index = 0; index < rows; index += 1_000) {
      const text = Array.from({ length: Math.min(1_000, rows - index) }, (_, offset) => row(index + offset)).join('');
      if (!out.write(text)) await once(out, 'drain');
    }
    out.end();
    await finished(out);
    return path;
  }

  function liveNow(): number {
    collectGarbage();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  }

  /** What was alive (not waiting to be collected) at every so manieth sign of progress, in MB: to find it out takes a third of a second. */
  function watchLive(every: number): { onProgress: () => void; peak: () => number; median: () => number } {
    let ticks = 0;
    const seen: number[] = [];
    const onProgress = (): void => {
      ticks += 1;
      if (ticks % every === 1) seen.push(liveNow() / 1e6);
    };
    return { onProgress, peak: () => Math.max(...seen), median: () => seen.toSorted((one, other) => one - other)[seen.length >> 1] ?? NaN };
  }

  it('takes no more memory than a small one', async () => {
    const filler = 'x'.repeat(2_000);
    const row = (index: number): string => `person${index}@x.example,Name ${index},"${filler}"\n`;
    const small = await write('small.csv', 10_000, row); // 21 MB: as many rows as are under way at a time
    const large = await write('large.csv', 40_000, row); // 83 MB
    const memory = { small: watchLive(4), large: watchLive(40) }; // about as often in both
    await harness.run('contacts', { path: small }, MAP, { onProgress: memory.small.onProgress });
    const report = await harness.run('contacts', { path: large }, MAP, { onProgress: memory.large.onProgress });
    expect(report).toMatchObject({ rows: 40_000, inserted: 30_000, unchanged: 10_000 });
    // The file is 62 MB longer: held as it is read, it would be half of that in the middle. Peaks tell of the chunks that happen to be under way (30 MB).
    expect(memory.large.median() - memory.small.median()).toBeLessThan(15);
  }, 180_000); // each sign of progress collects garbage, which takes its time on a busy machine

  it('that has no line end at all is refused without being held in memory', async () => {
    const path = await write('endless.csv', 40_000, () => 'x'.repeat(1_000)); // 40 MB after the header, one line
    const memory = watchLive(40);
    const before = liveNow() / 1e6; // buffers too, as in the peak: earlier files of the same worker leave some behind
    const report = await harness.run('contacts', { path }, MAP, { onProgress: memory.onProgress });
    expect(report).toMatchObject({ rows: 1, rejected: 1 });
    expect(report.firstRejected[0]?.reason).toContain('longer than');
    expect(memory.peak() - before).toBeLessThan(20);
  });

  it('tells how far it is while it goes', async () => {
    const path = await write('progress.csv', 60_000, (index) => `p${index}@y.example,N,\n`);
    const seen: { phase: string; done: number }[] = [];
    await harness.run('contacts', { path }, MAP, { onProgress: ({ phase, done }) => seen.push({ phase, done }) });
    const reading = seen.filter(({ phase }) => phase === 'reading').map(({ done }) => done);
    expect(reading.length).toBeGreaterThan(3);
    expect(reading).toEqual([...reading].sort((a, b) => a - b));
    expect(reading.at(-1)).toBe(1);
    expect(seen.filter(({ phase }) => phase === 'storing').map(({ done }) => done).at(-1)).toBe(1);
  });
});
