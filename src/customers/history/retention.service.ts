import { Injectable } from '@nestjs/common';
import { retryConflicts } from '../../platform/database/retry-conflicts.js';
import { Sql } from '../../platform/database/sql.js';
import { AuditService } from '../../privacy/audit.service.js';
import { EMPTIED_COLUMNS } from '../attributes.service.js';
import { clearValues, countDueValues, forgetUnretained, noteValues, readRetained, type RetainedAttribute } from './retention.queries.js';

type Went = (sql: Sql, attribute: string, count: number) => Promise<void>;

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

  /** How many values were taken out, by attribute; `went` is told of each in its transaction. */
  async clear(now: Date, went: Went = () => Promise.resolve()): Promise<Record<string, number>> {
    const cleared: Record<string, number> = {};
    for (const attribute of await this.retained()) {
      const count = await retryConflicts(() => this.sql.transaction((sql) => this.clearOne(sql, attribute, now, went)));
      if (count > 0) cleared[nameOf(attribute)] = count;
    }
    await forgetUnretained(this.sql);
    return cleared;
  }

  /** How many values are over their time, as noted last night. */
  async countDue(now: Date): Promise<{ attribute: string; retentionDays: number; count: number }[]> {
    const due = await countDueValues(this.sql, await this.retained(), now);
    return due.map(({ scope, key, retention_days: retentionDays, count }) => ({ attribute: `${scope}.${key}`, retentionDays, count }));
  }

  private async retained(): Promise<RetainedAttribute[]> {
    const rows = (await readRetained(this.sql)).filter((row) => !row.standard || EMPTIED_COLUMNS.has(row.key));
    return rows.map((row) => ({ scope: row.scope, key: row.key, retentionDays: row.retention_days, column: row.standard ? row.key : undefined }));
  }

  private async clearOne(sql: Sql, attribute: RetainedAttribute, now: Date, went: Went): Promise<number> {
    await noteValues(sql, attribute, now);
    const count = await clearValues(sql, attribute, now);
    if (count > 0) {
      const details = { values: count, retentionDays: attribute.retentionDays };
      await this.audit.record(sql, { actor: 'system', action: 'attribute.retention', subjectType: 'attribute', subjectId: nameOf(attribute), details }, now);
      await went(sql, nameOf(attribute), count);
    }
    return count;
  }
}

function nameOf({ scope, key }: RetainedAttribute): string {
  return `${scope}.${key}`;
}
