import { checkRule } from '../../../src/core/rule/check-rule.js';
import { describeRule } from '../../../src/core/rule/describe-rule.js';
import type { AccountFacts, EventFact } from '../../../src/core/rule/evaluate-rule.js';
import { parseRule } from '../../../src/core/rule/parse-rule.js';
import type { Scope } from '../../../src/core/rule/rule.js';
import { drawOf, isDrawn } from '../../../src/core/rule/sample.js';
import { touchedData } from '../../../src/core/rule/touched-data.js';
import { account, CAMPAIGNS, days, did, FIELDS, noSegments, NOW, person, rule, selects, selectsAccount } from './people.js';

const is = (attribute: string, operator: string, rest: object = {}) => ({ kind: 'attribute', attribute, operator, ...rest });
const not = (condition: object) => ({ kind: 'not', condition });
const lastMonth = { within: { kind: 'last_days', days: 30 } };

describe('a condition on mail', () => {
  const got = (campaign: string, before: number) => ({ campaign, sentAt: new Date(NOW.getTime() - before) });
  const clicked = (before: number, properties: object = {}): EventFact => did('Email Link Clicked', before, { campaign: 'spring', ...properties });
  const reader = person({}, {
    messages: [got('spring', 3 * days), got('welcome', 90 * days)],
    events: [clicked(2 * days), clicked(1 * days), clicked(1 * days, { machine: true }), did('Email Opened', 2 * days, { campaign: 'spring', machine: true }), did('Email Replied', 60 * days, { campaign: 'welcome' })],
  });
  const mail = (didWhat: string, rest: object = {}) => ({ kind: 'engagement', did: didWhat, ...rest });

  it.each([
    ['got the spring campaign', mail('got', { campaign: 'spring' }), true],
    ['got the welcome campaign in the last 30 days', mail('got', { campaign: 'welcome', ...lastMonth }), false],
    ['got mail of any campaign twice', mail('got', { count: { operator: 'exactly', value: 2 } }), true],
    ['got at most one mail in the last 30 days', mail('got', { count: { operator: 'at_most', value: 1 }, ...lastMonth }), true],
    ['clicked in the spring campaign at least twice', mail('clicked', { campaign: 'spring', count: { operator: 'at_least', value: 2 } }), true],
    ['clicked three times, if the scanner counted', mail('clicked', { count: { operator: 'at_least', value: 3 } }), false],
    ['clicked in the welcome campaign', mail('clicked', { campaign: 'welcome' }), false],
    ['opened, which only a machine did', mail('opened', { campaign: 'spring' }), false],
    ['replied to the welcome campaign', mail('replied', { campaign: 'welcome' }), true],
    ['replied to anything in the last 30 days', mail('replied', lastMonth), false],
    ['got the spring campaign and never opened it', { kind: 'all', conditions: [mail('got', { campaign: 'spring' }), not(mail('opened', { campaign: 'spring' }))] }, true],
  ])('people who %s', (_, input, selected) => {
    expect(selects(input, reader)).toBe(selected);
  });
});

describe('a condition on the group an account belongs to', () => {
  const german = is('country', 'equals', { value: 'DE' });
  const big = is('employees', 'at_least', { value: 1000 });
  /** Holding (DE, 5,000 people) ‣ Benelux (NL) ‣ Delft (NL), Gent (BE); Holding ‣ Köln (DE). */
  const group = () => {
    type Mutable = { -readonly [Key in keyof AccountFacts]: AccountFacts[Key] } & { subsidiaries: AccountFacts[] };
    const [holding, benelux, delft, gent, koln] = [['DE', 5000], ['NL', 300], ['NL', 20], ['BE', 10], ['DE', 400]].map(([country, employees]) => account({ country, employees }) as Mutable) as [Mutable, Mutable, Mutable, Mutable, Mutable];
    const own = (parent: Mutable, ...all: Mutable[]): void => all.forEach((one) => {
      one.parent = parent;
      parent.subsidiaries.push(one);
    });
    own(holding, benelux, koln);
    own(benelux, delft, gent);
    return { holding, benelux, delft, gent, koln, own };
  };
  const parent = (inner: object, depth?: string) => ({ kind: 'parent', ...(depth !== undefined && { depth }), rule: inner });
  const subsidiaries = (count: object | undefined, inner: object, depth?: string) => ({ kind: 'subsidiaries', ...(count && { count }), ...(depth !== undefined && { depth }), rule: inner });

  it.each([
    ['whose parent is German', parent(german), ['benelux', 'koln']],
    ['with a German account anywhere above', parent(german, 'any'), ['benelux', 'koln', 'delft', 'gent']],
    ['with any parent at all', parent({ kind: 'all', conditions: [] }), ['benelux', 'koln', 'delft', 'gent']],
    ['at the top of the group', not(parent({ kind: 'all', conditions: [] })), ['holding']],
    ['with a German subsidiary', subsidiaries(undefined, german), ['holding']],
    ['with at least two direct subsidiaries', subsidiaries({ operator: 'at_least', value: 2 }, { kind: 'all', conditions: [] }), ['holding', 'benelux']],
    ['with at least three accounts below', subsidiaries({ operator: 'at_least', value: 3 }, { kind: 'all', conditions: [] }, 'any'), ['holding']],
    ['with exactly one Belgian account below', subsidiaries({ operator: 'exactly', value: 1 }, is('country', 'equals', { value: 'BE' }), 'any'), ['holding', 'benelux']],
    ['without subsidiaries', subsidiaries({ operator: 'exactly', value: 0 }, { kind: 'all', conditions: [] }), ['delft', 'gent', 'koln']],
    ['whose parent has a big parent', parent(parent(big)), ['delft', 'gent']],
  ])('accounts %s', (_, input, selected) => {
    const { own: _own, ...accounts } = group();
    const found = Object.entries(accounts).filter(([, one]) => selectsAccount(input, one)).map(([name]) => name);
    expect(found.sort()).toEqual([...selected].sort());
  });

  it('ends where parents go in a circle, in which an account stands above and below itself', () => {
    const { holding, benelux, delft, own } = group();
    own(delft, holding);
    expect(selectsAccount(parent(big, 'any'), holding)).toBe(true);
    expect(selectsAccount(subsidiaries(undefined, big, 'any'), benelux)).toBe(true);
    expect(selectsAccount(parent(is('country', 'equals', { value: 'FR' }), 'any'), delft)).toBe(false);
  });

  it('is asked of a contact through its account', () => {
    const { delft } = group();
    expect(selects({ kind: 'account', rule: parent(german, 'any') }, person({}, { account: delft }))).toBe(true);
  });
});

describe('a random sample', () => {
  const drawn = (percent: number, seed = 'winter', scope: Scope = 'contact', size = 100_000): number[] => {
    const draw = drawOf({ kind: 'sample', percent, seed }, scope);
    return Array.from({ length: size }, (_, index) => index + 1).filter((id) => isDrawn(draw, id));
  };
  /** Four standard deviations: a fair draw is outside once in 16,000 times, and the draws of these seeds are always the same. */
  const fair = (share: number, expected: number, size: number): void => expect(Math.abs(share - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / size));

  it.each([0.1, 1, 10, 33.3, 50, 99])('of %d percent has so many people', (percent) => {
    for (const seed of ['winter', 'spring', 'a', 'b']) fair(drawn(percent, seed).length / 100_000, percent / 100, 100_000);
  });

  it('of 100 percent is everybody', () => {
    expect(drawn(100)).toHaveLength(100_000);
  });

  it('is even over stretches and remainders of ids', () => {
    const sample = drawn(20);
    for (let tenth = 0; tenth < 10; tenth += 1) {
      fair(sample.filter((id) => Math.floor((id - 1) / 10_000) === tenth).length / 10_000, 0.2, 10_000);
      fair(sample.filter((id) => id % 10 === tenth).length / 10_000, 0.2, 10_000);
    }
  });

  it('only gains people when its percentage grows', () => {
    const more = new Set(drawn(25));
    expect(drawn(10).every((id) => more.has(id))).toBe(true);
  });

  it('is drawn anew by another seed, and apart for accounts', () => {
    const first = new Set(drawn(10));
    for (const other of [drawn(10, 'winter '), drawn(10, 'Winter'), drawn(10, 'winter', 'account')]) fair(other.filter((id) => first.has(id)).length / first.size, 0.1, first.size);
  });
});

describe('checking conditions on relations', () => {
  const problems = (input: unknown, scope: Scope = 'contact') => checkRule(rule(input), { scope, fields: FIELDS, segments: noSegments, campaigns: CAMPAIGNS });

  it.each<[string, object, Scope, string, string]>([
    ['a slip in a campaign', { kind: 'engagement', did: 'got', campaign: 'sprng' }, 'contact', 'campaign', 'There is no campaign “sprng”. Did you mean “spring”?'],
    ['a campaign nobody made', { kind: 'engagement', did: 'clicked', campaign: 'christmas' }, 'contact', 'campaign', 'There is no campaign “christmas”. Make it first, or leave “campaign” out to ask about mail of any campaign.'],
    ['mail to an account', { kind: 'engagement', did: 'got' }, 'account', 'kind', 'Mail goes to people, not to accounts. Put “engagement” into a “people” condition.'],
    ['a window that ends before it begins', { kind: 'engagement', did: 'got', within: { kind: 'between', from: '2026-02-01', to: '2026-01-01' } }, 'contact', 'within.to', 'The window ends (2026-01-01) before it begins (2026-02-01); the end is not part of it and must be later.'],
    ['a parent of a person', { kind: 'parent', rule: is('sector', 'is_set') }, 'contact', 'kind', "A contact stands in no group of accounts. To ask about that of the contact's account, put “parent” into an “account” condition."],
    ['an attribute the parent has not', { kind: 'subsidiaries', rule: is('first_name', 'is_set') }, 'account', 'subsidiaries.attribute', 'Accounts have no attribute “first_name”, but contacts do: put the condition into a “people” condition.'],
    ['an anniversary of a text', is('country', 'anniversary', { days: 3 }), 'contact', 'operator', '“country” holds a text; “anniversary” does not fit. Choose one of: equals, not_equals, in, not_in, contains, starts_with, is_set, not_set.'],
    ['several of a text', is('country', 'list_contains_any', { value: ['NL'] }), 'contact', 'operator', '“country” holds a text; “list_contains_any” does not fit. Choose one of: equals, not_equals, in, not_in, contains, starts_with, is_set, not_set.'],
  ])('names %s', (_, input, scope, path, message) => {
    expect(problems(input, scope)).toEqual([{ path, message }]);
  });

  it.each<[string, object, string, string]>([
    ['an act there is no word for', { kind: 'engagement', did: 'read' }, 'did', 'Choose one of: got, opened, clicked, replied.'],
    ['a sample of nobody', { kind: 'sample', percent: 0, seed: 'x' }, 'percent', 'Give more than 0 percent.'],
    ['a sample of more than all', { kind: 'sample', percent: 101, seed: 'x' }, 'percent', 'Give at most 100 percent.'],
    ['a sample without a seed', { kind: 'sample', percent: 5 }, 'seed', 'Give a text.'],
    ['an anniversary wider than the year', is('birth_date', 'anniversary', { days: 183 }), 'days', 'At most 180 days to each side: more is all of the year.'],
  ])('does not take %s', (_, input, path, message) => {
    expect(parseRule(input)).toEqual({ ok: false, error: [{ path, message }] });
  });

  it('counts the levels of a group as levels of the rule', () => {
    let deep: object = is('sector', 'is_set');
    for (let level = 0; level < 21; level += 1) deep = { kind: 'parent', rule: deep };
    expect(parseRule(deep)).toMatchObject({ ok: false, error: [{ message: expect.stringMatching(/nested deeper than 20 levels/) as string }] });
  });
});

describe('conditions on relations as a sentence', () => {
  const anywhere = { depth: 'any' };
  const german = is('country', 'equals', { value: 'DE' });
  it.each<[object, Scope, string, string]>([
    [{ kind: 'engagement', did: 'got', campaign: 'spring', ...lastMonth }, 'contact', 'Contacts who got campaign “spring” in the last 30 days.', 'Contacten met een ontvangen mail van campagne “spring” in de laatste 30 dagen.'],
    [not({ kind: 'engagement', did: 'opened', campaign: 'spring' }), 'contact', 'Contacts who never opened campaign “spring”.', 'Contacten zonder geopende mail van campagne “spring”.'],
    [{ kind: 'engagement', did: 'clicked', count: { operator: 'at_least', value: 3 } }, 'contact', 'Contacts who clicked in a mail at least 3 times.', 'Contacten met minstens 3 kliks in een mail.'],
    [{ kind: 'engagement', did: 'replied', campaign: 'welcome' }, 'contact', 'Contacts who replied to campaign “welcome”.', 'Contacten met een antwoord op campagne “welcome”.'],
    [{ kind: 'engagement', did: 'got', count: { operator: 'exactly', value: 0 }, ...lastMonth }, 'contact', 'Contacts who did not get mail in the last 30 days.', 'Contacten zonder ontvangen mail in de laatste 30 dagen.'],
    [is('birth_date', 'anniversary', { days: 3 }), 'contact', 'Contacts whose date of birth has its anniversary at most 3 days before or after today.', 'Contacten bij wie de geboortedatum hoogstens 3 dagen voor of na vandaag verjaart.'],
    [not(is('birth_date', 'anniversary', { days: 0 })), 'contact', 'Contacts whose date of birth does not have its anniversary today.', 'Contacten bij wie de geboortedatum vandaag niet verjaart.'],
    [is('interests', 'list_contains_any', { value: ['wine', 'cheese'] }), 'contact', 'Contacts whose “interests” contains wine or cheese.', 'Contacten bij wie “interests” wine of cheese bevat.'],
    [not(is('interests', 'list_contains_all', { value: ['wine', 'cheese', 'bread'] })), 'contact', 'Contacts whose “interests” does not contain all of wine, cheese and bread.', 'Contacten bij wie “interests” niet alles van wine, cheese en bread bevat.'],
    [{ kind: 'sample', percent: 2.5, seed: 'winter' }, 'contact', 'Contacts in the random sample “winter” of 2.5%.', 'Contacten in de steekproef “winter” van 2,5%.'],
    [not({ kind: 'sample', percent: 10, seed: 'winter' }), 'account', 'Accounts outside the random sample “winter” of 10%.', 'Accounts buiten de steekproef “winter” van 10%.'],
    [{ kind: 'parent', rule: german }, 'account', 'Accounts with a parent account whose country is DE.', 'Accounts met een moederaccount waarvan het land DE is.'],
    [not({ kind: 'parent', ...anywhere, rule: german }), 'account', 'Accounts without an account anywhere above them whose country is DE.', 'Accounts zonder account ergens boven zich waarvan het land DE is.'],
    [{ kind: 'subsidiaries', count: { operator: 'at_least', value: 2 }, rule: german }, 'account', 'Accounts with at least 2 subsidiaries whose country is DE.', 'Accounts met minstens 2 dochteraccounts waarvan het land DE is.'],
    [not({ kind: 'subsidiaries', rule: { kind: 'all', conditions: [] } }), 'account', 'Accounts with no subsidiaries.', 'Accounts zonder dochteraccounts.'],
    [{ kind: 'subsidiaries', ...anywhere, count: { operator: 'exactly', value: 1 }, rule: german }, 'account', 'Accounts with exactly 1 account anywhere below them whose country is DE.', 'Accounts met precies 1 account ergens onder zich waarvan het land DE is.'],
  ])('%j', (input, scope, english, dutch) => {
    expect(describeRule(rule(input), 'en', FIELDS, scope)).toBe(english);
    expect(describeRule(rule(input), 'nl', FIELDS, scope)).toBe(dutch);
  });
});

describe('the data that conditions on relations touch', () => {
  it('is mail by campaign, what was done with it as an event, and attributes of other accounts of the group', () => {
    const mail = { kind: 'any', conditions: [{ kind: 'engagement', did: 'got', campaign: 'spring' }, { kind: 'engagement', did: 'got' }, { kind: 'engagement', did: 'clicked', campaign: 'welcome' }, { kind: 'sample', percent: 5, seed: 'x' }, { kind: 'account', rule: { kind: 'parent', rule: is('sector', 'is_set') } }] };
    expect(touchedData(rule(mail), 'contact', noSegments)).toEqual({ contactAttributes: [], accountAttributes: ['sector'], events: ['Email Link Clicked'], segments: [], purposes: [], campaigns: ['*', 'spring'] });
  });
});
