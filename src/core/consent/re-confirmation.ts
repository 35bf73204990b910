import { z } from 'zod';

/** Whom to ask again, and how. */
export const reConfirmationInput = z.strictObject({
  /** Only counts, with the reasons; nothing is written. */
  dryRun: z.boolean().default(true),
  /** unconfirmed: said yes, and a second step is needed that never came. expiring: a yes that runs out soon. */
  who: z.array(z.enum(['unconfirmed', 'expiring'])).min(1).default(['unconfirmed', 'expiring']),
  expiringWithinDays: z.int().min(1).max(365).default(30),
  /** How long somebody unconfirmed may answer; whose yes runs out may answer until then. Silence is a no. */
  answerWithinDays: z.int().min(7).max(90).default(30),
  /** How long a renewed yes is good for; null: until it is taken back. */
  validDays: z.int().min(30).max(3_650).nullable().default(null),
});
export type ReConfirmationInput = z.output<typeof reConfirmationInput>;

/** Why somebody with a record for the purpose is, or is not, asked again. Only the first two are. */
export const RE_CONFIRMATION_CLASSES = {
  unconfirmed: { nl: 'zei ja, bevestigde het nooit', en: 'said yes and never confirmed it' },
  expiring: { nl: 'heeft een ja dat binnenkort afloopt', en: 'has a yes that runs out soon' },
  good: { nl: 'heeft een toestemming die geldt', en: 'has a consent that holds' },
  said_no: { nl: 'zei nee, trok het in of maakte bezwaar: vragen is reclame', en: 'said no, took it back or objected: to ask is advertising' },
  never_said_yes: { nl: 'zei nooit ja, is alleen eens gevraagd', en: 'never said yes, was only asked' },
  lapsed: { nl: 'heeft een toestemming die al is afgelopen', en: 'has a consent that has run out' },
  without_evidence: { nl: 'heeft een ja zonder bewijs: daarop mag ook deze vraag niet rusten', en: 'has a yes without evidence: this question cannot rest on it either' },
  other_basis: { nl: 'krijgt dit op een andere grond dan toestemming', en: 'gets this on another ground than consent' },
  asked_before: { nl: 'is al eens gevraagd, en dat doen we één keer', en: 'was asked before, and we ask once' },
  opted_out: { nl: 'staat op de lijst van wie geen mail wil', en: 'is on the list of who wants no mail' },
  no_address: { nl: 'heeft geen adres', en: 'has no address' },
} as const;
export type ReConfirmationClass = keyof typeof RE_CONFIRMATION_CLASSES;
