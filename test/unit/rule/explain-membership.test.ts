import { fc } from '../../support/generated.js';
import { evaluateAccountRule, evaluateRule } from '../../../src/core/rule/evaluate-rule.js';
import { type ExplainedCondition, explainMembership } from '../../../src/core/rule/explain-membership.js';
import { account, contextWith, days, did, NOW, person, rule, segments } from './people.js';
import { factsOf, population } from './random-people.js';
import { FIELDS, randomRule, randomSegments, SEGMENT_KEYS, TIME_ZONE } from './random-rules.js';

const anna = person(
  { country: 'BE', birth_date: '1980-02-29', created_at: new Date('2026-05-01T08:30:00Z'), interests: ['jazz', 'cheese'] },
  { messages: [{ campaign: 'spring', sentAt: new Date(NOW.getTime() - 4 * days) }], events: [did('Pricing Viewed', 2 * days), did('Pricing Viewed', 40 * days), did('Order Completed', 3 * days, { amount: 12.5 })], permissions: new Map([['newsletter', { reason: 'legal.withdrawn' as const }]]) },
);
const seen = (input: unknown, facts = anna) => explainMembership(rule(input), { scope: 'contact', facts }, contextWith()).seen;

describe('why somebody is in a segment or not', () => {
  it.each<[string, unknown, string, string]>([
    ['a text', { kind: 'attribute', attribute: 'country', operator: 'equals', value: 'NL' }, 'het land is BE', 'country is BE'],
    ['a value that is not known', { kind: 'attribute', attribute: 'city', operator: 'is_set' }, 'de plaats is onbekend', 'city is unknown'],
    ['a date', { kind: 'attribute', attribute: 'birth_date', operator: 'is_set' }, 'de geboortedatum is 29 februari 1980', 'date of birth is 29 February 1980'],
    ['a moment, in the workspace\'s hours', { kind: 'attribute', attribute: 'created_at', operator: 'in_last_days', days: 5 }, 'het moment van aanmaken is 1 mei 2026 om 10:30', 'time of creation is 1 May 2026 at 10:30'],
    ['a list', { kind: 'attribute', attribute: 'interests', operator: 'list_contains', value: 'wine' }, '“interests” is jazz, cheese', '“interests” is jazz, cheese'],
    ['how often and when last, in the window', { kind: 'event', event: 'Pricing Viewed', within: { kind: 'last_days', days: 7 } }, '1 keer, laatst op 7 juni 2026 om 12:00', '1 time, last on 7 June 2026 at 12:00'],
    ['how often at all', { kind: 'event', event: 'Pricing Viewed', count: { operator: 'at_most', value: 1 } }, '2 keer, laatst op 7 juni 2026 om 12:00', '2 times, last on 7 June 2026 at 12:00'],
    ['what never happened', { kind: 'event', event: 'Demo Requested' }, 'geen keer', 'not once'],
    ['only events that are meant', { kind: 'event', event: 'Order Completed', where: [{ property: 'amount', operator: 'at_least', value: 100 }] }, 'geen keer', 'not once'],
    ['what was spent', { kind: 'event_value', event: 'Order Completed', property: 'amount', aggregate: 'sum', is: { operator: 'at_least', value: 100 } }, '12,5, van 1 keer', '12.5, of 1 time'],
    ['that nothing was spent', { kind: 'event_value', event: 'Order Completed', property: 'tip', aggregate: 'average', is: { operator: 'at_least', value: 1 } }, 'geen keer', 'not once'],
    ['the first time', { kind: 'event_time', event: 'Pricing Viewed', which: 'first', operator: 'in_last_days', days: 30 }, 'voor het eerst op 30 april 2026 om 12:00', 'first on 30 April 2026 at 12:00'],
    ['the last time', { kind: 'event_time', event: 'Pricing Viewed', which: 'last', operator: 'in_last_days', days: 30 }, 'laatst op 7 juni 2026 om 12:00', 'last on 7 June 2026 at 12:00'],
    ['that there was no first time', { kind: 'event_time', event: 'Demo Requested', which: 'first', operator: 'is_set' }, 'nooit', 'never'],
    ['each step of a sequence', { kind: 'sequence', first: { event: 'Pricing Viewed' }, then: [{ event: 'Demo Requested', withinDays: 14 }], never: { event: 'Order Completed' }, within: { kind: 'last_days', days: 30 } },
      '“Pricing Viewed” 1 keer, laatst op 7 juni 2026 om 12:00; “Demo Requested” geen keer; “Order Completed” 1 keer, laatst op 6 juni 2026 om 12:00',
      '“Pricing Viewed” 1 time, last on 7 June 2026 at 12:00; “Demo Requested” not once; “Order Completed” 1 time, last on 6 June 2026 at 12:00'],
    ['the mail that was got', { kind: 'engagement', did: 'got', campaign: 'spring' }, '1 keer, laatst op 5 juni 2026 om 12:00', '1 time, last on 5 June 2026 at 12:00'],
    ['the mail that was clicked', { kind: 'engagement', did: 'clicked' }, 'geen keer', 'not once'],
    ['an anniversary', { kind: 'attribute', attribute: 'birth_date', operator: 'anniversary', days: 3 }, 'de geboortedatum is 29 februari 1980', 'date of birth is 29 February 1980'],
    ['the draw', { kind: 'sample', percent: 100, seed: 'a' }, 'ingeloot', 'drawn'],
    ['the other draw', { kind: 'sample', percent: 0.0001, seed: 'a' }, 'uitgeloot', 'not drawn'],
    ['no account', { kind: 'account', rule: { kind: 'all', conditions: [] } }, 'geen account', 'no account'],
    ['what speaks against mail', { kind: 'mailable', purpose: 'newsletter' }, 'Deze persoon trok de toestemming voor "newsletter" in.', 'This person withdrew consent for "newsletter".'],
  ])('shows %s', (_, input, nl, en) => {
    expect(seen(input)).toEqual({ nl, en });
  });

  it('counts the people of an account who fit', () => {
    const explained = explainMembership(rule({ kind: 'people', rule: { kind: 'attribute', attribute: 'country', operator: 'equals', value: 'BE' } }), { scope: 'account', facts: account({}, [anna, person({ country: 'NL' })]) }, contextWith());
    expect(explained).toMatchObject({ holds: true, seen: { nl: '1 van 2 personen', en: '1 of 2 people' } });
  });

  it('counts the accounts above and below that fit', () => {
    const retail = rule({ kind: 'attribute', attribute: 'sector', operator: 'equals', value: 'retail' });
    const group = { ...account({}), parent: account({ sector: 'retail' }), subsidiaries: [account({ sector: 'retail' }), account({ sector: 'software' })] };
    const of = (kind: string) => explainMembership(rule({ kind, rule: retail }), { scope: 'account', facts: group }, contextWith()).seen?.en;
    expect([of('parent'), of('subsidiaries')]).toEqual(['1 of 1 account', '1 of 2 accounts']);
    expect(explainMembership(rule({ kind: 'parent', rule: retail }), { scope: 'account', facts: account({}) }, contextWith()).seen).toEqual({ nl: 'geen account erboven', en: 'no account above it' });
  });

  it('says whether somebody is on a list, and every reason against mail', () => {
    const lookup = segments({ fair: { scope: 'contact', list: 3 } });
    const on = (lists: string[]) => explainMembership(rule({ kind: 'segment', operator: 'in', segment: 'fair' }), { scope: 'contact', facts: person({}, { lists }) }, contextWith(lookup)).seen?.nl;
    expect([on(['fair']), on([])]).toEqual(['staat op de lijst', 'staat niet op de lijst']);
    const stopped = person({}, { permissions: new Map([['newsletter', { reason: 'legal.withdrawn' as const, reasons: [{ code: 'legal.withdrawn' as const }, { code: 'suppression.complaint' as const }] }]]) });
    expect(seen({ kind: 'mailable', purpose: 'newsletter' }, stopped)?.en.split('. ')).toHaveLength(2);
  });

  it('goes into groups, negations, the account and the segments that are used', () => {
    const lookup = segments({ belgian: { scope: 'contact', rule: rule({ kind: 'attribute', attribute: 'country', operator: 'equals', value: 'BE' }) } });
    const explained = explainMembership(
      rule({ kind: 'all', conditions: [{ kind: 'segment', operator: 'not_in', segment: 'belgian' }, { kind: 'not', condition: { kind: 'account', rule: { kind: 'attribute', attribute: 'sector', operator: 'equals', value: 'retail' } } }] }),
      { scope: 'contact', facts: { ...anna, account: account({ sector: 'software' }) } },
      contextWith(lookup),
    );
    expect(explained).toMatchObject({
      holds: false,
      conditions: [
        { kind: 'segment', holds: false, conditions: [{ holds: true, seen: { en: 'country is BE' } }] },
        { kind: 'not', holds: true, conditions: [{ kind: 'account', holds: false, conditions: [{ holds: false, sentence: { en: 'Accounts whose sector is retail.' }, seen: { en: 'sector is software' } }] }] },
      ],
    });
  });

  it('says of every rule what the evaluator says, and of every group what its parts come to', () => {
    fc.assert(
      fc.property(population, randomSegments, randomRule('contact', 2, SEGMENT_KEYS), randomRule('account', 2, SEGMENT_KEYS), (people, used, ofPeople, ofAccounts) => {
        const { people: persons, accounts } = factsOf(people);
        const context = { now: NOW, timeZone: TIME_ZONE, fields: FIELDS, segments: (key: string) => used.get(key) };
        for (const facts of persons.slice(0, 5)) {
          const explained = explainMembership(ofPeople, { scope: 'contact', facts }, context);
          expect(explained.holds).toBe(evaluateRule(ofPeople, facts, context));
          expectCoherent(explained);
        }
        for (const facts of accounts.slice(0, 3)) expect(explainMembership(ofAccounts, { scope: 'account', facts }, context).holds).toBe(evaluateAccountRule(ofAccounts, facts, context));
      }),
      { numRuns: 25 },
    );
  });
});

function expectCoherent({ kind, holds, conditions = [] }: ExplainedCondition): void {
  if (kind === 'all') expect(holds).toBe(conditions.every((one) => one.holds));
  if (kind === 'any') expect(holds).toBe(conditions.some((one) => one.holds));
  if (kind === 'not') expect(holds).toBe(conditions[0]?.holds === false);
  conditions.forEach(expectCoherent);
}
