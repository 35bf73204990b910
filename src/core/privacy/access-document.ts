import type { LetterLanguage } from './letter-texts.js';

/** A copy of all that is kept about one person (GDPR art. 15): sections of rows, each row a list of named values. */
export interface AccessDocument {
  readonly madeAt: string;
  readonly language: LetterLanguage;
  readonly controller: string;
  readonly sections: Readonly<Record<string, readonly AccessRow[]>>;
}

export type AccessRow = Readonly<Record<string, unknown>>;

interface SectionText {
  readonly title: string;
  readonly about: string;
}

/** In the order in which a person reads them. `provided`: what he gave or did himself, which he may take along (art. 20). */
export const ACCESS_SECTIONS: Readonly<Record<string, { readonly nl: SectionText; readonly en: SectionText; readonly provided: boolean }>> = {
  profile: { provided: true, nl: { title: 'Uw profiel', about: 'Elk gegeven, met waar het vandaan komt en waarvoor het gebruikt mag worden.' }, en: { title: 'Your profile', about: 'Each field, with where it comes from and what it may be used for.' } },
  origin: { provided: false, nl: { title: 'Waar uw gegevens vandaan komen', about: 'Bron, moment en de privacyverklaring die toen gold.' }, en: { title: 'Where your data comes from', about: 'Source, moment and the privacy notice of that time.' } },
  identities: { provided: true, nl: { title: 'Kenmerken', about: 'Waaraan systemen u herkennen.' }, en: { title: 'Identifiers', about: 'What systems recognise you by.' } },
  account: { provided: false, nl: { title: 'Uw bedrijf', about: 'Bij welk bedrijf wij u rekenen, en waarom.' }, en: { title: 'Your company', about: 'Which company we take you to be of, and why.' } },
  buying_group: { provided: false, nl: { title: 'Rol bij aankopen', about: 'Hoe wij uw rol bij aankopen van uw bedrijf inschatten.' }, en: { title: 'Role in buying', about: 'How we see your part in what your company buys.' } },
  consents: { provided: true, nl: { title: 'Toestemmingen', about: 'Wat nu geldt, per onderwerp.' }, en: { title: 'Consents', about: 'What holds now, by topic.' } },
  consent_records: { provided: true, nl: { title: 'Geschiedenis van uw toestemmingen', about: 'Wat u wanneer koos, met de tekst die u te zien kreeg.' }, en: { title: 'History of your consents', about: 'What you chose and when, with the text that you were shown.' } },
  preferences: { provided: true, nl: { title: 'Voorkeuren', about: 'Hoe vaak u iets wilt ontvangen.' }, en: { title: 'Preferences', about: 'How often you want to get something.' } },
  opt_in_requests: { provided: false, nl: { title: 'Verzoeken om te bevestigen', about: 'Mails waarin wij u vroegen uw keuze te bevestigen.' }, en: { title: 'Requests to confirm', about: 'Mails in which we asked you to confirm your choice.' } },
  suppressions: { provided: false, nl: { title: 'Adressen die wij niet mailen', about: 'Redenen waarom uw adres geen mail krijgt.' }, en: { title: 'Addresses we do not mail', about: 'Why your address gets no mail.' } },
  scores: { provided: false, nl: { title: 'Scores', about: 'Wat wij berekenen, met de gegevens erachter en de formule.' }, en: { title: 'Scores', about: 'What we compute, with the data behind it and the formula.' } },
  segments: { provided: false, nl: { title: 'Groepen en lijsten', about: 'In welke groepen u valt of viel.' }, en: { title: 'Groups and lists', about: 'Which groups you are or were in.' } },
  campaigns: { provided: false, nl: { title: 'Campagnes', about: 'Reeksen berichten waar u in zit of zat.' }, en: { title: 'Campaigns', about: 'Series of messages you are or were in.' } },
  messages: { provided: false, nl: { title: 'Berichten', about: 'Wat wij u stuurden of wilden sturen.' }, en: { title: 'Messages', about: 'What we sent you, or meant to.' } },
  decisions: { provided: false, nl: { title: 'Besluiten', about: 'Waarom u een bericht kreeg, of niet.' }, en: { title: 'Decisions', about: 'Why you got a message, or did not.' } },
  events: { provided: true, nl: { title: 'Wat u deed', about: 'Gebeurtenissen, met hun eigenschappen.' }, en: { title: 'What you did', about: 'Events, with their properties.' } },
  event_counts: { provided: false, nl: { title: 'Wat u per dag deed', about: 'Aantallen die bewaard blijven als de gebeurtenissen zelf gewist zijn.' }, en: { title: 'What you did by day', about: 'Counts that stay when the events themselves are gone.' } },
  surveys: { provided: true, nl: { title: 'Antwoorden op enquêtes', about: 'Uw cijfers en toelichting.' }, en: { title: 'Answers to surveys', about: 'Your scores and what you wrote.' } },
  tasks: { provided: false, nl: { title: 'Taken', about: 'Werk dat collega’s voor u deden. Namen van anderen zijn onleesbaar gemaakt.' }, en: { title: 'Tasks', about: 'Work that colleagues did for you. Names of others are blacked out.' } },
  holds: { provided: false, nl: { title: 'Pauzes', about: 'Waarom wij u een tijd geen reclame stuurden.' }, en: { title: 'Holds', about: 'Why we sent you no advertising for a while.' } },
  touches: { provided: false, nl: { title: 'Contact met collega’s', about: 'Gesprekken en persoonlijke mails.' }, en: { title: 'Contact with colleagues', about: 'Calls and personal mails.' } },
  merges: { provided: false, nl: { title: 'Samengevoegde gegevens', about: 'Wanneer twee registraties van u één werden.' }, en: { title: 'Merged records', about: 'When two records of you became one.' } },
  requests: { provided: false, nl: { title: 'Uw verzoeken', about: 'Wat u over uw gegevens vroeg, en wat ermee gebeurde.' }, en: { title: 'Your requests', about: 'What you asked about your data, and what became of it.' } },
  rectifications: { provided: false, nl: { title: 'Verbeteringen', about: 'Wat verbeterd is, en wie het te horen kreeg.' }, en: { title: 'Corrections', about: 'What was corrected, and who was told.' } },
};

/** What the person gave or did himself, as data for a computer (art. 20). */
export function portablePart(document: AccessDocument): AccessDocument {
  return { ...document, sections: Object.fromEntries(Object.entries(document.sections).filter(([key]) => ACCESS_SECTIONS[key]?.provided === true)) };
}
