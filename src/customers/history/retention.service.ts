import { Injectable } from '@nestjs/common';
import { retryConflicts } from '../../platform/database/retry-conflicts.js';
import { Sql } from '../../platform/database/sql.js';
import { AuditService } from '../../privacy/audit.service.js';
import { EMPTIED_COLUMNS } from '../attributes.service.js';
import { clearValues, forgetUnretained, noteValues, readRetained, type RetainedAttribute } from './retention.queries.js';

/**
 * Takes out attribute values after their retention. When a value was set is found by looking every night, not noted at every write: that costs the
 * import nothing, misses no way of writing, and is exact to a day, as a retention is.
 */
@Injectable()
export class RetentionService {
  constructor(
    private readonly sql: Sql,
    private readonly audit: AuditService,
  ) {}

  /** How many values were taken out, by attribute. */
  async clear(now: Date): Promise<Record<string, number>> {
    const cleared: Record<string, number> = {};
    for (const row of await readRetained(this.sql)) {
      if (row.standard && !EMPTIED_COLUMNS.has(row.key)) continue;
      const attribute: RetainedAttribute = { scope: row.scope, key: row.key, retentionDays: row.retention_days, column: row.standard ? row.key : undefined };
      const count = await retryConflicts(() => this.sql.transaction((sql) => this.clearOne(sql, attribute, now)));
      if (count > 0) cleared[`${row.scope}.${row.key}`] = count;
    }
    await forgetUnretained(this.sql);
    return cleared;
  }

  private async clearOne(sql: Sql, attribute: RetainedAttribute, now: Date): Promise<number> {
    await noteValues(sql, attribute, now);
    const count = await clearValues(sql, attribute, now);
    if (count > 0) {
      const details = { values: count, retentionDays: attribute.retentionDays };
      await this.audit.record(sql, { actor: 'system', action: 'attribute.retention', subjectType: 'attribute', subjectId: `${attribute.scope}.${attribute.key}`, details }, now);
    }
    return count;
  }
}
