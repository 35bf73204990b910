import { fc } from '../../support/generated.js';
import { pressureIndex, type PressureIndexTerms, saturation, TOUCH_KINDS, type WeighedTouch } from '../../../src/core/pressure/pressure-index.js';

const day = 1_440;
const TERMS: PressureIndexTerms = { limit: 6, halfLifeDays: 7, weights: { mail: 1, service_mail: 0.2, call: 3, meeting: 3 } };
const mail = (minutesAgo: number): WeighedTouch => ({ kind: 'mail', minutesAgo });

describe('the pressure on a person', () => {
  it.each<[string, WeighedTouch[], number]>([
    ['is nothing for whoever never heard of us', [], 0],
    ['is 1 after a mail', [mail(0)], 1],
    ['is a half a week after a mail', [mail(7 * day)], 0.5],
    ['is a quarter two weeks after', [mail(14 * day)], 0.25],
    ['is a fifth after a service mail', [{ kind: 'service_mail', minutesAgo: 0 }], 0.2],
    ['is 3 after a call', [{ kind: 'call', minutesAgo: 0 }], 3],
    ['adds up', [mail(0), mail(7 * day), { kind: 'call', minutesAgo: 7 * day }], 3],
    ['has a mail that still waits in it, in full', [mail(-day)], 1],
    ['forgets what is six weeks ago', [mail(42 * day)], 0],
  ])('%s', (_, touches, index) => expect(pressureIndex(touches, TERMS)).toBeCloseTo(index, 10));
});

describe('one more mail', () => {
  const tired = { ...TERMS, limit: 2 };

  it.each<[string, WeighedTouch[], number, number]>([
    ['goes while there is room', [mail(0)], 1, 0],
    // I = 2, L − c = 1: h·log₂(2) = 7 days
    ['waits a week after two of two', [mail(0), mail(0)], 1, 7 * day],
    // I = 1, L − c = 2·0.75 − 1 = 0.5: h·log₂(2)
    ['waits longer for whoever bears less', [mail(0)], 0.75, 7 * day],
    ['goes to whoever bears more', [mail(0), mail(0)], 1.5, 0],
    // I = 3 after a call, L − c = 1: 7·log₂(3) = 11.09 days
    ['waits after a call', [{ kind: 'call', minutesAgo: 0 }], 1, Math.ceil(7 * day * Math.log2(3))],
    ['is looked at again after a half-life where not even one fits', [mail(0)], 0.25, 7 * day],
  ])('%s', (_, touches, factor, waitMinutes) => expect(saturation(touches, factor, tired)?.waitMinutes ?? 0).toBe(waitMinutes));

  it('states index and limit in thousandths, rounded against sending', () => {
    expect(saturation([mail(1)], 0.3333333, TERMS)).toEqual({ index: 1_000, limit: 1_999, waitMinutes: 15 });
    expect(saturation([mail(0), mail(0), mail(0)], 0.7, { ...TERMS, weights: { ...TERMS.weights, mail: 0.1 } })).toEqual({ index: 300, limit: 4_200, waitMinutes: 0 });
  });

  it('is not held up by nothing', () => expect(saturation([], 0.25, TERMS)).toBeUndefined());
});

describe('property: the closed form', () => {
  const touches = fc.array(fc.record({ kind: fc.constantFrom(...TOUCH_KINDS), minutesAgo: fc.integer({ min: -day, max: 60 * day }) }), { maxLength: 40 });
  const terms = fc.record({ limit: fc.double({ min: 2, max: 12, noNaN: true }), halfLifeDays: fc.integer({ min: 1, max: 10 }), factor: fc.double({ min: 0.6, max: 1.5, noNaN: true }) });

  it('names the first minute at which one more mail fits, and not a quarter of an hour later', () => {
    fc.assert(
      fc.property(touches, terms, (given, { factor, ...changes }) => {
        const rules = { ...TERMS, ...changes };
        // Without those planned ahead: they do not fade before they have left. And young, so that none drops out while we wait.
        const past = given.map((touch) => ({ ...touch, minutesAgo: Math.abs(touch.minutesAgo) % (2 * rules.halfLifeDays * day) }));
        const found = saturation(past, factor, rules);
        const limit = rules.limit * factor;
        const fits = (minutes: number): boolean => pressureIndex(past.map((touch) => ({ ...touch, minutesAgo: touch.minutesAgo + minutes })), rules) + 1 <= limit;
        if (!found || limit < 1.05) return;
        if (found.waitMinutes === 0) return expect(fits(0)).toBe(true);
        if (found.waitMinutes > 3 * rules.halfLifeDays * day) return; // then the oldest have dropped out before
        expect(fits(found.waitMinutes)).toBe(true);
        // A thousandth on index and limit is worth so many minutes of waiting, at most.
        const grain = Math.ceil((rules.halfLifeDays * day * 0.003) / Math.LN2 / Math.min(limit - 1, 1)) + 15;
        if (found.waitMinutes > grain) expect(fits(found.waitMinutes - grain)).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  it('does not depend on the order of touches', () => {
    fc.assert(fc.property(touches, fc.double({ min: 0.25, max: 1.5, noNaN: true }), (given, factor) => expect(saturation([...given].reverse(), factor, TERMS)).toEqual(saturation(given, factor, TERMS))));
  });

  it('fits in 16 bits whatever happened', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ kind: fc.constantFrom(...TOUCH_KINDS), minutesAgo: fc.integer({ min: -7 * day, max: 0 }) }), { maxLength: 200 }), terms, (given, { factor, ...changes }) => {
        const found = saturation(given, factor, { ...TERMS, ...changes });
        for (const value of Object.values(found ?? {})) expect(value >= 0 && value <= 0xffff && Number.isInteger(value)).toBe(true);
      }),
    );
  });
});

describe('the default limit', () => {
  /** The index when a mail has just left, of whoever gets one on each of these days of every week. */
  const highest = (daysOfWeek: readonly number[]): number => {
    const sent = Array.from({ length: 6 }, (_, week) => daysOfWeek.map((of) => of + 7 * week)).flat();
    return Math.max(...sent.slice(-daysOfWeek.length).map((now) => pressureIndex(sent.filter((at) => at <= now).map((at) => mail((now - at) * day)), TERMS)));
  };

  it.each([
    ['three mails on three days in a row, every week: the most the caps allow', [0, 1, 2], 5.5],
    ['three mails a week, spread', [0, 2, 4], 5.2],
    ['one a week', [0], 2],
  ])('leaves room for %s', (_, days, below) => {
    expect(highest(days)).toBeLessThanOrEqual(below);
    expect(highest(days)).toBeLessThan(TERMS.limit);
  });

  it('gives somebody who asked for less three times a mail every eleven days, not none', () => {
    const wait = saturation([mail(0)], 0.25, TERMS)?.waitMinutes ?? 0;
    expect(wait / day).toBeCloseTo(7, 1);
    const steady = Array.from({ length: 4 }, (_, turn) => mail(turn * 11.2 * day));
    expect((saturation(steady, 0.25, TERMS)?.waitMinutes ?? 0) / day).toBeCloseTo(11.1, 0);
  });
});
