import { randomFillSync } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Sql } from '../platform/database/sql.js';
import { Secrets } from '../platform/secrets.js';
import { insertPersonKeys, readPersonKeys } from './person-keys.queries.js';

const HALF_BYTES = 32;

/**
 * The keys under which proofs are sealed, one a person: HMAC-SHA-256 of a random half, which lies in the database, under the installation's secret, which does
 * not. A copy of the database alone opens nothing, and a half that is deleted can never be made again. Never kept in memory: a shredded key is gone at once.
 */
@Injectable()
export class PersonKeys {
  constructor(private readonly secrets: Secrets) {}

  async read(sql: Sql, contactIds: readonly number[]): Promise<Map<number, Buffer>> {
    return new Map((await readPersonKeys(sql, contactIds)).map((row) => [row.contact_id, this.whole(row.key)]));
  }

  /** The keys of these people, made where there are none. The caller holds their locks. */
  async ensure(sql: Sql, contactIds: readonly number[]): Promise<Map<number, Buffer>> {
    const keys = await this.read(sql, contactIds);
    const without = contactIds.filter((contactId) => !keys.has(contactId));
    const random = randomFillSync(Buffer.alloc(HALF_BYTES * without.length));
    const made = without.map((contact_id, index) => ({ contact_id, key: random.subarray(index * HALF_BYTES, (index + 1) * HALF_BYTES) }));
    await insertPersonKeys(sql, made);
    for (const { contact_id, key } of made) keys.set(contact_id, this.whole(key));
    return keys;
  }

  private whole(half: Buffer): Buffer {
    return this.secrets.hmac('person-key', half);
  }
}
