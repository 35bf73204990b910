import { z } from 'zod';
import { capSchema } from '../pressure/cap-schema.js';

/**
 * How closely accounts of a tier are looked after (rules.md section 5). every: each mail is a draft that a human approves (1:1) · first_wave: so are the
 * mails to the first accounts of each step, and the rest waits for them (1:few) · none: automated (1:many, and whoever has no tier).
 */
const TIER_APPROVALS = ['every', 'first_wave', 'none'] as const;

const tierRule = z.strictObject({
  approval: z.enum(TIER_APPROVALS),
  firstWaveAccounts: z.int().min(1).max(1_000).describe('with first_wave: so many accounts are in it'),
  contactCaps: z.strictObject({ total: capSchema, purpose: capSchema }).nullable().describe('per person; null: those of the workspace'),
  accountCaps: z.strictObject({ messages: capSchema, people: capSchema }).nullable().describe('per account; null: those of the workspace'),
});
export type TierRule = z.output<typeof tierRule>;

export const tierRules = z.record(z.string().trim().min(1).max(200), tierRule);
export type TierRules = z.output<typeof tierRules>;

export const DEFAULT_TIERS: TierRules = {
  '1:1': { approval: 'every', firstWaveAccounts: 5, contactCaps: { total: { limit: 2, days: 7 }, purpose: { limit: 1, days: 7 } }, accountCaps: { messages: { limit: 5, days: 7 }, people: { limit: 3, days: 7 } } },
  '1:few': { approval: 'first_wave', firstWaveAccounts: 5, contactCaps: null, accountCaps: { messages: { limit: 8, days: 7 }, people: { limit: 4, days: 7 } } },
  '1:many': { approval: 'none', firstWaveAccounts: 5, contactCaps: null, accountCaps: null },
};

export function ruleOfTier(tiers: TierRules, tier: string | null | undefined): TierRule | undefined {
  return tier != null && Object.hasOwn(tiers, tier) ? tiers[tier] : undefined;
}

/** How far a mail is on its way to a human's word. due: it becomes, or is, a draft · waits: for the first wave · given, dropped: a human said so. */
export const APPROVALS = ['not_needed', 'due', 'waits', 'given', 'dropped'] as const;
export type Approval = (typeof APPROVALS)[number];

/** What there is of the mail itself already. */
export type DraftStanding = 'none' | 'draft' | 'approved' | 'dropped';

/** The first wave of a step: accounts with a draft that waits or was approved, and how many of them were. What was dropped is in no wave. */
export interface WaveStanding {
  readonly accounts: ReadonlySet<number>;
  readonly approved: number;
}

export function approvalOf(rule: TierRule | undefined, own: DraftStanding, wave: WaveStanding, accountId: number | null): Approval {
  if (own === 'dropped') return 'dropped';
  if (!rule || rule.approval === 'none') return 'not_needed';
  if (own === 'approved') return 'given';
  if (own === 'draft' || rule.approval === 'every') return 'due';
  if (wave.approved >= rule.firstWaveAccounts) return 'not_needed';
  return (accountId !== null && wave.accounts.has(accountId)) || wave.accounts.size < rule.firstWaveAccounts ? 'due' : 'waits';
}
