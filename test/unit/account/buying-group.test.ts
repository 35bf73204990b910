import { fc } from '../../support/generated.js';
import { type AssignedRole, BUYING_GROUP_ROLES, type BuyingGroupPolicy, buyingGroupPolicy, type BuyingGroupRole, coverageOf, DEFAULT_BUYING_GROUP_POLICY } from '../../../src/core/account/buying-group.js';

const needing = (required: BuyingGroupPolicy['required'], more: Partial<BuyingGroupPolicy> = {}): BuyingGroupPolicy => ({ ...DEFAULT_BUYING_GROUP_POLICY, required, ...more });
const people = (...roles: BuyingGroupRole[]): AssignedRole[] => roles.map((role, index) => ({ contactId: index + 1, role, confidence: 1 }));

describe('how much of a buying group is known:', () => {
  it.each<[string, AssignedRole[], BuyingGroupPolicy, number]>([
    ['one of three users that are needed', people('user'), needing({ user: 3 }), 33],
    ['one of three roles that are needed', people('decider'), needing({ decider: 1, user: 1, buyer: 1 }), 33],
    ['two of three users and the decider', people('user', 'user', 'decider'), needing({ user: 3, decider: 1 }), 83],
    ['nobody', [], needing({ decider: 1 }), 0],
    ['nobody, and nobody is needed', [], needing({}), 100],
    ['everybody who is needed', people('decider', 'user'), needing({ decider: 1, user: 1 }), 100],
    ['more users than needed make up for no decider', people('user', 'user', 'user'), needing({ decider: 1, user: 1 }), 50],
    ['roles that are not needed', people('gatekeeper', 'initiator'), needing({ decider: 1 }), 0],
    ['a person in two roles', [{ contactId: 1, role: 'decider', confidence: 1 }, { contactId: 1, role: 'buyer', confidence: 1 }], needing({ decider: 1, buyer: 1 }), 100],
    ['one person, told twice', [...people('user'), ...people('user')], needing({ user: 2 }), 50],
    ['a decider of whom nobody is sure enough', [{ contactId: 1, role: 'decider', confidence: 0.4 }], needing({ decider: 1 }, { minimumConfidence: 0.5 }), 0],
    ['all but one of a hundred: never 100 %', people(...Array.from({ length: 999 }, () => 'user' as const)).slice(0, 99), needing({ user: 100 }), 99],
  ])('%s', (_, assigned, policy, percent) => {
    expect(coverageOf(assigned, policy, null).percent).toBe(percent);
  });

  it('names who is missing, and for accounts of a tier by what that tier needs', () => {
    const policy = needing({ decider: 1, user: 2 }, { requiredByTier: { '1:1': { decider: 2, gatekeeper: 1 } } });
    expect(coverageOf(people('decider'), policy, 'gold').gaps).toEqual([{ role: 'user', missing: 2 }]);
    expect(coverageOf(people('decider'), policy, '1:1').gaps).toEqual([{ role: 'decider', missing: 1 }, { role: 'gatekeeper', missing: 1 }]);
    expect(coverageOf(people('decider'), policy, 'constructor').gaps).toEqual([{ role: 'user', missing: 2 }]);
  });

  const role = fc.constantFrom(...BUYING_GROUP_ROLES);
  const assigned = fc.array(fc.record({ contactId: fc.integer({ min: 1, max: 8 }), role, confidence: fc.double({ min: 0, max: 1, noNaN: true }) }), { maxLength: 30 });
  const policy = fc
    .record({ required: fc.dictionary(role, fc.integer({ min: 1, max: 5 })), minimumConfidence: fc.double({ min: 0, max: 1, noNaN: true }) })
    .map((given) => buyingGroupPolicy.parse({ ...given, requiredByTier: {} }));

  it('lies between nobody and everybody, is 100 % exactly without gaps, and does not depend on the order of people', () => {
    fc.assert(
      fc.property(assigned, policy, (group, rules) => {
        const coverage = coverageOf(group, rules, null);
        expect(coverage.completeness).toBeGreaterThanOrEqual(0);
        expect(coverage.completeness).toBeLessThanOrEqual(1);
        expect(coverage.percent === 100).toBe(coverage.gaps.length === 0);
        expect(coverageOf([...group].reverse(), rules, null)).toEqual(coverage);
      }),
    );
  });

  it('never falls when somebody more is known, and rises when a gap is filled', () => {
    fc.assert(
      fc.property(assigned, policy, role, (group, rules, newRole) => {
        const before = coverageOf(group, rules, null);
        const after = coverageOf([...group, { contactId: 999, role: newRole, confidence: 1 }], rules, null);
        expect(after.completeness).toBeGreaterThanOrEqual(before.completeness);
        if (before.gaps.some((gap) => gap.role === newRole)) expect(after.completeness).toBeGreaterThan(before.completeness);
      }),
    );
  });
});
