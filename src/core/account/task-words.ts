import type { HoldKind, HoldStep } from './holds.js';
import type { TaskKind } from './task-kinds.js';

export type Said = Readonly<Record<'nl' | 'en', string>>;

/** Why the machine stepped back, and what is asked of the one who takes it up. */
export const TASK_WORDS: Readonly<Record<TaskKind, { readonly why: Said; readonly ask: Said }>> = {
  complaint: {
    why: { nl: 'Er staat een klacht open. Zolang krijgt de klant geen reclame.', en: 'A complaint is open. Until it is over there is no promotion.' },
    ask: { nl: 'Los de klacht op, bel na, en sluit dan deze taak.', en: 'Settle the complaint, call afterwards, then close this task.' },
  },
  ticket: {
    why: { nl: 'Er staat een ticket open. Zolang krijgt de klant geen reclame.', en: 'A ticket is open. Until it is over there is no promotion.' },
    ask: { nl: 'Zorg dat het ticket is opgelost, vraag of het goed is, en sluit dan deze taak.', en: 'See that the ticket is solved, ask whether all is well, then close this task.' },
  },
  detractor: {
    why: { nl: 'De klant gaf een cijfer van 0 tot en met 6.', en: 'The customer gave a score from 0 to 6.' },
    ask: { nl: 'Bel binnen twee werkdagen, vraag wat er misging, en sluit dan deze taak.', en: 'Call within two working days, ask what went wrong, then close this task.' },
  },
  reply: {
    why: { nl: 'De klant antwoordde op een mail. De reeks is gestopt.', en: 'The customer answered a mail. The sequence has stopped.' },
    ask: { nl: 'Antwoord zelf, en sluit dan deze taak.', en: 'Answer yourself, then close this task.' },
  },
  meeting: {
    why: { nl: 'Er is een afspraak gemaakt.', en: 'A meeting is booked.' },
    ask: { nl: 'Bereid de afspraak voor en houd haar; leg vast wat eruit kwam.', en: 'Prepare and hold the meeting; write down what came of it.' },
  },
  opportunity: {
    why: { nl: 'Er loopt een offerte of verkoopkans bij deze organisatie.', en: 'There is an open deal with this account.' },
    ask: { nl: 'Zeg of deze campagne haar mag mailen, of laat het zo.', en: 'Say whether this campaign may mail it, or leave it.' },
  },
  talk_to_person: {
    why: { nl: 'De klant wil een mens spreken.', en: 'The customer wants to talk to a person.' },
    ask: { nl: 'Neem contact op, en sluit dan deze taak.', en: 'Get in touch, then close this task.' },
  },
  review: {
    why: { nl: 'Deze persoon wil geen automatische mail.', en: 'This person wants no automated mail.' },
    ask: { nl: 'Schrijf zelf, of laat het.', en: 'Write yourself, or leave it.' },
  },
  cold_lead: {
    why: { nl: 'Het adres is opgezocht: er is geen toestemming en geen aankoop, dus mailt de machine niet.', en: 'The address was researched: there is no consent and no sale, so the machine does not mail.' },
    ask: { nl: 'Zoek op een andere manier contact, bijvoorbeeld telefonisch, of laat het.', en: 'Get in touch another way, such as by telephone, or leave it.' },
  },
  rights_request: {
    why: { nl: 'Iemand vraagt iets over zijn gegevens.', en: 'Somebody asks something about his data.' },
    ask: { nl: 'Handel het verzoek op tijd af.', en: 'Answer the request in time.' },
  },
  sequence_ended: {
    why: { nl: 'Na enkele mails zonder reactie is de reeks gestopt.', en: 'After several mails without a reaction the sequence has stopped.' },
    ask: { nl: 'Kijk of een persoonlijk bericht zin heeft, of laat het.', en: 'See whether a personal word makes sense, or leave it.' },
  },
  contact_left: {
    why: { nl: 'Het adres bestaat niet meer: deze persoon lijkt weg te zijn.', en: 'The address exists no more: this person seems to have left.' },
    ask: { nl: 'Zoek uit wie de opvolger is.', en: 'Find out who follows.' },
  },
  buying_signal: {
    why: { nl: 'Mensen van deze organisatie tonen samen belangstelling.', en: 'People of this account show interest together.' },
    ask: { nl: 'Kijk wie het zijn, en neem contact op als dat zin heeft.', en: 'See who they are, and get in touch if that makes sense.' },
  },
  approval: {
    why: { nl: 'Naar deze organisatie gaat geen mail zonder dat een mens haar heeft gezien.', en: 'No mail goes to this account before a human has looked at it.' },
    ask: { nl: 'Keur de mail goed, of laat haar vallen.', en: 'Approve the mail, or drop it.' },
  },
  other: { why: { nl: 'Een collega vroeg het.', en: 'A colleague asked for it.' }, ask: { nl: 'Zie de omschrijving.', en: 'See the description.' } },
};

/** What still has to happen before mail goes on. */
export const STEP_WORDS: Readonly<Record<HoldStep, Said>> = {
  resolved: { nl: 'de zaak is opgelost', en: 'the matter is resolved' },
  followed_up: { nl: 'een mens heeft nagebeld en de taak gesloten', en: 'a human has followed up and closed the task' },
  lifted: { nl: 'iemand heft het met de hand op', en: 'somebody lifts it by hand' },
};

export const HOLD_WORDS: Readonly<Record<HoldKind, Said>> = {
  complaint: { nl: 'klacht', en: 'complaint' },
  ticket: { nl: 'ticket', en: 'ticket' },
  detractor: { nl: 'ontevreden cijfer', en: 'unhappy score' },
  conversation: { nl: 'gesprek met een mens', en: 'conversation with a human' },
  reply: { nl: 'antwoord op een mail', en: 'reply to a mail' },
  opportunity: { nl: 'open verkoopkans', en: 'open deal' },
  meeting: { nl: 'afspraak', en: 'meeting' },
  legal: { nl: 'juridische zaak', en: 'legal hold' },
  dispute: { nl: 'geschil', en: 'dispute' },
  competitor: { nl: 'concurrent', en: 'competitor' },
};
