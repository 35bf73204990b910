import { ruleOfTier } from '../../account/tiers.js';
import type { Cap, CapUsage } from '../../pressure/caps.js';
import type { ContactCaps, ContactPressure } from '../../pressure/contact-pressure.js';
import type { AccountCaps } from '../../pressure/touch-history.js';
import type { Channel } from '../message-class.js';
import type { Policies } from '../policies.js';
import type { ReasonCode } from '../reasons.js';
import type { Case, Findings, Gate } from './gate.js';

const MINUTE = 60_000;

/** Of somebody at an account whose tier has caps of its own, those. */
export function contactCaps(policies: Policies, channel: Channel, tier: string | null = null): ContactCaps {
  const { channels } = policies.contactCaps;
  const { total, purpose } = ruleOfTier(policies.tiers, tier)?.contactCaps ?? policies.contactCaps;
  return { total, purpose, channel: channels[channel], minimumGapHours: policies.minimumGapHours };
}

export function accountCaps(policies: Policies, perAccountLimit: number | null, tier: string | null = null): AccountCaps {
  const campaignPeople = perAccountLimit === null ? null : { limit: perAccountLimit, days: policies.campaignPeopleDays };
  return { ...(ruleOfTier(policies.tiers, tier)?.accountCaps ?? policies.accountCaps), campaignPeople };
}

/**
 * Rolling caps per person and per account, and the gap between two mails; what the person chose; how much presses on him by now; and who goes
 * first. Reserved slots count like sent mail.
 */
export const pressureGate: Gate = {
  codes: [
    'pressure.cap_channel', 'pressure.cap_total', 'pressure.cap_purpose', 'pressure.cap_account', 'pressure.min_gap', 'pressure.chosen_frequency', 'pressure.lost_arbitration', 'pressure.saturated',
  ],
  check(given, findings) {
    const { facts } = given;
    const contact = facts.contactPressure;
    if (contact) addChoice(given, findings, contact);
    if (given.request.phase === 'claim') return; // the plan reserved the slot
    if (contact) addContactPressure(given, findings, contact);
    if (facts.accountPressure) addFullestAccountCap(given, findings);
  },
};

function addContactPressure(given: Case, findings: Findings, contact: ContactPressure): void {
  const { policies, now } = given;
  const caps = contactCaps(policies, given.channel, given.facts.tier);
  addIfFull(given, findings, 'pressure.cap_channel', contact.channel, caps.channel, 'messages');
  addIfFull(given, findings, 'pressure.cap_total', contact.total, caps.total, 'messages');
  addIfFull(given, findings, 'pressure.cap_purpose', contact.purpose, caps.purpose, 'messages');
  if (contact.gapMinutes > 0) findings.add('pressure.min_gap', { hours: policies.minimumGapHours }, now + contact.gapMinutes * MINUTE);
  const { lost, saturation } = contact;
  if (lost) findings.add('pressure.lost_arbitration', { what: lost.upcoming ? 'upcoming' : 'taken', names: [lost.campaign] }, now + lost.waitMinutes * MINUTE);
  if (saturation && saturation.waitMinutes > 0) {
    findings.add('pressure.saturated', { count: saturation.index / 1_000, limit: saturation.limit / 1_000 }, now + saturation.waitMinutes * MINUTE);
  }
}

/** A pause counts at the claim too: it is the person's own word, and may have come since the plan. */
function addChoice({ now }: Case, findings: Findings, { pausedUntil, chosen }: ContactPressure): void {
  const paused = pausedUntil === null ? 0 : pausedUntil * 1_000;
  const frees = chosen && chosen.freesInMinutes > 0 ? now + chosen.freesInMinutes * MINUTE : 0;
  if (paused > now && paused >= frees) findings.add('pressure.chosen_frequency', { what: 'paused' }, paused);
  else if (chosen && frees > 0) findings.add('pressure.chosen_frequency', { what: chosen.frequency }, frees);
}

function addIfFull(given: Case, findings: Findings, code: ReasonCode, usage: CapUsage, cap: Cap | null, what: string): void {
  if (!cap || usage.freesInMinutes === 0) return;
  findings.add(code, { what, count: usage.count, limit: cap.limit, days: cap.days }, given.now + usage.freesInMinutes * MINUTE);
}

/** One code stands for the three caps of an account: the one that takes longest to free is named. */
function addFullestAccountCap(given: Case, findings: Findings): void {
  const pressure = given.facts.accountPressure;
  if (!pressure) return;
  const caps = accountCaps(given.policies, given.request.perAccountLimit, given.facts.tier);
  const full = [
    { what: 'messages', usage: pressure.messages, cap: caps.messages },
    { what: 'people', usage: pressure.people, cap: caps.people },
    { what: 'campaign_people', usage: pressure.campaignPeople, cap: caps.campaignPeople },
  ].reduce((longest, next) => (next.usage.freesInMinutes > longest.usage.freesInMinutes ? next : longest));
  addIfFull(given, findings, 'pressure.cap_account', full.usage, full.cap, full.what);
}
