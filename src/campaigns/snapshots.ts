/**
 * Which transactions had ended at a moment, as PostgreSQL writes it: "oldest on its way : first not begun : those on their way between". What the others
 * wrote could be read. Two of them bound exactly what came in between, however long some transactions take: of the oldest alone, a slow one would
 * hold back all that came after it (an import for its seconds, a batch of the planner for its 100 ms).
 */
export type Snapshot = string;

export interface SnapshotBounds {
  /** Every transaction with a smaller number had ended. */
  readonly oldest: number;
  /** No transaction with this number or a greater one had begun. */
  readonly next: number;
}

export function boundsOf(snapshot: Snapshot): SnapshotBounds {
  const [oldest, next] = snapshot.split(':');
  return { oldest: Number(oldest), next: Number(next) };
}
