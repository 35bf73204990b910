import { cronCalendar } from '../../../src/campaigns/cron.js';
import { firstEntryAt, nextEntryAt } from '../../../src/core/campaign/schedule.js';
import { aDefinition } from './definitions.js';

const start = new Date('2026-06-09T08:00:00Z');

describe('when the audience is taken', () => {
  it.each<[string, object, string | undefined]>([
    ['at once', { kind: 'now' }, '2026-06-09T08:00:00.000Z'],
    ['at its time', { kind: 'at', at: '2026-06-10T09:00:00+02:00' }, '2026-06-10T07:00:00.000Z'],
    ['at the start, when its time has passed', { kind: 'at', at: '2026-06-01T09:00:00+02:00' }, '2026-06-09T08:00:00.000Z'],
    ['on the next Monday at nine in Amsterdam', { kind: 'cron', cron: '0 9 * * 1' }, '2026-06-15T07:00:00.000Z'],
    ['on the next Monday at nine in Kolkata', { kind: 'cron', cron: '0 9 * * 1', timeZone: 'Asia/Kolkata' }, '2026-06-15T03:30:00.000Z'],
    ['never by itself, when people come in by an event', { kind: 'event', event: 'Signed Up' }, undefined],
    ['never by itself, when people come in by the segment', { kind: 'segment_entered' }, undefined],
  ])('%s', (_, entry, expected) => {
    expect(firstEntryAt(aDefinition({ entry }).entry, start, cronCalendar)?.toISOString()).toBe(expected);
  });

  it('does not make up for occurrences that were missed', () => {
    const { entry } = aDefinition({ entry: { kind: 'cron', cron: '0 9 * * 1' } });
    expect(nextEntryAt(entry, new Date('2026-07-08T12:00:00Z'), cronCalendar)?.toISOString()).toBe('2026-07-13T07:00:00.000Z');
  });

  it('takes the audience of "now" once', () => {
    expect(nextEntryAt(aDefinition().entry, start, cronCalendar)).toBeUndefined();
  });
});

describe('cron over a change of the clock in Amsterdam', () => {
  const occurrences = (cron: string, after: string, count: number): string[] => {
    const found: string[] = [];
    let moment: Date | undefined = new Date(after);
    while (found.length < count && (moment = cronCalendar.next(cron, 'Europe/Amsterdam', moment))) found.push(moment.toISOString());
    return found;
  };

  it.each([
    ['stays at nine in spring', '0 9 * * *', '2026-03-28T12:00:00Z', ['2026-03-29T07:00:00.000Z', '2026-03-30T07:00:00.000Z']],
    ['stays at nine in autumn', '0 9 * * *', '2026-10-24T12:00:00Z', ['2026-10-25T08:00:00.000Z', '2026-10-26T08:00:00.000Z']],
    ['comes at the end of the gap when its hour is skipped', '30 2 * * *', '2026-03-28T12:00:00Z', ['2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z']],
    ['comes once when its hour happens twice', '30 2 * * *', '2026-10-24T12:00:00Z', ['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z']],
  ])('%s', (_, cron, after, expected) => {
    expect(occurrences(cron, after, 2)).toEqual(expected);
  });
});
