import { Inject, Injectable } from '@nestjs/common';
import { weighingKinds } from '../../core/account/compile-engagement.js';
import { wholePoints } from '../../core/account/score.js';
import type { ScorePolicy } from '../../core/account/score-policy.js';
import { err, ok, type Result } from '../../core/shared/result.js';
import { Clock } from '../../platform/clock/clock.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { limitTime } from '../../platform/database/limit-time.js';
import { Sql } from '../../platform/database/sql.js';
import { readAccountsToScore, readFit, readPeopleSums } from './account-scores.queries.js';
import { readState } from './engagement.queries.js';
import { judgeAccounts } from './judge-accounts.js';
import { accountsAfter, readPeopleAnew, readScored, type ScoredNow } from './score-preview.queries.js';
import { ScorePolicyService } from './score-policy.service.js';

const ACCOUNTS_AT_ONCE = 1_000;
const PREVIEW_MS = 60_000;
const QUERY_CANCELED = '57014';

export interface ScoreChange {
  readonly what: 'fit_grade' | 'engagement' | 'account_stage';
  readonly from: string | null;
  readonly to: string;
  readonly accounts: number;
}

/** What a policy would change, in numbers; writes nothing. */
@Injectable()
export class ScorePreviewService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly policies: ScorePolicyService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'defaultTimeZone'>,
  ) {}

  /** Every account, by its people and by what is known now: its first look under these rules. */
  async preview(policy: ScorePolicy): Promise<Result<{ readonly accounts: number; readonly changes: readonly ScoreChange[] }, { readonly kind: 'preview_slow'; readonly seconds: number }>> {
    try {
      return ok(await this.sql.transaction((sql) => this.compare(sql, policy)));
    } catch (error) {
      if ((error as { code?: string }).code !== QUERY_CANCELED) throw error;
      return err({ kind: 'preview_slow', seconds: PREVIEW_MS / 1_000 });
    }
  }

  private async compare(sql: Sql, policy: ScorePolicy): Promise<{ accounts: number; changes: ScoreChange[] }> {
    await limitTime(sql, PREVIEW_MS);
    const now = this.clock.now();
    const [force, wanted] = [await this.policies.inForce(sql), await this.policies.inForce(sql, policy)];
    const { epoch } = await readState(sql);
    // Other weights or half-lives: what people did is added up anew; else the sums that are there say the same.
    const sameKinds = JSON.stringify(weighingKinds(force.usable.engagement.kinds)) === JSON.stringify(weighingKinds(wanted.usable.engagement.kinds)) && force.policy.engagement.perDay === policy.engagement.perDay;
    const counts = new Map<string, ScoreChange>();
    let accounts = 0;
    for (let ids = await accountsAfter(sql, 0, ACCOUNTS_AT_ONCE); ids.length > 0; ids = await accountsAfter(sql, ids.at(-1) ?? 0, ACCOUNTS_AT_ONCE)) {
      const rows = await readAccountsToScore(sql, ids, now, 'reading');
      const sums = sameKinds ? await readPeopleSums(sql, ids, now) : await readPeopleAnew(sql, ids, { policy: wanted.usable.engagement, now, epoch });
      const fit = await readFit(sql, wanted.usable.fit.conditions, { fields: wanted.fields, segments: () => undefined, now, timeZone: this.config.defaultTimeZone, only: ids });
      const { scored } = judgeAccounts(rows, sums, new Map(fit.map(({ account_id: id, met }) => [id, met])), wanted.usable, new Date(epoch), now);
      const before = new Map((await readScored(sql, ids)).map((row) => [row.account_id, row]));
      for (const one of scored) note(counts, before.get(one.accountId), { fit_grade: one.fitGrade, engagement: String(wholePoints(one.engagement)), account_stage: one.stage });
      accounts += rows.length;
    }
    return { accounts, changes: [...counts.values()].sort((a, b) => a.what.localeCompare(b.what) || b.accounts - a.accounts || `${a.from} ${a.to}`.localeCompare(`${b.from} ${b.to}`)) };
  }
}

/** Engagement is told by tens: a table of a hundred rows by a hundred columns tells nobody anything. */
function note(counts: Map<string, ScoreChange>, before: ScoredNow | undefined, after: Record<ScoreChange['what'], string>): void {
  const tens = (points: string | null): string | null => (points === null ? null : `${Math.floor(Number(points) / 10) * 10}+`);
  const pairs: [ScoreChange['what'], string | null, string | null][] = [
    ['fit_grade', before?.fit_grade ?? null, after.fit_grade],
    ['engagement', tens(before?.engagement_score === undefined || before.engagement_score === null ? null : String(before.engagement_score)), tens(after.engagement)],
    ['account_stage', before?.account_stage ?? null, after.account_stage],
  ];
  for (const [what, from, to] of pairs) {
    if (from === to || to === null) continue;
    const key = `${what} ${from} ${to}`;
    counts.set(key, { what, from, to, accounts: (counts.get(key)?.accounts ?? 0) + 1 });
  }
}
