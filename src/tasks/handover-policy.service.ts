import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import { DEFAULT_HANDOVER_POLICY, type HandoverPolicy, handoverPolicy } from '../core/account/handover-policy.js';
import type { Workplace } from '../core/account/working-time.js';
import { Clock } from '../platform/clock/clock.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { writeSetting } from '../platform/database/settings.queries.js';
import { Sql } from '../platform/database/sql.js';
import { AuditService } from '../privacy/audit.service.js';
import { readHandover } from './handover-policy.queries.js';

export interface Handover {
  readonly policy: HandoverPolicy;
  readonly workplace: Workplace;
}

/** When the machine hands over, to whom and by when: the workspace's rules, else the defaults. */
@Injectable()
export class HandoverPolicyService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly audit: AuditService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'defaultTimeZone' | 'defaultCountry'>,
  ) {}

  async current(sql: Sql = this.sql): Promise<Handover> {
    const { policy, workplace } = await readHandover(sql);
    return {
      // A part that came with a later version of the program has its default until somebody chooses.
      policy: policy === null ? DEFAULT_HANDOVER_POLICY : handoverPolicy.parse({ ...DEFAULT_HANDOVER_POLICY, ...(policy as Partial<HandoverPolicy>) }),
      workplace: { timeZone: workplace?.timeZone ?? this.config.defaultTimeZone, country: workplace?.country ?? this.config.defaultCountry },
    };
  }

  /** Holds from the next event, and the next task, on. What is held already stays held. */
  async replace(policy: HandoverPolicy, actor: string): Promise<HandoverPolicy> {
    return this.sql.transaction(async (sql) => {
      const before = (await this.current(sql)).policy;
      if (isDeepStrictEqual(before, policy)) return before;
      const now = this.clock.now();
      await writeSetting(sql, { owner: 'tasks', key: 'handover_policy' }, policy, actor, now);
      await this.audit.record(sql, { actor, action: 'handover_policy.changed', subjectType: 'handover_policy', details: { from: before, to: policy } }, now);
      return policy;
    });
  }
}
