import { fc } from '../../support/generated.js';
import { reasonOfHold } from '../../../src/core/account/hold-reasons.js';
import { REASONS, stops } from '../../../src/core/decision/reasons.js';
import { endOf, HOLD_KINDS, HOLD_RULES, HOLD_STEPS, type HoldKind, type HoldProgress, type HoldStep, heldUntil, isHeld, NO_PROGRESS, openSteps, placesOf, take } from '../../../src/core/account/holds.js';

const NOON = new Date('2026-06-09T12:00:00Z');
const daysLater = (days: number) => new Date(NOON.getTime() + days * 86_400_000);
const after = (steps: readonly [HoldStep, number][], momentAt: Date | null = null): HoldProgress =>
  steps.reduce((progress, [step, day]) => take(progress, step, daysLater(day)), { ...NO_PROGRESS, momentAt });

describe('mail goes on after', () => {
  it.each<[string, HoldKind, HoldProgress, number | null]>([
    ['a complaint that is still open: not', 'complaint', NO_PROGRESS, null],
    ['a complaint that was settled, but that nobody followed up: not', 'complaint', after([['resolved', 1]]), null],
    ['a complaint that was followed up, but is not settled: not', 'complaint', after([['followed_up', 1]]), null],
    ['a complaint settled and followed up: a week after the later of the two', 'complaint', after([['resolved', 3], ['followed_up', 1]]), 10],
    ['a ticket solved and followed up: a week later', 'ticket', after([['resolved', 1], ['followed_up', 2]]), 9],
    ['an unhappy score: thirty days after a human closed the loop', 'detractor', after([['followed_up', 2]]), 32],
    ['a reply: fourteen days after its task was closed', 'reply', after([['followed_up', 1]]), 15],
    ['a conversation: fourteen days after its task was closed', 'conversation', after([['followed_up', 1]]), 15],
    ['an open deal: not', 'opportunity', NO_PROGRESS, null],
    ['a deal that was won or lost: fourteen days later', 'opportunity', after([['resolved', 4]]), 18],
    ['a meeting: seven days after it', 'meeting', after([], daysLater(5)), 12],
    ['a meeting nobody gave a day: not', 'meeting', NO_PROGRESS, null],
    ['a legal hold, whatever was settled: not', 'legal', after([['resolved', 1], ['followed_up', 1]]), null],
    ['a legal hold that was lifted by hand: at once', 'legal', after([['lifted', 6]]), 6],
    ['a dispute that was lifted by hand: at once', 'dispute', after([['lifted', 6]]), 6],
    ['a competitor that is none any more: at once', 'competitor', after([['lifted', 6]]), 6],
  ])('%s', (_, kind, progress, days) => {
    expect(endOf(kind, progress).endsAt).toEqual(days === null ? null : daysLater(days));
  });
});

describe('while it lasts,', () => {
  it.each<[string, HoldKind, 'off' | 'put off']>([
    ['an open deal puts promotion off; what the owner approved is not held', 'opportunity', 'put off'],
    ['a complaint puts all marketing off', 'complaint', 'put off'],
    ['a severe ticket puts all marketing off', 'ticket', 'put off'],
    ['an unhappy score puts marketing off', 'detractor', 'put off'],
    ['a reply puts marketing off', 'reply', 'put off'],
    ['a meeting puts marketing off', 'meeting', 'put off'],
    ['a legal hold is off', 'legal', 'off'],
    ['a dispute is off', 'dispute', 'off'],
    ['a competitor is off', 'competitor', 'off'],
  ])('%s', (_, kind, effect) => {
    for (const scope of ['contact', 'account'] as const) {
      const code = reasonOfHold(kind, scope);
      expect([code, REASONS[code].verdict]).toEqual([code, effect === 'off' ? 'deny' : 'defer']);
      expect((['marketing', 'survey', 'service', 'legal_duty'] as const).map((one) => stops(code, one))).toEqual([true, true, effect === 'off', false]);
    }
  });
});

describe('whom it concerns:', () => {
  const someone = { hasContact: true, hasAccount: true, severe: false, decider: false };
  it.each<[string, HoldKind, Partial<typeof someone>, string[]]>([
    ['a complaint the person', 'complaint', {}, ['contact']],
    ['a severe complaint the whole account too', 'complaint', { severe: true }, ['contact', 'account']],
    ['a severe complaint of somebody without an account the person', 'complaint', { severe: true, hasAccount: false }, ['contact']],
    ['a ticket the person', 'ticket', {}, ['contact']],
    ['a severe ticket the whole account too', 'ticket', { severe: true }, ['contact', 'account']],
    ['an unhappy score the person', 'detractor', {}, ['contact']],
    ['an unhappy decider the whole account too', 'detractor', { decider: true }, ['contact', 'account']],
    ['a reply the person, and the account in that campaign', 'reply', {}, ['contact', 'account in one campaign']],
    ['a conversation the person', 'conversation', {}, ['contact']],
    ['a meeting the account and whoever booked it', 'meeting', {}, ['contact', 'account']],
    ['an open deal the account', 'opportunity', {}, ['account']],
    ['a legal hold the account', 'legal', {}, ['account']],
    ['a dispute with somebody without an account the person', 'dispute', { hasAccount: false }, ['contact']],
  ])('%s', (_, kind, about, expected) => {
    expect(placesOf(kind, { ...someone, ...about }).map(({ scope, campaignOnly }) => (campaignOnly ? `${scope} in one campaign` : scope))).toEqual(expected);
  });

  it('always somebody', () => {
    const subject = fc.record({ hasContact: fc.boolean(), hasAccount: fc.boolean(), severe: fc.boolean(), decider: fc.boolean() }).filter(({ hasContact, hasAccount }) => hasContact || hasAccount);
    fc.assert(fc.property(fc.constantFrom(...HOLD_KINDS), subject, (kind, about) => placesOf(kind, about).length > 0));
  });
});

const moment = fc.integer({ min: 0, max: 200 }).map(daysLater);
const progress = fc.record({ momentAt: fc.option(moment), resolvedAt: fc.option(moment), followedUpAt: fc.option(moment), liftedAt: fc.option(moment) });
const kinds = fc.constantFrom(...HOLD_KINDS);

describe('a hold', () => {
  it('never ends before its rule: all that has to happen has happened, and the quiet days are over', () => {
    fc.assert(
      fc.property(kinds, progress, (kind, given) => {
        const { closedAt, endsAt } = endOf(kind, given);
        if (endsAt === null) return;
        const { endsAfter, quietDays } = HOLD_RULES[kind];
        expect(openSteps(kind, given)).toEqual([]);
        const needed = endsAfter === 'moment' ? [given.momentAt] : endsAfter.map((step) => ({ resolved: given.resolvedAt, followed_up: given.followedUpAt, lifted: given.liftedAt })[step]);
        for (const done of needed) expect(endsAt.getTime()).toBeGreaterThanOrEqual((done as Date).getTime() + quietDays * 86_400_000);
        expect(endsAt.getTime() - (closedAt as Date).getTime()).toBe(quietDays * 86_400_000);
      }),
    );
  });

  it('is closed once: taking a step again, later, changes nothing', () => {
    fc.assert(
      fc.property(kinds, progress, fc.constantFrom(...HOLD_STEPS), moment, moment, (kind, given, step, first, second) => {
        const once = take(given, step, first);
        expect(take(once, step, second)).toEqual(once);
        expect(endOf(kind, take(once, step, second))).toEqual(endOf(kind, once));
      }),
    );
  });

  it('ends the same in whatever order its steps are taken', () => {
    fc.assert(
      fc.property(kinds, moment, moment, (kind, first, second) => {
        expect(endOf(kind, take(take(NO_PROGRESS, 'resolved', first), 'followed_up', second))).toEqual(endOf(kind, take(take(NO_PROGRESS, 'followed_up', second), 'resolved', first)));
      }),
    );
  });

  it('does not hold any more at its end, and holds until then', () => {
    expect(isHeld({ endsAt: NOON }, NOON)).toBe(false);
    expect(isHeld({ endsAt: NOON }, new Date(NOON.getTime() - 1))).toBe(true);
    expect(isHeld({ endsAt: null }, NOON)).toBe(true);
  });
});

describe('several holds on one person', () => {
  const holds = fc.array(fc.record({ endsAt: fc.option(fc.integer({ min: -50, max: 50 }).map(daysLater)) }), { maxLength: 6 });

  it('hold as long as any of them', () => {
    fc.assert(
      fc.property(holds, moment, (given, at) => {
        const until = heldUntil(given, NOON);
        const held = given.some((hold) => isHeld(hold, at));
        if (at >= NOON) expect(until === null || (until !== undefined && until > at)).toBe(held);
      }),
    );
  });

  it('end the same in whatever order they were opened, and twice the same is once', () => {
    fc.assert(
      fc.property(holds, (given) => {
        expect(heldUntil([...given].reverse(), NOON)).toEqual(heldUntil(given, NOON));
        expect(heldUntil([...given, ...given], NOON)).toEqual(heldUntil(given, NOON));
      }),
    );
  });
});
