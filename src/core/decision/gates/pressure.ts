import type { Cap, CapUsage } from '../../pressure/caps.js';
import type { AccountCaps, ContactCaps } from '../../pressure/touch-history.js';
import type { Channel } from '../message-class.js';
import type { Policies } from '../policies.js';
import type { ReasonCode } from '../reasons.js';
import type { Case, Findings, Gate } from './gate.js';

const MINUTE = 60_000;

export function contactCaps(policies: Policies, channel: Channel): ContactCaps {
  const { total, purpose, channels } = policies.contactCaps;
  return { total, purpose, channel: channels[channel], minimumGapHours: policies.minimumGapHours };
}

export function accountCaps(policies: Policies, perAccountLimit: number | null): AccountCaps {
  const campaignPeople = perAccountLimit === null ? null : { limit: perAccountLimit, days: policies.campaignPeopleDays };
  return { ...policies.accountCaps, campaignPeople };
}

/** Rolling caps per person and per account, and the gap between two mails. Reserved slots count like sent mail. */
export const pressureGate: Gate = {
  codes: ['pressure.cap_channel', 'pressure.cap_total', 'pressure.cap_purpose', 'pressure.cap_account', 'pressure.min_gap'],
  check(given, findings) {
    if (given.request.phase === 'claim') return; // the plan reserved the slot
    const { facts, policies } = given;
    const contact = facts.contactPressure;
    if (contact) {
      const caps = contactCaps(policies, given.channel);
      addIfFull(given, findings, 'pressure.cap_channel', contact.channel, caps.channel, 'messages');
      addIfFull(given, findings, 'pressure.cap_total', contact.total, caps.total, 'messages');
      addIfFull(given, findings, 'pressure.cap_purpose', contact.purpose, caps.purpose, 'messages');
    }
    if (facts.accountPressure) addFullestAccountCap(given, findings);
    if (contact && contact.gapMinutes > 0) findings.add('pressure.min_gap', { hours: policies.minimumGapHours }, given.now + contact.gapMinutes * MINUTE);
  },
};

function addIfFull(given: Case, findings: Findings, code: ReasonCode, usage: CapUsage, cap: Cap | null, what: string): void {
  if (!cap || usage.freesInMinutes === 0) return;
  findings.add(code, { what, count: usage.count, limit: cap.limit, days: cap.days }, given.now + usage.freesInMinutes * MINUTE);
}

/** One code stands for the three caps of an account: the one that takes longest to free is named. */
function addFullestAccountCap(given: Case, findings: Findings): void {
  const pressure = given.facts.accountPressure;
  if (!pressure) return;
  const caps = accountCaps(given.policies, given.request.perAccountLimit);
  const full = [
    { what: 'messages', usage: pressure.messages, cap: caps.messages },
    { what: 'people', usage: pressure.people, cap: caps.people },
    { what: 'campaign_people', usage: pressure.campaignPeople, cap: caps.campaignPeople },
  ].reduce((longest, next) => (next.usage.freesInMinutes > longest.usage.freesInMinutes ? next : longest));
  addIfFull(given, findings, 'pressure.cap_account', full.usage, full.cap, full.what);
}
