import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const SIZES = [10_000, 100_000];
const FULL = [...SIZES, 1_000_000];

/** What bench send says of one size. */
interface Sent {
  readonly recipients: number;
  readonly ours_per_s: number;
  readonly rss_peak_mb: number;
  readonly plan_s: number;
  readonly deliver_s: number;
  readonly doubled: number;
  readonly lost: number;
}

/**
 * Whether a mail costs more, in time or in memory, the more people it goes to: bench send at 10,000 and 100,000 recipients (`--full`: also 1,000,000;
 * `--sizes 2000,20000`: others), each in a process of its own, for memory that one run took stays with its process. The ratios are those of the dearest size to the smallest.
 */
export async function run(args: string[]): Promise<Record<string, unknown>> {
  const runs: Sent[] = [];
  for (const recipients of sizesOf(args)) runs.push(await sendTo(recipients));
  const [smallest] = runs;
  if (!smallest) throw new Error('There is no size to measure');
  const dearest = (cost: (sent: Sent) => number): number => Math.round((Math.max(...runs.slice(1).map(cost)) / cost(smallest)) * 1_000) / 1_000;
  return {
    cost_ratio: dearest((sent) => 1 / sent.ours_per_s),
    rss_ratio: dearest((sent) => sent.rss_peak_mb),
    doubled: runs.reduce((sum, sent) => sum + sent.doubled, 0),
    lost: runs.reduce((sum, sent) => sum + sent.lost, 0),
    runs: runs.map(({ recipients, ours_per_s, rss_peak_mb, plan_s, deliver_s }) => ({ recipients, ours_per_s, rss_peak_mb, plan_s, deliver_s })),
  };
}

function sizesOf(args: readonly string[]): readonly number[] {
  const at = args.indexOf('--sizes');
  const sizes = at === -1 ? (args.includes('--full') ? FULL : SIZES) : (args[at + 1] ?? '').split(',').map(Number);
  if (sizes.length < 2 || !sizes.every((size) => Number.isInteger(size) && size > 0)) throw new Error('--sizes takes two whole numbers or more, such as 2000,20000');
  return sizes;
}

async function sendTo(recipients: number): Promise<Sent> {
  const bench = fileURLToPath(new URL('./bench.js', import.meta.url));
  const child = spawn(process.execPath, ['--expose-gc', bench, 'send', '--alone', '--recipients', String(recipients)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const said = await text(child.stdout);
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw new Error(`bench send of ${recipients} ended with ${code}`);
  return JSON.parse(said.trim().split('\n').at(-1) ?? '') as Sent;
}
