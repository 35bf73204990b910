/** The words of the public pages. Dutch is the source; a key missing in English is a type error. */
const nl = {
  person: 'Liever een mens spreken? Mail ons:',
  preferences: {
    title: 'Wat wil je van ons ontvangen?',
    introBefore: 'Dit zijn de instellingen voor',
    introAfter: '. Zet aan wat je wilt, zet uit wat je niet wilt en bewaar je keuze; die geldt meteen.',
    topics: 'Onderwerpen',
    save: 'Bewaar mijn keuze',
    saved: 'Je keuze is bewaard en geldt vanaf nu.',
    savedAllOff: 'Alles staat uit. Je krijgt geen reclame en geen nieuws meer van ons.',
    everythingIsOff: 'Alles staat uit: je krijgt geen reclame en geen nieuws van ons. Zet een onderwerp aan als je dat weer wilt.',
    allOffTitle: 'Liever helemaal niets?',
    allOffText: 'Eén klik en we sturen je niets meer, ook niet over onderwerpen die er later bij komen. Je kunt altijd terugkomen.',
    allOffButton: 'Zet alles uit',
    alwaysTitle: 'Berichten die bij je klantrelatie horen',
    alwaysText: 'Deze mails sturen we alleen als het nodig is. Er staat geen reclame in, en je kunt ze daarom niet uitzetten.',
    on: (since: string | undefined) => (since === undefined ? 'Staat aan.' : `Staat aan sinds ${since}.`),
    off: 'Staat uit.',
    unconfirmed: (since: string | undefined) => `${since === undefined ? 'Je hebt' : `Op ${since} heb je`} je aangemeld, maar nog niet bevestigd. Zet aan en bewaar om te bevestigen.`,
    agreed: (name: string, about: string) => `Stuur mij: ${name}. ${about}`.trim(),
  },
  unsubscribe: {
    title: 'Deze mails stoppen?',
    paragraphs: ['Klik op de knop en je krijgt dit soort mail niet meer van ons. Je hoeft niets in te vullen en niet in te loggen.'],
    button: 'Stop deze mails',
    link: 'Liever kiezen wat je wel en niet krijgt?',
  },
  unsubscribed: {
    title: 'Geregeld',
    paragraphs: ['Je krijgt dit soort mail niet meer van ons. Het geldt meteen, ook voor mail die al klaarstond.'],
    link: 'Bekijk al je instellingen',
  },
  confirm: {
    title: 'Bevestig je aanmelding',
    paragraphs: (name: string, about: string) => [`Met de knop hieronder bevestig je dat je dit van ons wilt ontvangen: ${name}.`, ...(about === '' ? [] : [about]), 'Je kunt je op elk moment weer afmelden, met één klik in elke mail.'],
    button: 'Ja, ik wil dit ontvangen',
  },
  confirmed: { title: 'Bedankt, je aanmelding is bevestigd', paragraphs: (name: string) => [`Vanaf nu ontvang je: ${name}.`], link: 'Bekijk al je instellingen' },
  closed: {
    title: 'Deze link werkt niet (meer)',
    paragraphs: ['Misschien is hij niet helemaal overgenomen, of is hij verlopen. Gebruik de link in de nieuwste mail die je van ons kreeg.', 'Kom je er niet uit? Stuur ons een bericht, dan regelen wij het voor je.'],
  },
  tooMany: { title: 'Even geduld', paragraphs: ['Er kwamen in korte tijd veel verzoeken binnen. Probeer het over een minuut opnieuw; je instellingen zijn niet veranderd.'] },
};

const en: typeof nl = {
  person: 'Rather talk to a person? Write to us:',
  preferences: {
    title: 'What would you like to get from us?',
    introBefore: 'These are the settings for',
    introAfter: '. Switch on what you want, switch off what you do not want and save your choice; it counts at once.',
    topics: 'Topics',
    save: 'Save my choice',
    saved: 'Your choice is saved and counts from now on.',
    savedAllOff: 'Everything is off. You will get no more advertising and no more news from us.',
    everythingIsOff: 'Everything is off: you get no advertising and no news from us. Switch a topic on if you want it back.',
    allOffTitle: 'Nothing at all?',
    allOffText: 'One click and we send you nothing more, also about topics that are yet to come. You can always come back.',
    allOffButton: 'Switch everything off',
    alwaysTitle: 'Messages that belong to your being a customer',
    alwaysText: 'We send these only when they are needed. There is no advertising in them, which is why they cannot be switched off.',
    on: (since) => (since === undefined ? 'Is on.' : `On since ${since}.`),
    off: 'Is off.',
    unconfirmed: (since) => `You signed up${since === undefined ? '' : ` on ${since}`} but have not confirmed yet. Switch on and save to confirm.`,
    agreed: (name, about) => `Send me: ${name}. ${about}`.trim(),
  },
  unsubscribe: {
    title: 'Stop these mails?',
    paragraphs: ['Press the button and you will get no more mail of this kind from us. There is nothing to fill in and no need to sign in.'],
    button: 'Stop these mails',
    link: 'Rather choose what you do and do not get?',
  },
  unsubscribed: {
    title: 'Done',
    paragraphs: ['You will get no more mail of this kind from us. It counts at once, also for mail that was already waiting.'],
    link: 'See all your settings',
  },
  confirm: {
    title: 'Confirm that you want this',
    paragraphs: (name, about) => [`With the button below you confirm that you want to get this from us: ${name}.`, ...(about === '' ? [] : [about]), 'You can unsubscribe at any moment, with one click in every mail.'],
    button: 'Yes, send me this',
  },
  confirmed: { title: 'Thank you, that is confirmed', paragraphs: (name) => [`From now on you will get: ${name}.`], link: 'See all your settings' },
  closed: {
    title: 'This link does not work (any more)',
    paragraphs: ['Perhaps it was not copied completely, or it has expired. Use the link in the newest mail that you got from us.', 'Still no luck? Send us a message and we will arrange it for you.'],
  },
  tooMany: { title: 'One moment please', paragraphs: ['Many requests came in within a short time. Try again in a minute; your settings have not changed.'] },
};

export type PageLanguage = 'nl' | 'en';
export type PageTexts = typeof nl;
export const PAGE_TEXTS: Readonly<Record<PageLanguage, PageTexts>> = { nl, en };

/** The language of a page: what the switch asks, else the person's own, else what the browser prefers, else Dutch. */
export function pageLanguage(asked: unknown, known: PageLanguage | null | undefined, accepted: string | undefined): PageLanguage {
  if (asked === 'nl' || asked === 'en') return asked;
  if (known) return known;
  const preferred = (accepted ?? '')
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().toLowerCase().split(';');
      const quality = parameters.map((parameter) => /^\s*q=([\d.]+)\s*$/.exec(parameter)?.[1]).find((value) => value !== undefined);
      return { language: tag.split('-')[0], quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter((one): one is { language: PageLanguage; quality: number } => (one.language === 'nl' || one.language === 'en') && one.quality > 0)
    .sort((a, b) => b.quality - a.quality);
  return preferred[0]?.language ?? 'nl';
}
