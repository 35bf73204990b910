import type { Said } from '../account/task-words.js';
import type { RequestState } from './request.js';

/** Where a request stands, as an officer reads it. */
export const REQUEST_STATE_WORDS: Readonly<Record<RequestState, Said>> = {
  received: { nl: 'Ontvangen', en: 'Received' },
  identity_pending: { nl: 'Wacht tot de persoon bevestigt', en: 'Waits for the person to confirm' },
  verified: { nl: 'Bekend wie het vraagt', en: 'Known who asks' },
  in_progress: { nl: 'In behandeling', en: 'In progress' },
  extended: { nl: 'Twee maanden verlengd', en: 'Extended by two months' },
  done: { nl: 'Uitgevoerd', en: 'Carried out' },
  refused: { nl: 'Geweigerd', en: 'Refused' },
  lapsed: { nl: 'Vervallen: nooit bevestigd', en: 'Lapsed: never confirmed' },
};
