import { type DraftStanding, ruleOfTier, type TierRules, type WaveStanding, approvalOf, type Approval } from '../core/account/tiers.js';
import type { Sql } from '../platform/database/sql.js';
import type { Candidate, DecisionRequest } from './decision-request.js';
import { lockWave, readWave } from './first-wave.queries.js';

interface Wave {
  readonly accounts: Set<number>;
  approved: number;
}

/** Of each taking of the audience and tier, the accounts in its first wave. It counts the drafts as they are decided, so that no pass makes too many. */
export class FirstWaves {
  private constructor(
    private readonly tiers: TierRules,
    private readonly waves: ReadonlyMap<string, Wave>,
  ) {}

  /** Asks the database only where somebody's tier has first waves: one wave is filled by one planner at a time. */
  static async load(sql: Sql, { campaignId, step, candidates }: DecisionRequest, tiers: TierRules, tierOf: (contactId: number) => string | null): Promise<FirstWaves> {
    const wanted = candidates.flatMap(({ contactId, occurrence }) => {
      const tier = tierOf(contactId);
      return tier !== null && ruleOfTier(tiers, tier)?.approval === 'first_wave' ? [{ tier, occurrence }] : [];
    });
    const waves = new Map<string, Wave>();
    if (wanted.length === 0) return new FirstWaves(tiers, waves);
    for (const { tier, occurrence } of wanted) waves.set(nameOf(tier, occurrence), { accounts: new Set(), approved: 0 });
    await lockWave(sql, campaignId, step);
    const rows = await readWave(sql, campaignId, step, [...new Set(wanted.map(({ occurrence }) => occurrence))], [...new Set(wanted.map(({ tier }) => tier))]);
    for (const { tier, occurrence, account_id: accountId, approved } of rows) {
      const wave = waves.get(nameOf(tier, occurrence));
      wave?.accounts.add(accountId);
      if (wave && approved) wave.approved += 1;
    }
    return new FirstWaves(tiers, waves);
  }

  approvalOf(tier: string | null, { accountId, occurrence }: Candidate, own: DraftStanding): Approval {
    return approvalOf(ruleOfTier(this.tiers, tier), own, this.waves.get(nameOf(tier ?? '', occurrence)) ?? NO_WAVE, accountId);
  }

  /** Counts a draft that was just decided. */
  take(tier: string | null, { accountId, occurrence }: Candidate): void {
    if (accountId !== null) this.waves.get(nameOf(tier ?? '', occurrence))?.accounts.add(accountId);
  }
}

const NO_WAVE: WaveStanding = { accounts: new Set(), approved: 0 };

function nameOf(tier: string, occurrence: number): string {
  return `${occurrence}.${tier}`;
}
