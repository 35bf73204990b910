import type { LegalBasis } from '../consent/purpose.js';
import type { Channel, MessageClass } from './message-class.js';
import type { Seconds } from './moments.js';

/** Planned with the reservation of its slot, or about to leave. */
export type Phase = 'plan' | 'claim';

export interface PurposeFacts {
  readonly messageClass: MessageClass;
  readonly legalBasis: LegalBasis;
  readonly channels: readonly string[];
  readonly doubleOptIn: boolean;
  readonly retentionDays: number;
  readonly balancingRecorded: boolean;
  readonly validUntil: Seconds | null;
  readonly retired: boolean;
  /** Who collects and sends for it; null: the workspace. */
  readonly controller: string | null;
}

/** An attribute or event that segment or template reads, with what it may be used for. */
export interface TouchedItem {
  /** 'contact.city', 'account.sector', 'event.Page Viewed'. */
  readonly name: string;
  /** ['*'] anything, [] nothing: not classified yet. */
  readonly purposes: readonly string[];
  readonly sensitive: boolean;
}

/** How the domain we send from stands. */
export interface SendingFacts {
  readonly domain: string;
  /** Whether SPF, DKIM and DMARC line up. */
  readonly aligned: 'yes' | 'no' | 'unchecked';
  /** What the check found. */
  readonly problem: string | null;
  /** Paused for its reputation. */
  readonly pausedSince: Seconds | null;
  readonly pauseReason: string | null;
  /** Of a new domain whose mails of today are used up: when the next day begins, and how many a day it sends. */
  readonly warmUpFullUntil: Seconds | null;
  readonly dailyLimit: number | null;
  /** Of a domain whose mails of this hour are used up: when the next begins, and how many an hour it sends. */
  readonly throttledUntil: Seconds | null;
  readonly hourlyLimit: number | null;
}

/** What all people of a batch share. */
export interface RequestFacts {
  readonly phase: Phase;
  readonly campaignState: string;
  readonly purposeKey: string;
  /** Null: there is no such purpose. */
  readonly purpose: PurposeFacts | null;
  readonly messageClass: MessageClass;
  readonly channel: Channel;
  readonly touched: readonly TouchedItem[];
  readonly timeToLiveHours: number;
  /** At most so many people of an account in this campaign at a time; null: no such limit. */
  readonly perAccountLimit: number | null;
  /** Fields of the template that are worked out about a person, such as a score: left out for who objected to profiling. */
  readonly profilingFields: readonly string[];
  readonly sending: SendingFacts;
  /** Whether a link to unsubscribe can be given that mailbox providers follow (RFC 8058: https). */
  readonly unsubscribeHeaders: boolean;
}
