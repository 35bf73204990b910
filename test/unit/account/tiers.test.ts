import { fc } from '../../support/generated.js';
import { APPROVALS, approvalOf, DEFAULT_TIERS, type DraftStanding, ruleOfTier, tierRules, type WaveStanding } from '../../../src/core/account/tiers.js';

const wave = (approved: number, ...accounts: number[]): WaveStanding => ({ accounts: new Set(accounts), approved });
const few = { ...DEFAULT_TIERS['1:few']!, firstWaveAccounts: 2 };

describe('a mail to somebody at an account', () => {
  it.each<[string, string, DraftStanding, WaveStanding, string]>([
    ['1:1: becomes a draft', '1:1', 'none', wave(0), 'due'],
    ['1:1, in draft: still waits', '1:1', 'draft', wave(0), 'due'],
    ['1:1, approved: may go', '1:1', 'approved', wave(0), 'given'],
    ['1:1, dropped: never goes', '1:1', 'dropped', wave(0), 'dropped'],
    ['1:few, the first: a draft', '1:few', 'none', wave(0), 'due'],
    ['1:few, a colleague of the first: a draft too', '1:few', 'none', wave(0, 7, 8), 'due'],
    ['1:few, the third of two: waits', '1:few', 'none', wave(0, 8, 9), 'waits'],
    ['1:few, the third, when one of two is approved: waits', '1:few', 'none', wave(1, 8, 9), 'waits'],
    ['1:few, the third, when both are approved: goes by itself', '1:few', 'none', wave(2, 8, 9), 'not_needed'],
    ['1:few, a draft that nobody looked at, when the wave is approved: still waits', '1:few', 'draft', wave(2, 8, 9), 'due'],
    ['1:many: goes by itself', '1:many', 'none', wave(0), 'not_needed'],
    ['of a tier that nobody knows: goes by itself', 'gold', 'none', wave(0), 'not_needed'],
    ['1:many by now, once dropped: never goes', '1:many', 'dropped', wave(0), 'dropped'],
  ])('%s', (_, tier, own, standing, expected) => {
    expect(approvalOf(tier === '1:few' ? few : ruleOfTier(DEFAULT_TIERS, tier), own, standing, 7)).toBe(expected);
  });

  it('goes without a word only where nobody has to be asked, or the wave is approved', () => {
    fc.assert(
      fc.property(fc.constantFrom('1:1', '1:few'), fc.constantFrom<DraftStanding>('none', 'draft', 'approved', 'dropped'), fc.uniqueArray(fc.integer({ min: 1, max: 9 })), fc.nat(9), (tier, own, accounts, approved) => {
        const rule = ruleOfTier(DEFAULT_TIERS, tier)!;
        const found = approvalOf(rule, own, { accounts: new Set(accounts), approved: Math.min(approved, accounts.length) }, 5);
        expect(APPROVALS).toContain(found);
        if (found === 'not_needed') expect([tier, approved >= rule.firstWaveAccounts]).toEqual(['1:few', true]);
        if (found === 'given') expect(own).toBe('approved');
      }),
    );
  });

  it('has tiers with caps of their own, and a name that is a property of every object is no tier', () => {
    expect(tierRules.parse(DEFAULT_TIERS)).toEqual(DEFAULT_TIERS);
    expect(ruleOfTier(DEFAULT_TIERS, 'constructor')).toBeUndefined();
    expect(DEFAULT_TIERS['1:1']?.accountCaps?.messages?.limit).toBeLessThan(10);
  });
});
