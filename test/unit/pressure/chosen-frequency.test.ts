import { fc } from '../../support/generated.js';
import { type Choice, chosenFrequency, DAYS_BETWEEN, pausedUntil } from '../../../src/core/pressure/chosen-frequency.js';
import { CHOICES_OF_FREQUENCY } from '../../../src/core/consent/chosen-settings.js';

const day = 1_440;
const NOW = new Date('2026-06-09T08:00:00Z');
const seconds = (days: number): number => NOW.getTime() / 1_000 + days * 86_400;
const choice = (changes: Partial<Choice>): Choice => ({ purpose: '', frequency: null, pausedUntil: null, ...changes });
const sent = (purpose: string, days: number) => ({ purpose, minutesAgo: days * day });

describe('mail less often', () => {
  it.each<[string, Choice[], { purpose: string; minutesAgo: number }[], object | null]>([
    ['nothing chosen', [], [sent('newsletter', 1)], null],
    ['weekly, nothing sent', [choice({ frequency: 'weekly' })], [], { frequency: 'weekly', freesInMinutes: 0 }],
    ['weekly, a mail of yesterday about something else', [choice({ frequency: 'weekly' })], [sent('events', 1)], { frequency: 'weekly', freesInMinutes: 6 * day }],
    ['this purpose weekly, a mail of yesterday about something else', [choice({ purpose: 'newsletter', frequency: 'weekly' })], [sent('events', 1)], { frequency: 'weekly', freesInMinutes: 0 }],
    ['this purpose monthly: thirty days', [choice({ purpose: 'newsletter', frequency: 'monthly' })], [sent('newsletter', 10)], { frequency: 'monthly', freesInMinutes: 20 * day }],
    ['as a digest: a fortnight', [choice({ frequency: 'digest' })], [sent('newsletter', 4)], { frequency: 'digest', freesInMinutes: 10 * day }],
    ['another purpose monthly', [choice({ purpose: 'events', frequency: 'monthly' })], [sent('newsletter', 1), sent('events', 1)], null],
    ['all weekly and this monthly: what holds up longest', [choice({ frequency: 'weekly' }), choice({ purpose: 'newsletter', frequency: 'monthly' })], [sent('newsletter', 10)], { frequency: 'monthly', freesInMinutes: 20 * day }],
    ['all weekly and this monthly, none of it lately: the rarest is named', [choice({ frequency: 'weekly' }), choice({ purpose: 'newsletter', frequency: 'monthly' })], [], { frequency: 'monthly', freesInMinutes: 0 }],
    ['weekly, exactly a week ago', [choice({ frequency: 'weekly' })], [sent('newsletter', 7)], { frequency: 'weekly', freesInMinutes: 0 }],
  ])('%s', (_, choices, mails, expected) => expect(chosenFrequency(choices, 'newsletter', mails)).toEqual(expected));

  it('property: whoever waits as told never gets two mails within what was chosen', () => {
    fc.assert(
      fc.property(fc.constantFrom(...CHOICES_OF_FREQUENCY), fc.array(fc.integer({ min: 0, max: 120 * day }), { maxLength: 60 }), (frequency, moments) => {
        const left: number[] = [];
        for (const moment of moments.sort((a, b) => a - b)) {
          const found = chosenFrequency([choice({ frequency })], 'newsletter', left.map((at) => ({ purpose: 'newsletter', minutesAgo: moment - at })));
          if (found?.freesInMinutes === 0) left.push(moment);
        }
        for (const [index, at] of left.entries()) if (index > 0) expect(at - left[index - 1]!).toBeGreaterThanOrEqual(DAYS_BETWEEN[frequency] * day);
      }),
    );
  });
});

describe('a pause', () => {
  it.each<[string, Choice[], number | null]>([
    ['of all mail for thirty days', [choice({ pausedUntil: seconds(30) })], seconds(30)],
    ['of this purpose', [choice({ purpose: 'newsletter', pausedUntil: seconds(90) })], seconds(90)],
    ['of another purpose', [choice({ purpose: 'events', pausedUntil: seconds(90) })], null],
    ['that is over', [choice({ pausedUntil: seconds(-1) })], null],
    ['that ends at this moment', [choice({ pausedUntil: seconds(0) })], null],
    ['of both: until the last ends', [choice({ pausedUntil: seconds(30) }), choice({ purpose: 'newsletter', pausedUntil: seconds(90) })], seconds(90)],
  ])('%s', (_, choices, until) => expect(pausedUntil(choices, 'newsletter', NOW)).toBe(until));
});
