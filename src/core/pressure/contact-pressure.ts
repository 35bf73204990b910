import { type Cap, type CapUsage, capUsage, gapMinutes, UNUSED } from './caps.js';
import { type Choice, chosenFrequency, type ChosenFrequency, pausedUntil } from './chosen-frequency.js';
import { type PressureIndexTerms, type Saturation, saturation, type TouchKind } from './pressure-index.js';

/** Something that a person got or is to get: mail that was sent, may have been sent or has its slot reserved, or what a human of ours did. */
export interface Touch {
  readonly contactId: number;
  readonly accountId: number | null;
  /** Null for what a human did. */
  readonly campaignId: number | null;
  /** '' for what a human did. */
  readonly purpose: string;
  readonly channel: string;
  readonly kind: TouchKind;
  /** Whole minutes before the decision, rounded down; 0 or less for mail that still waits to leave. */
  readonly minutesAgo: number;
}

export interface ContactCaps {
  readonly channel: Cap | null;
  readonly total: Cap | null;
  readonly purpose: Cap | null;
  readonly minimumGapHours: number;
}

/** What holds for one person: the caps of all, and what the person chose and bears. */
export interface ContactTerms {
  readonly caps: ContactCaps;
  readonly choices: readonly Choice[];
  readonly index: PressureIndexTerms | null;
  /** g of the moment. */
  readonly factor: number;
}

/** A more important message took the place, or is due soon and will. */
export interface LostArbitration {
  /** Key of the campaign it belongs to. */
  readonly campaign: string;
  readonly upcoming: boolean;
  readonly waitMinutes: number;
}

export interface ContactPressure {
  readonly channel: CapUsage;
  readonly total: CapUsage;
  readonly purpose: CapUsage;
  /** Minutes until the minimum gap is over. */
  readonly gapMinutes: number;
  /** Until when the person wants no mail of this purpose: seconds since 1970. */
  readonly pausedUntil: number | null;
  readonly chosen: ChosenFrequency | null;
  /** Null while nothing presses. */
  readonly saturation: Saturation | null;
  readonly lost: LostArbitration | null;
}

export const NO_CONTACT_PRESSURE: ContactPressure = { channel: UNUSED, total: UNUSED, purpose: UNUSED, gapMinutes: 0, pausedUntil: null, chosen: null, saturation: null, lost: null };

export interface AskedMail {
  readonly purpose: string;
  readonly channel: string;
  readonly now: Date;
}

/** How earlier touches of a person press on one more mail. Service mail counts in the index only. */
export function contactPressure(touches: readonly Touch[], { purpose, channel, now }: AskedMail, { caps, choices, index, factor }: ContactTerms): ContactPressure {
  if (touches.length === 0 && choices.length === 0) return NO_CONTACT_PRESSURE;
  const pressing = touches.filter((touch) => touch.kind !== 'service_mail');
  return {
    channel: usage(pressing.filter((touch) => touch.channel === channel), caps.channel),
    total: usage(pressing, caps.total),
    purpose: usage(pressing.filter((touch) => touch.purpose === purpose), caps.purpose),
    gapMinutes: gapMinutes(pressing.map((touch) => touch.minutesAgo), caps.minimumGapHours),
    pausedUntil: pausedUntil(choices, purpose, now),
    // What a colleague does by hand is not what the person chose less of.
    chosen: choices.length === 0 ? null : chosenFrequency(choices, purpose, pressing.filter((touch) => touch.campaignId !== null)),
    saturation: (index && saturation(touches, factor, index)) ?? null,
    lost: null,
  };
}

export function usage(touches: readonly Touch[], cap: Cap | null): CapUsage {
  return cap ? capUsage(touches.map((touch) => touch.minutesAgo), cap) : UNUSED;
}

/** Minutes until nothing of it holds a mail up any more, a pause apart; 0 while there is room. */
export function minutesUntilRoom({ channel, total, purpose, gapMinutes: gap, chosen, saturation: saturated }: ContactPressure): number {
  return Math.max(channel.freesInMinutes, total.freesInMinutes, purpose.freesInMinutes, gap, chosen?.freesInMinutes ?? 0, saturated?.waitMinutes ?? 0);
}
