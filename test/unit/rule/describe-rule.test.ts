import { fc } from '../../support/generated.js';
import { describeRule } from '../../../src/core/rule/describe-rule.js';
import type { Scope } from '../../../src/core/rule/rule.js';
import { FIELDS, rule, segments } from './people.js';
import { FIELDS as RANDOM_FIELDS, randomRule, SEGMENT_KEYS } from './random-rules.js';

const is = (attribute: string, operator: string, rest: object = {}) => ({ kind: 'attribute', attribute, operator, ...rest });
const viewed = (rest: object = {}) => ({ kind: 'event', event: 'Pricing Viewed', ...rest });
const not = (condition: object) => ({ kind: 'not', condition });
const all = (...conditions: object[]) => ({ kind: 'all', conditions });
const any = (...conditions: object[]) => ({ kind: 'any', conditions });

describe('a rule as a sentence', () => {
  it.each<[object, string, string]>([
    [all(), 'All contacts.', 'Alle contacten.'],
    [{ kind: 'mailable', purpose: 'newsletter' }, 'Contacts who may be mailed now for “newsletter”.', 'Contacten aan wie nu gemaild mag worden voor “newsletter”.'],
    [not({ kind: 'mailable', purpose: 'newsletter' }), 'Contacts who may not be mailed now for “newsletter”.', 'Contacten aan wie nu niet gemaild mag worden voor “newsletter”.'],
    [is('country', 'equals', { value: 'NL' }), 'Contacts whose country is NL.', 'Contacten bij wie het land NL is.'],
    [is('country', 'not_in', { value: ['NL', 'BE', 'DE'] }), 'Contacts whose country is not NL, BE or DE.', 'Contacten bij wie het land niet NL, BE of DE is.'],
    [is('job_title', 'contains', { value: 'head of' }), 'Contacts whose job title contains “head of”.', 'Contacten bij wie de functie “head of” bevat.'],
    [not(is('job_title', 'starts_with', { value: 'CEO' })), 'Contacts whose job title does not start with CEO.', 'Contacten bij wie de functie niet met CEO begint.'],
    [is('email', 'not_set'), 'Contacts whose e-mail address is unknown.', 'Contacten bij wie het e-mailadres onbekend is.'],
    [is('birth_date', 'less_than', { value: '1980-03-01' }), 'Contacts whose date of birth is before 1 March 1980.', 'Contacten bij wie de geboortedatum vóór 1 maart 1980 ligt.'],
    [is('renewal', 'in_next_days', { days: 30 }), 'Contacts whose “renewal” is in the next 30 days.', 'Contacten bij wie “renewal” in de komende 30 dagen ligt.'],
    [is('created_at', 'more_than_days_ago', { days: 1 }), 'Contacts whose time of creation is more than 1 day ago.', 'Contacten bij wie het moment van aanmaken meer dan 1 dag geleden is.'],
    [is('seats', 'between', { from: 1.5, to: 12000 }), 'Contacts whose “seats” is at least 1.5 and less than 12,000.', 'Contacten bij wie “seats” minstens 1,5 en lager dan 12.000 is.'],
    [is('newsletter_reader', 'equals', { value: true }), 'Contacts whose “newsletter_reader” is yes.', 'Contacten bij wie “newsletter_reader” ja is.'],
    [viewed(), 'Contacts who did “Pricing Viewed”.', 'Contacten met “Pricing Viewed”.'],
    [
      viewed({ count: { operator: 'at_least', value: 2 }, within: { kind: 'last_days', days: 30 }, where: [{ property: 'plan', operator: 'equals', value: 'pro' }, { property: 'amount', operator: 'greater_than', value: 10 }] }),
      'Contacts who did “Pricing Viewed” at least 2 times in the last 30 days where “plan” is pro and “amount” is greater than 10.',
      'Contacten met minstens 2 keer “Pricing Viewed” in de laatste 30 dagen waarbij “plan” pro is en “amount” hoger is dan 10.',
    ],
    [not(viewed()), 'Contacts who never did “Pricing Viewed”.', 'Contacten zonder “Pricing Viewed”.'],
    [not(viewed({ count: { operator: 'at_least', value: 3 } })), 'Contacts who did “Pricing Viewed” fewer than 3 times.', 'Contacten met minder dan 3 keer “Pricing Viewed”.'],
    [viewed({ count: { operator: 'exactly', value: 0 }, within: { kind: 'last_hours', hours: 1 } }), 'Contacts who did not do “Pricing Viewed” in the last hour.', 'Contacten zonder “Pricing Viewed” in het laatste uur.'],
    [viewed({ within: { kind: 'between', from: '2026-01-01', to: '2026-02-01' } }), 'Contacts who did “Pricing Viewed” from 1 January 2026 until 1 February 2026.', 'Contacten met “Pricing Viewed” van 1 januari 2026 tot 1 februari 2026.'],
    [{ kind: 'segment', operator: 'not_in', segment: 'leads' }, 'Contacts not in segment “leads”.', 'Contacten niet in segment “leads”.'],
    [
      all(is('lifecycle_stage', 'equals', { value: 'lead' }), viewed(), { kind: 'account', rule: all(is('sector', 'equals', { value: 'software' }), is('employees', 'at_least', { value: 50 })) }),
      'Contacts whose lifecycle stage is lead, who did “Pricing Viewed”, and from an account (whose sector is software and whose number of employees is at least 50).',
      'Contacten bij wie de levensfase lead is, met “Pricing Viewed” en van een account (waarvan de sector software is en waarvan het aantal medewerkers minstens 50 is).',
    ],
    [
      all(is('country', 'equals', { value: 'NL' }), any(viewed(), is('plan', 'equals', { value: 'pro' }))),
      'Contacts whose country is NL and (who did “Pricing Viewed” or whose “plan” is pro).',
      'Contacten bij wie het land NL is en (met “Pricing Viewed” of bij wie “plan” pro is).',
    ],
    [not(any(viewed(), is('plan', 'equals', { value: 'pro' }))), 'Contacts who never did “Pricing Viewed” and whose “plan” is not pro.', 'Contacten zonder “Pricing Viewed” en bij wie “plan” niet pro is.'],
  ])('%j', (input, english, dutch) => {
    expect(describeRule(rule(input), 'en', FIELDS)).toBe(english);
    expect(describeRule(rule(input), 'nl', FIELDS)).toBe(dutch);
  });

  it.each([
    ['in', 'Contacts in the list “fair-2026”.', 'Contacten op de lijst “fair-2026”.'],
    ['not_in', 'Contacts not in the list “fair-2026”.', 'Contacten niet op de lijst “fair-2026”.'],
  ])('says that a segment is a list: %s', (operator, english, dutch) => {
    const input = rule({ kind: 'segment', operator, segment: 'fair-2026' });
    const lookup = segments({ 'fair-2026': { scope: 'contact', list: 7 } });
    expect(describeRule(input, 'en', FIELDS, 'contact', lookup)).toBe(english);
    expect(describeRule(input, 'nl', FIELDS, 'contact', lookup)).toBe(dutch);
  });

  it('speaks of accounts and the parts people play', () => {
    const input = rule(all({ kind: 'people', count: { operator: 'at_least', value: 3 }, role: 'any', rule: viewed({ within: { kind: 'last_days', days: 7 } }) }, { kind: 'people', role: 'decider', rule: viewed() }, { kind: 'people', count: { operator: 'at_most', value: 0 }, role: 'gatekeeper', rule: all() }));
    expect(describeRule(input, 'en', FIELDS, 'account')).toBe(
      'Accounts with at least 3 members of the buying group who did “Pricing Viewed” in the last 7 days, with at least 1 decider who did “Pricing Viewed”, and with no gatekeepers.',
    );
    expect(describeRule(input, 'nl', FIELDS, 'account')).toBe(
      'Accounts met minstens 3 leden van de koopgroep met “Pricing Viewed” in de laatste 7 dagen, met minstens 1 beslisser met “Pricing Viewed” en zonder poortwachters.',
    );
  });

  it('cuts long lists', () => {
    const value = Array.from({ length: 50 }, (_, number) => `c${number}`);
    expect(describeRule(rule(is('city', 'in', { value })), 'en', FIELDS)).toMatch(/c8, c9 or one of 40 more\.$/);
  });

  it('has words for every rule', () => {
    fc.assert(
      fc.property(fc.constantFrom<Scope>('contact', 'account').chain((scope) => fc.tuple(fc.constant(scope), randomRule(scope, 3, SEGMENT_KEYS))), ([scope, input]) => {
        for (const language of ['nl', 'en'] as const) {
          const sentence = describeRule(input, language, RANDOM_FIELDS, scope);
          expect(sentence).toMatch(/^[A-Z].*\.$/su);
          expect(sentence).not.toMatch(/undefined|\[object|\(\)| {3}/);
        }
      }),
    );
  });
});
