import { assertNever } from '../shared/assert-never.js';
import { eventBounds, type Moment } from './bounds.js';
import { type EventsMeant, eventsMeant } from './event-conditions.js';
import { engagementAsEvent } from './relation-conditions.js';
import type { Rule, Scope, SegmentRule } from './rule.js';
import { leavesOf } from './walk-rule.js';

/** Which events must be at hand: from when on (undefined: all there ever were), and with their properties or not. */
export interface EventNeed {
  readonly since: Date | undefined;
  readonly properties: boolean;
}

/** What has to be loaded before rules can be asked. Attributes always are. */
export interface FactNeeds {
  readonly events: ReadonlyMap<string, EventNeed>;
  /** A person's account. */
  readonly account: boolean;
  /** Everybody of an account, and what is needed of them. */
  readonly people: boolean;
  readonly roles: boolean;
  /** The accounts above an account, and those below. */
  readonly above: boolean;
  readonly below: boolean;
  /** Messages that were got: from when on, undefined for all there ever were; null for none. */
  readonly messages: { readonly since: Date | undefined } | null;
  /** Ids of lists. */
  readonly lists: readonly number[];
  /** Purposes for which it is asked whether people may be mailed. */
  readonly purposes: readonly string[];
}

/** What a rule asks of people and accounts at this moment; nothing older or other is read from the tables. */
export function factNeeds(rule: Rule, scope: Scope, segments: (key: string) => SegmentRule | undefined, moment: Moment): FactNeeds {
  const events = new Map<string, EventNeed>();
  const lists = new Set<number>();
  const purposes = new Set<string>();
  let [account, people, roles, above, below] = [false, false, false, false, false];
  let messages: FactNeeds['messages'] = null;
  for (const { leaf } of leavesOf(rule, scope, segments)) {
    switch (leaf.kind) {
      case 'attribute':
        break;
      case 'event':
      case 'event_value':
      case 'event_time':
      case 'sequence':
        for (const meant of eventsMeant(leaf)) needEvent(events, meant.event, eventNeed(meant, moment));
        break;
      case 'engagement': {
        const need = eventNeed({ ...engagementAsEvent(leaf), properties: true }, moment);
        if (leaf.did === 'got') messages = earlierMessages(messages, need);
        else needEvent(events, engagementAsEvent(leaf).event, need);
        break;
      }
      case 'parent':
        above = true;
        break;
      case 'subsidiaries':
        below = true;
        break;
      case 'list':
        lists.add(leaf.list);
        break;
      case 'mailable':
        purposes.add(leaf.purpose);
        break;
      case 'account':
        account = true;
        break;
      case 'people':
        people = true;
        roles ||= leaf.role !== undefined;
        break;
      default:
        assertNever(leaf);
    }
  }
  return { events, account, people, roles, above, below, messages, lists: [...lists], purposes: [...purposes] };
}

export function mergeFactNeeds(all: readonly FactNeeds[]): FactNeeds {
  const events = new Map<string, EventNeed>();
  for (const needs of all) for (const [name, need] of needs.events) needEvent(events, name, need);
  return {
    events,
    account: all.some((one) => one.account),
    people: all.some((one) => one.people),
    roles: all.some((one) => one.roles),
    above: all.some((one) => one.above),
    below: all.some((one) => one.below),
    messages: all.map(({ messages }) => messages).reduce(earlierMessages, null),
    lists: [...new Set(all.flatMap((one) => one.lists))],
    purposes: [...new Set(all.flatMap((one) => one.purposes))],
  };
}

function needEvent(events: Map<string, EventNeed>, name: string, need: EventNeed): void {
  const known = events.get(name);
  if (!known) {
    events.set(name, need);
    return;
  }
  const since = known.since && need.since && (known.since < need.since ? known.since : need.since);
  events.set(name, { since, properties: known.properties || need.properties });
}

function earlierMessages(one: FactNeeds['messages'], other: FactNeeds['messages']): FactNeeds['messages'] {
  if (!one || !other) return one ?? other;
  return { since: one.since && other.since && (one.since < other.since ? one.since : other.since) };
}

function eventNeed({ within, properties }: EventsMeant, moment: Moment): EventNeed {
  const from = eventBounds(within, moment).find((bound) => bound.operator === '>=');
  return { since: from && new Date(from.value), properties };
}
