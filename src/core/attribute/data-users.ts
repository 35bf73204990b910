import type { CampaignDefinition } from '../campaign/definition.js';
import type { SegmentRule } from '../rule/rule.js';
import { type ListOrigin, namesTouched, type TouchedData, touchedData } from '../rule/touched-data.js';
import { campaignReads } from './campaign-reads.js';
import type { Computation } from './computation.js';

/** Who touches a piece of data, by key. */
export interface DataUsers {
  readonly segments: string[];
  readonly templates: string[];
  readonly campaigns: string[];
  /** Computed attributes, where the data is an event; scores, by whatever they read. */
  readonly attributes: string[];
}

export interface DataReaders {
  readonly segments: ReadonlyMap<string, SegmentRule>;
  readonly templates: ReadonlyMap<string, TouchedData>;
  readonly campaigns: ReadonlyMap<string, CampaignDefinition>;
  readonly computed: ReadonlyMap<string, Computation>;
  /** What scores are worked out from: 'account.fit_grade' from 'account.sector', and so on. */
  readonly derived: ReadonlyMap<string, readonly string[]>;
  /** What filled lists, by the list. */
  readonly lists: ReadonlyMap<string, ListOrigin>;
}

/**
 * For each piece of data, as 'contact.plan', 'account.tier' or 'event.Order Completed', who touches it. A segment counts for what its own
 * rule names; a campaign for everything that its audience (through however many segments), its mails and its triggers read.
 */
export function dataUsers(readers: DataReaders): Map<string, DataUsers> {
  const { segments, templates, campaigns, computed, derived } = readers;
  const users = new Map<string, Record<keyof DataUsers, Set<string>>>();
  const note = (data: string, who: keyof DataUsers, key: string): void => {
    const found = users.get(data) ?? { segments: new Set(), templates: new Set(), campaigns: new Set(), attributes: new Set() };
    users.set(data, found);
    found[who].add(key);
  };
  for (const [key, segment] of segments) for (const data of ownData(segment)) note(data, 'segments', key);
  for (const [key, touched] of templates) for (const data of namesTouched(touched)) note(data, 'templates', key);
  for (const [key, { event }] of computed) note(`event.${event}`, 'attributes', key);
  for (const [score, from] of derived) for (const data of from) note(data, 'attributes', score.slice(score.indexOf('.') + 1));
  for (const [key, definition] of campaigns) {
    for (const { data } of campaignReads(definition, readers)) note(data, 'campaigns', key);
    for (const event of exitEvents(definition)) note(`event.${event}`, 'campaigns', key);
  }
  return new Map([...users].map(([data, found]) => [data, { segments: sorted(found.segments), templates: sorted(found.templates), campaigns: sorted(found.campaigns), attributes: sorted(found.attributes) }]));
}

export const NO_USERS: DataUsers = { segments: [], templates: [], campaigns: [], attributes: [] };

export function isUsed({ segments, templates, campaigns, attributes }: DataUsers): boolean {
  return segments.length + templates.length + campaigns.length + attributes.length > 0;
}

/** What a segment's own rule names; nothing for a list. */
function ownData({ rule, scope }: SegmentRule): string[] {
  return rule ? namesTouched(touchedData(rule, scope, () => undefined)) : [];
}

/** They only ever stop mail, so they need no purpose; but they are read. */
function exitEvents({ steps, exitOn, goal }: CampaignDefinition): string[] {
  return [...steps.flatMap((step) => (step.kind === 'exit_on_event' ? [step.event] : [])), ...exitOn.map(({ event }) => event), ...(goal ? [goal.event] : [])];
}

function sorted(keys: ReadonlySet<string>): string[] {
  return [...keys].sort();
}
