import { assertNever } from '../shared/assert-never.js';
import { eventsMeant } from './event-conditions.js';
import { ENGAGEMENT_EVENTS } from './relation-conditions.js';
import type { Rule, Scope, SegmentRule } from './rule.js';

/** What data a segment or a template reads: for the purpose check, and to know which changes concern it. Sorted, each once. */
export interface TouchedData {
  readonly contactAttributes: string[];
  readonly accountAttributes: string[];
  readonly events: string[];
  readonly segments: string[];
  /** Purposes for which it is asked whether people may be mailed: their consents and suppressions, address and origin are read. */
  readonly purposes: string[];
}

/** What a rule reads besides: it needs no purpose, but its changes concern the rule. */
export interface TouchedByRule extends TouchedData {
  /** Campaigns whose messages are asked about; '*' for those of any. */
  readonly campaigns: string[];
}

/** To say only what is touched. */
export const NOTHING_TOUCHED: TouchedData = { contactAttributes: [], accountAttributes: [], events: [], segments: [], purposes: [] };

/** All a rule reads, with what the segments it uses read. */
export function touchedData(rule: Rule, scope: Scope, segments: (key: string) => SegmentRule | undefined): TouchedByRule {
  const touched = { contact: new Set<string>(), account: new Set<string>(), events: new Set<string>(), segments: new Set<string>(), purposes: new Set<string>(), campaigns: new Set<string>() };
  const visit = (node: Rule, here: Scope): void => {
    switch (node.kind) {
      case 'all':
      case 'any':
        node.conditions.forEach((condition) => visit(condition, here));
        return;
      case 'not':
        return visit(node.condition, here);
      case 'attribute':
        touched[here].add(node.attribute);
        return;
      case 'event':
      case 'event_value':
      case 'event_time':
      case 'sequence':
        for (const { event } of eventsMeant(node)) touched.events.add(event);
        return;
      case 'engagement':
        if (node.did === 'got') touched.campaigns.add(node.campaign ?? '*');
        else touched.events.add(ENGAGEMENT_EVENTS[node.did]);
        return;
      case 'account':
      case 'parent':
      case 'subsidiaries':
        return visit(node.rule, 'account');
      case 'people':
        return visit(node.rule, 'contact');
      case 'segment': {
        if (touched.segments.has(node.segment)) return;
        touched.segments.add(node.segment);
        const segment = segments(node.segment);
        if (segment?.rule) visit(segment.rule, segment.scope);
        return;
      }
      case 'mailable':
        touched.purposes.add(node.purpose);
        return;
      case 'sample':
        return;
      default:
        return assertNever(node);
    }
  };
  visit(rule, scope);
  return { contactAttributes: sorted(touched.contact), accountAttributes: sorted(touched.account), events: sorted(touched.events), segments: sorted(touched.segments), purposes: sorted(touched.purposes), campaigns: sorted(touched.campaigns) };
}

/** Everything that any of these reads. */
export function mergeTouchedData(all: readonly TouchedData[]): TouchedData {
  const together = (key: keyof TouchedData): string[] => sorted(new Set(all.flatMap((one) => one[key])));
  return { contactAttributes: together('contactAttributes'), accountAttributes: together('accountAttributes'), events: together('events'), segments: together('segments'), purposes: together('purposes') };
}

/** What put people into a list: segments that a snapshot or a campaign's audience took, and what they did or did not do on the way. */
export interface ListOrigin {
  readonly segments: readonly string[];
  readonly events: readonly string[];
}

/**
 * What is touched together with what filled the lists among it: being in a list that a campaign or a snapshot filled says what the rule behind it said,
 * so a list cannot wash data clean of its purposes. Members put in by hand or by an import say nothing about anybody's data.
 */
export function touchedBehindLists(touched: TouchedData, origins: ReadonlyMap<string, ListOrigin>, segments: (key: string) => SegmentRule | undefined): TouchedData {
  if (origins.size === 0) return touched;
  const found = [touched];
  const seen = new Set(touched.segments);
  const queue = [...touched.segments];
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    const origin = origins.get(key);
    if (!origin) continue;
    found.push({ ...NOTHING_TOUCHED, segments: [...origin.segments], events: [...origin.events] });
    for (const behind of origin.segments) {
      const segment = segments(behind);
      const read = segment?.rule && touchedData(segment.rule, segment.scope, segments);
      if (read) found.push(read);
      for (const next of [behind, ...(read?.segments ?? [])]) {
        if (seen.has(next)) continue;
        seen.add(next);
        queue.push(next);
      }
    }
  }
  return mergeTouchedData(found);
}

/** Everything touched, by the names that definitions have: 'contact.plan', 'account.tier', 'event.Order Completed'. */
export function namesTouched(touched: TouchedData): string[] {
  return [...touched.contactAttributes.map((key) => `contact.${key}`), ...touched.accountAttributes.map((key) => `account.${key}`), ...touched.events.map((name) => `event.${name}`)];
}

function sorted(values: ReadonlySet<string>): string[] {
  return [...values].sort();
}
