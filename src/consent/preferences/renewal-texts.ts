import type { PageLanguage } from '../page-texts.js';

/** What stands on the pages that ask for a link, and in the mail that brings it. */
const nl = {
  closed: {
    title: 'Deze link werkt niet (meer)',
    paragraphs: ['Misschien is hij niet helemaal overgenomen, of is hij verlopen. Met één druk op de knop sturen we een nieuwe naar het adres dat we van je hebben; je hoeft niets in te vullen.', 'Kom je er niet uit? Stuur ons een bericht, dan regelen wij het voor je.'],
    button: 'Mail mij een nieuwe link',
  },
  renewed: {
    title: 'Kijk in je mail',
    paragraphs: ['Was dit een link van ons, dan is er een nieuwe onderweg naar het adres dat erbij hoort. Hij komt binnen een paar minuten.', 'Niets gekregen? Kijk bij ongewenste mail, of stuur ons een bericht.'],
  },
  askData: {
    title: 'Een link naar je gegevens',
    paragraphs: ['Omdat het om jouw gegevens gaat, sturen we eerst een link naar het adres dat we van je hebben. Die werkt 24 uur.'],
    button: 'Mail mij de link',
  },
  mail: {
    preferences: {
      subject: 'Je nieuwe link',
      paragraphs: ['Dag,', 'Je vroeg om een nieuwe link. Hiermee kies je wat je van ons krijgt, hoe vaak, of niets meer.', 'Vroeg je dit niet? Dan hoef je niets te doen: er is niets veranderd.'],
      link: 'Open mijn instellingen',
    },
    my_data: {
      subject: 'Je link naar je gegevens',
      paragraphs: ['Dag,', 'Je vroeg om je gegevens te zien. De link hieronder is alleen voor jou en werkt 24 uur. Stuur hem niet door.', 'Vroeg je dit niet? Dan hoef je niets te doen: zonder deze link ziet niemand iets.'],
      link: 'Naar mijn gegevens',
    },
  },
  questions: (replyTo: string) => `Vragen? Beantwoord deze mail of schrijf naar ${replyTo}. Een mens leest het.`,
};

const en: typeof nl = {
  closed: {
    title: 'This link does not work (any more)',
    paragraphs: ['Perhaps it was not copied completely, or it has expired. Press the button and we send a new one to the address we have of you; there is nothing to fill in.', 'Still no luck? Send us a message and we will arrange it for you.'],
    button: 'Mail me a new link',
  },
  renewed: {
    title: 'Look in your mail',
    paragraphs: ['If this was a link of ours, a new one is on its way to the address that belongs to it. It comes within a few minutes.', 'Nothing came? Look among the unwanted mail, or send us a message.'],
  },
  askData: {
    title: 'A link to your data',
    paragraphs: ['As it is your data, we first send a link to the address we have of you. It works for 24 hours.'],
    button: 'Mail me the link',
  },
  mail: {
    preferences: {
      subject: 'Your new link',
      paragraphs: ['Hello,', 'You asked for a new link. With it you choose what you get from us, how often, or nothing any more.', 'Was it not you? Then there is nothing to do: nothing has changed.'],
      link: 'Open my settings',
    },
    my_data: {
      subject: 'Your link to your data',
      paragraphs: ['Hello,', 'You asked to see your data. The link below is for you alone and works for 24 hours. Do not pass it on.', 'Was it not you? Then there is nothing to do: without this link nobody sees anything.'],
      link: 'To my data',
    },
  },
  questions: (replyTo) => `Questions? Answer this mail or write to ${replyTo}. A person reads it.`,
};

export type LinkMailKind = keyof typeof nl.mail;
export const RENEWAL_TEXTS: Readonly<Record<PageLanguage, typeof nl>> = { nl, en };
