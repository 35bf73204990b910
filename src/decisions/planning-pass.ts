import { clampSeconds, type Facts, seconds } from '../core/decision/facts.js';
import { accountCaps, contactCaps } from '../core/decision/gates/pressure.js';
import { PRESSING_CLASSES } from '../core/decision/message-class.js';
import type { Policies } from '../core/decision/policies.js';
import type { Rank } from '../core/pressure/arbitrate.js';
import { ageInMinutes } from '../core/pressure/caps.js';
import { type Choice, LONGEST_DAYS_BETWEEN, pausedUntil } from '../core/pressure/chosen-frequency.js';
import { NO_CONTACT_PRESSURE, type Touch } from '../core/pressure/contact-pressure.js';
import { factorAt } from '../core/pressure/pressure-factor.js';
import { pressingDays } from '../core/pressure/pressure-index.js';
import { type Claim, TouchHistory } from '../core/pressure/touch-history.js';
import type { Sql } from '../platform/database/sql.js';
import { type Candidate, type DecisionRequest, rankOf } from './decision-request.js';
import { type LeaningRow, readAccountTouches, readContactTouches, readLeanings, type TouchRow } from './pressure.queries.js';

const DAY = 86_400_000;

/** A message that is due soon, for which a less important one to the same person waits. */
export interface UpcomingMail {
  readonly request: Pick<DecisionRequest, 'campaignId' | 'campaignKey' | 'step' | 'purpose' | 'messageClass' | 'channel' | 'timeToLiveHours' | 'priority' | 'expectedValue'>;
  readonly candidate: Pick<Candidate, 'contactId' | 'accountId' | 'occurrence' | 'stepSince'>;
  readonly dueAt: Date;
}

/** What is read about the pressure on people, and on accounts. */
export interface PressureRows {
  readonly leanings: readonly LeaningRow[];
  readonly ofContacts: readonly TouchRow[];
  readonly ofAccounts: readonly TouchRow[];
}

export type PressureOn = Pick<Facts, 'contactPressure' | 'accountPressure'>;

/**
 * What presses on the people that are decided on together, whatever they are asked about: loaded once, with at most three statements. It counts
 * the sends as they are decided, so that two campaigns that ask at the same moment never exceed a cap together.
 */
export class PlanningPass {
  /** By content and person: the steps that send it in this pass. */
  private readonly content = new Map<string, Set<string>>();

  private constructor(
    private readonly now: Date,
    private readonly history: TouchHistory,
    private readonly choices: ReadonlyMap<number, readonly Choice[]>,
    private readonly factors: ReadonlyMap<number, number>,
  ) {}

  static async load(sql: Sql, requests: readonly DecisionRequest[], policies: readonly Policies[], upcoming: readonly UpcomingMail[], now: Date): Promise<PlanningPass> {
    const candidates = requests.flatMap((request) => request.candidates);
    const contactIds = [...new Set(candidates.map(({ contactId }) => contactId))];
    // At the claim the slot is reserved already; only what the person chose since then counts.
    if (requests.every((request) => request.phase === 'claim')) return PlanningPass.of({ leanings: await readLeanings(sql, contactIds), ofContacts: [], ofAccounts: [] }, [], now);
    const accountIds = [...new Set(candidates.map(({ accountId }) => accountId).filter((id) => id !== null))];
    return PlanningPass.of(await readPressure(sql, contactIds, accountIds, policies, now), upcoming, now);
  }

  /** A pass at a moment over what was read before. */
  static of({ leanings, ofContacts, ofAccounts }: PressureRows, upcoming: readonly UpcomingMail[], now: Date): PlanningPass {
    const touch = (row: TouchRow): Touch => touchOf(row, now);
    const history = new TouchHistory(ofContacts.map(touch), ofAccounts.map(touch), upcoming.map((mail) => claimOf(mail, now)));
    return new PlanningPass(now, history, choicesOf(leanings), factorsOf(leanings, now));
  }

  pressureOn(asked: DecisionRequest, policies: Policies, candidate: Candidate, tier: string | null): PressureOn {
    const { contactId, accountId } = candidate;
    const choices = this.choices.get(contactId) ?? NO_CHOICES;
    if (asked.phase === 'claim') return { contactPressure: this.onlyPause(choices, asked.purpose), accountPressure: undefined };
    const { purpose, channel, campaignId, perAccountLimit } = asked;
    const terms = { caps: contactCaps(policies, channel, tier), choices, index: policies.pressureIndex, factor: this.factors.get(contactId) ?? 1 };
    return {
      contactPressure: this.history.contactPressure(contactId, { purpose, channel, now: this.now }, terms, rankOf(asked, candidate)),
      accountPressure: accountId === null ? null : this.history.accountPressure(accountId, contactId, campaignId, accountCaps(policies, perAccountLimit ?? null, tier)),
    };
  }

  /** When another campaign or step sends the same content to somebody in this very pass. */
  sameContentAt({ template, campaignId, step }: DecisionRequest, contactId: number): number | null {
    const steps = template === null ? undefined : this.content.get(contentKey(contactId, template));
    return steps && (steps.size > 1 || !steps.has(`${campaignId}.${step}`)) ? seconds(this.now) : null;
  }

  /** Counts a send that was just decided. */
  take(asked: DecisionRequest, candidate: Candidate): void {
    if (asked.phase === 'claim') return;
    if (asked.template !== null) {
      const key = contentKey(candidate.contactId, asked.template);
      this.content.set(key, (this.content.get(key) ?? new Set()).add(`${asked.campaignId}.${asked.step}`));
    }
    if (PRESSING_CLASSES.includes(asked.messageClass)) this.history.take(claimOf({ request: asked, candidate, dueAt: this.now }, this.now));
  }

  private onlyPause(choices: readonly Choice[], purpose: string): Facts['contactPressure'] {
    const until = pausedUntil(choices, purpose, this.now);
    return until === null ? undefined : { ...NO_CONTACT_PRESSURE, pausedUntil: until };
  }
}

/** All that counts under these policies, with at most three statements. */
export async function readPressure(sql: Sql, contactIds: readonly number[], accountIds: readonly number[], policies: readonly Policies[], now: Date): Promise<PressureRows> {
  const since = (days: (settings: Policies) => number): Date => new Date(now.getTime() - Math.max(...policies.map(days)) * DAY);
  return {
    leanings: await readLeanings(sql, contactIds),
    ofContacts: await readContactTouches(sql, contactIds, since(daysThatCount), PRESSING_CLASSES, now),
    ofAccounts: accountIds.length === 0 ? [] : await readAccountTouches(sql, accountIds, since(daysOfAccounts), PRESSING_CLASSES, now),
  };
}

const NO_CHOICES: readonly Choice[] = [];

function contentKey(contactId: number, { id, version }: { readonly id: number; readonly version: number }): string {
  return `${contactId}.${id}.${version}`;
}

function daysThatCount({ contactCaps: contact, tiers, minimumGapHours, pressureIndex }: Policies): number {
  const ofTiers = Object.values(tiers).flatMap((tier) => [tier.contactCaps?.total, tier.contactCaps?.purpose]);
  const caps = [contact.total, contact.purpose, ...Object.values(contact.channels), ...ofTiers];
  return Math.max(minimumGapHours / 24, LONGEST_DAYS_BETWEEN, pressureIndex ? pressingDays(pressureIndex) : 0, ...caps.map((cap) => cap?.days ?? 0));
}

/** Of accounts only what their own windows hold is read: months of mail to an account of 50,000 people would be read again for every batch of 500. */
function daysOfAccounts({ accountCaps: account, tiers, campaignPeopleDays }: Policies): number {
  const ofTiers = Object.values(tiers).flatMap((tier) => [tier.accountCaps?.messages, tier.accountCaps?.people]);
  return Math.max(campaignPeopleDays, ...[account.messages, account.people, ...ofTiers].map((cap) => cap?.days ?? 0));
}

function touchOf(row: TouchRow, now: Date): Touch {
  return {
    contactId: row.contact_id,
    accountId: row.account_id,
    campaignId: row.campaign_id,
    purpose: row.purpose,
    channel: row.channel,
    kind: row.kind,
    minutesAgo: ageInMinutes(row.touched_at, row.waiting, now),
  };
}

function claimOf({ request, candidate, dueAt }: UpcomingMail, now: Date): Claim {
  const { campaignId, purpose, channel, campaignKey } = request;
  const dueInMinutes = Math.max(0, Math.ceil((dueAt.getTime() - now.getTime()) / 60_000));
  const rank: Rank = rankOf(request, candidate);
  const touch: Touch = { contactId: candidate.contactId, accountId: candidate.accountId, campaignId, purpose, channel, kind: 'mail', minutesAgo: -dueInMinutes };
  return { touch, campaign: campaignKey ?? String(campaignId), rank, dueInMinutes };
}

function choicesOf(rows: readonly LeaningRow[]): Map<number, Choice[]> {
  const choices = new Map<number, Choice[]>();
  for (const { contact_id, purpose, frequency, paused_until } of rows) {
    if (purpose === null) continue;
    const choice = { purpose, frequency, pausedUntil: paused_until === null ? null : clampSeconds(paused_until) };
    const list = choices.get(contact_id);
    if (list) list.push(choice);
    else choices.set(contact_id, [choice]);
  }
  return choices;
}

function factorsOf(rows: readonly LeaningRow[], now: Date): Map<number, number> {
  return new Map(rows.flatMap(({ contact_id, factor, factor_at }): [number, number][] => (factor === null || factor_at === null ? [] : [[contact_id, factorAt({ factor, at: factor_at }, now)]])));
}
