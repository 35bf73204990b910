import { Inject, Injectable } from '@nestjs/common';
import { DEFAULT_POLICIES, type Policies, policiesOf, type PolicySettings, storedOf, type StoredPolicies } from '../core/decision/policies.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { writeSetting } from '../platform/database/settings.queries.js';
import { Sql } from '../platform/database/sql.js';
import { AuditService } from '../privacy/audit.service.js';
import { readPolicies } from './policies.queries.js';

/** The restraint policies in force: the workspace's, else the defaults. */
@Injectable()
export class PoliciesService {
  // One entry per edit of the policies since the process began.
  private readonly parsed = new Map<string, Policies>();

  constructor(
    private readonly sql: Sql,
    private readonly audit: AuditService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'defaultTimeZone' | 'defaultCountry'>,
  ) {}

  async current(sql: Sql = this.sql): Promise<Policies> {
    return this.of(await readPolicies(sql));
  }

  /** Policies as they are stored, null for none. The same contents give the same object, so that what is worked out per policy is kept. */
  of(stored: unknown): Policies {
    const text = JSON.stringify(stored ?? null);
    let policies = this.parsed.get(text);
    if (!policies) {
      policies = policiesOf(stored, this.defaults());
      this.parsed.set(text, policies);
    }
    return policies;
  }

  /** The settings of a version that this process decided on. */
  settingsOf(version: string): StoredPolicies {
    for (const policies of this.parsed.values()) if (policies.version === version) return storedOf(policies);
    throw new Error(`No decision was taken here on policies ${version}`);
  }

  /** Holds from the next batch on. */
  async replace(settings: PolicySettings, actor: string, now: Date): Promise<Policies> {
    return this.sql.transaction(async (sql) => {
      const before = await this.current(sql);
      await writeSetting(sql, { owner: 'policies', key: 'policies' }, settings, actor, now);
      const after = await this.current(sql);
      await this.audit.record(sql, { actor, action: 'policies.changed', subjectType: 'policies', details: { from: before.version, to: after.version, settings } }, now);
      return after;
    });
  }

  private defaults(): PolicySettings {
    return { ...DEFAULT_POLICIES, workspace: { timeZone: this.config.defaultTimeZone, country: this.config.defaultCountry } };
  }
}
