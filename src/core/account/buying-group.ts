import { z } from 'zod';

/** The parts people play in the group that decides for an account (the Decision Making Unit). */
export const BUYING_GROUP_ROLES = ['initiator', 'user', 'influencer', 'decider', 'buyer', 'gatekeeper'] as const;
export type BuyingGroupRole = (typeof BUYING_GROUP_ROLES)[number];

const required = z
  .partialRecord(z.enum(BUYING_GROUP_ROLES), z.int('must be a whole number of people').min(1, 'must be at least 1: leave a role out that is not needed').max(100))
  .describe('how many people of each role have to be known before the group is complete; roles left out are not needed');

/** Which roles a sale cannot do without, as data: for the workspace, and otherwise for accounts of some tiers. */
export const buyingGroupPolicy = z.strictObject({
  required,
  requiredByTier: z.record(z.string().trim().min(1).max(200), required).describe('differs for accounts of these tiers').default({}),
  minimumConfidence: z.number().min(0).max(1).describe('a part that is less sure than this counts for nobody').default(0),
});
export type BuyingGroupPolicy = z.output<typeof buyingGroupPolicy>;

export const DEFAULT_BUYING_GROUP_POLICY: BuyingGroupPolicy = { required: { decider: 1, influencer: 1, user: 1, buyer: 1 }, requiredByTier: {}, minimumConfidence: 0 };

/** One part of one person that holds now. */
export interface AssignedRole {
  readonly contactId: number;
  readonly role: BuyingGroupRole;
  readonly confidence: number;
}

export interface RoleCoverage {
  readonly role: BuyingGroupRole;
  readonly needed: number;
  /** Distinct people. */
  readonly assigned: number;
}

export interface GroupCoverage {
  /** 0 to 1: the mean over the required roles of min(1, assigned/needed). 1 where nothing is required. */
  readonly completeness: number;
  /** Rounded down: 100 % is for groups that lack nobody. */
  readonly percent: number;
  /** The required roles, in the order of BUYING_GROUP_ROLES. */
  readonly roles: readonly RoleCoverage[];
  readonly gaps: readonly { readonly role: BuyingGroupRole; readonly missing: number }[];
}

/** How much of its buying group is known of an account (rules.md section 5): 1 of 3 needed is 33 %. */
export function coverageOf(assigned: readonly AssignedRole[], policy: BuyingGroupPolicy, tier: string | null): GroupCoverage {
  const needs = requiredOf(policy, tier);
  const roles = BUYING_GROUP_ROLES.flatMap((role): RoleCoverage[] => {
    const needed = needs[role];
    if (needed === undefined) return [];
    const people = new Set(assigned.filter((one) => one.role === role && one.confidence >= policy.minimumConfidence).map(({ contactId }) => contactId));
    return [{ role, needed, assigned: people.size }];
  });
  const completeness = roles.length === 0 ? 1 : roles.reduce((sum, one) => sum + Math.min(1, one.assigned / one.needed), 0) / roles.length;
  const gaps = roles.flatMap(({ role, needed, assigned: known }) => (known < needed ? [{ role, missing: needed - known }] : []));
  // 0.28999… is meant to be 29 %: what binary fractions lose is given back before rounding down.
  return { completeness, percent: gaps.length === 0 ? 100 : Math.min(99, Math.floor(completeness * 100 + 1e-9)), roles, gaps };
}

function requiredOf({ required: usual, requiredByTier }: BuyingGroupPolicy, tier: string | null): BuyingGroupPolicy['required'] {
  return (tier !== null && Object.hasOwn(requiredByTier, tier) ? requiredByTier[tier] : undefined) ?? usual;
}
