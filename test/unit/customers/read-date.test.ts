import { fc } from '../../support/generated.js';
import { DateTime } from 'luxon';
import { compileDateForm, type DateForm, fullYear, readDate, readTimestamp } from '../../../src/customers/import/read-date.js';

function forms(...texts: string[]): DateForm[] {
  return texts.map((text) => {
    const form = compileDateForm(text);
    if (!form.ok) throw new Error(form.error);
    return form.value;
  });
}

describe('dates in the form a map gives', () => {
  it.each([
    ['31-12-2016', 'dd-MM-yyyy', '2016-12-31'],
    ['1-2-2016', 'd-M-yyyy', '2016-02-01'],
    ['20-10-16', 'dd-MM-yy', '2016-10-20'],
    ['20-10-85', 'dd-MM-yy', '1985-10-20'],
    ['4/09/2012', 'd/M/yyyy', '2012-09-04'],
    ['29-02-2024', 'd-M-yyyy', '2024-02-29'],
    ['3 mrt. 2021', 'd MMM yyyy', '2021-03-03'],
    ['3 Mei 2021', 'd MMM yyyy', '2021-05-03'],
    ['2021-03-03T10:00:00Z', 'iso', '2021-03-03'],
    ['2021.03.03', 'yyyy.MM.dd', '2021-03-03'],
    ['1467331200', 'unix', '2016-07-01'],
  ])('reads %s as %s', (text, form, day) => {
    expect(readDate(text, forms(form))).toEqual({ ok: true, value: day });
  });

  it.each([
    ['29-02-2023', 'd-M-yyyy'],
    ['31-04-2020', 'd-M-yyyy'],
    ['12-31-2016', 'd-M-yyyy'],
    ['2016-12-31', 'd-M-yyyy'],
    ['31-12-2016x', 'd-M-yyyy'],
    ['3 foo 2021', 'd MMM yyyy'],
    ['1-12-2016', 'dd-MM-yyyy'],
    ['2021.03.03', 'yyyy-MM-dd'],
    ['29-02-1900', 'd-M-yyyy'],
  ])('refuses %s in the form %s', (text, form) => {
    expect(readDate(text, forms(form)).ok).toBe(false);
  });

  it('tries several forms in order', () => {
    const both = forms('d-M-yyyy', 'iso');
    expect(readDate('2-1-2020', both)).toEqual({ ok: true, value: '2020-01-02' });
    expect(readDate('2020-01-02', both)).toEqual({ ok: true, value: '2020-01-02' });
  });

  it('places years of two digits between 1969 and 2068', () => {
    expect([fullYear(0), fullYear(68), fullYear(69), fullYear(99)]).toEqual([2000, 2068, 1969, 1999]);
  });

  it.each(['QQ-yyyy', 'dd-MM', 'yyyy', 'dd-mm-yyyy'])('refuses the form %s', (form) => {
    expect(compileDateForm(form).ok).toBe(false);
  });
});

describe('moments', () => {
  it.each([
    ['2026-03-29T01:30:00Z', 'iso', 'Europe/Amsterdam', '2026-03-29T01:30:00.000Z'],
    ['2026-06-09T10:00:00+02:00', 'iso', 'UTC', '2026-06-09T08:00:00.000Z'],
    ['2026-06-09 10:00', 'iso', 'Europe/Amsterdam', '2026-06-09T08:00:00.000Z'],
    ['2026-01-09 10:00', 'iso', 'Europe/Amsterdam', '2026-01-09T09:00:00.000Z'],
    ['2026-01-09', 'iso', 'Asia/Kolkata', '2026-01-08T18:30:00.000Z'],
    ['9-1-2026 10:05:06', 'd-M-yyyy HH:mm:ss', 'UTC', '2026-01-09T10:05:06.000Z'],
    ['1767225600000', 'unix_ms', 'Europe/Amsterdam', '2026-01-01T00:00:00.000Z'],
    ['2026-06-09T10:00:00.123456-0430', 'iso', 'UTC', '2026-06-09T14:30:00.123Z'],
  ])('reads %s (%s, %s)', (text, form, zone, moment) => {
    expect(readTimestamp(text, forms(form), zone)).toEqual({ ok: true, value: moment });
  });

  it.each(['Europe/Amsterdam', 'America/Sao_Paulo', 'Australia/Lord_Howe', 'Asia/Kolkata', 'Pacific/Apia', 'Africa/Casablanca', 'Asia/Beirut'])('reads local times in %s as the clocks there had them, on days when they change too', (zone) => {
    // Every day of the years around changes at midnight, by half an hour, and of a day that was left out.
    const day = fc.integer({ min: Date.UTC(1968, 0, 1) / 86_400_000, max: Date.UTC(2027, 0, 1) / 86_400_000 });
    fc.assert(
      fc.property(day, fc.integer({ min: 0, max: 86_399 }), (days, seconds) => {
        const text = new Date(days * 86_400_000 + seconds * 1_000).toISOString().slice(0, 19);
        const expected = DateTime.fromISO(text, { zone });
        expect(readTimestamp(text, forms('iso'), zone)).toEqual({ ok: true, value: new Date(expected.toMillis()).toISOString() });
      }),
      { numRuns: 400 },
    );
  });

  it.each([
    ['America/Sao_Paulo', '2018-11-04T00:30:00', '2018-11-04T03:30:00.000Z'],
    ['America/Sao_Paulo', '2018-11-03T23:30:00', '2018-11-04T02:30:00.000Z'],
    ['Asia/Beirut', '2024-03-31T00:10:00', '2024-03-30T22:10:00.000Z'],
    ['Europe/Amsterdam', '2026-03-29T02:30:00', '2026-03-29T01:30:00.000Z'],
    ['Europe/Amsterdam', '2026-10-25T12:00:00', '2026-10-25T11:00:00.000Z'],
  ])('reads the hours around a change of the clocks (%s, %s)', (zone, text, moment) => {
    expect(readTimestamp(text, forms('iso'), zone)).toEqual({ ok: true, value: moment });
  });

  it('refuses hours and minutes that do not exist', () => {
    expect(readTimestamp('2026-06-09T25:00:00Z', forms('iso'), 'UTC').ok).toBe(false);
    expect(readTimestamp('2026-06-09T10:61:00Z', forms('iso'), 'UTC').ok).toBe(false);
  });
});
