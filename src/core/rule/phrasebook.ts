import type { Aggregate } from './event-conditions.js';
import type { FieldType } from './fields.js';
import type { AttributeOperator, Depth, Engagement, EventWindow, PeopleRole, Scope } from './rule.js';

export type Language = 'nl' | 'en';

/** The words of one language. Each phrase follows a noun: “Contacts” + “whose country is NL”. */
export interface Phrasebook {
  readonly locale: string;
  readonly and: string;
  readonly or: string;
  readonly serialComma: boolean;
  readonly yes: string;
  readonly no: string;
  readonly nobody: string;
  readonly andMore: (hidden: number) => string;
  readonly andAll: (hidden: number) => string;
  readonly selected: Record<Scope, string>;
  readonly everyone: Record<Scope, string>;
  readonly attribute: (scope: Scope, label: string, operator: AttributeOperator, negated: boolean, values: Values) => string;
  readonly property: (label: string, operator: AttributeOperator, values: Values) => string;
  readonly event: (name: string, count: CountPhrase, window: string, filters: string) => string;
  /** What is compared of events, as an attribute is: “total “amount” of “Order Completed””. */
  readonly eventValue: (aggregate: Aggregate, property: string, event: string, window: string) => string;
  readonly eventTime: (which: 'first' | 'last', event: string) => string;
  readonly sequence: (steps: readonly StepPhrase[], never: StepPhrase | undefined, window: string, negated: boolean) => string;
  /** One event with what it must be like. */
  readonly step: (event: string, filters: string) => string;
  readonly window: (window: EventWindow | undefined, format: (value: string) => string) => string;
  readonly account: (inner: string, negated: boolean) => string;
  readonly people: (count: CountPhrase, role: PeopleRole | undefined, inner: string) => string;
  readonly engagement: (did: Engagement, campaign: string | undefined, count: CountPhrase, window: string) => string;
  readonly parent: (depth: Depth, inner: string, negated: boolean) => string;
  readonly subsidiaries: (depth: Depth, count: CountPhrase, inner: string) => string;
  readonly segment: (key: string, negated: boolean) => string;
  readonly list: (key: string, negated: boolean) => string;
  readonly mailable: (purpose: string, negated: boolean) => string;
  readonly sample: (percent: string, seed: string, negated: boolean) => string;
}

/** The values of a condition, already in the language's own spelling. `type` tells “after” from “greater than”. */
export interface Values {
  readonly type: FieldType;
  readonly value: string;
  readonly to: string;
  readonly days: number;
}

/** A step of a sequence; the first has no days, nor has a `never` without end. */
export interface StepPhrase {
  readonly event: string;
  readonly days: number | undefined;
}

/** A count with its negation already worked in: not "at least 3" is "fewer than 3". */
export interface CountPhrase {
  readonly kind: 'none' | 'at_least' | 'fewer_than' | 'at_most' | 'more_than' | 'exactly' | 'not_exactly';
  readonly value: number;
}
