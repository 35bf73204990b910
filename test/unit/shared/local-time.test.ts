import { fc } from '../../support/generated.js';
import { countryTimeZones, isPublicHoliday, isTimeZone, type OpenHours, OpeningTimes } from '../../../src/core/shared/local-time.js';

const DAYTIME: OpenHours = { from: '08:00', to: '20:00', closedWeekdays: [7], publicHolidays: true };
const at = (moment: string): number => Date.parse(moment);
const nextOpen = (zone: string, country: string | undefined, moment: string, hours = DAYTIME): string => new Date(new OpeningTimes([zone], country, hours).nextOpen(at(moment)) ?? NaN).toISOString();

describe('the next open hour', () => {
  it.each([
    ['open now', 'Europe/Amsterdam', 'NL', '2026-06-09T08:00:00Z', '2026-06-09T08:00:00.000Z'],
    ['the first minute is open', 'Europe/Amsterdam', 'NL', '2026-06-09T06:00:00Z', '2026-06-09T06:00:00.000Z'],
    ['eight in the evening is closed', 'Europe/Amsterdam', 'NL', '2026-06-09T18:00:00Z', '2026-06-10T06:00:00.000Z'],
    ['the last millisecond is open', 'Europe/Amsterdam', 'NL', '2026-06-09T17:59:59.999Z', '2026-06-09T17:59:59.999Z'],
    ['Saturday night: over Sunday', 'Europe/Amsterdam', 'NL', '2026-06-13T20:00:00Z', '2026-06-15T06:00:00.000Z'],
    ['Easter: over Sunday and Monday', 'Europe/Amsterdam', 'NL', '2026-04-04T19:00:00Z', '2026-04-07T06:00:00.000Z'],
    ['Christmas on Friday and Saturday, then Sunday', 'Europe/Amsterdam', 'NL', '2026-12-24T21:00:00Z', '2026-12-28T07:00:00.000Z'],
    ['the clock goes forward at night', 'Europe/Amsterdam', 'NL', '2026-03-28T20:00:00Z', '2026-03-30T06:00:00.000Z'],
    ['the clock goes back at night', 'Europe/Amsterdam', 'NL', '2026-10-24T20:00:00Z', '2026-10-26T07:00:00.000Z'],
    ['a zone on the half hour', 'Asia/Kolkata', 'IN', '2026-06-09T00:00:00Z', '2026-06-09T02:30:00.000Z'],
    ['a zone on the quarter', 'Asia/Kathmandu', 'NP', '2026-06-09T00:00:00Z', '2026-06-09T02:15:00.000Z'],
    ['a zone a day ahead', 'Pacific/Kiritimati', 'KI', '2026-06-09T17:00:00Z', '2026-06-09T18:00:00.000Z'],
    ['no country: no holidays', 'Europe/Amsterdam', undefined, '2026-04-27T10:00:00Z', '2026-04-27T10:00:00.000Z'],
  ])('%s', (_, zone, country, moment, expected) => expect(nextOpen(zone, country, moment)).toBe(expected));

  it.each([
    ['a begin that is skipped opens when the gap ends', { from: '02:30', to: '20:00' }, '2026-03-29T00:00:00Z', '2026-03-29T01:00:00.000Z'],
    ['a begin that happens twice opens after the second', { from: '02:30', to: '20:00' }, '2026-10-25T00:45:00Z', '2026-10-25T01:30:00.000Z'],
    ['an end that happens twice closes at the first', { from: '00:00', to: '02:30' }, '2026-10-25T00:30:00Z', '2026-10-25T23:00:00.000Z'],
    ['an end that is skipped closes when the gap begins', { from: '00:00', to: '02:30' }, '2026-03-29T01:00:00Z', '2026-03-29T22:00:00.000Z'],
    ['a day that ends at midnight', { from: '08:00', to: '24:00' }, '2026-06-09T21:59:00Z', '2026-06-09T21:59:00.000Z'],
    ['midnight itself is the next day', { from: '08:00', to: '24:00' }, '2026-06-09T22:00:00Z', '2026-06-10T06:00:00.000Z'],
  ])('%s', (_, hours, moment, expected) => expect(nextOpen('Europe/Amsterdam', 'NL', moment, { ...hours, closedWeekdays: [], publicHolidays: false })).toBe(expected));

  it('of several zones is the first hour that suits them all', () => {
    const times = new OpeningTimes(['America/New_York', 'Pacific/Honolulu'], 'US', DAYTIME);
    expect(new Date(times.nextOpen(at('2026-06-09T10:00:00Z')) ?? 0).toISOString()).toBe('2026-06-09T18:00:00.000Z');
    expect(new Date(times.nextOpen(at('2026-06-10T00:00:00Z')) ?? 0).toISOString()).toBe('2026-06-10T18:00:00.000Z');
  });

  it('does not exist where no hour suits all', () => {
    const narrow: OpenHours = { ...DAYTIME, from: '09:00', to: '12:00' };
    expect(new OpeningTimes(['Europe/Amsterdam', 'Asia/Tokyo'], undefined, narrow).nextOpen(at('2026-06-09T10:00:00Z'))).toBeUndefined();
  });

  it('tells why it is closed', () => {
    const times = new OpeningTimes(['Europe/Amsterdam'], 'NL', DAYTIME);
    expect(times.at(at('2026-06-09T20:00:00Z')).closure).toBe('hours');
    expect(times.at(at('2026-06-14T10:00:00Z')).closure).toBe('weekday');
    expect(times.at(at('2026-04-27T10:00:00Z')).closure).toBe('holiday');
    expect(times.at(at('2026-06-09T10:00:00Z')).closure).toBeUndefined();
  });
});

describe('what is known of places', () => {
  it('knows zones and their countries', () => {
    expect(isTimeZone('Europe/Amsterdam')).toBe(true);
    expect(isTimeZone('Mars/Olympus')).toBe(false);
    expect(countryTimeZones('NL')).toEqual(['Europe/Amsterdam']);
    expect(countryTimeZones('US').length).toBeGreaterThan(5);
    expect(countryTimeZones('XX')).toEqual([]);
    expect(countryTimeZones('../../etc')).toEqual([]);
  });

  it('knows public holidays, and no others', () => {
    expect(isPublicHoliday('NL', '2026-04-27')).toBe(true);
    expect(isPublicHoliday('NL', '2026-12-05')).toBe(false); // Sinterklaas is kept, but works
    expect(isPublicHoliday('XX', '2026-12-25')).toBe(false);
  });
});

describe('quiet hours hold', () => {
  // An oracle of its own: the wall clock as Intl tells it, minute by minute.
  const formats = new Map<string, Intl.DateTimeFormat>();
  const wall = (zone: string, moment: number) => {
    let format = formats.get(zone);
    if (!format) {
      format = new Intl.DateTimeFormat('en-US', { timeZone: zone, weekday: 'short', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
      formats.set(zone, format);
    }
    const parts = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, value]));
    return { time: `${parts['hour']}:${parts['minute']}`, weekday: parts['weekday'] ?? '', date: `${parts['year']}-${parts['month']}-${parts['day']}` };
  };
  const isOpen = (zone: string, country: string, hours: OpenHours, moment: number): boolean => {
    const local = wall(zone, moment);
    return local.time >= hours.from && local.time < hours.to && local.weekday !== 'Sun' && !isPublicHoliday(country, local.date);
  };

  const places = fc.constantFrom(
    ['Europe/Amsterdam', 'NL'], ['America/New_York', 'US'], ['Asia/Kolkata', 'IN'], ['Asia/Kathmandu', 'NP'], ['Australia/Lord_Howe', 'AU'], ['America/St_Johns', 'CA'],
    ['Pacific/Chatham', 'NZ'], ['Africa/Casablanca', 'MA'], ['America/Sao_Paulo', 'BR'], ['Asia/Beirut', 'LB'], ['Pacific/Apia', 'WS'], ['America/Havana', 'CU'],
  );
  const hours = fc.constantFrom(['08:00', '20:00'], ['02:30', '20:00'], ['00:00', '02:30'], ['00:30', '23:30'], ['01:15', '02:15']);
  // Around the days on which clocks change, as much as anywhere.
  const moments = fc.oneof(
    fc.integer({ min: at('2024-01-01T00:00:00Z') / 60_000, max: at('2028-12-31T00:00:00Z') / 60_000 }),
    fc.tuple(fc.constantFrom('2026-03-29', '2026-10-25', '2026-03-08', '2026-11-01', '2026-04-05', '2026-10-04', '2026-02-15'), fc.integer({ min: -1_500, max: 1_500 })).map(([day, minutes]) => at(`${day}T00:00:00Z`) / 60_000 + minutes),
  );

  it('property: nobody is mailed outside the hours of his own clock, and nobody waits a minute too long', () => {
    fc.assert(
      fc.property(places, hours, moments, ([zone, country], [from, to], minute) => {
        const rules: OpenHours = { from: from, to: to, closedWeekdays: [7], publicHolidays: true };
        const start = minute * 60_000;
        const open = new OpeningTimes([zone], country, rules).nextOpen(start);
        if (open === undefined) return false;
        expect(open).toBeGreaterThanOrEqual(start);
        expect(isOpen(zone, country, rules, open)).toBe(true);
        // Not too late either: no quarter of an hour before it is open, except the first of two equal hours when the clock goes back.
        for (let moment = start; moment < open; moment += 15 * 60_000) {
          if (isOpen(zone, country, rules, moment)) expect(isClockPutBack(zone, moment)).toBe(true);
        }
        return true;
      }),
      { numRuns: 300 },
    );
  });

  const isClockPutBack = (zone: string, moment: number): boolean => {
    const day = 86_400_000;
    const offset = (instant: number): number => Date.parse(`${wall(zone, instant).date}T${wall(zone, instant).time}:00Z`) - Math.floor(instant / 60_000) * 60_000;
    return offset(moment - day) > offset(moment + day);
  };

  // Countries of several zones, with half hours and other changes of the clock in them.
  const wide = fc.constantFrom('AU', 'US', 'BR', 'ES', 'PT', 'MX', 'KZ', 'NZ', 'CL', 'ID', 'MN', 'CD');

  it('property: the hours that suit a whole country are open in each of its zones, and none is left out', () => {
    fc.assert(
      fc.property(wide, moments, (country, minute) => {
        const zones = countryTimeZones(country);
        const rules: OpenHours = { from: '08:00', to: '20:00', closedWeekdays: [7], publicHolidays: true };
        const start = minute * 60_000;
        const open = new OpeningTimes(zones, country, rules).nextOpen(start);
        const inAll = (moment: number): boolean => zones.every((zone) => isOpen(zone, country, rules, moment));
        if (open === undefined) return;
        expect(open).toBeGreaterThanOrEqual(start);
        expect(inAll(open)).toBe(true);
        for (let moment = start; moment < open; moment += 30 * 60_000) if (inAll(moment)) expect(zones.some((zone) => isClockPutBack(zone, moment))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('property: what is told of the hours around a moment holds at both of their ends', () => {
    fc.assert(
      fc.property(places, hours, moments, ([zone, country], [from, to], minute) => {
        const rules: OpenHours = { from: from, to: to, closedWeekdays: [7], publicHolidays: true };
        const times = new OpeningTimes([zone], country, rules);
        const found = times.at(minute * 60_000);
        expect(found.from).toBeLessThanOrEqual(minute * 60_000);
        expect(found.to).toBeGreaterThan(minute * 60_000);
        for (const moment of [found.from, found.to - 1]) expect(new OpeningTimes([zone], country, rules).at(moment).closure).toBe(found.closure);
        if (found.closure === undefined) expect(new OpeningTimes([zone], country, rules).at(found.to).closure).toBeDefined();
      }),
      { numRuns: 300, examples: [[['America/Havana', 'CU'], ['08:00', '20:00'], 29_891_520]] }, // midnight happens twice there
    );
  });
});
