import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { DEFAULT_PORTFOLIO_POLICY, type PortfolioPolicy, portfolioPolicy } from '../../core/account/portfolio-policy.js';
import { Clock } from '../../platform/clock/clock.js';
import { readSetting, type Setting, writeSetting } from '../../platform/database/settings.queries.js';
import { Sql } from '../../platform/database/sql.js';
import { AuditService } from '../../privacy/audit.service.js';

const POLICY: Setting = { owner: 'portfolio', key: 'portfolio_policy' };

/** The rules of the portfolio in force: the workspace's, else the defaults. */
@Injectable()
export class PortfolioPolicyService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly audit: AuditService,
  ) {}

  async current(sql: Sql = this.sql): Promise<PortfolioPolicy> {
    const stored = await readSetting(sql, POLICY);
    // A part that came with a later version of the program has its default until somebody chooses.
    return portfolioPolicy.parse({ ...DEFAULT_PORTFOLIO_POLICY, ...(stored as Partial<PortfolioPolicy> | null) });
  }

  /** Holds from the next refresh on. */
  async replace(policy: PortfolioPolicy, actor: string): Promise<PortfolioPolicy> {
    return this.sql.transaction(async (sql) => {
      const before = await this.current(sql);
      if (isDeepStrictEqual(before, policy)) return before;
      const now = this.clock.now();
      await writeSetting(sql, POLICY, policy, actor, now);
      await this.audit.record(sql, { actor, action: 'portfolio_policy.changed', subjectType: 'portfolio_policy', details: { from: before, to: policy } }, now);
      return policy;
    });
  }
}
