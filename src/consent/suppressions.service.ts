import { Injectable } from '@nestjs/common';
import type { SuppressionReason } from '../core/consent/suppression-reasons.js';
import { err, ok, type Result } from '../core/shared/result.js';
import { Clock } from '../platform/clock/clock.js';
import { Sql } from '../platform/database/sql.js';
import { Secrets } from '../platform/secrets.js';
import { AuditService } from '../privacy/audit.service.js';
import { addressHash } from './address-hash.js';
import {
  addressOf,
  deleteSuppressions,
  insertSuppressions,
  listSuppressions,
  lockBucketsOfAddresses,
  type Suppression,
  type SuppressionPosition,
  type SuppressionRow,
  suppressionsOf,
} from './suppressions.queries.js';

/** Who is meant: by address, or by the contact who has it. */
export type AddressHolder = { readonly email: string } | { readonly contactId: number };

/** What the person decided for himself: only he can take it back, so a colleague has to say that he asked. */
const BY_THE_PERSON: ReadonlySet<SuppressionReason> = new Set(['unsubscribed_all', 'unsubscribed_topic', 'complaint', 'objected', 'erased']);

export function isByThePerson(reason: SuppressionReason): boolean {
  return BY_THE_PERSON.has(reason);
}

export type LiftProblem = { kind: 'address_unknown' } | { kind: 'not_suppressed' } | { kind: 'only_the_person' };

/** Addresses that must not be mailed, known by keyed hash only. */
@Injectable()
export class SuppressionsService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly secrets: Secrets,
    private readonly audit: AuditService,
  ) {}

  hashOf(email: string): Buffer {
    return addressHash(this.secrets, email);
  }

  /** The hash of a contact's address; undefined without contact or without address. */
  async hashOfContact(sql: Sql, contactId: number): Promise<Buffer | undefined> {
    const row = await addressOf(sql, contactId);
    return row?.address_hash ?? (row?.email ? this.hashOf(row.email) : undefined);
  }

  /** Suppresses a batch in the caller's transaction: two statements. From its commit on nothing is leased for these addresses. */
  async suppress(sql: Sql, suppressions: readonly Suppression[], now: Date): Promise<void> {
    if (suppressions.length === 0) return;
    await sql.transaction(async (within) => {
      await lockBucketsOfAddresses(within, suppressions.map((one) => one.addressHash));
      await insertSuppressions(within, suppressions, now);
    });
  }

  /** The person comes back: takes away what his own "no" put there (for these topics; for all when null). A bounce or a complaint stays. */
  liftOptOuts(sql: Sql, hash: Buffer, purposes: readonly string[] | null): Promise<SuppressionRow[]> {
    return deleteSuppressions(sql, hash, ['unsubscribed_all', 'unsubscribed_topic', 'objected'], purposes);
  }

  of(sql: Sql, hash: Buffer): Promise<SuppressionRow[]> {
    return suppressionsOf(sql, hash);
  }

  list(filter: { reason?: SuppressionReason | undefined; email?: string | undefined }, after: SuppressionPosition | undefined, limit: number): ReturnType<typeof listSuppressions> {
    return listSuppressions(this.sql, { reason: filter.reason, addressHash: filter.email === undefined ? undefined : this.hashOf(filter.email) }, after, limit);
  }

  /** A colleague suppresses an address by hand, or carries over what another system knew. */
  async add(holder: AddressHolder, input: { reason: SuppressionReason; purpose?: string | undefined; endsAt?: Date | null | undefined }, actor: string): Promise<Result<SuppressionRow, LiftProblem>> {
    const now = this.clock.now();
    return this.sql.transaction(async (sql) => {
      const hash = await this.hashOfHolder(sql, holder);
      if (!hash) return err({ kind: 'address_unknown' });
      await this.suppress(sql, [{ ...input, addressHash: hash, source: actor }], now);
      await this.audit.record(sql, { actor, action: 'suppression.added', subjectType: 'suppression', subjectId: hash.toString('hex'), details: { reason: input.reason, purpose: input.purpose } }, now);
      const row = (await suppressionsOf(sql, hash)).find((one) => one.reason === input.reason && one.purpose === (input.purpose ?? ''));
      return row ? ok(row) : err({ kind: 'not_suppressed' });
    });
  }

  /** A colleague lifts a suppression and says why; what the person decided for himself only when he asked for it. */
  async lift(
    holder: AddressHolder | { readonly addressHash: Buffer },
    input: { reason: SuppressionReason; purpose?: string | undefined; why: string; requestedByPerson: boolean },
    actor: string,
  ): Promise<Result<SuppressionRow, LiftProblem>> {
    const now = this.clock.now();
    if (isByThePerson(input.reason) && !input.requestedByPerson) return err({ kind: 'only_the_person' });
    return this.sql.transaction(async (sql) => {
      const hash = 'addressHash' in holder ? holder.addressHash : await this.hashOfHolder(sql, holder);
      if (!hash) return err({ kind: 'address_unknown' });
      const [lifted] = await deleteSuppressions(sql, hash, [input.reason], input.purpose === undefined ? [] : [input.purpose]);
      if (!lifted) return err({ kind: 'not_suppressed' });
      const details = { reason: input.reason, purpose: input.purpose, why: input.why, requestedByPerson: input.requestedByPerson, suppressedAt: lifted.suppressed_at };
      await this.audit.record(sql, { actor, action: 'suppression.lifted', subjectType: 'suppression', subjectId: hash.toString('hex'), details }, now);
      return ok(lifted);
    });
  }

  private async hashOfHolder(sql: Sql, holder: AddressHolder): Promise<Buffer | undefined> {
    return 'email' in holder ? this.hashOf(holder.email) : this.hashOfContact(sql, holder.contactId);
  }
}
