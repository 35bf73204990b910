import { Injectable } from '@nestjs/common';
import type { Sql } from '../platform/database/sql.js';
import { ListsService } from '../segments/lists.service.js';
import type { Campaign } from './campaign.js';

/** Somebody who passes a step that changes a list. */
export interface ListedPerson {
  readonly campaign: Campaign;
  readonly step: number;
  readonly contactId: number;
  readonly accountId: number | null;
}

/** Puts people into lists and takes them out as their campaign says: one statement a step, in the planner's own transaction, so that it happens once. */
@Injectable()
export class ListStepsService {
  constructor(private readonly lists: ListsService) {}

  /** Campaigns whose list is gone, and why they cannot go on. */
  async apply(sql: Sql, people: readonly ListedPerson[], now: Date): Promise<Map<number, string>> {
    const problems = new Map<number, string>();
    const groups = Map.groupBy(people, ({ campaign, step }) => `${campaign.campaignId}@${campaign.version}.${step}`);
    // By step: whoever passes two of them is first put in and then taken out, or the other way round.
    for (const group of [...groups.values()].sort(([left], [right]) => (left?.step ?? 0) - (right?.step ?? 0))) {
      const [{ campaign, step }] = group as [ListedPerson];
      const change = campaign.definition.steps[step];
      if (change?.kind !== 'add_to_list' && change?.kind !== 'remove_from_list') continue;
      const done = await this.lists.changeByCampaign(sql, change.list, change.kind === 'add_to_list' ? 'add' : 'remove', group, now);
      if (!done.ok) problems.set(campaign.campaignId, `Step ${step + 1}: there is no list "${change.list}".`);
    }
    return problems;
  }
}
