import { fc } from '../../support/generated.js';
import { MESSAGE_CLASSES } from '../../../src/core/consent/purpose.js';
import { compareRanks, isWorthWaitingFor, type Rank } from '../../../src/core/pressure/arbitrate.js';
import type { ContactTerms, Touch } from '../../../src/core/pressure/contact-pressure.js';
import { type Claim, TouchHistory } from '../../../src/core/pressure/touch-history.js';
import { rank } from './ranks.js';


describe('of two messages that want one place', () => {
  it.each<[string, Partial<Rank>]>([
    ['a recall goes before service', { messageClass: 'legal_duty' }],
    ['service goes before advertising', { messageClass: 'service', priority: 1 }],
    ['a human’s own mail goes before the machine’s', { messageClass: 'personal', priority: 1 }],
    ['the higher priority goes', { priority: 51, deadline: 9_000 }],
    ['of one priority the one that spoils first', { deadline: 999, expectedValue: 0 }],
    ['of one deadline the one that is worth more', { expectedValue: 0.5, campaignId: 99 }],
    ['of one worth the older campaign', { campaignId: 6, step: 5 }],
    ['of one campaign the earlier step', { campaignId: 7, step: -1 }],
  ])('%s', (_, first) => {
    const other = rank({ messageClass: first.messageClass === 'legal_duty' ? 'service' : 'marketing' });
    expect(compareRanks(rank(first), other)).toBeLessThan(0);
    expect(compareRanks(other, rank(first))).toBeGreaterThan(0);
  });

  it.each<[string, Partial<Rank>, boolean]>([
    ['a higher priority is worth waiting for', { priority: 51 }, true],
    ['a better class is', { messageClass: 'survey' }, true],
    ['an earlier deadline is not: both are as important', { deadline: 1 }, false],
    ['the same priority is not', {}, false],
    ['a lower priority is not', { priority: 49, deadline: 1 }, false],
  ])('%s', (_, changes, worth) => expect(isWorthWaitingFor(rank(changes), rank())).toBe(worth));

  it('property: the order is total', () => {
    const some = fc.record({
      messageClass: fc.constantFrom(...MESSAGE_CLASSES), priority: fc.integer({ min: 1, max: 3 }), deadline: fc.integer({ min: 1, max: 3 }), expectedValue: fc.integer({ min: 0, max: 2 }),
      campaignId: fc.integer({ min: 1, max: 2 }), step: fc.integer({ min: 0, max: 1 }), occurrence: fc.integer({ min: 1, max: 2 }), contactId: fc.integer({ min: 1, max: 2 }),
    });
    fc.assert(
      fc.property(some, some, some, (a, b, c) => {
        expect(Math.sign(compareRanks(a, b))).toBe(-Math.sign(compareRanks(b, a)) + 0);
        if (compareRanks(a, b) === 0) expect(a).toEqual(b);
        if (compareRanks(a, b) <= 0 && compareRanks(b, c) <= 0) expect(compareRanks(a, c)).toBeLessThanOrEqual(0);
        if (isWorthWaitingFor(a, b)) expect(compareRanks(a, b)).toBeLessThan(0);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a mail among others to the same person', () => {
  const NOW = new Date('2026-06-09T08:00:00Z');
  const asked = { purpose: 'newsletter', channel: 'email', now: NOW };
  const touch = (minutesAgo: number): Touch => ({ contactId: 1, accountId: null, campaignId: 7, purpose: 'events', channel: 'email', kind: 'mail', minutesAgo });
  const claim = (dueInMinutes: number, changes: Partial<Rank> = {}): Claim => ({ touch: touch(-dueInMinutes), campaign: 'sale', rank: rank({ priority: 80, ...changes }), dueInMinutes });
  const DAILY: ContactTerms = { caps: { channel: null, total: { limit: 3, days: 7 }, purpose: null, minimumGapHours: 24 }, choices: [], index: null, factor: 1 };
  const GENEROUS: ContactTerms = { ...DAILY, caps: { ...DAILY.caps, minimumGapHours: 0 } };
  const lost = (history: TouchHistory, terms = DAILY) => history.contactPressure(1, asked, terms, rank()).lost;
  const taken = (claims: Claim[], touches: Touch[] = []): TouchHistory => {
    const history = new TouchHistory(touches);
    for (const one of claims) history.take(one);
    return history;
  };

  it('loses its place to one that went a moment ago, until there is room beside it', () => expect(lost(taken([claim(0)]))).toEqual({ campaign: 'sale', upcoming: false, waitMinutes: 1_440 }));
  it('loses nothing while there is room for both', () => expect(lost(taken([claim(0)]), GENEROUS)).toBeNull());
  it('loses the last place of a week', () => expect(lost(taken([claim(0)], [touch(2_000), touch(4_000)]), GENEROUS)?.waitMinutes).toBe(7 * 1_440 - 4_000));
  it('is held up by the caps alone where it had no room before', () => {
    const pressure = taken([claim(0)], [touch(60)]).contactPressure(1, asked, DAILY, rank());
    expect([pressure.gapMinutes, pressure.lost]).toEqual([1_380, null]);
  });

  it.each<[string, Claim, boolean]>([
    ['waits for a more important one that is due in half an hour, and a minute', claim(30), true],
    ['does not wait for a less important one', claim(30, { priority: 20 }), false],
    ['does not wait for one as important, though it is older', claim(30, { priority: 50, deadline: 1 }), false],
  ])('%s', (_, upcoming, waits) => expect(lost(new TouchHistory([], [], [upcoming]))).toEqual(waits ? { campaign: 'sale', upcoming: true, waitMinutes: 31 } : null));

  it('does not wait while there is room for both', () => expect(lost(new TouchHistory([], [], [claim(30)]), GENEROUS)).toBeNull());
  it('waits for the first of several', () => expect(lost(new TouchHistory([], [], [claim(45), claim(10, { priority: 60 })]))?.waitMinutes).toBe(11));
  it('of somebody else does not matter', () => expect(lost(new TouchHistory([], [], [{ ...claim(30), touch: { ...touch(-30), contactId: 2 } }]))).toBeNull());
});
