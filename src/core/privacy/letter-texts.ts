import type { RequestKind } from './request.js';

export type LetterKind = 'received' | 'identity' | 'access' | 'extended' | 'done' | 'refused';
export type LetterLanguage = 'nl' | 'en';

/** What a letter is about. Days are local days: 'YYYY-MM-DD'. */
export interface LetterFacts {
  readonly requestId: number;
  readonly request: RequestKind;
  readonly receivedOn: string;
  readonly dueOn: string;
  readonly sender: string;
  readonly replyTo: string;
  /** Of the company: whose authority a complaint goes to. */
  readonly country: string;
  readonly link?: string | undefined;
  readonly validDays?: number | undefined;
  /** Whether the request is over with its link. */
  readonly lapses?: boolean | undefined;
  readonly reason?: string | undefined;
}

export interface Letter {
  readonly subject: string;
  readonly paragraphs: readonly string[];
  readonly link?: { readonly href: string; readonly text: string } | undefined;
  /** What stands below: whom to ask, where to complain. */
  readonly closing: readonly string[];
}

/** Where somebody may complain (GDPR art. 77): the authority where the company is. */
const AUTHORITIES: Readonly<Record<string, string>> = {
  NL: 'Autoriteit Persoonsgegevens (autoriteitpersoonsgegevens.nl)',
  BE: 'Gegevensbeschermingsautoriteit (gegevensbeschermingsautoriteit.be)',
  DE: 'Bundesbeauftragte für den Datenschutz und die Informationsfreiheit (bfdi.bund.de)',
  FR: 'Commission nationale de l’informatique et des libertés (cnil.fr)',
  IT: 'Garante per la protezione dei dati personali (garanteprivacy.it)',
  ES: 'Agencia Española de Protección de Datos (aepd.es)',
  AT: 'Österreichische Datenschutzbehörde (dsb.gv.at)',
  IE: 'Data Protection Commission (dataprotection.ie)',
  LU: 'Commission nationale pour la protection des données (cnpd.lu)',
};

const nl = {
  locale: 'nl-NL',
  kinds: {
    access: 'inzage in uw gegevens', rectification: 'verbetering van uw gegevens', erasure: 'verwijdering van uw gegevens', restriction: 'beperking van het gebruik van uw gegevens',
    objection: 'bezwaar tegen het gebruik van uw gegevens', portability: 'een kopie van uw gegevens om mee te nemen',
  } satisfies Record<RequestKind, string>,
  authority: 'de toezichthouder op persoonsgegevens in uw land',
  hello: 'Goedendag,',
  questions: (replyTo: string, id: number) => `Vragen? Beantwoord deze mail of schrijf naar ${replyTo}. Uw verzoek heeft nummer ${id}.`,
  received: (kind: string, on: string, due: string) => ({ subject: `Uw verzoek om ${kind} is ontvangen`, text: [`Op ${on} ontvingen wij uw verzoek om ${kind}. Wij weten dat u het bent die dit vraagt en gaan ermee aan het werk.`, `U krijgt uiterlijk op ${due} antwoord.`] }),
  identity: (kind: string, on: string, days: number, lapses: boolean) => ({
    subject: 'Bevestig dat u dit verzoek deed',
    text: [`Op ${on} vroeg iemand, naar wij aannemen u, om ${kind}. Omdat het om persoonsgegevens gaat, willen wij zeker weten dat u het bent.`, `Open de link en druk op de knop. De link werkt één keer, ${days} dagen lang.${lapses ? ' Daarna vervalt het verzoek; u kunt het altijd opnieuw doen.' : ''}`, 'Was u dit niet? Dan hoeft u niets te doen: zonder uw bevestiging gebeurt er niets.'],
    link: 'Ja, ik deed dit verzoek',
  }),
  access: (kind: string, days: number) => ({
    subject: 'Uw gegevens staan klaar',
    text: [`U vroeg om ${kind}. Uw gegevens staan versleuteld voor u klaar, als leesbare pagina en als bestand voor een computer.`, `De link is alleen voor u: elk bestand kan één keer worden opgehaald, ${days} dagen lang. Daarna wissen wij de kopie. Stuur de link niet door.`],
    link: 'Haal mijn gegevens op',
  }),
  extended: (kind: string, due: string, reason: string) => ({ subject: 'Uw verzoek kost meer tijd', text: [`Uw verzoek om ${kind} kost ons meer tijd dan een maand. De reden: ${reason}`, `U krijgt uiterlijk op ${due} antwoord. De wet staat deze verlenging toe (AVG, artikel 12, lid 3).`] }),
  done: {
    access: 'Uw gegevens zijn u gestuurd.',
    portability: 'Uw gegevens zijn u gestuurd.',
    rectification: 'Uw gegevens zijn verbeterd. Partijen die de oude gegevens van ons kregen, krijgen de verbetering te horen.',
    erasure: 'Uw gegevens zijn verwijderd. Wij bewaren alleen een versleuteld kenmerk van uw adres, om te zorgen dat wij u niet opnieuw mailen, en de vastlegging dat dit verzoek is uitgevoerd. Partijen die uw gegevens van ons kregen, krijgen de verwijdering te horen.',
    restriction: 'Uw gegevens worden niet meer gebruikt: wij bewaren ze alleen nog. U hoort het voordat wij dat veranderen.',
    objection: 'Uw bezwaar is verwerkt en geldt meteen.',
  } satisfies Record<RequestKind, string>,
  doneSubject: (kind: string) => `Uw verzoek om ${kind} is uitgevoerd`,
  refused: (kind: string, reason: string) => ({ subject: `Uw verzoek om ${kind}`, text: [`Wij kunnen uw verzoek om ${kind} niet uitvoeren. De reden: ${reason}`] }),
  complain: (authority: string) => `Bent u het er niet mee eens? U kunt een klacht indienen bij ${authority}, en naar de rechter gaan.`,
};

const en: typeof nl = {
  locale: 'en-GB',
  kinds: {
    access: 'access to your data', rectification: 'correction of your data', erasure: 'erasure of your data', restriction: 'restriction of the use of your data', objection: 'objection to the use of your data',
    portability: 'a copy of your data to take along',
  },
  authority: 'the data protection authority of your country',
  hello: 'Hello,',
  questions: (replyTo, id) => `Questions? Answer this mail or write to ${replyTo}. Your request has number ${id}.`,
  received: (kind, on, due) => ({ subject: `Your request: ${kind}`, text: [`On ${on} we received your request: ${kind}. We know that it is you who asks, and are working on it.`, `You get an answer by ${due} at the latest.`] }),
  identity: (kind, on, days, lapses) => ({
    subject: 'Confirm that you made this request',
    text: [`On ${on} somebody, we assume you, asked for this: ${kind}. As it is about personal data we want to be sure that it is you.`, `Open the link and press the button. The link works once, for ${days} days.${lapses ? ' After that the request lapses; you can always make it again.' : ''}`, 'Was it not you? Then there is nothing to do: without your confirmation nothing happens.'],
    link: 'Yes, I made this request',
  }),
  access: (kind, days) => ({
    subject: 'Your data is ready',
    text: [`You asked for this: ${kind}. Your data waits for you, encrypted, as a readable page and as a file for a computer.`, `The link is for you alone: each file can be fetched once, for ${days} days. Then we delete the copy. Do not pass the link on.`],
    link: 'Fetch my data',
  }),
  extended: (kind, due, reason) => ({ subject: 'Your request takes more time', text: [`Your request (${kind}) takes us more than a month. The reason: ${reason}`, `You get an answer by ${due} at the latest. The law allows this (GDPR, article 12(3)).`] }),
  done: {
    access: 'Your data was sent to you.',
    portability: 'Your data was sent to you.',
    rectification: 'Your data was corrected. Whoever got the old data from us is told of the correction.',
    erasure: 'Your data was erased. We keep only an encrypted mark of your address, so that we do not mail you again, and the record that this request was carried out. Whoever got your data from us is told of the erasure.',
    restriction: 'Your data is no longer used: we only keep it. You will hear from us before that changes.',
    objection: 'Your objection was carried out and counts at once.',
  },
  doneSubject: (kind) => `Done: ${kind}`,
  refused: (kind, reason) => ({ subject: `Your request: ${kind}`, text: [`We cannot carry out your request: ${kind}. The reason: ${reason}`] }),
  complain: (authority) => `Do you not agree? You may complain to ${authority}, and go to court.`,
};

const TEXTS = { nl, en } as const;

/** The letter about a step of a request, in the person's language. Texts of colleagues (reasons) stand in it as they are: whoever renders it escapes. */
export function writeLetter(kind: LetterKind, facts: LetterFacts, language: LetterLanguage): Letter {
  const words = TEXTS[language];
  const about = words.kinds[facts.request];
  const received = dayText(facts.receivedOn, words.locale);
  const due = dayText(facts.dueOn, words.locale);
  const closing = [words.questions(facts.replyTo, facts.requestId), words.complain(AUTHORITIES[facts.country] ?? words.authority)];
  const letter = (text: { subject: string; text: string[]; link?: string }): Letter => ({
    subject: text.subject, paragraphs: [words.hello, ...text.text], ...(text.link !== undefined && facts.link !== undefined && { link: { href: facts.link, text: text.link } }), closing,
  });
  switch (kind) {
    case 'received':
      return letter(words.received(about, received, due));
    case 'identity':
      return letter(words.identity(about, received, facts.validDays ?? 0, facts.lapses === true));
    case 'access':
      return letter(words.access(about, facts.validDays ?? 0));
    case 'extended':
      return letter(words.extended(about, due, facts.reason ?? ''));
    case 'done':
      return letter({ subject: words.doneSubject(about), text: [words.done[facts.request]] });
    case 'refused':
      return letter(words.refused(about, facts.reason ?? ''));
  }
}

/** '28 februari 2026'. */
function dayText(day: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`));
}
