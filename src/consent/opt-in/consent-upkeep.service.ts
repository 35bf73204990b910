import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { ConsentEntry } from '../../core/consent/consent-event.js';
import { Clock } from '../../platform/clock/clock.js';
import { retryConflicts } from '../../platform/database/retry-conflicts.js';
import { Sql } from '../../platform/database/sql.js';
import { Rhythms } from '../../platform/schedule/rhythms.js';
import { LedgerService } from '../ledger.service.js';
import { consentsOf, listLapsed, type StandingRow } from './consent-upkeep.queries.js';
import { takeUnanswered } from './opt-in.queries.js';

const HOUR = 3_600_000;
const AT_ONCE = 1_000;

/** Writes down what time has decided: consents that ran out, and questions that nobody answered. Silence is a no. */
@Injectable()
export class ConsentUpkeepService implements OnApplicationBootstrap {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly ledger: LedgerService,
    private readonly rhythms: Rhythms,
  ) {}

  onApplicationBootstrap(): void {
    // Nothing is mailed on a consent that has lapsed, written down or not: an hour later is early enough.
    this.rhythms.every(HOUR, 'consents that ran out', () => this.run());
  }

  async run(): Promise<{ lapsed: number; unanswered: number }> {
    const now = this.clock.now();
    const lapsed = await this.inBatches((sql) => this.expireLapsed(sql, now));
    const unanswered = await this.inBatches((sql) => this.endUnanswered(sql, now));
    return { lapsed, unanswered };
  }

  private async inBatches(batch: (sql: Sql) => Promise<{ taken: number; written: number }>): Promise<number> {
    for (let total = 0; ; ) {
      const { taken, written } = await retryConflicts(() => this.sql.transaction(batch));
      total += written;
      if (taken < AT_ONCE) return total;
    }
  }

  private async expireLapsed(sql: Sql, now: Date): Promise<{ taken: number; written: number }> {
    const rows = await listLapsed(sql, now, AT_ONCE);
    const { appended } = await this.ledger.append(sql, rows.map((row) => expired(row, 'validity_over', row.valid_until ?? now)), now);
    // Nobody there any more: looked at again for ever otherwise.
    return { taken: appended.length === 0 ? 0 : rows.length, written: appended.length };
  }

  private async endUnanswered(sql: Sql, now: Date): Promise<{ taken: number; written: number }> {
    const requests = await takeUnanswered(sql, now, AT_ONCE);
    const standing = Map.groupBy(await consentsOf(sql, requests.map((request) => request.contact_id), [...new Set(requests.map((request) => request.purpose))]), (row) => `${row.contact_id} ${row.purpose}`);
    const ending = requests
      .filter((request) => !request.asked_elsewhere)
      .flatMap((request) => (standing.get(`${request.contact_id} ${request.purpose}`) ?? []).filter((row) => isEnded(row, request)).map((row) => expired(row, 'request_unanswered', undefined)));
    const { appended } = await this.ledger.append(sql, ending, now);
    return { taken: requests.length, written: appended.length };
  }
}

/** What silence ends: a question that was never answered; and a yes without confirmation when the person really was asked for it. */
function isEnded(row: StandingRow, request: { kind: 'opt_in' | 're_confirmation'; was_sent: boolean }): boolean {
  if (row.state === 'requested') return true;
  return request.kind === 're_confirmation' && request.was_sent && row.state === 'given' && row.channel === 'email';
}

function expired(row: StandingRow, method: string, occurredAt: Date | undefined): ConsentEntry {
  return { contactId: row.contact_id, purpose: row.purpose, channel: row.channel, event: 'expired', occurredAt, legalBasis: row.legal_basis, proof: { actor: 'agent', actorName: 'Tactful', method } };
}
