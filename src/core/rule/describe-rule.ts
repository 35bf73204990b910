import { assertNever } from '../shared/assert-never.js';
import { dutch } from './describe-dutch.js';
import { english } from './describe-english.js';
import type { FieldCatalogue, FieldType } from './fields.js';
import type { CountPhrase, Language, Phrasebook, Values } from './phrasebook.js';
import type { EventStep, NumberTest } from './event-conditions.js';
import { type AttributeCondition, type Count, type EventCondition, type EventTimeCondition, type EventWindow, isDay, type PropertyFilter, type Rule, type Scope, type SegmentRule } from './rule.js';

const PHRASEBOOKS: Record<Language, Phrasebook> = { nl: dutch, en: english };

/**
 * Says in one sentence whom a rule selects: “Contacts whose country is NL and who did “Pricing Viewed” at least 2 times in
 * the last 30 days.” Negations are worked into the phrases; nested groups stand in brackets. `segments` tells lists from rules.
 */
export function describeRule(rule: Rule, language: Language, fields: FieldCatalogue, scope: Scope = 'contact', segments: (key: string) => SegmentRule | undefined = () => undefined): string {
  const words = PHRASEBOOKS[language];
  const phrase = new Description(words, language, fields, segments).phrase(rule, scope, false);
  return phrase.text === '' ? `${words.everyone[scope]}.` : `${words.selected[scope]} ${phrase.text}.`;
}

interface Phrase {
  readonly text: string;
  /** The word between its parts; undefined for a single condition. */
  readonly joinedBy?: 'and' | 'or';
}

/** Longer lists are cut: the sentence is to be read. */
const LISTED_VALUES = 10;

class Description {
  constructor(
    private readonly words: Phrasebook,
    private readonly language: Language,
    private readonly fields: FieldCatalogue,
    private readonly segments: (key: string) => SegmentRule | undefined,
  ) {}

  phrase(rule: Rule, scope: Scope, negated: boolean): Phrase {
    switch (rule.kind) {
      case 'all':
        return this.group(rule.conditions, scope, negated, negated ? 'or' : 'and');
      case 'any':
        return this.group(rule.conditions, scope, negated, negated ? 'and' : 'or');
      case 'not':
        return this.phrase(rule.condition, scope, !negated);
      case 'attribute':
        return { text: this.attribute(rule, scope, negated) };
      case 'event':
        return { text: this.words.event(rule.event, countPhrase(rule.count, negated), this.window(rule.within), this.filters(rule)) };
      case 'event_value': {
        const label = this.words.eventValue(rule.aggregate, rule.property, this.step(rule), this.window(rule.within));
        return { text: this.words.attribute('contact', label, rule.is.operator, negated, this.values(rule.is, 'number')) };
      }
      case 'event_time': {
        if (rule.operator === 'is_set' || rule.operator === 'not_set') return this.phrase(hasHappened(rule), scope, negated);
        return { text: this.words.attribute('contact', this.words.eventTime(rule.which, this.step(rule)), rule.operator, negated, this.values(rule, 'timestamp')) };
      }
      case 'sequence': {
        const steps = [{ event: this.step(rule.first), days: undefined }, ...rule.then.map((step) => ({ event: this.step(step), days: step.withinDays }))];
        const never = rule.never && { event: this.step(rule.never), days: rule.never.withinDays };
        return { text: this.words.sequence(steps, never, this.window(rule.within), negated) };
      }
      case 'engagement': {
        const window = this.words.window(rule.within, (value) => this.value(value, 'timestamp'));
        return { text: this.words.engagement(rule.did, rule.campaign, countPhrase(rule.count, negated), window) };
      }
      case 'account':
        return { text: this.words.account(this.inner(rule.rule, 'account'), negated) };
      case 'people':
        return { text: this.words.people(countPhrase(rule.count, negated), rule.role, this.inner(rule.rule, 'contact')) };
      case 'parent':
        return { text: this.words.parent(rule.depth, this.inner(rule.rule, 'account'), negated) };
      case 'subsidiaries':
        return { text: this.words.subsidiaries(rule.depth, countPhrase(rule.count, negated), this.inner(rule.rule, 'account')) };
      case 'sample':
        return { text: this.words.sample(this.value(rule.percent, 'number'), rule.seed, negated) };
      case 'segment':
        return { text: this.words[this.segments(rule.segment)?.list === undefined ? 'segment' : 'list'](rule.segment, (rule.operator === 'not_in') !== negated) };
      case 'mailable':
        return { text: this.words.mailable(rule.purpose, negated) };
      default:
        return assertNever(rule);
    }
  }

  private group(conditions: readonly Rule[], scope: Scope, negated: boolean, joinedBy: 'and' | 'or'): Phrase {
    const phrases = conditions.map((condition) => this.phrase(condition, scope, negated)).filter((phrase) => phrase.text !== '');
    const [only, ...others] = phrases;
    if (only === undefined) return { text: negated ? this.words.nobody : '' };
    if (others.length === 0) return only;
    // A group within a group of the same word needs no brackets: it is the same group.
    const parts = phrases.map((phrase) => (phrase.joinedBy !== undefined && phrase.joinedBy !== joinedBy ? `(${phrase.text})` : phrase.text));
    return { text: this.list(parts, this.words[joinedBy]), joinedBy };
  }

  /** What stands within another phrase is put in brackets when it has several parts, so that its end is seen. */
  private inner(rule: Rule, scope: Scope): string {
    const phrase = this.phrase(rule, scope, false);
    return phrase.joinedBy === undefined ? phrase.text : `(${phrase.text})`;
  }

  private attribute(condition: AttributeCondition, scope: Scope, negated: boolean): string {
    const field = this.fields.find(scope, condition.attribute);
    const label = field?.label[this.language] ?? `“${condition.attribute}”`;
    return this.words.attribute(scope, label, condition.operator, negated, this.values(condition, field?.type ?? 'text'));
  }

  private step(meant: EventStep): string {
    return this.words.step(meant.event, this.filters(meant));
  }

  private filters({ where }: EventStep): string {
    return this.list(where?.map((filter) => this.property(filter)) ?? [], this.words.and);
  }

  private window(within: EventWindow | undefined): string {
    return this.words.window(within, (value) => this.value(value, 'timestamp'));
  }

  private property(filter: PropertyFilter): string {
    return this.words.property(`“${filter.property}”`, filter.operator, this.values(filter, 'number'));
  }

  private values(condition: AttributeCondition | PropertyFilter | NumberTest | EventTimeCondition, type: FieldType): Values {
    const none = { type, value: '', to: '', days: 0 };
    if ('days' in condition) return { ...none, days: condition.days };
    if ('from' in condition) return { ...none, value: this.value(condition.from, type), to: this.value(condition.to, type) };
    if (!('value' in condition)) return none;
    if (!Array.isArray(condition.value)) return { ...none, value: this.value(condition.value, type) };
    const shown = condition.value.slice(0, LISTED_VALUES).map((value) => this.value(value, type));
    const hidden = condition.value.length - shown.length;
    return { ...none, value: hidden > 0 ? `${shown.join(', ')} ${condition.operator === 'list_contains_all' ? this.words.andAll(hidden) : this.words.andMore(hidden)}` : this.list(shown, condition.operator === 'list_contains_all' ? this.words.and : this.words.or, false) };
  }

  private value(value: string | number | boolean, type: FieldType): string {
    if (typeof value === 'boolean') return value ? this.words.yes : this.words.no;
    if (typeof value === 'number') return new Intl.NumberFormat(this.words.locale, { maximumFractionDigits: 20, useGrouping: 'min2' }).format(value);
    if (type === 'date' || type === 'timestamp') return this.date(value);
    return /^[\p{L}\p{N}._@+-]+$/u.test(value) ? value : `“${value}”`;
  }

  private date(value: string): string {
    if (isDay(value)) return new Intl.DateTimeFormat(this.words.locale, { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(value));
    const text = new Intl.DateTimeFormat(this.words.locale, { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }).format(new Date(value));
    return `${text} UTC`;
  }

  private list(parts: readonly string[], word: string, serialComma = this.words.serialComma): string {
    if (parts.length <= 1) return parts[0] ?? '';
    const last = parts.at(-1) ?? '';
    return `${parts.slice(0, -1).join(', ')}${serialComma && parts.length > 2 ? ',' : ''} ${word} ${last}`;
  }
}

/** That it has a time is said as that it was done. */
function hasHappened({ event, where, operator }: EventTimeCondition): EventCondition {
  return { kind: 'event', event, where, count: operator === 'is_set' ? { operator: 'at_least', value: 1 } : { operator: 'exactly', value: 0 } };
}

function countPhrase(count: Count, negated: boolean): CountPhrase {
  const { operator, value } = count;
  if (value === 0) return negated ? { kind: 'at_least', value: 1 } : { kind: 'none', value: 0 };
  switch (operator) {
    case 'at_least':
      if (!negated) return { kind: 'at_least', value };
      return value === 1 ? { kind: 'none', value: 0 } : { kind: 'fewer_than', value };
    case 'at_most':
      return { kind: negated ? 'more_than' : 'at_most', value };
    case 'exactly':
      return { kind: negated ? 'not_exactly' : 'exactly', value };
    default:
      return assertNever(operator);
  }
}
