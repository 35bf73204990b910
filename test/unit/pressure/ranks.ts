import type { Rank } from '../../../src/core/pressure/arbitrate.js';

/** A newsletter of a campaign like any other: what a test changes is what it is about. */
export const rank = (changes: Partial<Rank> = {}): Rank => ({ messageClass: 'marketing', priority: 50, deadline: 1_000, expectedValue: 0, campaignId: 7, step: 0, occurrence: 1, contactId: 1, ...changes });
