import { SharedRun } from '../../../src/consent/shared-run.js';

describe('work that many ask for at once', () => {
  /** Runs that end when they are told to. */
  function watched(): { work: () => Promise<void>; begun: () => number; end: (error?: Error) => void } {
    const ends: ((error?: Error) => void)[] = [];
    let begun = 0;
    return {
      work: () => {
        begun += 1;
        return new Promise((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve())));
      },
      begun: () => begun,
      end: (error) => ends.shift()?.(error),
    };
  }
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('costs two runs: the one that is under way, and one after it for all who came meanwhile', async () => {
    const shared = new SharedRun();
    const { work, begun, end } = watched();
    const first = shared.of('a', work);
    await settled();
    const later = Array.from({ length: 100 }, () => shared.of('a', work));
    await settled();
    expect(begun()).toBe(1);
    end();
    await first;
    await settled();
    expect(begun()).toBe(2);
    end();
    await Promise.all(later);
    expect(begun()).toBe(2);
  });

  it('runs for each key on its own, and again for whoever asks when all is done', async () => {
    const shared = new SharedRun();
    let runs = 0;
    const work = (): Promise<void> => Promise.resolve(void (runs += 1));
    await Promise.all([shared.of('a', work), shared.of('b', work)]);
    await shared.of('a', work);
    expect(runs).toBe(3);
  });

  it('tells those who waited for a run that it failed, and nobody else', async () => {
    const shared = new SharedRun();
    const { work, begun, end } = watched();
    const first = shared.of('a', work);
    await settled();
    const second = shared.of('a', work);
    end(new Error('no connection'));
    await expect(first).rejects.toThrow('no connection');
    await settled();
    end();
    await expect(second).resolves.toBeUndefined();
    expect(begun()).toBe(2);
  });
});
