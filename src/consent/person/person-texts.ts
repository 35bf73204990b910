import type { PageLanguage } from '../page-texts.js';

/** The words of the page on which somebody asks for a person. */
const nl = {
  title: 'Praat met een mens',
  intro: 'Stel je vraag, of zeg wat je dwarszit. Een van ons leest het en antwoordt per mail. Tot dan sturen we je geen reclame.',
  label: 'Je bericht',
  hint: 'Schrijf zoals je praat. Zet er een telefoonnummer bij als je liever gebeld wordt.',
  button: 'Verstuur',
  empty: 'Er staat nog niets in je bericht. Schrijf in een paar woorden waar het over gaat.',
  emptyTitle: 'Er mist nog iets',
  thanks: {
    title: 'Bedankt, een mens leest het',
    paragraphs: (due: string) => [`Je bericht ligt bij een van ons. Je hoort uiterlijk ${due} van ons.`, 'Tot het is afgehandeld sturen we je geen automatische reclame.'],
  },
};

const en: typeof nl = {
  title: 'Talk to a person',
  intro: 'Ask your question, or say what bothers you. One of us reads it and answers by mail. Until then we send you no advertising.',
  label: 'Your message',
  hint: 'Write as you speak. Add a telephone number if you would rather be called.',
  button: 'Send',
  empty: 'There is nothing in your message yet. Write in a few words what it is about.',
  emptyTitle: 'Something is missing',
  thanks: {
    title: 'Thank you, a person reads it',
    paragraphs: (due) => [`Your message is with one of us. You will hear from us by ${due}.`, 'Until it is settled we send you no automated advertising.'],
  },
};

export const PERSON_TEXTS: Readonly<Record<PageLanguage, typeof nl>> = { nl, en };
