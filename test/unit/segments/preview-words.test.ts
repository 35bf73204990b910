import { sayCount, sayMailing } from '../../../src/segments/preview-words.js';

describe('what a preview counted, in words', () => {
  it.each([
    ['all contacts', { scope: 'contact', count: 12_345, people: 12_345, between: null }, ['12.345 contacten'], ['12,345 contacts']],
    ['one contact', { scope: 'contact', count: 1, people: 1, between: null }, ['1 contact'], ['1 contact']],
    ['accounts', { scope: 'account', count: 2, people: 31, between: null }, ['2 accounts, met 31 mensen samen'], ['2 accounts, 31 people in them']],
    ['one account with one person', { scope: 'account', count: 1, people: 1, between: null }, ['1 account, met 1 persoon erin'], ['1 account, 1 person in it']],
    [
      'contacts drawn by lot', { scope: 'contact', count: 250_000, people: 250_000, between: { from: 243_000, to: 257_000 } },
      ['ongeveer 250.000 contacten', '  niet geteld maar geschat aan mensen die geloot zijn: in 19 van de 20 gevallen ligt het tussen 243.000 en 257.000; --exact telt iedereen'],
      ['about 250,000 contacts', '  not counted but judged by people drawn by lot: in 19 of 20 cases it is between 243,000 and 257,000; --exact counts all'],
    ],
  ] as const)('of %s', (_, counted, nl, en) => expect([sayCount(counted, 'nl'), sayCount(counted, 'en')]).toEqual([nl, en]));

  it.each([
    [true, 'Voor “news”: 1.200 mogen nu gemaild worden, 3 niet', 'For “news”: 1,200 may be mailed now, 3 not'],
    [false, 'Voor “news”: ongeveer 1.200 mogen nu gemaild worden, 3 niet', 'For “news”: about 1,200 may be mailed now, 3 not'],
  ])('tells how many may be mailed, counted: %s', (exact, nl, en) => {
    const found = { purpose: 'news', mailable: 1_200, stopped: 3, exact, reasons: [] };
    expect([sayMailing(found, 'nl'), sayMailing(found, 'en')]).toEqual([nl, en]);
  });
});
