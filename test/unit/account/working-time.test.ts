import { workingDaysLater } from '../../../src/core/account/working-time.js';

const AMSTERDAM = { timeZone: 'Europe/Amsterdam', country: 'NL' };

describe('two working days after', () => {
  it.each([
    ['Tuesday at ten', '2026-06-09T10:00:00+02:00', '2026-06-11T10:00:00+02:00'],
    ['Friday at three', '2026-06-12T15:00:00+02:00', '2026-06-16T15:00:00+02:00'],
    ['Saturday', '2026-06-13T11:00:00+02:00', '2026-06-17T09:00:00+02:00'],
    ['Tuesday night', '2026-06-09T23:00:00+02:00', '2026-06-12T09:00:00+02:00'],
    ['Tuesday before work', '2026-06-09T06:00:00+02:00', '2026-06-11T09:00:00+02:00'],
    ['Thursday before Easter (Good Friday is no Dutch holiday, Easter Monday is)', '2026-04-02T12:00:00+02:00', '2026-04-07T12:00:00+02:00'],
    ['Friday before the clock goes forward', '2026-03-27T12:00:00+01:00', '2026-03-31T12:00:00+02:00'],
    ['the last minute of a day', '2026-06-09T16:59:00+02:00', '2026-06-11T16:59:00+02:00'],
  ])('%s', (_, from, to) => {
    expect(workingDaysLater(new Date(from), 2, AMSTERDAM)).toEqual(new Date(to));
  });

  it('is the same hour in a zone of half hours', () => {
    expect(workingDaysLater(new Date('2026-06-09T10:00:00+05:30'), 2, { timeZone: 'Asia/Kolkata', country: 'IN' })).toEqual(new Date('2026-06-11T10:00:00+05:30'));
  });

  it('no days later is at once, within working hours', () => {
    expect(workingDaysLater(new Date('2026-06-13T11:00:00+02:00'), 0, AMSTERDAM)).toEqual(new Date('2026-06-15T09:00:00+02:00'));
  });
});
