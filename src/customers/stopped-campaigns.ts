import { type RefusedRead, refusedByCampaign } from '../core/attribute/refused-data.js';
import { campaignReads } from '../core/attribute/campaign-reads.js';
import type { Sql } from '../platform/database/sql.js';
import { loadDataReaders } from './data-users.js';
import { readDataItems } from './data-users.queries.js';

/** A campaign that sends nothing more, or to fewer people, because of what was just changed; and why. */
export interface StoppedCampaign {
  readonly campaign: string;
  readonly reads: readonly RefusedRead[];
}

/** What drafts, running and paused campaigns read that their purposes may not use now. */
async function loadRefused(sql: Sql): Promise<Map<string, RefusedRead[]>> {
  const readers = await loadDataReaders(sql);
  const names = new Set([...readers.campaigns.values()].flatMap((definition) => campaignReads(definition, readers).map(({ data }) => data)));
  const items = new Map((await readDataItems(sql, [...names])).map((item) => [item.name, item]));
  return refusedByCampaign(readers, (name) => items.get(name) ?? { name, purposes: [], sensitive: false });
}

/** Does a change of a segment, a template or a classification and tells which campaigns it stops. The change is not refused: the gate holds whatever is decided here. */
export async function tellingWhatStops<Value>(sql: Sql, change: () => Promise<Value>): Promise<{ value: Value; stops: StoppedCampaign[] }> {
  const before = await loadRefused(sql);
  const value = await change();
  const stops: StoppedCampaign[] = [];
  for (const [campaign, reads] of await loadRefused(sql)) {
    const known = new Set(before.get(campaign)?.map(({ kind, data, path }) => `${kind} ${path} ${data}`));
    const fresh = reads.filter(({ kind, data, path }) => !known.has(`${kind} ${path} ${data}`));
    if (fresh.length > 0) stops.push({ campaign, reads: fresh });
  }
  return { value, stops };
}
