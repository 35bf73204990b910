/** Why an address is not mailed. */
export const SUPPRESSION_REASONS = ['unsubscribed_all', 'unsubscribed_topic', 'complaint', 'hard_bounce', 'soft_bounce', 'manual', 'erased', 'objected'] as const;
export type SuppressionReason = (typeof SUPPRESSION_REASONS)[number];
