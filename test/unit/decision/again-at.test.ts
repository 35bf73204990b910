import { fc } from '../../support/generated.js';
import { againAt } from '../../../src/core/decision/again-at.js';
import { decide } from '../../../src/core/decision/decide.js';
import { NO_CONTACT_PRESSURE } from '../../../src/core/pressure/contact-pressure.js';
import { seconds } from '../../../src/core/decision/facts.js';
import { newsletter, policies, subscriber, TUESDAY } from './given.js';

const HOUR = 3_600_000;
const spread = policies({ releaseSpreadMinutes: 60 });
const night = new Date('2026-06-09T20:00:00Z'); // ten in the evening in Amsterdam
const OPENS = Date.parse('2026-06-10T06:00:00Z');
const people = Array.from({ length: 500 }, (_, index) => index + 1);
const again = (facts: Parameters<typeof decide>[0], contactId: number, now = night, rules = spread): number => againAt(facts, rules, decide(facts, rules, now), contactId)?.getTime() ?? 0;

describe('mail that waits for the sending hours', () => {
  const waiting = subscriber({ stepSince: seconds(night) });

  it('is decided again spread over the first hour, not all at eight', () => {
    const moments = people.map((id) => again(waiting, id));
    expect(new Set(moments).size).toBeGreaterThan(50);
    expect([Math.min(...moments) >= OPENS, Math.max(...moments) < OPENS + HOUR]).toEqual([true, true]);
    expect(decide(waiting, spread, night).notBefore).toEqual(new Date(OPENS)); // what is promised stays the hour itself
  });

  it('goes at the hour itself where nothing is to be spread', () => expect(new Set(people.map((id) => again(waiting, id, night, policies({ releaseSpreadMinutes: 0 }))))).toEqual(new Set([OPENS])));

  it('goes before it is no longer news', () => {
    const short = subscriber({ stepSince: seconds(new Date(OPENS - HOUR + 5 * 60_000)) }, newsletter({ timeToLiveHours: 1 }));
    for (const id of people) expect(again(short, id)).toBeLessThanOrEqual(OPENS + 5 * 60_000);
  });

  it('that has to wait for a cap by day goes at its own minute', () => {
    const capped = subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, gapMinutes: 90 } });
    for (const id of people.slice(0, 20)) expect(again(capped, id, TUESDAY)).toBe(TUESDAY.getTime() + 90 * 60_000);
  });

  it('whose cap frees at night is spread over the morning', () => {
    const capped = subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, gapMinutes: 16 * 60 } });
    expect(new Set(people.map((id) => again(capped, id, TUESDAY))).size).toBeGreaterThan(50);
  });

  it('is left to whoever decides where it is not deferred', () => expect(againAt(waiting, spread, { verdict: 'send' }, 1)).toBeUndefined());

  it('property: in every zone, over every change of the clock, it finds the hours open when it is decided again', () => {
    const places = fc.constantFrom(['Europe/Amsterdam', 'NL'], ['America/New_York', 'US'], ['Asia/Kolkata', 'IN'], ['Australia/Lord_Howe', 'AU'], ['Pacific/Chatham', 'NZ'], [null, 'US'], [null, 'RU'], [null, null]);
    const moments = fc.tuple(fc.constantFrom('2026-03-28', '2026-10-24', '2026-03-07', '2026-10-31', '2026-04-04', '2026-10-03', '2026-12-24', '2026-06-09'), fc.integer({ min: 0, max: 2_880 }));
    fc.assert(
      fc.property(places, moments, fc.integer({ min: 1 }), fc.constantFrom(0, 30, 480), ([timeZone, country], [day, minutes], contactId, releaseSpreadMinutes) => {
        const now = new Date(Date.parse(`${day}T00:00:00Z`) + minutes * 60_000);
        const rules = policies({ releaseSpreadMinutes });
        const facts = subscriber({ timeZone: timeZone ?? null, country: country ?? null, stepSince: seconds(now) });
        const first = decide(facts, rules, now);
        const moment = againAt(facts, rules, first, contactId);
        if (first.verdict !== 'defer' || !moment || !first.notBefore) return;
        expect(moment.getTime()).toBeGreaterThanOrEqual(first.notBefore.getTime());
        expect(decide(facts, rules, moment).reasons.filter(({ code }) => code.startsWith('timing.') && code !== 'timing.stale')).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});
