import { addDaysTo } from '../shared/moments.js';

/**
 * Why the machine keeps quiet while a human is busy with somebody (rules.md section 5).
 * complaint, ticket · detractor (NPS 0–6) · conversation (somebody talks, or asked to) · reply (answered a mail) · opportunity (an open deal) ·
 * meeting · legal, dispute, competitor (the account is left alone until somebody says otherwise).
 */
export const HOLD_KINDS = ['complaint', 'ticket', 'detractor', 'conversation', 'reply', 'opportunity', 'meeting', 'legal', 'dispute', 'competitor'] as const;
export type HoldKind = (typeof HOLD_KINDS)[number];

export const HOLD_SCOPES = ['contact', 'account'] as const;
export type HoldScope = (typeof HOLD_SCOPES)[number];

/**
 * What has to happen before a hold may end.
 * resolved: the matter itself is over (complaint settled, ticket solved, deal decided) · followed_up: a human spoke with the person and closed the
 * task · lifted: somebody said, by hand, that it no longer holds.
 */
export const HOLD_STEPS = ['resolved', 'followed_up', 'lifted'] as const;
export type HoldStep = (typeof HOLD_STEPS)[number];

export interface HoldRule {
  /** What mail it stops. `promotion`: all but service mail and legal duty; `everything`: all but legal duty. */
  readonly stops: 'promotion' | 'everything';
  /** All of these, or the moment (of the meeting) that was known beforehand. */
  readonly endsAfter: readonly HoldStep[] | 'moment';
  /** Days of quiet after that. */
  readonly quietDays: number;
}

export const HOLD_RULES: Readonly<Record<HoldKind, HoldRule>> = {
  complaint: { stops: 'promotion', endsAfter: ['resolved', 'followed_up'], quietDays: 7 },
  ticket: { stops: 'promotion', endsAfter: ['resolved', 'followed_up'], quietDays: 7 },
  detractor: { stops: 'promotion', endsAfter: ['followed_up'], quietDays: 30 },
  conversation: { stops: 'promotion', endsAfter: ['followed_up'], quietDays: 14 },
  reply: { stops: 'promotion', endsAfter: ['followed_up'], quietDays: 14 },
  opportunity: { stops: 'promotion', endsAfter: ['resolved'], quietDays: 14 },
  meeting: { stops: 'promotion', endsAfter: 'moment', quietDays: 7 },
  legal: { stops: 'everything', endsAfter: ['lifted'], quietDays: 0 },
  dispute: { stops: 'everything', endsAfter: ['lifted'], quietDays: 0 },
  competitor: { stops: 'everything', endsAfter: ['lifted'], quietDays: 0 },
};

/** Holds that refuse instead of putting off. */
export const BLOCKING_HOLDS: readonly HoldKind[] = HOLD_KINDS.filter((kind) => HOLD_RULES[kind].stops === 'everything');

export function isBlocking(kind: HoldKind): boolean {
  return HOLD_RULES[kind].stops === 'everything';
}

/** How far the matter behind a hold has come. */
export interface HoldProgress {
  /** Of a meeting: when it is. */
  readonly momentAt: Date | null;
  readonly resolvedAt: Date | null;
  readonly followedUpAt: Date | null;
  readonly liftedAt: Date | null;
}

export const NO_PROGRESS: HoldProgress = { momentAt: null, resolvedAt: null, followedUpAt: null, liftedAt: null };

export interface HoldEnd {
  /** When the last thing that had to happen did; null while something is open. */
  readonly closedAt: Date | null;
  /** When mail goes on; null: not known yet. */
  readonly endsAt: Date | null;
}

/** When a hold ends by its rule. A meeting without a moment lasts until somebody gives it one. */
export function endOf(kind: HoldKind, progress: HoldProgress): HoldEnd {
  const { endsAfter, quietDays } = HOLD_RULES[kind];
  const done = endsAfter === 'moment' ? [progress.momentAt] : endsAfter.map((step) => doneAt(progress, step));
  let closedAt: Date | null = null;
  for (const moment of done) {
    if (moment === null) return { closedAt: null, endsAt: null };
    if (closedAt === null || moment > closedAt) closedAt = moment;
  }
  return { closedAt, endsAt: closedAt && addDaysTo(closedAt, quietDays) };
}

/** Notes a step. What was done before stays as it was: closing twice moves nothing. A step that the rule does not wait for changes no end. */
export function take(progress: HoldProgress, step: HoldStep, at: Date): HoldProgress {
  if (doneAt(progress, step) !== null) return progress;
  switch (step) {
    case 'resolved':
      return { ...progress, resolvedAt: at };
    case 'followed_up':
      return { ...progress, followedUpAt: at };
    case 'lifted':
      return { ...progress, liftedAt: at };
  }
}

function doneAt(progress: HoldProgress, step: HoldStep): Date | null {
  switch (step) {
    case 'resolved':
      return progress.resolvedAt;
    case 'followed_up':
      return progress.followedUpAt;
    case 'lifted':
      return progress.liftedAt;
  }
}

/** The steps that are still to be taken. */
export function openSteps(kind: HoldKind, progress: HoldProgress): HoldStep[] {
  const { endsAfter } = HOLD_RULES[kind];
  return endsAfter === 'moment' ? [] : endsAfter.filter((step) => doneAt(progress, step) === null);
}

/** Whether mail is held at this moment: from the opening on, until the end (excluded). */
export function isHeld(hold: { readonly endsAt: Date | null }, now: Date): boolean {
  return hold.endsAt === null || hold.endsAt > now;
}

/** Several holds on one person: held until the last of them ends; null: not known yet, undefined: nothing holds. */
export function heldUntil(holds: readonly { readonly endsAt: Date | null }[], now: Date): Date | null | undefined {
  let until: Date | undefined;
  for (const { endsAt } of holds) {
    if (endsAt === null) return null;
    if (endsAt > now && (until === undefined || endsAt > until)) until = endsAt;
  }
  return until;
}

/** Where a hold is placed. `campaignOnly`: there it stops the mail of one campaign. */
export interface HoldPlace {
  readonly scope: HoldScope;
  readonly campaignOnly: boolean;
}

export interface HoldSubject {
  readonly hasContact: boolean;
  readonly hasAccount: boolean;
  /** Of complaints and tickets. */
  readonly severe: boolean;
  /** Whether the person decides for the account (buying group). */
  readonly decider: boolean;
}

const PERSON: HoldPlace = { scope: 'contact', campaignOnly: false };
const ACCOUNT: HoldPlace = { scope: 'account', campaignOnly: false };
const ACCOUNT_IN_CAMPAIGN: HoldPlace = { scope: 'account', campaignOnly: true };

/** Whom a matter concerns. Where the whole account is held for what a person said, the person is too: he may change jobs before it is over. */
export function placesOf(kind: HoldKind, { hasContact, hasAccount, severe, decider }: HoldSubject): HoldPlace[] {
  const person = hasContact ? [PERSON] : [];
  const account = hasAccount ? [ACCOUNT] : [];
  switch (kind) {
    case 'complaint':
    case 'ticket':
      return [...person, ...(severe || !hasContact ? account : [])];
    case 'detractor':
      return [...person, ...(decider || !hasContact ? account : [])];
    case 'conversation':
      return hasContact ? person : account;
    case 'reply':
      return hasContact ? [...person, ...(hasAccount ? [ACCOUNT_IN_CAMPAIGN] : [])] : account;
    case 'meeting':
      return [...person, ...account];
    case 'opportunity':
    case 'legal':
    case 'dispute':
    case 'competitor':
      return hasAccount ? account : person;
  }
}
