import type { CampaignDefinition } from '../campaign/definition.js';
import type { TouchedItem } from '../decision/facts.js';
import { mayServe } from '../decision/gates/purpose.js';
import { campaignReads } from './campaign-reads.js';
import type { DataReaders } from './data-users.js';

/** Data that a campaign reads and its purpose may not use, or may use of some people only. */
export interface RefusedRead {
  /** refused: nobody gets the mail; sensitive: only whoever consented to this explicitly. */
  readonly kind: 'refused' | 'sensitive';
  readonly data: string;
  readonly path: string;
  readonly through?: string | undefined;
  readonly message: string;
}

/** An item with where it was found, when that is not the segment or template itself. */
export type ReadItem = TouchedItem & { readonly through?: string | undefined };

/** Purpose limitation in words: what is read, where, why it may not be, and what to do. */
export function sayRefused(reader: string, { name, purposes, through }: ReadItem, purpose: string): string {
  const why = purposes.length === 0 ? 'nobody has classified it yet, so it may be used for nothing' : `it was collected for ${purposes.map((key) => `"${key}"`).join(', ')}`;
  return `${reader} reads "${name}", which may not be used for the purpose "${purpose}": ${why}${through === undefined ? '' : ` (read by ${through})`}. Have it classified for this purpose if it was collected for that, or do without it.`;
}

export function saySensitive(reader: string, { name, through }: ReadItem, purpose: string): string {
  return `${reader} reads "${name}"${through === undefined ? '' : ` (by ${through})`}, which is sensitive (GDPR art. 9): only people with explicit consent to its use for "${purpose}" get this mail.`;
}

/** How a place in a definition is called. */
function readerOf({ audience, steps }: CampaignDefinition, path: string): string {
  if (path === 'audience.segment') return `Segment "${audience.segment}"`;
  if (path === 'entry.event') return 'The entry';
  const step = steps[Number(/^steps\[(\d+)\]/.exec(path)?.[1])];
  return step?.kind === 'send' ? `Template "${step.template}"` : 'The campaign';
}

/** For each campaign that has any: what its purpose may not use now, or of some people only. Nobody else gets mail of it until that is put right. */
export function refusedByCampaign(readers: DataReaders, item: (data: string) => TouchedItem): Map<string, RefusedRead[]> {
  const refused = new Map<string, RefusedRead[]>();
  for (const [key, definition] of readers.campaigns) {
    const reads = campaignReads(definition, readers).flatMap(({ data, path, through }): RefusedRead[] => {
      const found = item(data);
      const read = { data, path, ...(through !== undefined && { through }) };
      if (!mayServe(found.purposes, definition.purpose)) return [{ kind: 'refused', ...read, message: sayRefused(readerOf(definition, path), { ...found, through }, definition.purpose) }];
      return found.sensitive ? [{ kind: 'sensitive', ...read, message: saySensitive(readerOf(definition, path), { ...found, through }, definition.purpose) }] : [];
    });
    if (reads.length > 0) refused.set(key, reads);
  }
  return refused;
}
