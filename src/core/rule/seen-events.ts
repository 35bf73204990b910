import { eventBounds, type Moment, within } from './bounds.js';
import { type EventFact, propertiesMatch } from './evaluate-events.js';
import type { Aggregate, EventCondition, EventStep, EventTimeCondition, EventValueCondition, SequenceCondition } from './event-conditions.js';
import type { Language } from './phrasebook.js';
import type { EventWindow } from './rule.js';
import { sayMoment, sayValue } from './say-value.js';

export type Bilingual = Readonly<Record<Language, string>>;

/** How often, and when last. */
export function seenEvents(rule: Omit<EventCondition, 'count'>, events: readonly EventFact[], moment: Moment): Bilingual {
  const meant = meantBy(rule, events, moment);
  const last = meant.at(-1);
  if (!last) return { nl: 'geen keer', en: 'not once' };
  return {
    nl: `${meant.length} keer, laatst op ${sayMoment(last.occurredAt, 'nl', moment.timeZone)}`,
    en: `${times(meant.length)}, last on ${sayMoment(last.occurredAt, 'en', moment.timeZone)}`,
  };
}

/** What the numbers come to, for people to read: the rule itself compares them exactly. */
export function seenValue(rule: EventValueCondition, events: readonly EventFact[], moment: Moment): Bilingual {
  const numbers = meantBy(rule, events, moment).flatMap(({ properties }) => {
    const value = Object.hasOwn(properties, rule.property) ? properties[rule.property] : undefined;
    return typeof value === 'number' ? [value] : [];
  });
  if (numbers.length === 0) return { nl: 'geen keer', en: 'not once' };
  const value = Math.round(AGGREGATES[rule.aggregate](numbers) * 100) / 100;
  const say = (language: Language): string => sayValue(value, 'number', language) ?? String(value);
  return { nl: `${say('nl')}, van ${numbers.length} keer`, en: `${say('en')}, of ${times(numbers.length)}` };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
const AGGREGATES: Record<Aggregate, (numbers: readonly number[]) => number> = {
  sum,
  average: (numbers) => sum(numbers) / numbers.length,
  minimum: (numbers) => numbers.reduce((least, one) => Math.min(least, one)),
  maximum: (numbers) => numbers.reduce((most, one) => Math.max(most, one)),
};

/** When it happened for the first or the last time. */
export function seenTime(rule: EventTimeCondition, events: readonly EventFact[], moment: Moment): Bilingual {
  const meant = meantBy(rule, events, moment);
  const asked = rule.which === 'first' ? meant[0] : meant.at(-1);
  if (!asked) return { nl: 'nooit', en: 'never' };
  return rule.which === 'first'
    ? { nl: `voor het eerst op ${sayMoment(asked.occurredAt, 'nl', moment.timeZone)}`, en: `first on ${sayMoment(asked.occurredAt, 'en', moment.timeZone)}` }
    : { nl: `laatst op ${sayMoment(asked.occurredAt, 'nl', moment.timeZone)}`, en: `last on ${sayMoment(asked.occurredAt, 'en', moment.timeZone)}` };
}

/** Of each step how often and when last; what must never follow is looked for up to now. */
export function seenSequence(rule: SequenceCondition, events: readonly EventFact[], moment: Moment): Bilingual {
  const steps = [...[rule.first, ...rule.then].map((step) => ({ ...step, within: rule.within })), ...(rule.never ? [{ ...rule.never, within: undefined }] : [])];
  const seen = steps.map((step) => ({ event: step.event, ...seenEvents({ ...step, kind: 'event' }, events, moment) }));
  return { nl: seen.map(({ event, nl }) => `“${event}” ${nl}`).join('; '), en: seen.map(({ event, en }) => `“${event}” ${en}`).join('; ') };
}

/** In the order in which they happened. */
function meantBy(meant: EventStep & { readonly within?: EventWindow | undefined }, events: readonly EventFact[], moment: Moment): EventFact[] {
  const bounds = eventBounds(meant.within, moment);
  return events
    .filter((event) => event.name === meant.event && within(event.occurredAt.toISOString(), bounds) && propertiesMatch(meant.where ?? [], event.properties))
    .sort((a, b) => a.occurredAt.getTime() - b.occurredAt.getTime());
}

function times(count: number): string {
  return count === 1 ? '1 time' : `${count} times`;
}
