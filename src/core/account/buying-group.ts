/** The parts people play in the group that decides for an account (the Decision Making Unit). */
export const BUYING_GROUP_ROLES = ['initiator', 'user', 'influencer', 'decider', 'buyer', 'gatekeeper'] as const;
export type BuyingGroupRole = (typeof BUYING_GROUP_ROLES)[number];
