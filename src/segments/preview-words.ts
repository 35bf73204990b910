import type { Language } from '../core/rule/phrasebook.js';
import type { Mailability, Preview } from './preview.service.js';

type Counted = Pick<Preview, 'scope' | 'count' | 'between' | 'people'>;

interface Words {
  readonly locale: string;
  readonly contacts: (count: number) => string;
  readonly accounts: (count: number) => string;
  readonly within: (people: string, one: boolean, oneAccount: boolean) => string;
  readonly about: string;
  readonly drawn: (from: string, to: string) => string;
  readonly mailing: (purpose: string, about: string, mailable: string, stopped: string) => string;
}

const WORDS: Readonly<Record<Language, Words>> = {
  nl: {
    locale: 'nl-NL',
    contacts: (count) => (count === 1 ? 'contact' : 'contacten'),
    accounts: (count) => (count === 1 ? 'account' : 'accounts'),
    within: (people, one, oneAccount) => `, met ${people} ${one ? 'persoon' : 'mensen'} ${oneAccount ? 'erin' : 'samen'}`,
    about: 'ongeveer ',
    drawn: (from, to) => `niet geteld maar geschat aan mensen die geloot zijn: in 19 van de 20 gevallen ligt het tussen ${from} en ${to}; --exact telt iedereen`,
    mailing: (purpose, about, mailable, stopped) => `Voor “${purpose}”: ${about}${mailable} mogen nu gemaild worden, ${stopped} niet`,
  },
  en: {
    locale: 'en-GB',
    contacts: (count) => (count === 1 ? 'contact' : 'contacts'),
    accounts: (count) => (count === 1 ? 'account' : 'accounts'),
    within: (people, one, oneAccount) => `, ${people} ${one ? 'person' : 'people'} in ${oneAccount ? 'it' : 'them'}`,
    about: 'about ',
    drawn: (from, to) => `not counted but judged by people drawn by lot: in 19 of 20 cases it is between ${from} and ${to}; --exact counts all`,
    mailing: (purpose, about, mailable, stopped) => `For “${purpose}”: ${about}${mailable} may be mailed now, ${stopped} not`,
  },
};

/** How many a rule selects; where that was judged by a draw, between which numbers it lies. */
export function sayCount({ scope, count, between, people }: Counted, language: Language): string[] {
  const words = WORDS[language];
  const number = (value: number): string => value.toLocaleString(words.locale);
  const selected = scope === 'contact' ? words.contacts(count) : `${words.accounts(count)}${words.within(number(people), people === 1, count === 1)}`;
  return [`${between ? words.about : ''}${number(count)} ${selected}`, ...(between ? [`  ${words.drawn(number(between.from), number(between.to))}`] : [])];
}

export function sayMailing({ purpose, mailable, stopped, exact }: Mailability, language: Language): string {
  const words = WORDS[language];
  const number = (value: number): string => value.toLocaleString(words.locale);
  return words.mailing(purpose, exact ? '' : words.about, number(mailable), number(stopped));
}
