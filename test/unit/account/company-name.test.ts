import { fc } from '../../support/generated.js';
import { companyWords, nameSimilarity, wordSimilarity } from '../../../src/core/account/company-name.js';
import { NAMES_ALIKE } from '../../../src/core/account/match-account.js';

describe('a company name without its legal form', () => {
  it.each([
    ['Bakkerij Jansen B.V.', 'bakkerij jansen'],
    ['Müller & Söhne GmbH & Co. KG', 'muller sohne'],
    ['ACME Ltd.', 'acme'],
    ['Acme Corporation', 'acme'],
    ['Gekko & Co', 'gekko'],
    ['Fromageries Réunies S.A.R.L.', 'fromageries reunies'],
    ['Genco Pura Olive Oil S.p.A.', 'genco pura olive oil'],
    ['Zakład Sp. z o.o.', 'zaklad'],
    ['ООО «Ромашка»', 'ромашка'],
    ['Stichting De Brug', 'de brug'],
    ['株式会社トヨタ', 'トヨタ'],
    ['腾讯科技有限公司', '腾讯科技'],
    ['삼성전자 주식회사', '삼성전자'],
    ['ΑΛΦΑ Α.Ε.', 'αλφα'],
    ['שלום טכנולוגיות', 'שלום טכנולוגיות'],
    ['B.V.', 'bv'],
    ['Ltd Co', 'ltd'],
    ['🚀🚀', ''],
    ['  ', ''],
    ['Straße AG', 'strasse'],
  ])('%s is read as "%s"', (name, words) => {
    expect(companyWords(name).join(' ')).toBe(words);
  });
});

describe('two spellings of a company name', () => {
  it.each([
    ['Dalttechnology', 'Dalttechnolgy Inc.'],
    ['Acme Corporation', 'ACME corp'],
    ['Green-Plus', 'Greenplus B.V.'],
    ['Bank of Scotland plc', 'Bank Scotland'],
    ['Scotland, Bank of', 'Bank of Scotland'],
    ['Vehement Capital Partners', 'Vehement Capitol Partners'],
    ['J-Texon', 'J Texon Ltd'],
    ['ŁÓDŹ Transport Sp. z o.o.', 'Lodz Transport'],
    ['The New York Inquirer', 'New York Inquirer, The'],
  ])('"%s" and "%s" are one company', (one, other) => {
    expect(nameSimilarity(one, other)).toBeGreaterThanOrEqual(NAMES_ALIKE);
  });

  it.each([
    ['Acme', 'Acme Bakery'],
    ['Betasoloin', 'Betatech'],
    ['Scotfind', 'Scottech'],
    ['Continental Freight Services East', 'Continental Freight Services West'],
    ['Continental Engineering and Consultancy A', 'Continental Engineering and Consultancy B'],
    ['Studio 54 Amsterdam Entertainment', 'Studio 55 Amsterdam Entertainment'],
    ['Xx-holding', 'Xx-zobam'],
    ['Konex', 'Condax'],
    ['Acme', ''],
    ['腾讯科技', '百度科技'],
  ])('"%s" and "%s" are two', (one, other) => {
    expect(nameSimilarity(one, other)).toBeLessThan(NAMES_ALIKE);
  });

  const name = fc.array(fc.oneof(fc.constantFrom('acme', 'bank', 'of', 'north', 'nord', 'technology', 'technolgy', 'B.V.', 'GmbH', 'Co', '12', '株式会社', 'Ünlü'), fc.string({ maxLength: 12, unit: 'grapheme' })), { maxLength: 5 }).map((words) => words.join(' '));

  it('are equally alike in both directions, whatever the order of the words, and a name is most like itself', () => {
    fc.assert(
      fc.property(name, name, (one, other) => {
        const alike = nameSimilarity(one, other);
        expect(alike).toBeGreaterThanOrEqual(0);
        expect(alike).toBeLessThanOrEqual(1);
        expect(nameSimilarity(other, one)).toBe(alike);
        const words = companyWords(one);
        expect(nameSimilarity(one, one)).toBe(words.length === 0 ? 0 : 1);
        expect(wordSimilarity(words, words.toReversed())).toBe(words.length === 0 ? 0 : 1);
      }),
      { numRuns: 500 },
    );
  });
});
