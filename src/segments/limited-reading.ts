import { err, ok, type Result } from '../core/shared/result.js';
import type { Sql } from '../platform/database/sql.js';
import { limitReading } from './membership.queries.js';

/** As long as somebody waits in front of a screen. A campaign's audience is not bound by it. */
const READING_TIMEOUT_MS = 15_000;

export interface SegmentSlow {
  readonly kind: 'segment_slow';
  readonly seconds: number;
}

/** PostgreSQL's code for a statement ended by its timeout. */
const QUERY_CANCELED = '57014';

/** Runs a rule where it can neither write nor run for ever. */
export async function readWithin<Value>(sql: Sql, work: (sql: Sql) => Promise<Value>, timeoutMs = READING_TIMEOUT_MS): Promise<Result<Value, SegmentSlow>> {
  try {
    return ok(
      await sql.transaction(async (transaction) => {
        await limitReading(transaction, timeoutMs);
        return work(transaction);
      }),
    );
  } catch (error) {
    if (!endedByTimeout(error)) throw error;
    return err({ kind: 'segment_slow', seconds: timeoutMs / 1000 });
  }
}

export function endedByTimeout(error: unknown): boolean {
  return (error as { code?: string }).code === QUERY_CANCELED;
}
