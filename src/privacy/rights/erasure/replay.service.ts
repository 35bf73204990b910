import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { shredKeptProofs } from '../../../consent/person-keys.queries.js';
import { SuppressionsService } from '../../../consent/suppressions.service.js';
import { keepsAddressAway } from '../../../core/privacy/certificate.js';
import { DEFAULT_RETENTION } from '../../../core/privacy/retention-terms.js';
import { Clock } from '../../../platform/clock/clock.js';
import { Sql } from '../../../platform/database/sql.js';
import { AuditService } from '../../audit.service.js';
import { ErasureLog, type LoggedErasure } from './erasure-log.js';
import { holdersBefore, knownErasures, pageOfIds } from './erasure.queries.js';
import { ErasureService } from './erasure.service.js';

export interface ReplayReport {
  /** Erasures that the database did not know: a backup from before them was put back. */
  readonly replayed: number;
  /** People who were there again, and are gone again. */
  readonly people: number;
  /** Lines of the file that we did not write, or that a crash cut short. */
  readonly unreadable: number;
}

const PAGE = 20_000;

/** Does again what a restored backup does not know: before the application listens, sends or schedules anything. */
@Injectable()
export class ReplayService implements OnModuleInit {
  private readonly logger = new Logger('privacy');

  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly log: ErasureLog,
    private readonly erasures: ErasureService,
    private readonly suppressions: SuppressionsService,
    private readonly audit: AuditService,
  ) {}

  async onModuleInit(): Promise<void> {
    const { replayed, people, unreadable } = await this.replay();
    if (replayed > 0) this.logger.warn(`a backup was put back: ${replayed} erasures were done again, ${people} people are gone again`);
    if (unreadable > 0) this.logger.warn(`${unreadable} lines of ${this.log.path} cannot be read or were not written by this installation`);
  }

  async replay(): Promise<ReplayReport> {
    const { erasures, unreadable } = await this.log.read();
    const known = new Set(await knownErasures(this.sql, erasures.map(({ erasureId }) => erasureId)));
    const missing = erasures.filter(({ erasureId }) => !known.has(erasureId));
    let people = 0;
    if (missing.length > 0) {
      const found = await this.find(missing);
      for (const logged of missing) people += await this.again(logged, found.get(logged.erasureId) ?? []);
    }
    await this.erasures.keepOutside();
    return { replayed: missing.length, people, unreadable };
  }

  private again(logged: LoggedErasure, contactIds: readonly number[]): Promise<number> {
    const now = this.clock.now();
    return this.sql.transaction(async (sql) => {
      const holders = keepsAddressAway(logged.cause) ? await holdersBefore(sql, logged.addressHashes, logged.erasedAt) : [];
      const meant = [...new Set([...contactIds, ...holders])];
      const certificate = meant.length === 0 ? undefined : await this.erasures.eraseContacts(sql, meant, { kind: 'replay', actor: 'system', erasureId: logged.erasureId, evidenceUntil: evidenceUntil(logged) }, now);
      if (!certificate) await this.erasures.noteErasure(sql, logged, now);
      if (keepsAddressAway(logged.cause)) await shredKeptProofs(sql, logged.addressHashes);
      if (keepsAddressAway(logged.cause)) await this.suppressions.suppress(sql, logged.addressHashes.map((addressHash) => ({ addressHash, reason: 'erased', source: 'erasure' })), logged.erasedAt);
      await this.audit.record(sql, { actor: 'system', action: 'privacy.erasure_replayed', subjectType: 'erasure', subjectId: logged.erasureId, details: { people: certificate?.people ?? 0 } }, now);
      return certificate?.people ?? 0;
    });
  }

  /** Whom each erasure was about: ids are hashed one by one, 3 µs each, and only when something is missing. */
  private async find(missing: readonly LoggedErasure[]): Promise<Map<string, number[]>> {
    const erasureOf = new Map(missing.flatMap(({ erasureId, personKeys }) => personKeys.map((key) => [key.toString('hex'), erasureId] as const)));
    const found = new Map<string, number[]>();
    for (let page = await pageOfIds(this.sql, 0, PAGE); page.length > 0; page = await pageOfIds(this.sql, page.at(-1) ?? 0, PAGE)) {
      for (const contactId of page) {
        const erasureId = erasureOf.get(this.erasures.personKey(contactId).toString('hex'));
        if (erasureId !== undefined) found.set(erasureId, [...(found.get(erasureId) ?? []), contactId]);
      }
    }
    return found;
  }
}

/** Whom retention let go, nobody asked about: his proofs stay as long as they would have, by the default term, since the log keeps no other. */
function evidenceUntil({ cause, erasedAt }: LoggedErasure): Date | undefined {
  return cause === 'retention' ? new Date(erasedAt.getTime() + DEFAULT_RETENTION.consentEvidence * 86_400_000) : undefined;
}
