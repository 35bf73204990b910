import type { PageLanguage } from '../../../consent/page-texts.js';
import type { RequestKind } from '../../../core/privacy/request.js';

/** The words of the pages about one's own data. Dutch is the source; a key missing in English is a type error. */
const nl = {
  title: 'Je gegevens',
  intro: 'Je kunt zien wat we over je bewaren, het laten verbeteren of wissen, en bepalen waarvoor we het gebruiken. Je krijgt binnen een maand antwoord.',
  address: 'Je e-mailadres',
  addressHelp: 'We mailen een link om te bevestigen dat jij het bent, alleen naar het adres dat we van je hebben.',
  what: 'Wat wil je?',
  kinds: {
    access: 'Zien wat jullie van mij weten', rectification: 'Iets laten verbeteren', erasure: 'Mijn gegevens laten wissen', restriction: 'Mijn gegevens even niet laten gebruiken',
    objection: 'Bezwaar maken tegen het gebruik', portability: 'Mijn gegevens meenemen in een bestand',
  } satisfies Record<RequestKind, string>,
  tell: 'Wil je er iets bij zeggen?',
  tellHelp: 'Dit hoeft niet. Moet er iets verbeterd worden, schrijf dan wat.',
  submit: 'Verstuur mijn verzoek',
  sent: { title: 'Kijk in je mailbox', paragraphs: ['Als we dit adres kennen, staat er binnen een paar minuten een mail met een link om te bevestigen dat jij het bent.', 'Komt er niets? Dan kennen we dit adres niet, of je vroeg het vandaag al een paar keer.'] },
  invalid: 'Vul een e-mailadres in en kies wat je wilt.',
  received: (kind: string) => ({ title: 'Je verzoek is ontvangen', paragraphs: [`Je vroeg dit: ${kind}.`, 'Je krijgt per mail antwoord, uiterlijk binnen een maand.'] }),
  confirm: (kind: string) => ({ title: 'Bevestig je verzoek', paragraphs: [`Iemand vroeg dit: ${kind}. Druk op de knop als jij dat was.`, 'Was jij dit niet? Sluit dan deze pagina: er gebeurt niets.'], button: 'Ja, dit is mijn verzoek' }),
  done: (kind: RequestKind) => ({ title: 'Geregeld', paragraphs: [kind === 'access' || kind === 'portability' ? 'We mailden je een link waarmee je je gegevens kunt ophalen.' : 'Je verzoek is uitgevoerd en geldt meteen. Je krijgt een bevestiging per mail.'] }),
  again: 'Doe een nieuw verzoek',
  fetch: { title: 'Je gegevens ophalen', text: 'Elk bestand kun je één keer ophalen. Bewaar het goed: er staan persoonsgegevens in.', html: 'Leesbare pagina', json: 'Alles, voor een computer (JSON)', csv: 'Wat je zelf gaf of deed (CSV)' },
};

const en: typeof nl = {
  title: 'Your data',
  intro: 'You can see what we keep about you, have it corrected or erased, and decide what we use it for. You get an answer within a month.',
  address: 'Your e-mail address',
  addressHelp: 'We mail a link to confirm that it is you, only to the address that we have of you.',
  what: 'What would you like?',
  kinds: {
    access: 'See what you know about me', rectification: 'Have something corrected', erasure: 'Have my data erased', restriction: 'Stop using my data for now',
    objection: 'Object to its use', portability: 'Take my data along in a file',
  },
  tell: 'Is there anything you would like to add?',
  tellHelp: 'You need not. If something is to be corrected, write what.',
  submit: 'Send my request',
  sent: { title: 'Look in your mailbox', paragraphs: ['If we know this address, a mail with a link to confirm that it is you arrives within a few minutes.', 'Nothing comes? Then we do not know this address, or you asked a few times today.'] },
  invalid: 'Fill in an e-mail address and choose what you would like.',
  received: (kind) => ({ title: 'Your request was received', paragraphs: [`You asked for this: ${kind}.`, 'You get an answer by mail, within a month at the latest.'] }),
  confirm: (kind) => ({ title: 'Confirm your request', paragraphs: [`Somebody asked for this: ${kind}. Press the button if it was you.`, 'Was it not you? Close this page: nothing happens.'], button: 'Yes, this is my request' }),
  done: (kind) => ({ title: 'Done', paragraphs: [kind === 'access' || kind === 'portability' ? 'We mailed you a link with which you can fetch your data.' : 'Your request was carried out and counts at once. You get a confirmation by mail.'] }),
  again: 'Make a new request',
  fetch: { title: 'Fetch your data', text: 'You can fetch each file once. Keep it well: there is personal data in it.', html: 'Readable page', json: 'Everything, for a computer (JSON)', csv: 'What you gave or did yourself (CSV)' },
};

export const RIGHTS_TEXTS: Readonly<Record<PageLanguage, typeof nl>> = { nl, en };
