import type { PageLanguage } from '../../consent/page-texts.js';
import type { RequestKind } from '../../core/privacy/request.js';

/** What can be asked on the page; correcting is done there, and what else is to be corrected is written down. */
export type AskedKind = RequestKind;

const nl = {
  title: 'Mijn gegevens',
  intro: 'Deze pagina is alleen voor jou. De link werkt 24 uur; stuur hem niet door.',
  address: 'Mailadres',
  correctTitle: 'Klopt dit?',
  correctText: 'Verbeter wat niet klopt. Het geldt meteen. Een leeg veld wissen we.',
  fields: { first_name: 'Voornaam', last_name: 'Achternaam', language: 'Taal van onze mails', country: 'Land', time_zone: 'Tijdzone' },
  languages: { nl: 'Nederlands', en: 'Engels' },
  unknown: 'Niet bekend',
  save: 'Bewaar',
  saved: 'Bewaard. Zo staat het nu bij ons.',
  invalid: 'Dit kunnen we niet bewaren. Schrijf bijvoorbeeld een land voluit: Nederland.',
  invalidTitle: 'Er klopt iets niet',
  asksTitle: 'Wat je verder kunt vragen',
  asked: (due: string) => `Je verzoek ligt bij ons. Je krijgt uiterlijk ${due} antwoord, op het adres dat we van je hebben.`,
  sure: 'Ja, ik weet dat dit niet ongedaan kan worden gemaakt.',
  notSure: 'Zet eerst het vinkje: wissen kan niet ongedaan worden gemaakt.',
  wishLabel: 'Wat moet er anders?',
  noWish: 'Schrijf erbij wat er anders moet.',
  asks: {
    access: { name: 'Zie wat we van je weten', about: 'Alles wat we van je hebben, waar het vandaan komt en wat we ermee deden, als leesbare pagina en als bestand.', button: 'Stuur mij alles' },
    portability: { name: 'Neem je gegevens mee', about: 'Een bestand dat je aan een ander kunt geven.', button: 'Stuur mij het bestand' },
    rectification: { name: 'Laat iets anders verbeteren', about: 'Wat hierboven niet staat, verbetert een van ons voor je.', button: 'Vraag verbetering' },
    restriction: { name: 'Gebruik mijn gegevens even niet', about: 'We bewaren ze alleen nog, tot je iets anders zegt.', button: 'Beperk het gebruik' },
    objection: { name: 'Maak bezwaar', about: 'We sturen je dan geen reclame meer, waarvoor dan ook.', button: 'Stuur mij geen reclame' },
    erasure: { name: 'Wis mijn gegevens', about: 'We houden alleen een versleuteld kenmerk van je adres, om je niet opnieuw te mailen.', button: 'Wis alles' },
  } satisfies Record<AskedKind, { name: string; about: string; button: string }>,
  closed: { title: 'Deze link is verlopen', paragraphs: ['Een link naar je gegevens werkt 24 uur. Met één druk op de knop sturen we een nieuwe naar het adres dat we van je hebben.'], button: 'Mail mij een nieuwe link' },
};

const en: typeof nl = {
  title: 'My data',
  intro: 'This page is for you alone. The link works for 24 hours; do not pass it on.',
  address: 'Mail address',
  correctTitle: 'Is this right?',
  correctText: 'Correct what is not. It counts at once. A field left empty is removed.',
  fields: { first_name: 'First name', last_name: 'Last name', language: 'Language of our mails', country: 'Country', time_zone: 'Time zone' },
  languages: { nl: 'Dutch', en: 'English' },
  unknown: 'Not known',
  save: 'Save',
  saved: 'Saved. This is what we have now.',
  invalid: 'We cannot keep this. Write a country in full, for example: Netherlands.',
  invalidTitle: 'Something is not right',
  asksTitle: 'What else you can ask',
  asked: (due) => `Your request is with us. You get an answer by ${due} at the latest, at the address we have of you.`,
  sure: 'Yes, I know that this cannot be undone.',
  notSure: 'Tick the box first: erasing cannot be undone.',
  wishLabel: 'What should be different?',
  noWish: 'Write what should be different.',
  asks: {
    access: { name: 'See what we know about you', about: 'Everything we have of you, where it comes from and what we did with it, as a readable page and as a file.', button: 'Send me everything' },
    portability: { name: 'Take your data along', about: 'A file that you can give to somebody else.', button: 'Send me the file' },
    rectification: { name: 'Have something else corrected', about: 'What does not stand above, one of us corrects for you.', button: 'Ask for correction' },
    restriction: { name: 'Do not use my data for now', about: 'We only keep it, until you say otherwise.', button: 'Restrict its use' },
    objection: { name: 'Object', about: 'We then send you no advertising any more, of whatever kind.', button: 'Send me no advertising' },
    erasure: { name: 'Erase my data', about: 'We keep only an encrypted mark of your address, so that we do not mail you again.', button: 'Erase everything' },
  },
  closed: { title: 'This link has expired', paragraphs: ['A link to your data works for 24 hours. Press the button and we send a new one to the address we have of you.'], button: 'Mail me a new link' },
};

export const MY_DATA_TEXTS: Readonly<Record<PageLanguage, typeof nl>> = { nl, en };
