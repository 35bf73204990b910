import { type Cap, type CapUsage, capUsage, gapMinutes, peopleUsage, UNUSED } from './caps.js';

/** A mail that was sent, may have been sent, or has its slot reserved. */
export interface Touch {
  readonly contactId: number;
  readonly accountId: number | null;
  readonly campaignId: number;
  readonly purpose: string;
  readonly channel: string;
  /** Whole minutes before the decision, rounded down; 0 or less for mail that still waits to leave. */
  readonly minutesAgo: number;
}

export interface ContactCaps {
  readonly channel: Cap | null;
  readonly total: Cap | null;
  readonly purpose: Cap | null;
  readonly minimumGapHours: number;
}

export interface ContactPressure {
  readonly channel: CapUsage;
  readonly total: CapUsage;
  readonly purpose: CapUsage;
  /** Minutes until the minimum gap is over. */
  readonly gapMinutes: number;
}

export interface AccountCaps {
  readonly messages: Cap | null;
  readonly people: Cap | null;
  /** People of an account that one campaign may work on at a time. */
  readonly campaignPeople: Cap | null;
}

export interface AccountPressure {
  readonly messages: CapUsage;
  readonly people: CapUsage;
  readonly campaignPeople: CapUsage;
}

/**
 * The touches of the people and accounts of a batch. A send that is decided is added at once,
 * so that it counts for the people who are decided after it.
 */
export class TouchHistory {
  private readonly byContact = new Map<number, Touch[]>();
  private readonly byAccount = new Map<number, Touch[]>();

  /** Touches of people, and touches of accounts: one mail is in both lists when both were asked for. */
  constructor(ofContacts: Iterable<Touch> = [], ofAccounts: Iterable<Touch> = []) {
    for (const touch of ofContacts) append(this.byContact, touch.contactId, touch);
    for (const touch of ofAccounts) if (touch.accountId !== null) append(this.byAccount, touch.accountId, touch);
  }

  /** A mail that was decided a moment ago. */
  add(touch: Touch): void {
    append(this.byContact, touch.contactId, touch);
    if (touch.accountId !== null) append(this.byAccount, touch.accountId, touch);
  }

  contactPressure(contactId: number, purpose: string, channel: string, caps: ContactCaps): ContactPressure {
    const touches = this.byContact.get(contactId);
    if (!touches) return NO_CONTACT_PRESSURE;
    return {
      channel: usage(touches.filter((touch) => touch.channel === channel), caps.channel),
      total: usage(touches, caps.total),
      purpose: usage(touches.filter((touch) => touch.purpose === purpose), caps.purpose),
      gapMinutes: gapMinutes(touches.map((touch) => touch.minutesAgo), caps.minimumGapHours),
    };
  }

  accountPressure(accountId: number, contactId: number, campaignId: number, caps: AccountCaps): AccountPressure {
    const touches = this.byAccount.get(accountId);
    if (!touches) return NO_ACCOUNT_PRESSURE;
    return {
      messages: usage(touches, caps.messages),
      people: people(touches, contactId, caps.people),
      campaignPeople: people(touches.filter((touch) => touch.campaignId === campaignId), contactId, caps.campaignPeople),
    };
  }
}

export const NO_CONTACT_PRESSURE: ContactPressure = { channel: UNUSED, total: UNUSED, purpose: UNUSED, gapMinutes: 0 };
export const NO_ACCOUNT_PRESSURE: AccountPressure = { messages: UNUSED, people: UNUSED, campaignPeople: UNUSED };

function append(map: Map<number, Touch[]>, key: number, touch: Touch): void {
  const list = map.get(key);
  if (list) list.push(touch);
  else map.set(key, [touch]);
}

function usage(touches: readonly Touch[], cap: Cap | null): CapUsage {
  return cap ? capUsage(touches.map((touch) => touch.minutesAgo), cap) : UNUSED;
}

function people(touches: readonly Touch[], contactId: number, cap: Cap | null): CapUsage {
  if (!cap) return UNUSED;
  const newest = new Map<number, number>();
  for (const touch of touches) newest.set(touch.contactId, Math.min(touch.minutesAgo, newest.get(touch.contactId) ?? Infinity));
  const own = newest.get(contactId);
  newest.delete(contactId);
  return peopleUsage([...newest.values()], own, cap);
}
