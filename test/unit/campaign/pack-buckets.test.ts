import { fc } from '../../support/generated.js';
import { packBuckets } from '../../../src/campaigns/pack-buckets.js';

describe('packing buckets into batches', () => {
  it('puts small audiences together and leaves large buckets alone', () => {
    const due = [{ bucket: 1, people: 2 }, { bucket: 2, people: 3 }, { bucket: 5, people: 500 }, { bucket: 6, people: 500 }, { bucket: 9, people: 1 }];
    expect(packBuckets(due, 500)).toEqual([[1, 2], [5], [6], [9]]);
    expect(packBuckets([], 500)).toEqual([]);
  });

  it('keeps every bucket once, in order, and goes over the size only with a bucket that is larger itself', () => {
    const anyDue = fc.uniqueArray(fc.nat(255), { maxLength: 256 }).chain((buckets) => fc.tuple(...buckets.sort((left, right) => left - right).map((bucket) => fc.record({ bucket: fc.constant(bucket), people: fc.integer({ min: 1, max: 50 }) }))));
    fc.assert(
      fc.property(anyDue, fc.integer({ min: 1, max: 60 }), (due, size) => {
        const packs = packBuckets(due, size);
        expect(packs.flat()).toEqual(due.map(({ bucket }) => bucket));
        const people = new Map(due.map(({ bucket, people: count }) => [bucket, count]));
        for (const pack of packs) expect(pack.length === 1 || pack.reduce((sum, bucket) => sum + people.get(bucket)!, 0) <= size).toBe(true);
      }),
    );
  });
});
