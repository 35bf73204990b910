import { fc } from '../../support/generated.js';
import { releaseMoment } from '../../../src/core/pressure/spread.js';

const MINUTE = 60_000;
const OPENS = Date.parse('2026-06-09T06:00:00Z');
const day = { from: OPENS, to: OPENS + 12 * 60 * MINUTE };
const people = Array.from({ length: 6_000 }, (_, index) => index + 1);

describe('mail that waited for the hour', () => {
  it('is spread evenly over the window, by the minute', () => {
    const perMinute = new Map<number, number>();
    for (const id of people) {
      const moment = releaseMoment(id, day, 60);
      perMinute.set(moment, (perMinute.get(moment) ?? 0) + 1);
    }
    expect(perMinute.size).toBe(60);
    expect(Math.max(...perMinute.values())).toBeLessThan(2 * (people.length / 60));
    expect(Math.min(...perMinute.keys())).toBe(OPENS);
  });

  it('has the same minute every day, and for every campaign', () => {
    const tomorrow = { from: day.from + 1_440 * MINUTE, to: day.to + 1_440 * MINUTE };
    for (const id of people.slice(0, 100)) expect(releaseMoment(id, tomorrow, 60) - releaseMoment(id, day, 60)).toBe(1_440 * MINUTE);
  });

  it('all goes at once where nothing is spread', () => expect(people.every((id) => releaseMoment(id, day, 0) === OPENS)).toBe(true));

  it('property: goes before the hour closes, and before it is no longer news', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1 }), fc.integer({ min: 1, max: 900 }), fc.integer({ min: 0, max: 480 }), fc.integer({ min: 0, max: 900 }), (id, open, window, life) => {
        const hours = { from: OPENS, to: OPENS + open * MINUTE };
        const moment = releaseMoment(id, hours, window, OPENS + life * MINUTE);
        expect(moment).toBeGreaterThanOrEqual(OPENS);
        expect(moment).toBeLessThan(hours.to);
        expect(moment).toBeLessThanOrEqual(OPENS + Math.min(life, window) * MINUTE);
      }),
    );
  });
});
