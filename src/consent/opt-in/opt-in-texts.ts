import type { PageLanguage } from '../page-texts.js';

/** The words of the sign-up page. Dutch is the source; a key missing in English is a type error. */
const nl = {
  intro: 'Vul je e-mailadres in. Je krijgt één mail met een link om te bevestigen; pas daarna begint het.',
  email: 'E-mailadres',
  emailWrong: 'Dit is geen e-mailadres dat we kunnen gebruiken. Kijk het nog eens na.',
  beside: 'Alleen als je dat wilt',
  notice: 'Wat we met je gegevens doen',
  button: 'Meld mij aan',
  sent: {
    title: 'Kijk in je mail',
    paragraphs: ['Als dit adres zich kan aanmelden, krijg je een mail met een link: overdag binnen een paar minuten, ’s avonds en op zon- en feestdagen de volgende ochtend.', 'Druk op de knop achter die link om te bevestigen; de link werkt 72 uur.', 'Geen mail gekregen? Kijk in de map met ongewenste mail, of probeer het later nog eens.'],
  },
};

const en: typeof nl = {
  intro: 'Fill in your e-mail address. You will get one mail with a link to confirm; only then does it begin.',
  email: 'E-mail address',
  emailWrong: 'This is not an e-mail address that we can use. Please look at it again.',
  beside: 'Only if you want to',
  notice: 'What we do with your data',
  button: 'Sign me up',
  sent: {
    title: 'Look at your mail',
    paragraphs: ['If this address can be signed up, you get a mail with a link: within a few minutes by day, and the next morning in the evening, on Sundays and on holidays.', 'Press the button behind that link to confirm; the link works for 72 hours.', 'No mail? Look in the folder for unwanted mail, or try again later.'],
  },
};

export const OPT_IN_TEXTS: Readonly<Record<PageLanguage, typeof nl>> = { nl, en };
