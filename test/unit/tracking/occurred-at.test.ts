import { fc } from '../../support/generated.js';
import { occurredAt } from '../../../src/core/tracking/occurred-at.js';

const receivedAt = new Date('2026-06-09T08:00:00Z');
const at = (text: string | undefined) => (text === undefined ? undefined : new Date(text));

describe('when something happened', () => {
  it.each([
    ['a clock that is right', '2026-06-09T07:00:00Z', undefined, '2026-06-09T08:00:00Z', '2026-06-09T07:00:00.000Z'],
    ['a clock ten years behind', '2016-06-09T07:00:00Z', undefined, '2016-06-09T07:00:05Z', '2026-06-09T07:59:55.000Z'],
    ['a clock ten years ahead', '2036-06-09T07:00:00Z', undefined, '2036-06-09T08:00:00Z', '2026-06-09T07:00:00.000Z'],
    ['sent later than it happened: a phone that was offline for a week', '2026-06-02T08:00:00Z', undefined, '2026-06-09T08:00:00Z', '2026-06-02T08:00:00.000Z'],
    ['only originalTimestamp', undefined, '2026-06-09T07:00:00Z', '2026-06-09T07:00:10Z', '2026-06-09T07:59:50.000Z'],
    ['corrected by a relay: timestamp stands', '2026-06-09T06:00:00Z', '2016-06-09T06:00:00Z', '2016-06-09T07:00:00Z', '2026-06-09T06:00:00.000Z'],
    ['without sentAt the sender is believed', '2026-06-01T00:00:00Z', undefined, undefined, '2026-06-01T00:00:00.000Z'],
    ['a little ahead is now', '2026-06-09T20:00:00Z', undefined, undefined, '2026-06-09T08:00:00.000Z'],
    ['nothing said: now', undefined, undefined, '2026-06-09T07:00:00Z', '2026-06-09T08:00:00.000Z'],
    ['1970 itself', '1970-01-01T00:00:00Z', undefined, undefined, '1970-01-01T00:00:00.000Z'],
  ])('%s', (_, timestamp, originalTimestamp, sentAt, expected) => {
    const result = occurredAt({ timestamp: at(timestamp), originalTimestamp: at(originalTimestamp), sentAt: at(sentAt), receivedAt });
    expect(result.ok && result.value.toISOString()).toBe(expected);
  });

  it.each([
    ['two days ahead', '2026-06-11T09:00:00Z', undefined, 'in_the_future'],
    ['a year ahead', '2027-06-09T08:00:00Z', undefined, 'in_the_future'],
    ['before 1970', '1969-12-31T23:59:59Z', undefined, 'before_1970'],
    ['before 1970 once corrected', '1970-01-02T00:00:00Z', '2026-06-30T00:00:00Z', 'before_1970'],
  ])('refuses %s', (_, timestamp, sentAt, error) => {
    expect(occurredAt({ timestamp: at(timestamp), sentAt: at(sentAt), receivedAt })).toEqual({ ok: false, error });
  });

  it('does not depend on how wrong a clock is', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), fc.integer({ min: 0, max: 1e9 }), (skew, age) => {
        const sentAt = new Date(receivedAt.getTime() + skew);
        const result = occurredAt({ timestamp: new Date(sentAt.getTime() - age), sentAt, receivedAt });
        return result.ok && result.value.getTime() === receivedAt.getTime() - age;
      }),
    );
  });
});
