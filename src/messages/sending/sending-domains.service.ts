import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { Sql } from '../../platform/database/sql.js';
import { AuditService } from '../../privacy/audit.service.js';
import { deleteSuppressedDomain, findSendingDomain, insertSuppressedDomain, listSendingDomains, listSuppressedDomains, type SendingDomainRow, type SuppressedDomainRow, writeSendingDomain } from './sending.queries.js';

/** What an operator says of a domain that mail leaves from. */
export interface SendingState {
  readonly aligned: boolean | null;
  readonly problem: string | null;
  readonly paused: boolean;
  readonly pauseReason: string | null;
  readonly warmUpStartedOn: string | null;
  readonly dailyTarget: number | null;
  readonly hourlyLimit: number | null;
}

/** How the domains stand that mail leaves from, and which domains are never mailed. */
@Injectable()
export class SendingDomainsService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly audit: AuditService,
  ) {}

  list(): Promise<SendingDomainRow[]> {
    return listSendingDomains(this.sql);
  }

  find(domain: string): Promise<SendingDomainRow | undefined> {
    return findSendingDomain(this.sql, domain);
  }

  /** Holds from the next batch on. A pause keeps the moment at which it began. */
  async replace(domain: string, state: SendingState, actor: string): Promise<SendingDomainRow | undefined> {
    const now = this.clock.now();
    return this.sql.transaction(async (sql) => {
      const before = await findSendingDomain(sql, domain);
      await writeSendingDomain(sql, {
        domain, aligned: state.aligned, checked_at: state.aligned === null ? null : now, problem: state.problem, paused_at: state.paused ? (before?.paused_at ?? now) : null,
        pause_reason: state.paused ? state.pauseReason : null, warm_up_started_on: state.warmUpStartedOn, daily_target: state.dailyTarget, hourly_limit: state.hourlyLimit,
      });
      await this.audit.record(sql, { actor, action: 'sending_domain.changed', subjectType: 'sending_domain', subjectId: domain, details: { ...state } }, now);
      return findSendingDomain(sql, domain);
    });
  }

  suppressed(after: string, limit: number): Promise<SuppressedDomainRow[]> {
    return listSuppressedDomains(this.sql, after, limit);
  }

  async suppress(domain: string, reason: string, actor: string): Promise<void> {
    const now = this.clock.now();
    await this.sql.transaction(async (sql) => {
      await insertSuppressedDomain(sql, { domain, reason, suppressed_at: now, source: actor });
      await this.audit.record(sql, { actor, action: 'suppressed_domain.added', subjectType: 'suppressed_domain', subjectId: domain, details: { reason } }, now);
    });
  }

  /** Whether it was on the list. */
  async release(domain: string, actor: string): Promise<boolean> {
    const now = this.clock.now();
    return this.sql.transaction(async (sql) => {
      if ((await deleteSuppressedDomain(sql, domain)) === 0) return false;
      await this.audit.record(sql, { actor, action: 'suppressed_domain.removed', subjectType: 'suppressed_domain', subjectId: domain }, now);
      return true;
    });
  }
}
