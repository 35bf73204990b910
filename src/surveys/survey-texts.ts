import type { PageLanguage } from '../consent/page-texts.js';

const nl = {
  title: 'Zou je ons aanraden?',
  question: (sender: string) => `Hoe waarschijnlijk is het dat je ${sender} aanraadt aan iemand die je kent?`,
  lowest: 'Zeker niet',
  highest: 'Zeker wel',
  comment: 'Wil je er iets bij zeggen?',
  hint: 'Dit hoeft niet. Een mens leest het.',
  button: 'Verstuur mijn antwoord',
  missing: 'Kies eerst een cijfer.',
  missingTitle: 'Er mist nog iets',
  thanks: {
    title: 'Bedankt',
    paragraphs: (unhappy: boolean) => [unhappy ? 'Je antwoord is binnen. Een van ons neemt binnen twee werkdagen contact met je op; tot dan sturen we je geen reclame.' : 'Je antwoord is binnen.', 'Van gedachten veranderd? Twee weken lang kun je via dezelfde link een ander antwoord geven.'],
  },
  closed: { title: 'Dit onderzoek is gesloten', paragraphs: ['Deze link werkt niet (meer): hij is niet helemaal overgenomen, of het antwoord staat al vast.', 'Wil je toch iets kwijt? Stuur ons een bericht.'] },
};

const en: typeof nl = {
  title: 'Would you recommend us?',
  question: (sender) => `How likely are you to recommend ${sender} to somebody you know?`,
  lowest: 'Not at all',
  highest: 'Very likely',
  comment: 'Is there anything you would like to add?',
  hint: 'You need not. A person reads it.',
  button: 'Send my answer',
  missing: 'Choose a number first.',
  missingTitle: 'Something is missing',
  thanks: {
    title: 'Thank you',
    paragraphs: (unhappy) => [unhappy ? 'Your answer has come in. One of us contacts you within two working days; until then we send you no advertising.' : 'Your answer has come in.', 'Changed your mind? For two weeks you can give another answer by the same link.'],
  },
  closed: { title: 'This survey is closed', paragraphs: ['This link does not work (any more): it was not copied completely, or the answer stands.', 'Something to tell us all the same? Send us a message.'] },
};

export const SURVEY_TEXTS: Readonly<Record<PageLanguage, typeof nl>> = { nl, en };
