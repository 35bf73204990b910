import { GroupCommit, Overloaded } from '../../../src/customers/ingest/group-commit.js';

const limits = { most: 10, mostWaiting: 25, gatherMs: 1 };
const never = () => false;

describe('a group commit', () => {
  it('stores what arrives together in one go, in order, and gives each its own outcomes', async () => {
    const groups: number[][] = [];
    const commit = new GroupCommit<number, number>((items) => (groups.push([...items]), Promise.resolve(items.map((item) => item * 10))), limits, never);
    expect(await Promise.all([commit.submit([1]), commit.submit([2, 3]), commit.submit([4])])).toEqual([[10], [20, 30], [40]]);
    expect(groups).toEqual([[1, 2, 3, 4]]);
  });

  it('gathers the next while one is on its way, and never runs two at once', async () => {
    let running = 0;
    let most = 0;
    const seen: number[] = [];
    const commit = new GroupCommit<number, number>(async (items) => {
      most = Math.max(most, (running += 1));
      await new Promise((resolve) => setTimeout(resolve, 5));
      seen.push(...items);
      running -= 1;
      return [...items];
    }, limits, never);
    const waiting: Promise<number[]>[] = [];
    for (let item = 0; item < 20; item += 1) {
      waiting.push(commit.submit([item]));
      if (item % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await Promise.all(waiting);
    expect([most, seen]).toEqual([1, Array.from({ length: 20 }, (_, item) => item)]);
  });

  it('finds the one that cannot be stored, and stores the others', async () => {
    const stored: number[] = [];
    const commit = new GroupCommit<number, number>((items) => {
      if (items.includes(5)) return Promise.reject(new Error('five'));
      stored.push(...items);
      return Promise.resolve([...items]);
    }, limits, never);
    const outcomes = await Promise.allSettled([1, 2, 3, 4, 5, 6, 7].map((item) => commit.submit([item])));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(stored).toEqual([1, 2, 3, 4, 6, 7]);
  });

  it('tries nobody alone during an outage', async () => {
    let tries = 0;
    const commit = new GroupCommit<number, number>(() => ((tries += 1), Promise.reject(new Error('gone'))), limits, () => true);
    await Promise.allSettled([1, 2, 3].map((item) => commit.submit([item])));
    expect(tries).toBe(1);
  });

  it('turns callers away when too much waits, and takes them again afterwards', async () => {
    const commit = new GroupCommit<number, number>((items) => Promise.resolve([...items]), limits, never);
    const first = commit.submit(Array.from({ length: 25 }, (_, item) => item));
    await expect(commit.submit([1])).rejects.toBeInstanceOf(Overloaded);
    await first;
    expect(await commit.submit([2])).toEqual([2]);
    await commit.drained();
  });
});
