import { z } from 'zod';
import { type RequestKind, REQUEST_KINDS } from '../privacy/request.js';
import { assertNever } from '../shared/assert-never.js';
import { HOLD_KINDS, type HoldKind } from './holds.js';
import type { Said } from './task-words.js';

const line = z.string().max(1_000);
const campaign = line.describe('its key, or its name');

/** Why the machine stepped back, where it says so itself: kept as it is, and put into words when somebody reads it. No name or address of the person. */
export const saidReason = z.discriminatedUnion('code', [
  z.strictObject({ code: z.literal('event'), kind: z.enum(HOLD_KINDS), event: line, severe: z.boolean() }),
  z.strictObject({ code: z.literal('deal'), product: line.nullable() }),
  z.strictObject({ code: z.literal('answered'), campaign: campaign.nullable() }),
  z.strictObject({ code: z.literal('meets_colleague') }),
  z.strictObject({ code: z.literal('score'), score: z.int() }),
  z.strictObject({ code: z.literal('asks_for_person') }),
  z.strictObject({ code: z.literal('request_due'), request: z.int(), kind: z.enum(REQUEST_KINDS), by: line, late: z.boolean() }),
  z.strictObject({ code: z.literal('trigger'), told: line, people: z.int(), days: z.number() }),
  z.strictObject({ code: z.literal('cold_address'), campaign }),
  z.strictObject({ code: z.literal('wants_no_machine'), campaign }),
  z.strictObject({ code: z.literal('deal_waits'), campaign }),
  z.strictObject({ code: z.literal('unanswered'), campaign, mails: z.int() }),
]);
export type SaidReason = z.output<typeof saidReason>;

/** What a task or a hold is opened with: what the machine says, or the words of whoever asks. */
export type GivenReason = string | SaidReason;

/** The words to keep beside the code: for whoever reads the table, and for what was stored before there were codes. */
export function textOf(reason: GivenReason): string {
  return typeof reason === 'string' ? reason : sayReason(reason).en;
}

export function codeOf(reason: GivenReason): SaidReason | null {
  return typeof reason === 'string' ? null : reason;
}

/** A stored reason in both languages. Somebody's own words are what they are; so is what a later version of the program wrote. */
export function readReason(stored: unknown, text: string): Said {
  const said = saidReason.safeParse(stored);
  return said.success ? sayReason(said.data) : { nl: text, en: text };
}

export function sayReason(said: SaidReason): Said {
  switch (said.code) {
    case 'event': {
      const because = (severe: string): string => ` ("${said.event}"${said.severe ? `, ${severe}` : ''})`;
      return { nl: EVENT_WORDS[said.kind].nl + because('ernstig'), en: EVENT_WORDS[said.kind].en + because('severe') };
    }
    case 'deal':
      return said.product === null ? { nl: 'Heeft een lopende verkoopkans', en: 'Has an open deal' } : { nl: `Heeft een lopende verkoopkans: ${said.product}`, en: `Has an open deal: ${said.product}` };
    case 'answered':
      return said.campaign === null ? { nl: 'Antwoordde op een mail', en: 'Answered a mail' } : { nl: `Antwoordde op "${said.campaign}"`, en: `Answered "${said.campaign}"` };
    case 'meets_colleague':
      return { nl: 'Heeft een afspraak met een collega', en: 'Has a meeting with a colleague' };
    case 'score':
      return { nl: `Gaf een ${said.score} van de 10. Bel, luister, en zet recht wat misging.`, en: `Gave a ${said.score} out of 10. Call, listen, and put right what went wrong.` };
    case 'asks_for_person':
      return { nl: 'Vraagt om een mens, via de link in een mail.', en: 'Asks for a person, by the link in a mail.' };
    case 'request_due':
      return {
        nl: `Verzoek ${said.request} (${REQUEST_WORDS[said.kind]}) ${said.late ? `had uiterlijk ${said.by} beantwoord moeten zijn` : `moet uiterlijk ${said.by} beantwoord zijn`}.`,
        en: `Request ${said.request} (${said.kind}) ${said.late ? `should have been answered by ${said.by}` : `must be answered by ${said.by}`}.`,
      };
    case 'trigger':
      return {
        nl: `${said.told} (${said.people} ${said.people === 1 ? 'persoon' : 'mensen'} binnen ${said.days === 1 ? 'een dag' : `${said.days} dagen`})`,
        en: `${said.told} (${said.people} people within ${said.days === 1 ? 'a day' : `${said.days} days`})`,
      };
    case 'cold_address':
      return { nl: `"${said.campaign}" zou schrijven naar een opgezocht adres: geen toestemming, geen verkoop`, en: `"${said.campaign}" would write to a researched address: no consent, no sale` };
    case 'wants_no_machine':
      return { nl: `"${said.campaign}" zou schrijven naar iemand die geen automatische mail wil`, en: `"${said.campaign}" would write to somebody who wants no automated mail` };
    case 'deal_waits':
      return { nl: `"${said.campaign}" wacht: er is een lopende verkoopkans`, en: `"${said.campaign}" waits: there is an open deal` };
    case 'unanswered':
      return { nl: `${said.mails} mails van "${said.campaign}" zonder reactie`, en: `${said.mails} mails of "${said.campaign}" without a reaction` };
    default:
      return assertNever(said);
  }
}

const EVENT_WORDS: Readonly<Record<HoldKind, Said>> = {
  complaint: { nl: 'Heeft geklaagd', en: 'Complained' },
  ticket: { nl: 'Heeft een ticket openstaan', en: 'Has a ticket open' },
  detractor: { nl: 'Gaf een ontevreden cijfer', en: 'Gave an unhappy score' },
  conversation: { nl: 'Praat met iemand', en: 'Talks with somebody' },
  reply: { nl: 'Antwoordde op een mail', en: 'Answered a mail' },
  opportunity: { nl: 'Heeft een lopende verkoopkans', en: 'Has an open deal' },
  meeting: { nl: 'Maakte een afspraak', en: 'Booked a meeting' },
  legal: { nl: 'Is in een juridische procedure', en: 'Is in legal proceedings' },
  dispute: { nl: 'Heeft een geschil', en: 'Is in a dispute' },
  competitor: { nl: 'Is een concurrent', en: 'Is a competitor' },
};

const REQUEST_WORDS: Readonly<Record<RequestKind, string>> = {
  access: 'inzage', rectification: 'rectificatie', erasure: 'wissing', restriction: 'beperking', objection: 'bezwaar', portability: 'overdracht',
};
