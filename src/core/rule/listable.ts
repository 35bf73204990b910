import { assertNever } from '../shared/assert-never.js';
import { sumOfNoneFits } from './evaluate-events.js';
import type { AttributeOperator, Rule, SegmentRule } from './rule.js';

type Lookup = (key: string) => SegmentRule | undefined;

const NEGATIVE: ReadonlySet<AttributeOperator> = new Set(['not_equals', 'not_in', 'not_set']);

/**
 * Whether the members of a condition can be listed from what they have or did. Of a condition that says what they lack ("never
 * bought") the list would be nearly everybody.
 */
export function isListable(rule: Rule, negated: boolean, segments: Lookup): boolean {
  switch (rule.kind) {
    case 'all':
    case 'any': {
      const one = (condition: Rule): boolean => isListable(condition, negated, segments);
      return (rule.kind === 'all') !== negated ? rule.conditions.some(one) : rule.conditions.every(one);
    }
    case 'not':
      return isListable(rule.condition, !negated, segments);
    case 'mailable':
      return !negated;
    case 'attribute':
      return NEGATIVE.has(rule.operator) === negated;
    case 'event':
    case 'engagement':
    case 'people':
    case 'subsidiaries':
      return (rule.count.operator !== 'at_most' && rule.count.value > 0) !== negated;
    case 'event_value':
      return sumOfNoneFits(rule) === negated;
    case 'event_time':
      return (rule.operator === 'not_set') === negated;
    case 'sequence':
      return !negated;
    case 'account':
    case 'parent':
      return !negated && isListable(rule.rule, false, segments);
    case 'sample':
      return !negated;
    case 'segment': {
      const segment = segments(rule.segment);
      const outside = negated !== (rule.operator === 'not_in');
      return segment !== undefined && (segment.rule ? isListable(segment.rule, outside, segments) : !outside);
    }
    default:
      return assertNever(rule);
  }
}

/** Whether answering needs more than the person's own row and account: events, people of the account, messages, people of the account, other accounts of its group, members of a list. */
export function readsManyRows(rule: Rule, segments: Lookup): boolean {
  switch (rule.kind) {
    case 'all':
    case 'any':
      return rule.conditions.some((condition) => readsManyRows(condition, segments));
    case 'not':
      return readsManyRows(rule.condition, segments);
    case 'attribute':
    case 'sample':
    case 'mailable': // one row of consent and of suppression each
      return false;
    case 'event':
    case 'event_value':
    case 'event_time':
    case 'sequence':
    case 'engagement':
    case 'people':
    case 'subsidiaries':
      return true;
    case 'account':
      return readsManyRows(rule.rule, segments);
    case 'parent':
      return rule.depth === 'any' || readsManyRows(rule.rule, segments);
    case 'segment': {
      const segment = segments(rule.segment);
      return segment !== undefined && (!segment.rule || readsManyRows(segment.rule, segments));
    }
    default:
      return assertNever(rule);
  }
}
