import { type Cap, type CapUsage, peopleUsage, UNUSED } from './caps.js';
import { isWorthWaitingFor, type Rank } from './arbitrate.js';
import { type AskedMail, contactPressure, type ContactPressure, type ContactTerms, type LostArbitration, minutesUntilRoom, type Touch, usage } from './contact-pressure.js';

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

export const NO_ACCOUNT_PRESSURE: AccountPressure = { messages: UNUSED, people: UNUSED, campaignPeople: UNUSED };

/** A message of the same pass that took its place, or one that is due soon: minutes from now until it is, 0 when it is there. */
export interface Claim {
  readonly touch: Touch;
  readonly campaign: string;
  readonly rank: Rank;
  readonly dueInMinutes: number;
}

/**
 * The touches of the people and accounts of a pass of planning. A send that is decided is added at once, so that it counts for those who are
 * decided after it: for accounts like any other touch, for the same person as a place that was taken.
 */
export class TouchHistory {
  private readonly byContact = new Map<number, Touch[]>();
  private readonly byAccount = new Map<number, Touch[]>();
  private readonly claims = new Map<number, Claim[]>();

  /** Touches of people, and touches of accounts: one mail is in both lists when both were asked for. */
  constructor(ofContacts: Iterable<Touch> = [], ofAccounts: Iterable<Touch> = [], upcoming: Iterable<Claim> = []) {
    for (const touch of ofContacts) append(this.byContact, touch.contactId, touch);
    for (const touch of ofAccounts) if (touch.accountId !== null) append(this.byAccount, touch.accountId, touch);
    for (const claim of upcoming) append(this.claims, claim.touch.contactId, claim);
  }

  /** A mail that was decided a moment ago. */
  take(claim: Claim): void {
    append(this.claims, claim.touch.contactId, claim);
    if (claim.touch.accountId !== null) append(this.byAccount, claim.touch.accountId, claim.touch);
  }

  /** How much presses on a person before one more mail, whose rank says for what it should wait. */
  contactPressure(contactId: number, asked: AskedMail, terms: ContactTerms, rank: Rank): ContactPressure {
    const touches = this.byContact.get(contactId) ?? [];
    const alone = contactPressure(touches, asked, terms);
    const claims = this.claims.get(contactId);
    if (!claims || minutesUntilRoom(alone) > 0) return alone;
    const lost = lostArbitration(claims, touches, asked, terms, rank);
    return lost ? { ...alone, lost } : alone;
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

/** Nothing is lost while there is room for both. */
function lostArbitration(claims: readonly Claim[], touches: readonly Touch[], asked: AskedMail, terms: ContactTerms, rank: Rank): LostArbitration | undefined {
  const room = (held: readonly Claim[]): number => minutesUntilRoom(contactPressure([...touches, ...held.map((claim) => claim.touch)], asked, terms));
  const taken = claims.filter((claim) => claim.dueInMinutes === 0);
  const last = taken.at(-1);
  const waitMinutes = last ? room(taken) : 0;
  if (last && waitMinutes > 0) return { campaign: last.campaign, upcoming: false, waitMinutes };
  const better = claims.filter((claim) => claim.dueInMinutes > 0 && isWorthWaitingFor(claim.rank, rank));
  const first = better.reduce<Claim | undefined>((soonest, claim) => (soonest && soonest.dueInMinutes <= claim.dueInMinutes ? soonest : claim), undefined);
  // Decided again when the other has been: a minute later.
  return first && room([...taken, ...better]) > 0 ? { campaign: first.campaign, upcoming: true, waitMinutes: first.dueInMinutes + 1 } : undefined;
}

function append<Item>(map: Map<number, Item[]>, key: number, item: Item): void {
  const list = map.get(key);
  if (list) list.push(item);
  else map.set(key, [item]);
}

function people(touches: readonly Touch[], contactId: number, cap: Cap | null): CapUsage {
  if (!cap) return UNUSED;
  const newest = new Map<number, number>();
  for (const touch of touches) newest.set(touch.contactId, Math.min(touch.minutesAgo, newest.get(touch.contactId) ?? Infinity));
  const own = newest.get(contactId);
  newest.delete(contactId);
  return peopleUsage([...newest.values()], own, cap);
}
