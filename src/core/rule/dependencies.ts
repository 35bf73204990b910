import { assertNever } from '../shared/assert-never.js';
import { eventsMeant } from './event-conditions.js';
import type { FieldCatalogue } from './fields.js';
import { ENGAGEMENT_EVENTS } from './relation-conditions.js';
import type { Rule, Scope, SegmentRule } from './rule.js';
import { askers, leavesOf, type LeafVisit, type Step } from './walk-rule.js';

/**
 * What can change about a contact or an account: `row` it came or went · `column` a typed column · `attribute` a key of the custom
 * attributes · `event` one by this name · `message` one that was got of the campaign with this key, * for any · `subsidiaries` which accounts belong to the account · `consent` what was said about this purpose · `suppression` of the address · `role` its parts in a buying group · `people` who belongs to the account · `list` the list with this id.
 */
export type ChangeKind = 'row' | 'column' | 'attribute' | 'event' | 'message' | 'subsidiaries' | 'role' | 'people' | 'list' | 'consent' | 'suppression';

/** A change that may alter whom a rule selects. */
export interface Dependency {
  readonly on: Scope;
  readonly kind: ChangeKind;
  /** Of the column, attribute or event; empty where the kind says all. */
  readonly name: string;
  /** From the changed row to those who must be asked again. */
  readonly path: readonly Step[];
}

/** Everything a rule depends on, each once: which change asks whom again. The clock is apart: see outlook.ts. */
export function dependenciesOf(rule: Rule, scope: Scope, fields: FieldCatalogue, segments: (key: string) => SegmentRule | undefined): Dependency[] {
  const found = new Map<string, Dependency>();
  const add = (dependency: Dependency): void => {
    found.set(JSON.stringify(dependency), dependency);
  };
  add({ on: scope, kind: 'row', name: '', path: [] });
  for (const visit of leavesOf(rule, scope, segments)) dependenciesOfLeaf(visit, fields).forEach(add);
  return [...found.values()];
}

function dependenciesOfLeaf({ leaf, scope, path }: LeafVisit, fields: FieldCatalogue): Dependency[] {
  switch (leaf.kind) {
    case 'attribute': {
      const column = fields.find(scope, leaf.attribute)?.column;
      return [{ on: scope, kind: column === undefined ? 'attribute' : 'column', name: column ?? leaf.attribute, path }];
    }
    case 'event':
    case 'event_value':
    case 'event_time':
    case 'sequence':
      return eventsMeant(leaf).map(({ event }) => ({ on: scope, kind: 'event', name: event, path }));
    case 'engagement':
      return [leaf.did === 'got' ? { on: scope, kind: 'message', name: leaf.campaign ?? '*', path } : { on: scope, kind: 'event', name: ENGAGEMENT_EVENTS[leaf.did], path }];
    case 'parent': // also that of an account in between
      return [path, ...(leaf.depth === 'any' ? [[askers(leaf), ...path]] : [])].map((way) => ({ on: 'account', kind: 'column', name: 'parent_account_id', path: way }));
    case 'subsidiaries':
      return [path, ...(leaf.depth === 'any' ? [[askers(leaf), ...path]] : [])].map((way) => ({ on: 'account', kind: 'subsidiaries', name: '', path: way }));
    case 'list':
      return [{ on: scope, kind: 'list', name: String(leaf.list), path }];
    case 'mailable':
      return dependenciesOfPermission(leaf.purpose, path);
    case 'account':
      return [{ on: 'contact', kind: 'column', name: 'account_id', path }];
    case 'people': {
      const belonging: Dependency = { on: 'account', kind: 'people', name: '', path };
      return leaf.role === undefined ? [belonging] : [belonging, { on: 'contact', kind: 'role', name: '', path: ['account', ...path] }];
    }
    default:
      return assertNever(leaf);
  }
}

/** What compile-permission.ts reads of a person and of the account. Not followed: the event by which somebody comes back whose retention was over; that is asked daily. */
const PERMISSION_COLUMNS: Record<Scope, readonly string[]> = {
  contact: ['account_id', 'email', 'address_hash', 'address_state', 'source', 'source_at', 'notice_version', 'collected_for', 'restricted_at', 'birth_date', 'country', 'lifecycle_stage', 'created_at', 'obtained_from', 'notice_sent_at', 'controller'],
  account: ['country', 'won_opportunities', 'last_won_on'],
};

function dependenciesOfPermission(purpose: string, path: readonly Step[]): Dependency[] {
  return [
    ...PERMISSION_COLUMNS.contact.map((name): Dependency => ({ on: 'contact', kind: 'column', name, path })),
    ...PERMISSION_COLUMNS.account.map((name): Dependency => ({ on: 'account', kind: 'column', name, path: toPeople(path) })),
    { on: 'contact', kind: 'consent', name: purpose, path },
    { on: 'contact', kind: 'suppression', name: '', path },
  ];
}

/** From an account to its people, and on; the account of its people is that account. */
function toPeople(path: readonly Step[]): readonly Step[] {
  return path[0] === 'account' ? path.slice(1) : ['people', ...path];
}
