import type { Rule } from './rule.js';

/** What a person waits for without wondering. */
export const PATIENCE_MS = 1_500;

/**
 * Milliseconds that a plan's cost comes to, roughly. Measured on the rules of the bench (1,000,000 contacts, 10,000,000 events, two cores);
 * the planner does not know what is in memory, and cost is in units of a page read: the figure is good to a factor of three.
 */
export function millisecondsOf(cost: number): number {
  return Math.round(cost / COST_PER_MS);
}
const COST_PER_MS = 150;

/** The conditions of a rule that are asked by themselves: groups are taken apart, whatever the word between them. */
export function conditionsOf(rule: Rule): Rule[] {
  switch (rule.kind) {
    case 'all':
    case 'any':
      return rule.conditions.flatMap(conditionsOf);
    case 'not':
      return conditionsOf(rule.condition);
    default:
      return [rule];
  }
}

/** What can be done about a condition that takes long, in the marketer's words. */
export function thriftOf(rule: Rule): { readonly nl: string; readonly en: string } {
  switch (rule.kind) {
    case 'event':
    case 'event_value':
    case 'sequence':
      return rule.within === undefined
        ? { nl: 'Geef een periode op, zoals de laatste 30 dagen.', en: 'Give it a window, such as the last 30 days.' }
        : { nl: 'Kies een kortere periode, of begin met een kleiner segment.', en: 'Choose a shorter window, or begin from a smaller segment.' };
    case 'attribute':
      return rule.operator === 'contains'
        ? { nl: 'Gebruik “is gelijk aan” of “begint met” in plaats van “bevat”.', en: 'Use “equals” or “starts with” instead of “contains”.' }
        : { nl: 'Laat voor dit kenmerk een index maken, of begin met een kleiner segment.', en: 'Have an index made for this attribute, or begin from a smaller segment.' };
    case 'people':
      return { nl: 'Stel eerst een voorwaarde aan het account zelf, zoals sector of land.', en: 'First ask something of the account itself, such as its sector or country.' };
    case 'segment':
      return { nl: 'Maak het segment waarop dit bouwt kleiner of eenvoudiger.', en: 'Make the segment it builds on smaller or simpler.' };
    default:
      return { nl: 'Begin met een kleiner segment.', en: 'Begin from a smaller segment.' };
  }
}
