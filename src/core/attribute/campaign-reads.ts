import type { CampaignDefinition } from '../campaign/definition.js';
import { namesTouched, NOTHING_TOUCHED, touchedBehindLists, touchedData } from '../rule/touched-data.js';
import type { DataReaders } from './data-users.js';

/** A piece of data that a campaign reads, and where. */
export interface DataRead {
  /** 'contact.plan', 'account.tier', 'event.Order Completed' */
  readonly data: string;
  /** Where in the definition: 'audience.segment', 'entry.event', 'steps[2].template'. */
  readonly path: string;
  /** Who reads it, when that is not what the path names: a segment within the segment, what filled a list, what a value is computed from. */
  readonly through?: string;
}

/**
 * All a campaign reads to choose people and to write to them: its audience through however many segments and lists, its entry, its mails, and
 * the events behind computed attributes and scores. What ends an enrollment is not among it: that only ever stops mail.
 */
export function campaignReads({ audience, entry, steps }: CampaignDefinition, readers: Pick<DataReaders, 'segments' | 'templates' | 'computed' | 'derived' | 'lists'>): DataRead[] {
  const reads: DataRead[] = [...audienceReads(audience.segment, readers)];
  if (entry.kind === 'event') reads.push({ data: `event.${entry.event}`, path: 'entry.event' });
  for (const [index, step] of steps.entries()) {
    if (step.kind !== 'send') continue;
    for (const data of namesTouched(readers.templates.get(step.template) ?? NOTHING_TOUCHED)) reads.push({ data, path: `steps[${index}].template` });
  }
  const known = new Set(reads.map(({ data, path }) => `${path} ${data}`));
  for (const { data, path } of [...reads]) {
    const computation = data.startsWith('contact.') ? readers.computed.get(data.slice('contact.'.length)) : undefined;
    for (const behind of computation ? [`event.${computation.event}`] : (readers.derived.get(data) ?? [])) {
      if (known.has(`${path} ${behind}`)) continue;
      known.add(`${path} ${behind}`);
      reads.push({ data: behind, path, through: `"${data}", which is computed from it` });
    }
  }
  return reads;
}

function audienceReads(key: string, { segments, lists }: Pick<DataReaders, 'segments' | 'lists'>): DataRead[] {
  const get = (segment: string) => segments.get(segment);
  const rule = get(key)?.rule;
  const within = rule ? touchedData(rule, get(key)?.scope ?? 'contact', get).segments : [];
  const all = touchedBehindLists({ ...NOTHING_TOUCHED, segments: [key, ...within] }, lists, get).segments;
  const reads = new Map<string, DataRead>();
  const note = (data: string, through: string | undefined): void => {
    if (!reads.has(data)) reads.set(data, { data, path: 'audience.segment', ...(through !== undefined && { through }) });
  };
  for (const one of [key, ...all.filter((other) => other !== key)]) {
    const segment = get(one);
    if (segment?.rule) for (const data of namesTouched(touchedData(segment.rule, segment.scope, () => undefined))) note(data, one === key ? undefined : `segment "${one}"`);
    for (const event of lists.get(one)?.events ?? []) note(`event.${event}`, `the campaign that fills the list "${one}"`);
  }
  return [...reads.values()];
}
