import { fc } from '../../support/generated.js';
import type { CampaignStep } from '../../../src/core/campaign/definition.js';
import type { Decision } from '../../../src/core/decision/decision.js';
import type { Arrival, Asking, SimulatedCampaign, SimulatedGate, Traveller } from '../../../src/core/simulation/journey.js';
import { simulate } from '../../../src/core/simulation/simulate.js';
import { CourseTally, type DaySpan, type SimulatedCourse } from '../../../src/core/simulation/tally.js';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const start = Date.parse('2026-06-01T00:00:00Z');
const send: CampaignStep = { kind: 'send', template: 'news' };
const wait = (days: number): CampaignStep => ({ kind: 'wait', days });

function days(count: number): DaySpan[] {
  return Array.from({ length: count }, (_, day) => ({ date: new Date(start + day * DAY).toISOString().slice(0, 10), from: start + day * DAY, to: start + (day + 1) * DAY }));
}

const shared = { reasons: [], evidenceIds: [], tracking: { opens: 'none', clicks: 'none' }, modifiers: [], policyVersion: 'v', factsHash: 'h' } as const;
const SEND: Decision = { ...shared, verdict: 'send', evidenceIds: ['ledger:1'], basis: 'consent' };
const deferUntil = (moment: number): Decision => ({ ...shared, verdict: 'defer', primary: 'pressure.cap_total', reasons: [{ code: 'pressure.cap_total' }], notBefore: new Date(moment) });
const DENY: Decision = { ...shared, verdict: 'deny', primary: 'basis.consent_missing', reasons: [{ code: 'basis.consent_missing' }] };

/** A gate that answers by a rule, and remembers what it was asked. */
class GateOf implements SimulatedGate {
  readonly asked: (Asking & { now: number })[] = [];
  constructor(private readonly answer: (asking: Asking, now: number) => Decision) {}
  decide(askings: readonly Asking[], now: Date): Decision[] {
    return askings.map((asking) => {
      this.asked.push({ ...asking, now: now.getTime() });
      return this.answer(asking, now.getTime());
    });
  }
  atTheirLimit(): { people: number; accounts: number } {
    return { people: 0, accounts: 0 };
  }
}

const campaign = (steps: CampaignStep[], purpose = 'newsletter'): SimulatedCampaign => ({ campaignId: purpose.length, key: purpose, purpose, steps });
const arrival = (contactId: number, at: number, campaign = 0): Arrival => ({ campaign, contactId, accountId: null, occurrence: 1, at });

function run(campaigns: SimulatedCampaign[], gate: SimulatedGate, { travellers = [], arrivals = [], count = 30 }: { travellers?: Traveller[]; arrivals?: Arrival[]; count?: number }): SimulatedCourse {
  const spans = days(count);
  const tally = new CourseTally(spans);
  simulate(campaigns, travellers, arrivals, spans, gate, tally);
  return tally.course();
}

describe('the coming days', () => {
  it('sends each mail of a sequence on its day', () => {
    const gate = new GateOf(() => SEND);
    const course = run([campaign([send, wait(3), send, send])], gate, { arrivals: [arrival(1, start + 9 * HOUR)] });
    expect(course.days.map((day) => day.purposes[0]?.sent ?? 0).slice(0, 6)).toEqual([1, 0, 0, 2, 0, 0]);
    expect(course.totals).toEqual([{ purpose: 'newsletter', planned: 3, sent: 3, deferred: 0, review: 0, denied: 0, byReason: {} }]);
    expect(course.waiting).toBe(0);
  });

  it('goes on from where people stand', () => {
    const traveller: Traveller = { campaign: 0, contactId: 1, accountId: null, occurrence: 1, step: 2, dueAt: start + 2 * DAY, stepSince: start + 2 * DAY, attempts: 0 };
    const gate = new GateOf(() => SEND);
    run([campaign([send, wait(3), send])], gate, { travellers: [traveller] });
    expect(gate.asked).toEqual([expect.objectContaining({ step: 2, contactId: 1 })]);
  });

  it('counts a message that waits for three days as planned once and deferred once a day', () => {
    const gate = new GateOf((_, now) => (now < start + 3 * DAY ? deferUntil(now + 8 * HOUR) : SEND));
    const course = run([campaign([send])], gate, { arrivals: [arrival(1, start)] });
    expect(course.totals[0]).toMatchObject({ planned: 1, sent: 1, deferred: 3, byReason: { 'pressure.cap_total': 3 } });
    expect(course.days.map((day) => day.purposes[0]?.planned ?? 0).slice(0, 4)).toEqual([1, 0, 0, 0]);
  });

  it('says how many messages still wait at the end', () => {
    const course = run([campaign([send])], new GateOf(() => deferUntil(start + 40 * DAY)), { arrivals: [arrival(1, start)] });
    expect(course).toMatchObject({ waiting: 1, decisions: 1 });
  });

  it('tells refusals by their reason, and asks no more about who was refused', () => {
    const gate = new GateOf(() => DENY);
    const course = run([campaign([send, wait(1), send])], gate, { arrivals: [arrival(1, start), arrival(2, start)] });
    expect(course.totals[0]).toMatchObject({ denied: 2, byReason: { 'basis.consent_missing': 2 } });
    expect(gate.asked).toHaveLength(2);
  });

  it('lets nobody in twice at once', () => {
    const gate = new GateOf(() => SEND);
    run([campaign([send, wait(10), send])], gate, { arrivals: [arrival(1, start), { ...arrival(1, start + DAY), occurrence: 2 }, { ...arrival(1, start + 15 * DAY), occurrence: 3 }] });
    expect(gate.asked.map(({ occurrence }) => occurrence)).toEqual([1, 1, 3, 3]);
  });

  it('keeps purposes apart', () => {
    const course = run([campaign([send]), campaign([send], 'events')], new GateOf((asking) => (asking.campaign === 0 ? SEND : DENY)), { arrivals: [arrival(1, start), arrival(1, start, 1)] });
    expect(course.totals.map(({ purpose, sent, denied }) => [purpose, sent, denied])).toEqual([['events', 0, 1], ['newsletter', 1, 0]]);
  });

  const anyDecision = fc.oneof(fc.constant('send' as const), fc.constant('deny' as const), fc.record({ hours: fc.integer({ min: 0, max: 200 }) }));
  it('accounts for every planned message, and says the same again', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ contactId: fc.integer({ min: 1, max: 5 }), day: fc.integer({ min: 0, max: 31 }), minute: fc.integer({ min: 0, max: 1_439 }) }), { maxLength: 12 }),
        fc.array(anyDecision, { minLength: 1, maxLength: 9 }),
        fc.array(fc.constantFrom(send, wait(1), wait(4)), { minLength: 1, maxLength: 5 }),
        (people, answers, steps) => {
          const course = (): SimulatedCourse => {
            let next = 0;
            const gate = new GateOf((_, now) => {
              const answer = answers[next++ % answers.length] ?? 'send';
              return answer === 'send' ? SEND : answer === 'deny' ? DENY : deferUntil(now + answer.hours * HOUR);
            });
            return run([campaign(steps)], gate, { arrivals: people.map(({ contactId, day, minute }, place) => ({ ...arrival(contactId, start + day * DAY + minute * 60_000), occurrence: place + 1 })) });
          };
          const first = course();
          const { planned, sent, denied, review } = first.totals[0] ?? { planned: 0, sent: 0, denied: 0, review: 0 };
          expect(planned).toBe(sent + denied + review + first.waiting);
          expect(course()).toEqual(first);
        },
      ),
      { numRuns: 100 },
    );
  });
});
