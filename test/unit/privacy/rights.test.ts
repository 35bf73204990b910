import { dueOn, mayExtend } from '../../../src/core/privacy/due-date.js';
import { writeLetter } from '../../../src/core/privacy/letter-texts.js';
import { REDACTED, redactOthers } from '../../../src/core/privacy/redact.js';
import { isClosed, isSomebodysWord, moveRequest, REQUEST_STATES, REQUEST_TRANSITIONS } from '../../../src/core/privacy/request.js';

describe('the day a request is due', () => {
  it.each([
    ['an ordinary day', '2026-06-09', '2026-07-09'],
    ['31 January: the last day of February, here a Sunday, so Monday', '2027-01-31', '2027-03-01'],
    ['31 January of a leap year', '2028-01-31', '2028-02-29'],
    ['a day whose month later is a Saturday', '2026-06-11', '2026-07-13'],
    ['a day whose month later is Christmas', '2026-11-25', '2026-12-28'],
    ['31 March: April has 30 days', '2026-03-31', '2026-04-30'],
  ])('of %s', (_, received, due) => expect(dueOn(received, 'NL')).toBe(due));

  it('is two months later when extended, counted from the day it was received', () => expect(dueOn('2026-11-30', 'NL', true)).toBe('2027-03-01'));
  it('can be extended on its last day, and not after', () => expect([mayExtend('2026-07-09', '2026-07-09'), mayExtend('2026-07-10', '2026-07-09')]).toEqual([true, false]));
});

describe('a request', () => {
  it.each([['received', 'done'], ['identity_pending', 'in_progress'], ['done', 'refused'], ['refused', 'verified'], ['verified', 'lapsed'], ['received', 'lapsed'], ['lapsed', 'verified']] as const)('does not go from %s to %s', (from, to) => expect(moveRequest(from, to).ok).toBe(false));
  it('can be refused wherever it is still open', () => {
    expect(REQUEST_STATES.filter(isClosed)).toEqual(['done', 'refused', 'lapsed']);
    expect(REQUEST_STATES.filter((state) => REQUEST_TRANSITIONS[state].length > 0 && !REQUEST_TRANSITIONS[state].includes('refused'))).toEqual([]);
  });
  it.each([['form', 'identity_pending', true], ['form', 'verified', false], ['phone', 'identity_pending', false], ['link', 'identity_pending', false]] as const)('by %s that is %s is only somebody’s word: %s', (channel, state, expected) =>
    expect(isSomebodysWord({ channel, state })).toBe(expected),
  );
});

describe('a note about a person', () => {
  const others = [
    { firstName: 'Willem', lastName: 'van der Berg' }, { firstName: 'José', lastName: 'Núñez' }, { firstName: 'Анна', lastName: 'Иванова' }, { firstName: '太郎', lastName: '田中' }, { firstName: 'Σοφία', lastName: 'Παππά' },
    { firstName: 'محمد', lastName: 'العلي' }, { firstName: 'Anne-Marie', lastName: "O'Brien" }, { firstName: 'Piet', lastName: 'Jansen' },
  ];
  const own = { firstName: 'Piet', lastName: 'Zwart', email: 'piet@zwart.example' };
  it.each([
    ['a whole name', 'Willem van der Berg belde', `${REDACTED} belde`],
    ['a last name with an initial', 'volgens W. van der Berg kan het', `volgens ${REDACTED} kan het`],
    ['a first name alone', 'willem zei ja', `${REDACTED} zei ja`],
    ['a genitive', 'Willems collega', `${REDACTED} collega`],
    ['capitals without accents', 'JOSE NUNEZ tekent', `${REDACTED} tekent`],
    ['Cyrillic', 'Звонила Анна Иванова', `Звонила ${REDACTED}`],
    ['Japanese, without blanks', '昨日田中太郎さんに電話', `昨日${REDACTED}さんに電話`],
    ['Greek', 'ρώτησε τη ΣΟΦΊΑ', `ρώτησε τη ${REDACTED}`],
    ['Arabic', 'اتصل محمد أمس', `اتصل ${REDACTED} أمس`],
    ['half of a double name', 'Marie denkt na', `${REDACTED} denkt na`],
    ['an address that is not his', 'zie w.berg@molen.example', `zie ${REDACTED}`],
  ])('blacks out %s', (_, text, clean) => expect(redactOthers(text, others, own)).toBe(clean));

  it.each([['his own name', 'Piet Zwart belde'], ['his own address', 'mail piet@zwart.example'], ['words that only contain a name', 'de jansenist uit Bergen'], ['particles by themselves', 'van de week in de zaak']])('leaves %s', (_, text) =>
    expect(redactOthers(text, others, own)).toBe(text),
  );
});

describe('letters', () => {
  const facts = { requestId: 7, request: 'erasure', receivedOn: '2026-06-09', dueOn: '2026-07-09', sender: 'Voorbeeld', replyTo: 'hallo@voorbeeld.example', country: 'NL', reason: 'Wet X' } as const;
  it.each([['nl', 'Autoriteit Persoonsgegevens'], ['en', 'Autoriteit Persoonsgegevens']] as const)('of a refusal in %s tell the reason and where to complain', (language, authority) => {
    const letter = writeLetter('refused', facts, language);
    expect(letter.paragraphs.join(' ')).toContain('Wet X');
    expect(letter.closing.join(' ')).toContain(authority);
  });
  it.each([
    ['nl', 'Daarna vervalt het verzoek'],
    ['en', 'After that the request lapses'],
  ] as const)('that ask who it is say in %s what becomes of a request by form, and promise that of no other', (language, words) => {
    const text = (lapses: boolean): string => writeLetter('identity', { ...facts, validDays: 7, link: 'https://x', lapses }, language).paragraphs.join(' ');
    expect([text(true).includes(words), text(false).includes(words)]).toEqual([true, false]);
  });
  it('name the authority in general where the country is not known', () => expect(writeLetter('done', { ...facts, country: 'ZZ' }, 'en').closing.join(' ')).toContain('the data protection authority of your country'));
});
