import { fc } from '../../support/generated.js';
import { foldText, spell } from '../../../src/core/rule/fold-text.js';

describe('folding a text', () => {
  it.each([
    ['capitals', 'ZOE', 'zoe'],
    ['accents', 'Zoë', 'zoe'],
    ['the same letter, written as two characters', 'Zoe\u0308', 'zoe'],
    ['several accents on a letter', 'Nguyễn', 'nguyen'],
    ['a Turkish dotted capital', 'İstanbul', 'istanbul'],
    ['a Turkish i without its dot', 'Ilgın', 'ilgin'],
    ['letters with a stroke', 'Łódź, Sørensen, Đorđe', 'lodz, sorensen, dorde'],
    ['the sigma at the end of a word', 'ΟΔΟΣ', 'οδοσ'],
    ['the same word as it is written small', 'οδός', 'οδοσ'],
    ['Russian', 'ЙОГУРТ', 'иогурт'],
  ])('takes %s away', (_, text, folded) => {
    expect(foldText(text)).toBe(folded);
  });

  it.each([
    ['sharp s', 'straße'],
    ['a ligature', 'ﬁets'],
    ['another script', '山田'],
    ['an emoji', '👩‍💻'],
    ['a mark of the writing direction', '\u202Eabc'],
    ['what means something to LIKE', '100%_\\'],
    ['nothing', ''],
    ['an accent by itself', '\u0301'],
  ])('leaves %s', (_, text) => {
    expect(foldText(text)).toBe(text);
  });

  it('is done once: a folded text stays as it is', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => expect(foldText(foldText(text))).toBe(foldText(text))));
  });

  it('does not ask how a text is composed', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => expect(foldText(text.normalize('NFC'))).toBe(foldText(text.normalize('NFD')))));
  });
});

describe('a value in the spelling of its column', () => {
  it.each([
    ['a country', 'nl', 'upper', 'NL'],
    ['no country: ß is not SS', 'ß', 'upper', 'ß'],
    ['a stage', 'Lead', 'lower', 'lead'],
    ['an address, accents and all', 'Zoe\u0308@Example.NL', 'address', 'zoë@example.nl'],
  ] as const)('%s', (_, text, spelling, spelled) => {
    expect(spell(text, spelling)).toBe(spelled);
  });
});
