import { fc } from '../../support/generated.js';
import { explainMatch } from '../../../src/core/account/explain-match.js';
import { type Candidates, type Lead, matchAccount, MATCH_RULES, type MatchResult, REVIEW_BELOW } from '../../../src/core/account/match-account.js';
import { readRegistrationNumber } from '../../../src/core/account/registration-number.js';
import { candidates, lead, SMALL_WORLD, verified } from './matching.js';

const match = (person: Partial<Lead>, known: Partial<Candidates>): MatchResult => matchAccount(lead(person), candidates(known), SMALL_WORLD);
const vat = (text: string) => readRegistrationNumber('vat', text)!;
const coc = (text: string) => readRegistrationNumber('coc', text)!;

const ACME = 1;
const ACME_BELGIUM = 2;
const OTHER = 3;

describe('a lead belongs to the account', () => {
  it.each<[string, Partial<Lead>, Partial<Candidates>, number, string]>([
    ['that somebody pinned, whatever else is known', { host: 'acme.com' }, { pinned: OTHER, domains: [verified(ACME, 'acme.com')] }, OTHER, 'pinned'],
    ['of another contact with the same mailbox', { host: 'gmail.com' }, { byAddress: [ACME] }, ACME, 'address'],
    ['that has the domain of the address', { host: 'acme.com' }, { domains: [verified(ACME, 'acme.com')] }, ACME, 'host'],
    ['above whose domain the host stands', { host: 'mail.nl.acme.com' }, { domains: [verified(ACME, 'acme.com')] }, ACME, 'host'],
    ['with the longest host: the subsidiary, not the parent', { host: 'be.acme.com' }, { domains: [verified(ACME, 'acme.com'), verified(ACME_BELGIUM, 'be.acme.com')] }, ACME_BELGIUM, 'host'],
    ['with the shorter host when the longer one is not above', { host: 'nl.acme.com' }, { domains: [verified(ACME, 'acme.com'), verified(ACME_BELGIUM, 'be.acme.com')] }, ACME, 'host'],
    ['that uses another host of the same registered domain', { host: 'acme.com' }, { domains: [verified(ACME, 'shop.acme.com')] }, ACME, 'domain'],
    ['under a suffix of two labels', { host: 'sales.acme.co.uk' }, { domains: [verified(ACME, 'www.acme.co.uk'), verified(OTHER, 'other.co.uk')] }, ACME, 'domain'],
    ['at a private suffix', { host: 'acme.github.io' }, { domains: [verified(ACME, 'acme.github.io'), verified(OTHER, 'other.github.io')] }, ACME, 'host'],
    ['with its VAT number, although mail comes from a free-mail address', { host: 'gmail.com', numbers: [vat('NL 8123.45.678.B01')] }, { numbers: [{ accountId: ACME, country: null, number: vat('nl812345678b01') }] }, ACME, 'number'],
    ['with its chamber-of-commerce number in the same country', { country: 'NL', numbers: [coc('KvK 12345678')] }, { numbers: [{ accountId: ACME, country: 'NL', number: coc('12345678') }] }, ACME, 'number'],
    ['with its name in another legal form, in the same country', { country: 'NL', companyName: 'Acme B.V.' }, { names: [{ accountId: ACME, name: 'ACME Holland N.V.', country: 'NL' }, { accountId: OTHER, name: 'Acme', country: 'NL' }] }, OTHER, 'name'],
    ['with nearly its name, in the same country', { country: 'US', companyName: 'Dalttechnolgy' }, { names: [{ accountId: ACME, name: 'Dalttechnology', country: 'US' }] }, ACME, 'name'],
    ['that a later rule picks from several', { host: 'acme.com', numbers: [vat('NL812345678B01')] }, { domains: [verified(ACME, 'acme.com'), verified(ACME_BELGIUM, 'acme.com')], numbers: [{ accountId: ACME_BELGIUM, country: 'BE', number: vat('NL812345678B01') }] }, ACME_BELGIUM, 'number'],
  ])('%s', (_, person, known, accountId, rule) => {
    expect(match(person, known)).toMatchObject({ kind: 'matched', accountId, rule });
  });
});

describe('a human decides', () => {
  it.each<[string, Partial<Lead>, Partial<Candidates>, object]>([
    ['when nobody verified the domain', { host: 'acme.com' }, { domains: [{ accountId: ACME, domain: 'acme.com', verified: false }] }, { accountId: ACME, rule: 'host', inputs: { doubt: 'unverified' } }],
    ['when two accounts have the domain', { host: 'acme.com' }, { domains: [verified(ACME, 'acme.com'), verified(OTHER, 'acme.com')] }, { accountId: ACME, rule: 'host', inputs: { doubt: 'several', candidates: [ACME, OTHER] } }],
    ['when the mailbox is on contacts of two accounts', {}, { byAddress: [OTHER, ACME] }, { inputs: { candidates: [ACME, OTHER] } }],
    ['when only the name fits and no country is known of the lead', { companyName: 'Acme' }, { names: [{ accountId: ACME, name: 'Acme', country: 'NL' }] }, { rule: 'name', inputs: { doubt: 'no_country' } }],
    ['when only the name fits and no country is known of the account', { companyName: 'Acme', country: 'NL' }, { names: [{ accountId: ACME, name: 'Acme', country: null }] }, { rule: 'name', inputs: { doubt: 'no_country' } }],
    ['when a register number could be of two countries', { numbers: [coc('12345678')] }, { numbers: [{ accountId: ACME, country: 'NL', number: coc('12345678') }] }, { rule: 'number', inputs: { doubt: 'no_country' } }],
    ['when two accounts have the name', { companyName: 'Acme', country: 'NL' }, { names: [{ accountId: ACME, name: 'Acme BV', country: 'NL' }, { accountId: OTHER, name: 'Acme NV', country: 'NL' }] }, { inputs: { doubt: 'several' } }],
    ['when domain and number contradict each other', { host: 'acme.com', numbers: [vat('NL812345678B01')] }, { domains: [verified(ACME, 'acme.com'), verified(ACME_BELGIUM, 'acme.com')], numbers: [{ accountId: OTHER, country: null, number: vat('NL812345678B01') }] }, { rule: 'host', inputs: { doubt: 'several' } }],
    ['again, when a refused account now has better grounds', { host: 'acme.com' }, { domains: [verified(ACME, 'acme.com')], refused: [{ accountId: ACME, rule: 'name' }] }, { rule: 'host', inputs: { doubt: 'refused_before' } }],
  ])('%s', (_, person, known, expected) => {
    const result = match(person, known);
    expect(result).toMatchObject({ kind: 'review', ...expected });
    expect((result as { confidence: number }).confidence).toBeLessThan(REVIEW_BELOW);
  });
});

describe('no account is found', () => {
  it.each<[string, Partial<Lead>, Partial<Candidates>]>([
    ['by a free-mail address, even when an account claims the domain', { host: 'gmail.com' }, { domains: [verified(ACME, 'gmail.com')] }],
    ['by a host below a free-mail domain', { host: 'eu.gmail.com' }, { domains: [verified(ACME, 'eu.gmail.com'), verified(OTHER, 'gmail.com')] }],
    ['by a disposable address', { host: 'mailinator.com' }, { domains: [verified(ACME, 'mailinator.com')] }],
    ['by a shared domain', { host: 'office.shared.example' }, { domains: [verified(ACME, 'shared.example')] }],
    ['by a public suffix itself', { host: 'github.io' }, { domains: [verified(ACME, 'acme.github.io'), verified(OTHER, 'github.io')] }],
    ['by an address at a top-level domain', { host: 'com' }, { domains: [verified(ACME, 'acme.com')] }],
    ['by a host that only ends alike', { host: 'notacme.com' }, { domains: [verified(ACME, 'acme.com')] }],
    ['by the same name in another country', { companyName: 'Acme', country: 'DE' }, { names: [{ accountId: ACME, name: 'Acme', country: 'NL' }] }],
    ['by the same register number in another country', { country: 'DE', numbers: [coc('12345678')] }, { numbers: [{ accountId: ACME, country: 'NL', number: coc('12345678') }] }],
    ['by a register number that is the other one’s VAT number', { numbers: [vat('12345678')] }, { numbers: [{ accountId: ACME, country: 'NL', number: coc('12345678') }] }],
    ['by a longer name that begins alike', { companyName: 'Acme', country: 'NL' }, { names: [{ accountId: ACME, name: 'Acme Bakery', country: 'NL' }] }],
    ['when a human refused it on the same grounds', { host: 'acme.com' }, { domains: [verified(ACME, 'acme.com')], refused: [{ accountId: ACME, rule: 'host' }] }],
    ['when a human refused it on stronger grounds', { host: 'acme.com' }, { domains: [verified(ACME, 'www.acme.com')], refused: [{ accountId: ACME, rule: 'host' }] }],
    ['when nothing is known', {}, {}],
  ])('%s', (_, person, known) => {
    expect(match(person, known)).toEqual({ kind: 'none' });
  });
});

describe('a number of a company', () => {
  it.each([
    ['vat', 'BTW-nummer: NL 8123.45.678.B01', 'NL812345678B01'],
    ['vat', 'USt-IdNr. DE 123456789', 'DE123456789'],
    ['coc', 'KvK 12 34 56 78', '12345678'],
    ['coc', 'HRB 123456', 'HRB123456'],
    ['coc', '00000000', undefined],
    ['vat', 'n/a', undefined],
    ['coc', '1234', undefined],
    ['coc', '١٢٣٤٥٦٧٨', undefined],
  ] as const)('%s "%s" is kept as %s', (kind, text, value) => {
    expect(readRegistrationNumber(kind, text)?.value).toBe(value);
  });
});

describe('whatever is known', () => {
  const accountId = fc.integer({ min: 1, max: 6 });
  const country = fc.constantFrom('NL', 'BE', null);
  const host = fc.constantFrom('acme.com', 'be.acme.com', 'x.be.acme.com', 'gmail.com', 'eu.gmail.com', 'other.nl', 'github.io', 'acme.github.io', 'shared.example');
  const number = fc.constantFrom(vat('NL812345678B01'), coc('12345678'), coc('87654321'));
  const name = fc.constantFrom('Acme', 'Acme B.V.', 'Acme Bakery', 'Dalttechnology', 'Dalttechnolgy', '株式会社アクメ');
  const anyLead = fc.record<Lead>({ host: fc.option(host), country, companyName: fc.option(name), numbers: fc.array(number, { maxLength: 2 }) });
  const accounts = {
    domains: fc.array(fc.record({ accountId, domain: host, verified: fc.boolean() }), { maxLength: 5 }),
    numbers: fc.array(fc.record({ accountId, country, number }), { maxLength: 3 }),
    names: fc.array(fc.record({ accountId, name, country }), { maxLength: 4 }),
  };
  const anyCandidates = fc.record<Candidates>({
    pinned: fc.option(accountId, { freq: 10 }),
    byAddress: fc.array(accountId, { maxLength: 2 }),
    ...accounts,
    refused: fc.array(fc.record({ accountId, rule: fc.constantFrom(...MATCH_RULES) }), { maxLength: 2 }),
  });
  const decide = (person: Lead, known: Candidates): MatchResult => matchAccount(person, known, SMALL_WORLD);
  const check = (property: (person: Lead, known: Candidates) => void): void => fc.assert(fc.property(anyLead, anyCandidates, property), { numRuns: 2_000 });

  it('the same facts give the same answer, in whatever order they were found', () => {
    check((person, known) => {
      const turned: Candidates = { ...known, byAddress: known.byAddress.toReversed(), domains: known.domains.toReversed(), numbers: known.numbers.toReversed(), names: known.names.toReversed(), refused: known.refused.toReversed() };
      expect(decide(person, turned)).toEqual(decide(person, known));
    });
  });

  it('a match is sure enough and of one account; a doubt is not sure enough', () => {
    check((person, known) => {
      const result = decide(person, known);
      if (result.kind === 'matched') expect(result.confidence).toBeGreaterThanOrEqual(REVIEW_BELOW);
      if (result.kind === 'review') expect(result.confidence).toBeLessThan(REVIEW_BELOW);
    });
  });

  it('a new account that has nothing to do with the lead never changes the answer', () => {
    const NEWCOMER = 99;
    const unrelated: Pick<Candidates, 'domains' | 'numbers' | 'names'> = {
      domains: [verified(NEWCOMER, 'newcomer.example'), verified(NEWCOMER, 'www.newcomer.co.uk'), verified(NEWCOMER, 'gmail.com'), verified(NEWCOMER, 'com')],
      numbers: [{ accountId: NEWCOMER, country: 'NL', number: coc('55555556') }],
      names: [{ accountId: NEWCOMER, name: 'Newcomer Logistics N.V.', country: 'NL' }],
    };
    check((person, known) => {
      const more: Candidates = { ...known, domains: [...known.domains, ...unrelated.domains], numbers: [...known.numbers, ...unrelated.numbers], names: [...known.names, ...unrelated.names] };
      expect(decide(person, more)).toEqual(decide(person, known));
    });
  });

  it('grounds of a later rule for another account never change a match', () => {
    const NEWCOMER = 99;
    check((person, known) => {
      const result = decide(person, known);
      if (result.kind !== 'matched') return;
      const later = MATCH_RULES.indexOf(result.rule);
      const more: Candidates = {
        ...known,
        numbers: later < MATCH_RULES.indexOf('number') ? [...known.numbers, ...person.numbers.map((own) => ({ accountId: NEWCOMER, country: person.country, number: own }))] : known.numbers,
        names: later < MATCH_RULES.indexOf('name') && person.companyName !== null ? [...known.names, { accountId: NEWCOMER, name: person.companyName, country: person.country }] : known.names,
      };
      expect(decide(person, more)).toEqual(result);
    });
  });

  it('an address at a free-mail, disposable or shared domain never decides', () => {
    check((person, known) => {
      const result = decide({ ...person, host: 'gmail.com' }, known);
      if (result.kind !== 'none') expect(['host', 'domain']).not.toContain(result.rule);
    });
  });

  it('what was undone is not matched the same way again', () => {
    check((person, known) => {
      const before = decide(person, known);
      if (before.kind === 'none' || before.rule === 'pinned') return;
      const after = decide(person, { ...known, refused: [...known.refused, { accountId: before.accountId, rule: before.rule }] });
      if (after.kind !== 'none') expect([after.accountId, after.rule]).not.toEqual([before.accountId, before.rule]);
      if (after.kind === 'matched') expect(after.accountId).not.toBe(before.accountId);
    });
  });

  it('every answer is explained in Dutch and English', () => {
    check((person, known) => {
      const result = decide(person, known);
      if (result.kind === 'none') return;
      const { nl, en } = explainMatch({ ...result, account: 'Acme' });
      expect(nl).toMatch(/^Hoort (bij|misschien bij) Acme: .+\.$/);
      expect(en).toMatch(/^(Belongs|May belong) to Acme: .+\.$/);
      expect(`${nl}${en}`).not.toContain('undefined');
    });
  });
});
