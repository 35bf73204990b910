import { setTimeout as sleep } from 'node:timers/promises';

/** serialization_failure, deadlock_detected: the transaction was undone whole, so it can simply be done again. */
const CONFLICTS = new Set(['40001', '40P01']);

/**
 * Runs a transaction again that lost against another one. `attempts` in all; the wait grows and is spread, so that both do not meet again.
 * `onRetry` hears of each time.
 */
export async function retryConflicts<T>(work: () => Promise<T>, attempts = 6, onRetry?: () => void): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= attempts || !CONFLICTS.has((error as { code?: string }).code ?? '')) throw error;
      onRetry?.();
      await sleep(Math.random() * 20 * 2 ** attempt);
    }
  }
}
