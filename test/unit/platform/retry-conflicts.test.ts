import { retryConflicts } from '../../../src/platform/database/retry-conflicts.js';

describe('a transaction that lost against another one', () => {
  const failing = (codes: (string | undefined)[]): (() => Promise<number>) => {
    let run = 0;
    return () => {
      const code = codes[run++];
      return code === undefined ? Promise.resolve(run) : Promise.reject(Object.assign(new Error(code), { code }));
    };
  };

  it('is run again after a deadlock and after a serialization failure', async () => {
    expect(await retryConflicts(failing(['40P01', '40001']))).toBe(3);
  });

  it('is not run again for any other reason', async () => {
    const work = failing(['23505']);
    await expect(retryConflicts(work)).rejects.toMatchObject({ code: '23505' });
    expect(await work()).toBe(2);
  });

  it('is given up in the end', async () => {
    await expect(retryConflicts(failing(Array.from({ length: 9 }, () => '40P01')), 2)).rejects.toMatchObject({ code: '40P01' });
  });
});
