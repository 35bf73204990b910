import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { err, ok, type Result } from '../../core/shared/result.js';
import { Clock } from '../../platform/clock/clock.js';
import { Sql } from '../../platform/database/sql.js';
import { AuditService } from '../../privacy/audit.service.js';
import { ATTRIBUTE_KEY } from '../import/safe-keys.js';
import { findIndex, type IndexRow, readProgress, unwantIndex, wantIndex } from './attribute-indexes.queries.js';
import { loadCatalogue } from './catalogue.js';

type Scope = 'contact' | 'account';

/** Each is paid for with every contact that is written (some 3 % of an import each). */
const MOST_INDEXES = 20;
/** Up to here rules get theirs by themselves; the others are left to those who ask. */
const MOST_FOR_RULES = 12;

export type IndexProblem = { readonly kind: 'missing' } | { readonly kind: 'too_many'; readonly most: number };

export interface IndexState {
  readonly row: IndexRow;
  readonly percent: number | undefined;
}

/** Indexes on attributes, made on demand: for sorting and filtering the tables of contacts and accounts by them, and for rules; on lists for what they contain. */
@Injectable()
export class AttributeIndexesService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly audit: AuditService,
  ) {}

  async want(scope: Scope, key: string, actor: string): Promise<Result<IndexState, IndexProblem>> {
    const field = ATTRIBUTE_KEY.test(key) ? (await loadCatalogue(this.sql)).find(scope, key) : undefined;
    if (!field) return err({ kind: 'missing' });
    return this.sql.transaction(async (sql) => {
      const row = await wantIndex(sql, scope, key, indexName(scope, key), MOST_INDEXES, this.clock.now());
      if (!row) return err({ kind: 'too_many', most: MOST_INDEXES });
      await this.audit.record(sql, { actor, action: 'attribute.indexed', subjectType: 'attribute', subjectId: `${scope}.${key}` }, this.clock.now());
      return ok({ row, percent: undefined });
    });
  }

  /** For the rule of a segment, by whoever saved it. What is there, ready or not, stays as it is; undefined when there are enough, or no such attribute. */
  async wantForSegment(scope: Scope, key: string, segment: string, actor: string): Promise<IndexRow | undefined> {
    if (!ATTRIBUTE_KEY.test(key)) return undefined;
    return this.sql.transaction(async (sql) => {
      const there = await findIndex(sql, scope, key);
      if (there && there.state !== 'unwanted') return there;
      const row = await wantIndex(sql, scope, key, indexName(scope, key), MOST_FOR_RULES, this.clock.now());
      if (row) await this.audit.record(sql, { actor, action: 'attribute.indexed', subjectType: 'attribute', subjectId: `${scope}.${key}`, details: { segment } }, this.clock.now());
      return row;
    });
  }

  async state(scope: Scope, key: string): Promise<IndexState | undefined> {
    const row = await findIndex(this.sql, scope, key);
    return row && { row, percent: row.state === 'building' ? await readProgress(this.sql, scope) : undefined };
  }

  /** False when there is none. */
  drop(scope: Scope, key: string, actor: string): Promise<boolean> {
    return this.sql.transaction(async (sql) => {
      if ((await unwantIndex(sql, scope, key)) === 0) return false;
      await this.audit.record(sql, { actor, action: 'attribute.unindexed', subjectType: 'attribute', subjectId: `${scope}.${key}` }, this.clock.now());
      return true;
    });
  }
}

/** Never longer than PostgreSQL allows, and of no character that needs quoting. */
function indexName(scope: Scope, key: string): string {
  return `${scope}s_attribute_${createHash('sha256').update(key).digest('hex').slice(0, 16)}`;
}
