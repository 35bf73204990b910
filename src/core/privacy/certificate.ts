/** Why people were erased. Only what was asked keeps the address from coming back; what retention removed may sign up again. */
export const ERASURE_CAUSES = ['request', 'retention', 'officer', 'replay'] as const;
export type ErasureCause = (typeof ERASURE_CAUSES)[number];

/** What was erased, for whoever must show it later: counts, no names, no numbers of people. */
export interface ErasureCertificate {
  readonly erasureId: string;
  readonly erasedAt: string;
  readonly cause: ErasureCause;
  readonly people: number;
  /** Rows that went, by table. */
  readonly deleted: Readonly<Record<string, number>>;
  /** Rows that stay and no longer say about whom, by table. */
  readonly anonymised: Readonly<Record<string, number>>;
  /** What was kept, and why. */
  readonly kept: Readonly<Record<string, string>>;
  readonly recipientsToTell: number;
}

export function keepsAddressAway(cause: ErasureCause): boolean {
  return cause === 'request' || cause === 'officer';
}
