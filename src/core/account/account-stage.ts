import { isAtLeast } from './score.js';
import type { AccountStageRules, FitGrade } from './score-policy.js';

/**
 * How far an account is (rules.md section 5). Not the lifecycle stage: that one follows from orders alone, and contacts have it too. What happened
 * (a deal, an order, trouble) moves an account at once; its scores move it only past a threshold that lies apart from the way back, and never
 * before it has been where it is for the least time.
 */
export const ACCOUNT_STAGES = ['identified', 'aware', 'engaged', 'qualified', 'opportunity', 'new_customer', 'loyal_customer', 'at_risk', 'former_customer'] as const;
export type AccountStage = (typeof ACCOUNT_STAGES)[number];

export interface AccountStageFacts {
  readonly fit: FitGrade | null;
  /** 0–100. */
  readonly engagement: number;
  /** Parts of the buying group that are engaged. */
  readonly roles: number;
  readonly openDeal: boolean;
  /** What its orders say of it. */
  readonly customer: 'new_customer' | 'loyal_customer' | 'former_customer' | null;
  /** A severe complaint or ticket, or a decider who is unhappy, that nobody has settled. */
  readonly trouble: boolean;
  readonly lastOrderAt: Date | null;
}

export interface AccountStageState {
  readonly stage: AccountStage;
  readonly since: Date;
  /** Since when all that qualifies has held without a break. */
  readonly qualifyingSince: Date | null;
}

const DAY = 86_400_000;

type Known = AccountStageFacts & { readonly qualifyingSince: Date | null; readonly now: Date };

/** What a transition may ask. */
const GUARDS = {
  deal: ({ openDeal }: Known) => openDeal,
  no_deal: ({ openDeal }: Known) => !openDeal,
  new: ({ customer }: Known) => customer === 'new_customer',
  loyal: ({ customer }: Known) => customer === 'loyal_customer',
  former: ({ customer }: Known) => customer === 'former_customer',
  no_customer: ({ customer }: Known) => customer === null,
  trouble: ({ trouble }: Known) => trouble,
  settled: ({ trouble }: Known) => !trouble,
  quiet: (known: Known, { atRisk }: AccountStageRules) => known.engagement < atRisk.enter && daysSince(known.lastOrderAt, known.now) > atRisk.quietDays,
  back: (known: Known, { atRisk }: AccountStageRules) => known.engagement >= atRisk.leave || daysSince(known.lastOrderAt, known.now) <= atRisk.quietDays,
  aware: ({ engagement }: Known, { aware }: AccountStageRules) => engagement >= aware.enter,
  not_aware: ({ engagement }: Known, { aware }: AccountStageRules) => engagement < aware.leave,
  engaged: ({ engagement }: Known, { engaged }: AccountStageRules) => engagement >= engaged.enter,
  not_engaged: ({ engagement }: Known, { engaged }: AccountStageRules) => engagement < engaged.leave,
  qualified: ({ qualifyingSince, now }: Known, { qualified }: AccountStageRules) => qualifyingSince !== null && now.getTime() - qualifyingSince.getTime() >= qualified.heldDays * DAY,
  not_qualified: ({ engagement, fit, roles }: Known, { qualified }: AccountStageRules) => engagement < qualified.leave || roles < qualified.leaveRoles || !isAtLeast(fit, qualified.fit),
} satisfies Record<string, (known: Known, rules: AccountStageRules) => boolean>;
export type StageGuard = keyof typeof GUARDS;

export interface StageTransition {
  readonly to: AccountStage;
  /** All of them. */
  readonly when: readonly StageGuard[];
  /** By what happened: at once. By score: not before the least time is over. */
  readonly by: 'fact' | 'score';
}

const fact = (to: AccountStage, ...when: StageGuard[]): StageTransition => ({ to, when, by: 'fact' });
const score = (to: AccountStage, ...when: StageGuard[]): StageTransition => ({ to, when, by: 'score' });

const ORDERED = [fact('loyal_customer', 'loyal'), fact('new_customer', 'new')] as const;
const HAPPENED = [...ORDERED, fact('opportunity', 'deal'), fact('former_customer', 'former')] as const;
const NO_ORDERS = [fact('opportunity', 'no_customer', 'deal'), fact('identified', 'no_customer')] as const;

/** The first whose guards hold. */
export const STAGE_TRANSITIONS: Readonly<Record<AccountStage, readonly StageTransition[]>> = {
  identified: [...HAPPENED, score('qualified', 'qualified'), score('engaged', 'engaged'), score('aware', 'aware')],
  aware: [...HAPPENED, score('qualified', 'qualified'), score('engaged', 'engaged'), score('identified', 'not_aware')],
  engaged: [...HAPPENED, score('qualified', 'qualified'), score('identified', 'not_aware'), score('aware', 'not_engaged')],
  qualified: [...HAPPENED, score('identified', 'not_aware'), score('aware', 'not_engaged'), score('engaged', 'not_qualified')],
  opportunity: [...ORDERED, fact('former_customer', 'no_deal', 'former'), fact('engaged', 'no_deal', 'engaged'), fact('aware', 'no_deal', 'aware'), fact('identified', 'no_deal')],
  new_customer: [fact('former_customer', 'former'), fact('at_risk', 'trouble'), fact('loyal_customer', 'loyal'), ...NO_ORDERS, score('at_risk', 'quiet')],
  loyal_customer: [fact('former_customer', 'former'), fact('at_risk', 'trouble'), fact('new_customer', 'new'), ...NO_ORDERS, score('at_risk', 'quiet')],
  at_risk: [fact('former_customer', 'former'), ...NO_ORDERS, score('loyal_customer', 'settled', 'back', 'loyal'), score('new_customer', 'settled', 'back', 'new')],
  former_customer: [...ORDERED, fact('opportunity', 'deal'), fact('identified', 'no_customer')],
};

export interface StageMove {
  readonly from: AccountStage;
  readonly to: AccountStage;
  readonly because: readonly StageGuard[];
}

export interface StageLook {
  readonly state: AccountStageState;
  readonly move?: StageMove;
  /** When the clock alone may move it: a least time that ends, or what qualifies having held long enough. */
  readonly nextAt?: Date;
}

/** Looks once: at most one step. `before` undefined: the account was never looked at, and is placed. */
export function lookAtStage(before: AccountStageState | undefined, facts: AccountStageFacts, rules: AccountStageRules, now: Date): StageLook {
  const { stage, since, qualifyingSince: was } = before ?? { stage: 'identified' as const, since: now, qualifyingSince: null };
  const qualifyingSince = qualifies(facts, rules) ? (was ?? now) : null;
  const known: Known = { ...facts, qualifyingSince, now };
  const dwellUntil = new Date(since.getTime() + dwellDays(stage, rules) * DAY);
  const wanted = STAGE_TRANSITIONS[stage].find(({ when }) => when.every((guard) => GUARDS[guard](known, rules)));
  const waits = wanted?.by === 'score' && now < dwellUntil;
  const moments = [...(waits ? [dwellUntil] : []), ...(qualifyingSince && leadsToQualified(stage) ? [new Date(qualifyingSince.getTime() + rules.qualified.heldDays * DAY)] : [])].filter((moment) => moment > now);
  const nextAt = moments.length === 0 ? undefined : new Date(Math.min(...moments.map(Number)));
  if (!wanted || waits) return { state: { stage, since, qualifyingSince }, ...(nextAt && { nextAt }) };
  // Once there, it is looked at again at the end of the least time: by then the scores may say otherwise.
  const then = new Date(now.getTime() + dwellDays(wanted.to, rules) * DAY);
  return { state: { stage: wanted.to, since: now, qualifyingSince }, move: { from: stage, to: wanted.to, because: wanted.when }, ...(then > now && { nextAt: then }) };
}

/** Fit, roles and score at once; how long is asked apart. */
export function qualifies({ fit, roles, engagement }: AccountStageFacts, { qualified }: AccountStageRules): boolean {
  return isAtLeast(fit, qualified.fit) && roles >= qualified.roles && engagement >= qualified.enter;
}

/** The least time in a stage before scores alone may move the account on. */
export function dwellDays(stage: AccountStage, rules: AccountStageRules): number {
  switch (stage) {
    case 'aware':
    case 'engaged':
    case 'qualified':
      return rules[stage].dwellDays;
    case 'at_risk':
    case 'new_customer':
    case 'loyal_customer':
      return rules.atRisk.dwellDays;
    default:
      return 0;
  }
}

function leadsToQualified(stage: AccountStage): boolean {
  return STAGE_TRANSITIONS[stage].some(({ to }) => to === 'qualified');
}

function daysSince(moment: Date | null, now: Date): number {
  return moment === null ? Infinity : (now.getTime() - moment.getTime()) / DAY;
}
