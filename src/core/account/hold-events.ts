import { propertyHolds } from '../rule/evaluate-value.js';
import type { HandoverPolicy, OpeningRule } from './handover-policy.js';
import type { HoldKind } from './holds.js';

export interface HoldEvent {
  readonly name: string;
  readonly occurredAt: Date;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What an event says about a matter that humans look after. */
export type HoldSignal =
  | { readonly signal: 'opens'; readonly kind: HoldKind; readonly severe: boolean; readonly reference: string | null; readonly momentAt: Date | null; readonly campaignKey: string | null }
  | { readonly signal: 'resolves'; readonly kind: HoldKind; readonly reference: string | null };

/** Reads an event by the workspace's rules. An event may open one matter and resolve another. */
export function holdSignals({ opening, resolving }: Pick<HandoverPolicy, 'opening' | 'resolving'>, event: HoldEvent): HoldSignal[] {
  const { name, properties } = event;
  const signals: HoldSignal[] = [];
  for (const rule of opening) {
    if (rule.event !== name || !rule.where.every((filter) => propertyHolds(filter, properties)) || rule.unless.some((filter) => propertyHolds(filter, properties))) continue;
    signals.push({
      signal: 'opens', kind: rule.opens, severe: rule.severe.some((filter) => propertyHolds(filter, properties)), reference: textOf(properties, rule.reference),
      momentAt: rule.opens === 'meeting' ? momentOf(event, rule) : null, campaignKey: textOf(properties, rule.campaign),
    });
  }
  for (const rule of resolving) {
    if (rule.event !== name || !rule.where.every((filter) => propertyHolds(filter, properties))) continue;
    signals.push({ signal: 'resolves', kind: rule.resolves, reference: textOf(properties, rule.reference) });
  }
  return signals;
}

/** The names of the events that are worth reading. */
export function holdEventNames({ opening, resolving }: Pick<HandoverPolicy, 'opening' | 'resolving'>): { opening: string[]; resolving: string[] } {
  return { opening: [...new Set(opening.map((rule) => rule.event))], resolving: [...new Set(resolving.map((rule) => rule.event))] };
}

/** Numbers of tickets come as numbers and as texts; nothing longer than a number of a matter is one. */
function textOf(properties: HoldEvent['properties'], property: string | undefined): string | null {
  const value = property !== undefined && Object.hasOwn(properties, property) ? properties[property] : undefined;
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const text = String(value).trim();
  return text === '' || text.length > 200 ? null : text;
}

/** A meeting without a sound time is taken to be when it was booked: the hold ends, late rather than never. */
function momentOf({ occurredAt, properties }: HoldEvent, { moment }: OpeningRule): Date {
  const text = textOf(properties, moment);
  const found = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(found) ? occurredAt : new Date(Math.max(found, occurredAt.getTime()));
}
