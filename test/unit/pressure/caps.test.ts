import { fc } from '../../support/generated.js';
import { ageInMinutes, capUsage, gapMinutes, peopleUsage } from '../../../src/core/pressure/caps.js';
import { type ContactTerms, contactPressure, type Touch } from '../../../src/core/pressure/contact-pressure.js';
import { TouchHistory } from '../../../src/core/pressure/touch-history.js';
import { rank } from './ranks.js';

const WEEK = { limit: 3, days: 7 };
const day = 1_440;

describe('a rolling cap of three in seven days', () => {
  it.each([
    ['never mailed', [], 0, 0],
    ['two this week', [day, 3 * day], 2, 0],
    ['three this week: free when the oldest leaves', [day, 3 * day, 5 * day], 3, 2 * day],
    ['four this week: free when two have left', [day, 2 * day, 4 * day, 5 * day], 4, 3 * day],
    ['exactly seven days ago does not count any more', [7 * day, day, day], 2, 0],
    ['a minute less than seven days ago does', [7 * day - 1, day, day], 3, 1],
    ['what is planned for tomorrow counts', [-day, 0, 5], 3, 7 * day - 5],
  ])('%s', (_, touches, count, freesInMinutes) => expect(capUsage(touches, WEEK)).toEqual({ count, freesInMinutes }));

  it('rounds up what is left of part of a day', () => {
    expect(capUsage([0], { limit: 1, days: 0.0001 })).toEqual({ count: 1, freesInMinutes: 1 });
  });
});

describe('the longest windows', () => {
  it.each([
    ['a window of 31 days', capUsage([ageInMinutes(Date.parse('2026-06-30T08:00:00Z') / 1_000, true, new Date('2026-06-09T08:00:00Z'))], { limit: 1, days: 31 }).freesInMinutes],
    ['a gap of 31 days', gapMinutes([ageInMinutes(Date.parse('2026-06-30T08:00:00Z') / 1_000, true, new Date('2026-06-09T08:00:00Z'))], 31 * 24)],
  ])('%s after mail that is planned a week ahead or more fits in 16 bits: 38 days', (_, minutes) => expect([minutes, minutes <= 0xffff]).toEqual([38 * day, true]));
});

describe('a cap on the people of an account', () => {
  const five = { limit: 2, days: 7 };
  it('is full for a third person', () => expect(peopleUsage([day, 2 * day], undefined, five)).toEqual({ count: 2, freesInMinutes: 5 * day }));
  it('has room for one of the two', () => expect(peopleUsage([day], 2 * day, five)).toEqual({ count: 2, freesInMinutes: 0 }));
  it('forgets who was written to longer ago', () => expect(peopleUsage([day, 2 * day], 8 * day, five)).toEqual({ count: 2, freesInMinutes: 5 * day }));
});

describe('the minimum gap', () => {
  it.each([
    ['nothing sent', [], 0],
    ['an hour ago', [60, 5_000], 23 * 60],
    ['a day ago', [day], 0],
    ['still waiting to leave', [0], day],
    ['planned for tomorrow', [-day], 2 * day],
  ])('%s', (_, touches, minutes) => expect(gapMinutes(touches, 24)).toBe(minutes));

  it('of nothing is nothing, whatever is planned', () => expect(gapMinutes([-day, 0, 5], 0)).toBe(0));
});

const NOW = new Date('2026-06-09T08:00:00Z');
const mail = (changes: Partial<Touch> = {}): Touch => ({ contactId: 1, accountId: 10, campaignId: 100, purpose: 'newsletter', channel: 'email', kind: 'mail', minutesAgo: 60, ...changes });
const terms = (changes: Partial<ContactTerms> = {}): ContactTerms => ({ caps: { channel: null, total: { limit: 2, days: 7 }, purpose: { limit: 1, days: 7 }, minimumGapHours: 0 }, choices: [], index: null, factor: 1, ...changes });
const asked = { purpose: 'newsletter', channel: 'email', now: NOW };

describe('the touches of a person', () => {
  it('count per purpose and in total', () => {
    expect(contactPressure([mail(), mail({ purpose: 'events' })], asked, terms())).toMatchObject({ total: { count: 2 }, purpose: { count: 1 }, channel: { count: 0 } });
    expect(contactPressure([], asked, terms()).total.count).toBe(0);
  });

  const caps = { channel: { limit: 2, days: 7 }, total: { limit: 2, days: 7 }, purpose: { limit: 2, days: 7 }, minimumGapHours: 24 };
  it.each<[string, Partial<Touch>, object]>([
    ['a colleague’s mail: in all, over the channel, and as the last one', { campaignId: null, purpose: '' }, { total: { count: 1 }, channel: { count: 1 }, purpose: { count: 0 }, gapMinutes: 23 * 60 }],
    ['a call: in all and as the last one, not over the channel', { campaignId: null, purpose: '', kind: 'call', channel: 'phone' }, { total: { count: 1 }, channel: { count: 0 }, purpose: { count: 0 }, gapMinutes: 23 * 60 }],
    ['a meeting: likewise', { campaignId: null, purpose: '', kind: 'meeting', channel: 'in_person' }, { total: { count: 1 }, channel: { count: 0 }, gapMinutes: 23 * 60 }],
    ['service mail: against no cap', { kind: 'service_mail' }, { total: { count: 0 }, channel: { count: 0 }, purpose: { count: 0 }, gapMinutes: 0 }],
  ])('count %s', (_, touch, pressure) => expect(contactPressure([mail(touch)], asked, terms({ caps }))).toMatchObject(pressure));
});

describe('the touches of a pass', () => {
  const accountCaps = { messages: { limit: 3, days: 7 }, people: { limit: 2, days: 7 }, campaignPeople: { limit: 1, days: 7 } };

  it('count per account: messages, people, and people of one campaign', () => {
    const history = new TouchHistory([], [mail(), mail(), mail({ contactId: 2, campaignId: 101 })]);
    const third = history.accountPressure(10, 3, 100, accountCaps);
    expect(third).toMatchObject({ messages: { count: 3 }, people: { count: 2 }, campaignPeople: { count: 1 } });
    expect([third.messages, third.people, third.campaignPeople].every((usage) => usage.freesInMinutes > 0)).toBe(true);
    expect(history.accountPressure(10, 1, 100, accountCaps).campaignPeople.freesInMinutes).toBe(0);
  });

  it('count what a colleague did to the people of an account', () => {
    const history = new TouchHistory([], [mail({ campaignId: null, kind: 'call' }), mail({ campaignId: null, contactId: 2, kind: 'meeting' })]);
    expect(history.accountPressure(10, 3, 100, accountCaps)).toMatchObject({ messages: { count: 2 }, people: { count: 2, freesInMinutes: 7 * day - 60 }, campaignPeople: { count: 0 } });
  });

  it('see what was decided a moment ago', () => {
    const history = new TouchHistory();
    history.take({ touch: mail({ minutesAgo: 0 }), campaign: 'june', rank: rank(), dueInMinutes: 0 });
    expect(history.accountPressure(10, 1, 100, accountCaps).messages.count).toBe(1);
    expect(history.contactPressure(1, asked, terms(), rank()).lost).toEqual({ campaign: 'june', upcoming: false, waitMinutes: 7 * day });
  });
});

describe('property: caps hold', () => {
  const limits = fc.record({ total: fc.integer({ min: 1, max: 4 }), purpose: fc.integer({ min: 1, max: 3 }), messages: fc.integer({ min: 1, max: 6 }), people: fc.integer({ min: 1, max: 3 }), days: fc.integer({ min: 1, max: 7 }) });
  // Who asks for a mail at which minute, about what: some of them ask at the same moment.
  const requests = fc.array(fc.record({ minute: fc.integer({ min: 0, max: 30 * day }), contactId: fc.integer({ min: 1, max: 5 }), accountId: fc.integer({ min: 1, max: 2 }), purpose: fc.constantFrom('a', 'b') }), { maxLength: 120 });

  it('whatever is asked for, no window of any position holds more than allowed, and who waits until told gets through', () => {
    fc.assert(
      fc.property(limits, requests, (limit, requested) => {
        const sent: { minute: number; contactId: number; accountId: number; purpose: string }[] = [];
        const cap = (value: number) => ({ limit: value, days: limit.days });
        for (const request of requested.sort((a, b) => a.minute - b.minute)) {
          const usage = usageAt(sent, request, cap);
          const wait = Math.max(...usage.map((each) => each.freesInMinutes));
          if (wait === 0) sent.push(request);
          else expect(Math.max(...usageAt(sent, { ...request, minute: request.minute + wait }, cap).map((each) => each.freesInMinutes))).toBe(0);
        }
        const window = limit.days * day;
        for (const last of sent) {
          const within = sent.filter((other) => other.minute <= last.minute && other.minute > last.minute - window);
          const own = within.filter((other) => other.contactId === last.contactId);
          const account = within.filter((other) => other.accountId === last.accountId);
          expect(own.length).toBeLessThanOrEqual(limit.total);
          expect(own.filter((other) => other.purpose === last.purpose).length).toBeLessThanOrEqual(limit.purpose);
          expect(account.length).toBeLessThanOrEqual(limit.messages);
          expect(new Set(account.map((other) => other.contactId)).size).toBeLessThanOrEqual(limit.people);
        }

        function usageAt(touches: typeof sent, request: (typeof sent)[number], of: typeof cap) {
          const aged = touches.map((touch) => mail({ ...touch, campaignId: 1, minutesAgo: request.minute - touch.minute }));
          const history = new TouchHistory(aged, aged);
          const caps = { channel: null, total: of(limit.total), purpose: of(limit.purpose), minimumGapHours: 0 };
          const contact = history.contactPressure(request.contactId, { ...asked, purpose: request.purpose }, terms({ caps }), rank());
          const account = history.accountPressure(request.accountId, request.contactId, 1, { messages: of(limit.messages), people: of(limit.people), campaignPeople: null });
          return [contact.total, contact.purpose, account.messages, account.people];
        }
      }),
      { numRuns: 200 },
    );
  });
});
