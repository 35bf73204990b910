import { Injectable, Logger } from '@nestjs/common';
import { assertNever } from '../../core/shared/assert-never.js';
import { indexValue } from '../../core/rule/sort-value.js';
import { retryConflicts } from '../../platform/database/retry-conflicts.js';
import { Sql } from '../../platform/database/sql.js';
import { waitForHistory } from '../history/history.queries.js';
import { loadCatalogue } from './catalogue.js';
import * as indexes from './attribute-indexes.queries.js';
import * as values from './attribute-values.queries.js';

const ROWS_AT_ONCE = 20_000;

/** What takes long and may be done later: takes the values of deleted attributes out, builds and drops indexes on attributes. What a crash interrupts is done again. */
@Injectable()
export class UpkeepService {
  private readonly logger = new Logger('upkeep');

  constructor(private readonly sql: Sql) {}

  /** Does what is open; safe to call from several processes. */
  async work(now: Date): Promise<void> {
    if ((await values.listRemoving(this.sql)).length === 0 && (await indexes.listOpenIndexes(this.sql)).length === 0) return;
    // The outer transaction only holds the lock: an index is built outside of any, and waits for snapshots, which this one does not keep.
    await this.sql.transaction(async (holder) => {
      if (!(await indexes.tryLockUpkeep(holder))) return;
      for (const { scope, key } of await values.listRemoving(this.sql)) await this.remove(scope, key, now);
      for (const row of await indexes.listOpenIndexes(this.sql)) await this.bringAbout(row, now);
    });
  }

  private async remove(scope: 'contact' | 'account', key: string, now: Date): Promise<void> {
    for (let after: number | undefined = 0; after !== undefined; ) after = await retryConflicts(() => this.removeSome(scope, key, after ?? 0, now));
    await this.sql.transaction((sql) => values.forgetAttribute(sql, scope, key));
  }

  /** With the history's lock: who was computing the attribute when it was deleted has finished. */
  private removeSome(scope: 'contact' | 'account', key: string, after: number, now: Date): Promise<number | undefined> {
    return this.sql.transaction(async (sql) => {
      await waitForHistory(sql);
      return values.removeSome(sql, scope, key, after, ROWS_AT_ONCE, now);
    });
  }

  private async bringAbout(row: indexes.IndexRow, now: Date): Promise<void> {
    switch (row.state) {
      case 'unwanted':
        await indexes.dropIndex(this.sql, row.name);
        return indexes.forgetIndex(this.sql, row.scope, row.key);
      case 'wanted':
      case 'building':
        return this.build(row, now);
      case 'ready':
      case 'failed':
        return;
      default:
        return assertNever(row.state);
    }
  }

  private async build(row: indexes.IndexRow, now: Date): Promise<void> {
    const field = (await loadCatalogue(this.sql)).find(row.scope, row.key);
    const value = field && indexValue(field, `'${row.key}'`);
    if (!value) return indexes.noteIndex(this.sql, row, 'failed', 'There is no such attribute to build an index on.', now);
    await indexes.noteIndex(this.sql, row, 'building', null, now);
    try {
      await indexes.dropIndex(this.sql, row.name); // what a building that broke off left behind is not valid
      await indexes.createIndex(this.sql, row.scope, row.name, value);
      await indexes.noteIndex(this.sql, row, 'ready', null, now);
    } catch (error) {
      this.logger.error(error, `the index on ${row.scope}.${row.key} could not be built`);
      await indexes.noteIndex(this.sql, row, 'failed', 'The index could not be built; the log says why. Ask for it again to try once more.', now);
    }
  }
}
