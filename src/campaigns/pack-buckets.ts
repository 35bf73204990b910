/** Buckets with due people, in ascending order. */
export interface DueBucket {
  readonly bucket: number;
  readonly people: number;
}

/**
 * Packs neighbouring buckets into batches of about `size` people, so that a small audience is one transaction and a large one many.
 * Ascending within and over the batches: locks are always taken in one order.
 */
export function packBuckets(due: readonly DueBucket[], size: number): number[][] {
  const packs: number[][] = [];
  let people = Infinity;
  for (const { bucket, people: more } of due) {
    if (people + more > size) {
      packs.push([]);
      people = 0;
    }
    packs.at(-1)?.push(bucket);
    people += more;
  }
  return packs;
}
