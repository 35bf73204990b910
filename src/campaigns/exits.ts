import { type CampaignDefinition, type ExitCondition, exitConditions, exitStepsBefore } from '../core/campaign/definition.js';
import type { Sql } from '../platform/database/sql.js';
import { listExits, listExitsOfMail } from './planner.queries.js';

export const GOAL = 'goal';
/** Why somebody leaves: the exit of a step, the campaign's own (undefined), or the goal. */
export type Left = number | undefined | typeof GOAL;
export const NO_EXITS: ReadonlySet<Left> = new Set();

/** Of whoever is about to be decided on, by position in `people`: what speaks for leaving. Nothing is asked where there is nothing to leave by. */
export async function exitsOf(sql: Sql, definition: CampaignDefinition, people: Parameters<typeof listExits>[1], now: Date): Promise<ReadonlyMap<number, ReadonlySet<Left>>> {
  const ways = waysOut(definition);
  return ways.length === 0 ? new Map() : byPosition(await listExits(sql, people, ways.map(({ condition }) => condition), now), ways);
}

/**
 * The same of mail of one step that is about to leave (rules.md: looked at again just before). Of exits that are steps those count that were
 * passed on the way to this mail: one that lies behind an earlier mail was asked then, and is not asked twice by the planner either.
 */
export async function exitsOfMail(
  sql: Sql,
  campaign: { readonly campaignId: number; readonly definition: CampaignDefinition },
  step: number,
  messages: Parameters<typeof listExitsOfMail>[2],
  now: Date,
): Promise<ReadonlyMap<number, ReadonlySet<Left>>> {
  const passed = exitStepsBefore(campaign.definition.steps, step);
  const ways = waysOut(campaign.definition).filter((way) => typeof way.left !== 'number' || passed.includes(way.left));
  return ways.length === 0 ? new Map() : byPosition(await listExitsOfMail(sql, campaign.campaignId, messages, ways.map(({ condition }) => condition), now), ways);
}

interface WayOut {
  readonly left: Left;
  readonly condition: ExitCondition;
}

function waysOut(definition: CampaignDefinition): WayOut[] {
  const exits = exitConditions(definition).map(({ step, condition }): WayOut => ({ left: step, condition }));
  return definition.goal ? [...exits, { left: GOAL, condition: definition.goal }] : exits;
}

function byPosition(found: readonly { position: number; condition: number }[], ways: readonly WayOut[]): Map<number, Set<Left>> {
  const left = new Map<number, Set<Left>>();
  for (const { position, condition } of found) left.set(position, (left.get(position) ?? new Set()).add(ways[condition]?.left));
  return left;
}
