import { setTimeout as sleep } from 'node:timers/promises';

const MOST_MS = 500;

/**
 * A slice of long work in the background, and then nothing for as long as it took: done without a pause, a million people keep one of two cores busy
 * until they are through, and who came into a segment waits for it.
 */
export async function leavingRoom<T>(slice: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await slice();
  await sleep(Math.min(performance.now() - started, MOST_MS));
  return result;
}
