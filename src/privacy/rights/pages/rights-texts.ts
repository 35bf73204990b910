import type { PageLanguage } from '../../../consent/page-texts.js';
import { requestName } from '../../../core/privacy/letter-texts.js';
import { REQUEST_KINDS, type RequestKind } from '../../../core/privacy/request.js';

/** The words of the pages about one's own data. Dutch is the source; a key missing in English is a type error. */
const nl = {
  title: 'Uw gegevens',
  intro: 'U kunt zien wat wij over u bewaren, het laten verbeteren of verwijderen, en bepalen waarvoor wij het gebruiken. U krijgt binnen een maand antwoord.',
  address: 'Uw e-mailadres',
  addressHelp: 'Wij mailen een link om te bevestigen dat u het bent, alleen naar het adres dat wij van u hebben.',
  what: 'Wat wilt u?',
  tell: 'Toelichting (mag leeg blijven)',
  submit: 'Verstuur mijn verzoek',
  sent: { title: 'Kijk in uw mailbox', paragraphs: ['Als wij dit adres kennen, staat er binnen een paar minuten een mail met een link om te bevestigen dat u het bent.', 'Komt er niets? Dan kennen wij dit adres niet, of vroeg u het vandaag al een paar keer.'] },
  invalid: 'Vul een e-mailadres in en kies wat u wilt.',
  received: (kind: RequestKind) => ({ title: 'Uw verzoek is ontvangen', paragraphs: [`U vroeg om ${requestName(kind, 'nl')}. U krijgt per mail antwoord, uiterlijk binnen een maand.`] }),
  confirm: (kind: RequestKind) => ({ title: 'Bevestig uw verzoek', paragraphs: [`Iemand vroeg om ${requestName(kind, 'nl')}. Druk op de knop als u dat was.`, 'Was u dit niet? Sluit dan deze pagina: er gebeurt niets.'], button: 'Ja, dit is mijn verzoek' }),
  done: (kind: RequestKind) => ({ title: 'Geregeld', paragraphs: [kind === 'access' || kind === 'portability' ? 'Wij mailden u een link waarmee u uw gegevens kunt ophalen.' : 'Uw verzoek is uitgevoerd en geldt meteen. U krijgt een bevestiging per mail.'] }),
  fetch: { title: 'Uw gegevens ophalen', text: 'Elk bestand kunt u één keer ophalen. Bewaar het goed: er staan persoonsgegevens in.', html: 'Leesbare pagina', json: 'Alles, voor een computer (JSON)', csv: 'Wat u zelf gaf of deed (CSV)' },
};

const en: typeof nl = {
  title: 'Your data',
  intro: 'You can see what we keep about you, have it corrected or erased, and decide what we use it for. You get an answer within a month.',
  address: 'Your e-mail address',
  addressHelp: 'We mail a link to confirm that it is you, only to the address that we have of you.',
  what: 'What would you like?',
  tell: 'Anything to add (may stay empty)',
  submit: 'Send my request',
  sent: { title: 'Look in your mailbox', paragraphs: ['If we know this address, a mail with a link to confirm that it is you arrives within a few minutes.', 'Nothing comes? Then we do not know this address, or you asked a few times today.'] },
  invalid: 'Fill in an e-mail address and choose what you would like.',
  received: (kind) => ({ title: 'Your request was received', paragraphs: [`You asked for this: ${requestName(kind, 'en')}. You get an answer by mail, within a month at the latest.`] }),
  confirm: (kind) => ({ title: 'Confirm your request', paragraphs: [`Somebody asked for this: ${requestName(kind, 'en')}. Press the button if it was you.`, 'Was it not you? Close this page: nothing happens.'], button: 'Yes, this is my request' }),
  done: (kind) => ({ title: 'Done', paragraphs: [kind === 'access' || kind === 'portability' ? 'We mailed you a link with which you can fetch your data.' : 'Your request was carried out and counts at once. You get a confirmation by mail.'] }),
  fetch: { title: 'Fetch your data', text: 'You can fetch each file once. Keep it well: there is personal data in it.', html: 'Readable page', json: 'Everything, for a computer (JSON)', csv: 'What you gave or did yourself (CSV)' },
};

export const RIGHTS_TEXTS: Readonly<Record<PageLanguage, typeof nl>> = { nl, en };

export function kindOptions(language: PageLanguage): { value: RequestKind; text: string }[] {
  return REQUEST_KINDS.map((value) => ({ value, text: capitalised(requestName(value, language)) }));
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
