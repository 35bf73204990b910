import { fc } from '../../support/generated.js';
import { ACCOUNT_STAGES, type AccountStage, type AccountStageFacts, type AccountStageState, dwellDays, lookAtStage, qualifies, STAGE_TRANSITIONS } from '../../../src/core/account/account-stage.js';
import { STAGE_REASONS } from '../../../src/core/account/account-stage-words.js';
import { DEFAULT_SCORE_POLICY, FIT_GRADES } from '../../../src/core/account/score-policy.js';

const DAY = 86_400_000;
const NOW = new Date('2026-06-09T08:00:00Z');
const rules = DEFAULT_SCORE_POLICY.stages;
const nobody: AccountStageFacts = { fit: 'A', engagement: 0, roles: 0, openDeal: false, customer: null, trouble: false, lastOrderAt: null };
const ago = (days: number): Date => new Date(NOW.getTime() - days * DAY);
const in_ = (stage: AccountStage, days = 400, qualifying?: number): AccountStageState => ({ stage, since: ago(days), qualifyingSince: qualifying === undefined ? null : ago(qualifying) });
const HOT = { engagement: 75, roles: 2 };

describe('the stage of an account', () => {
  it.each<[string, AccountStageState | undefined, Partial<AccountStageFacts>, AccountStage]>([
    ['nobody knows begins as identified', undefined, {}, 'identified'],
    ['was a loyal customer before scores were kept begins as one', undefined, { customer: 'loyal_customer', lastOrderAt: ago(10) }, 'loyal_customer'],
    ['is looked around at becomes aware', in_('identified'), { engagement: 5 }, 'aware'],
    ['looks around a lot becomes engaged at once from identified', in_('identified', 0), { engagement: 40 }, 'engaged'],
    ['is between the ways in and out stays', in_('aware'), { engagement: 3 }, 'aware'],
    ['is not looked at any more goes back', in_('aware'), { engagement: 1 }, 'identified'],
    ['has been hot for a day is not yet qualified', in_('engaged', 9, 1), HOT, 'engaged'],
    ['has been hot for two days is qualified', in_('engaged', 9, 2), HOT, 'qualified'],
    ['has been hot, with a fit of C, is not', in_('engaged', 9, 5), { ...HOT, fit: 'C' }, 'engaged'],
    ['has been hot, with one role only, is not', in_('engaged', 9, 5), { ...HOT, roles: 1 }, 'engaged'],
    ['is qualified and cools a little stays', in_('qualified', 30), { engagement: 46, roles: 1 }, 'qualified'],
    ['is qualified and cools goes back', in_('qualified', 30), { engagement: 44, roles: 1 }, 'engaged'],
    ['is qualified and cools within the week stays', in_('qualified', 6), { engagement: 25, roles: 1 }, 'qualified'],
    ['gets a deal is an opportunity at once', in_('aware', 0), { openDeal: true }, 'opportunity'],
    ['loses its deal goes where its engagement is', in_('opportunity', 0), { engagement: 40 }, 'engaged'],
    ['buys becomes a new customer at once', in_('opportunity', 0), { openDeal: true, customer: 'new_customer', lastOrderAt: NOW }, 'new_customer'],
    ['buys again and again becomes loyal', in_('new_customer', 0), { customer: 'loyal_customer', lastOrderAt: NOW }, 'loyal_customer'],
    ['has a severe complaint is at risk at once', in_('loyal_customer', 0), { customer: 'loyal_customer', trouble: true, lastOrderAt: NOW }, 'at_risk'],
    ['is quiet and long without an order is at risk', in_('loyal_customer'), { customer: 'loyal_customer', lastOrderAt: ago(200) }, 'at_risk'],
    ['is quiet but ordered lately is not', in_('loyal_customer'), { customer: 'loyal_customer', lastOrderAt: ago(20) }, 'loyal_customer'],
    ['had its complaint settled yesterday stays at risk for a week', in_('at_risk', 1), { customer: 'loyal_customer', lastOrderAt: ago(20) }, 'at_risk'],
    ['had its complaint settled is back', in_('at_risk', 8), { customer: 'loyal_customer', lastOrderAt: ago(20) }, 'loyal_customer'],
    ['orders nothing for years is a former customer', in_('at_risk'), { customer: 'former_customer', lastOrderAt: ago(900) }, 'former_customer'],
    ['left and looks around stays former until there is a deal', in_('former_customer'), { ...HOT, customer: 'former_customer' }, 'former_customer'],
    ['left and gets a deal is an opportunity', in_('former_customer'), { customer: 'former_customer', openDeal: true }, 'opportunity'],
  ])('that %s', (_, before, facts, stage) => {
    expect(lookAtStage(before, { ...nobody, ...facts }, rules, NOW).state.stage).toBe(stage);
  });

  it('says why it moved, and when it is to be looked at again', () => {
    expect(lookAtStage(in_('engaged', 9, 2), { ...nobody, ...HOT }, rules, NOW)).toMatchObject({ move: { from: 'engaged', to: 'qualified', because: ['qualified'] }, state: { since: NOW } });
    expect(lookAtStage(in_('engaged', 9), { ...nobody, ...HOT }, rules, NOW)).toEqual({ state: { stage: 'engaged', since: ago(9), qualifyingSince: NOW }, nextAt: new Date(NOW.getTime() + 2 * DAY) });
    expect(lookAtStage(in_('qualified', 6), nobody, rules, NOW).nextAt).toEqual(new Date(NOW.getTime() + DAY));
  });

  it('forgets how long it qualified as soon as it does not', () => {
    const cooled = lookAtStage(in_('engaged', 9, 1), { ...nobody, ...HOT, engagement: 59.9 }, rules, NOW).state;
    expect(cooled.qualifyingSince).toBeNull();
    expect(lookAtStage(cooled, { ...nobody, ...HOT }, rules, NOW).state.qualifyingSince).toEqual(NOW);
  });
});

const someFacts = fc.record({
  fit: fc.constantFrom(...FIT_GRADES), engagement: fc.double({ min: 0, max: 100, noNaN: true }), roles: fc.integer({ min: 0, max: 6 }), openDeal: fc.boolean(),
  customer: fc.constantFrom(null, null, null, 'new_customer' as const, 'loyal_customer' as const, 'former_customer' as const), trouble: fc.boolean(), lastOrderAt: fc.constantFrom(null, ago(10), ago(500)),
});
const course = fc.array(fc.record({ facts: someFacts, hours: fc.integer({ min: 0, max: 100 }) }), { minLength: 1, maxLength: 60 });

describe('whatever happens to an account', () => {
  it('its scores alone never move it before the least time is over', () => {
    fc.assert(
      fc.property(course, (steps) => {
        let [state, now] = [undefined as AccountStageState | undefined, NOW];
        for (const { facts, hours } of steps) {
          now = new Date(now.getTime() + hours * 3_600_000);
          const before = state;
          const look = lookAtStage(before, facts, rules, now);
          state = look.state;
          if (!before || !look.move) continue;
          const { by } = STAGE_TRANSITIONS[before.stage].find(({ to, when }) => to === look.move?.to && when === look.move.because)!;
          if (by === 'score') expect(now.getTime() - before.since.getTime()).toBeGreaterThanOrEqual(dwellDays(before.stage, rules) * DAY);
        }
      }),
    );
  });

  it('a score that trembles around one threshold never moves it to and fro', () => {
    fc.assert(
      fc.property(fc.constantFrom('aware', 'engaged', 'qualified'), fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { maxLength: 80 }), (band, trembles) => {
        let [state, now, moves] = [in_('identified'), NOW, 0];
        for (const tremble of trembles) {
          now = new Date(now.getTime() + DAY);
          const look = lookAtStage(state, { ...nobody, roles: 2, engagement: rules[band].enter + tremble }, rules, now);
          if (look.move && ACCOUNT_STAGES.indexOf(look.move.to) < ACCOUNT_STAGES.indexOf(look.move.from)) moves += 1;
          state = look.state;
        }
        expect(moves).toBe(0);
      }),
    );
  });

  it('qualified is only who qualified for two days without a break', () => {
    fc.assert(
      fc.property(course, (steps) => {
        let [state, now, since] = [undefined as AccountStageState | undefined, NOW, null as Date | null];
        for (const { facts, hours } of steps) {
          now = new Date(now.getTime() + hours * 3_600_000);
          since = qualifies(facts, rules) ? (since ?? now) : null;
          const look = lookAtStage(state, facts, rules, now);
          state = look.state;
          if (look.move?.to === 'qualified') expect(now.getTime() - since!.getTime()).toBeGreaterThanOrEqual(2 * DAY);
        }
      }),
    );
  });

  it('the same facts at the same moment give the same answer, and a second look changes nothing', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ACCOUNT_STAGES), someFacts, fc.integer({ min: 0, max: 30 }), (stage, facts, days) => {
        const first = lookAtStage(in_(stage, days), facts, rules, NOW);
        expect(lookAtStage(in_(stage, days), facts, rules, NOW)).toEqual(first);
      }),
    );
  });

  it('every stage can be reached, and every reason has words', () => {
    const reached = new Set<string>(['identified', ...Object.values(STAGE_TRANSITIONS).flatMap((transitions) => transitions.map(({ to }) => to))]);
    expect([...reached].sort()).toEqual([...ACCOUNT_STAGES].sort());
    const guards = Object.values(STAGE_TRANSITIONS).flatMap((transitions) => transitions.flatMap(({ when }) => when));
    expect(guards.filter((guard) => STAGE_REASONS[guard] === undefined)).toEqual([]);
  });
});
