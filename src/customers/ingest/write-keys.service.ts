import { Injectable } from '@nestjs/common';
import { err, ok, type Result } from '../../core/shared/result.js';
import { Clock } from '../../platform/clock/clock.js';
import { Sql } from '../../platform/database/sql.js';
import { AuditService } from '../../privacy/audit.service.js';
import { AttributesService } from '../attributes.service.js';
import type { WriteKeyInput } from './write-key-input.js';
import { isWriteKey, newWriteKey, writeKeyIn } from './write-key-text.js';
import { findWriteKey, insertWriteKey, listWriteKeys, revokeWriteKey, touchWriteKey, type WriteKeyRow } from './write-keys.queries.js';

// "Last used" is for people who tidy up: to the minute is enough.
const TOUCH_EVERY_MS = 60_000;
// Another process's revocation is seen within this time; this one's at once.
const FRESH_FOR_MS = 5_000;
const MOST_REMEMBERED = 1_000;

/** What may send data in: a key that can do nothing else. It is shown once; only its hash is kept. */
@Injectable()
export class WriteKeysService {
  private readonly remembered = new Map<string, { row: Promise<(WriteKeyRow & { key_hash: Buffer }) | undefined>; until: number }>();
  private readonly touched = new Map<number, number>();

  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly attributes: AttributesService,
    private readonly audit: AuditService,
  ) {}

  /** The write key of a request; undefined for none, an unknown or a revoked one, and for any other kind of key. */
  async authenticate(authorization: string | undefined, inBody: unknown): Promise<WriteKeyRow | undefined> {
    const given = writeKeyIn(authorization, inBody);
    if (!given) return undefined;
    const row = await this.find(given.prefix);
    if (!row || !isWriteKey(given.text, row.key_hash)) return undefined;
    await this.touch(row.write_key_id);
    return row;
  }

  async create(input: WriteKeyInput, actor: string): Promise<Result<{ key: string; row: WriteKeyRow }, { kind: 'purpose_unknown'; unknown: readonly string[] }>> {
    const unknown = await this.attributes.unknownPurposes([...input.purposes, ...Object.values(input.consentCategories).flat()]);
    if (unknown.length > 0) return err({ kind: 'purpose_unknown', unknown: [...new Set(unknown)] });
    const now = this.clock.now();
    const { text, prefix, hash } = newWriteKey();
    const { noticeVersion, consentCategories, consentWordingVersion, eventsPerSecond, allowedOrigins, ...rest } = input;
    const key = { ...rest, prefix, hash, notice_version: noticeVersion, consent_categories: consentCategories, consent_wording_version: consentWordingVersion, events_per_second: eventsPerSecond, allowed_origins: allowedOrigins };
    return ok(
      await this.sql.transaction(async (sql) => {
        const row = await insertWriteKey(sql, key, now);
        await this.audit.record(sql, { actor, action: 'write_key.created', subjectType: 'write_key', subjectId: String(row.write_key_id), details: { ...input } }, now);
        return { key: text, row };
      }),
    );
  }

  list(after: number, limit: number): Promise<WriteKeyRow[]> {
    return listWriteKeys(this.sql, after, limit);
  }

  async revoke(writeKeyId: number, actor: string): Promise<WriteKeyRow | undefined> {
    const now = this.clock.now();
    const revoked = await this.sql.transaction(async (sql) => {
      const row = await revokeWriteKey(sql, writeKeyId, now);
      if (row) await this.audit.record(sql, { actor, action: 'write_key.revoked', subjectType: 'write_key', subjectId: String(writeKeyId), details: { source: row.source } }, now);
      return row;
    });
    this.remembered.clear();
    return revoked;
  }

  private find(prefix: string): Promise<(WriteKeyRow & { key_hash: Buffer }) | undefined> {
    const now = performance.now();
    const known = this.remembered.get(prefix);
    if (known && known.until > now) return known.row;
    if (this.remembered.size >= MOST_REMEMBERED) this.remembered.clear(); // guesses must not fill the memory
    const row = findWriteKey(this.sql, prefix);
    this.remembered.set(prefix, { row, until: now + FRESH_FOR_MS });
    row.catch(() => this.remembered.delete(prefix));
    return row;
  }

  private async touch(writeKeyId: number): Promise<void> {
    const now = this.clock.now();
    if (now.getTime() - (this.touched.get(writeKeyId) ?? -Infinity) < TOUCH_EVERY_MS) return;
    this.touched.set(writeKeyId, now.getTime());
    await touchWriteKey(this.sql, writeKeyId, now);
  }
}
