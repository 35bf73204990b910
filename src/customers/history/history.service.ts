import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { readHorizon } from '../../platform/database/horizon.queries.js';
import { retryConflicts } from '../../platform/database/retry-conflicts.js';
import { Sql } from '../../platform/database/sql.js';
import * as queries from './history.queries.js';

/** People at once: enough for a million to be read by few passes over the events, few enough for one transaction. */
const BATCH = 20_000;
const DUE_AT_ONCE = 50_000;

export interface DigestReport {
  /** (contact, event, day) that were counted. */
  readonly days: number;
  /** People whose computed values were looked at, and those whose values changed. */
  readonly people: number;
  readonly changed: number;
}

/**
 * Keeps what follows from events up to date: the roll-up by day, and computed attributes. New events are found by the cursor, exactly once: it moves
 * on in the transaction that counts them. Safe to call from several processes; one works, the others find nothing to do.
 */
@Injectable()
export class HistoryService {
  constructor(
    private readonly sql: Sql,
    @Inject(CONFIG) private readonly config: Pick<Config, 'defaultTimeZone'>,
  ) {}

  /** Takes in what is new since the last time, and brings the values of those whom it concerns up to date. */
  async digest(now: Date): Promise<DigestReport> {
    const isNew = await queries.anythingNew(this.sql, await queries.readHistory(this.sql), await readHorizon(this.sql), now);
    const days = isNew ? await retryConflicts(() => this.sql.transaction((sql) => this.takeIn(sql, now))) : 0;
    if (!isNew && !(await queries.anyDirty(this.sql))) return { days: 0, people: 0, changed: 0 };
    let people = 0;
    let changed = 0;
    for (let batch = await this.computeBatch(now); batch !== undefined; batch = await this.computeBatch(now)) {
      people += batch.people;
      changed += batch.changed;
    }
    return { days: days ?? 0, people, changed };
  }

  /** In the caller's transaction, which holds the history's lock. */
  async takeInLocked(sql: Sql, now: Date): Promise<number> {
    let history = await queries.lockHistory(sql);
    if (history.cursor_xid === 0 && history.time_zone !== this.config.defaultTimeZone) {
      // Days begin where the workspace is; once the first event is counted they stay as they are.
      await queries.beginDaysIn(sql, this.config.defaultTimeZone);
      history = { ...history, time_zone: this.config.defaultTimeZone };
    }
    const to = await readHorizon(sql);
    const received = { from: history.cursor_xid, to };
    const days = await queries.rollUp(sql, received, history);
    await queries.noteLast(sql, received);
    await queries.markReceived(sql, received);
    await queries.advanceCursor(sql, to);
    await queries.markDue(sql, now, DUE_AT_ONCE);
    return days;
  }

  private async takeIn(sql: Sql, now: Date): Promise<number | undefined> {
    return (await queries.tryLockHistory(sql)) ? this.takeInLocked(sql, now) : undefined;
  }

  /** Undefined when nobody is left, or somebody else is at it. */
  private computeBatch(now: Date): Promise<{ people: number; changed: number } | undefined> {
    return retryConflicts(() =>
      this.sql.transaction(async (sql) => {
        if (!(await queries.tryLockHistory(sql))) return undefined;
        const dirty = await queries.takeDirty(sql, BATCH);
        if (dirty.length === 0) return undefined;
        const peopleOf = new Map(dirty.map(({ event, contact_ids: ids }) => [event, ids.map(Number)]));
        const attributes = (await queries.readComputed(sql)).filter(({ computation }) => peopleOf.has(computation.event));
        const people = new Set([...peopleOf.values()].flat()).size;
        if (attributes.length === 0) return { people: 0, changed: 0 };
        const { closed_before: closedBefore } = await queries.readHistory(sql);
        return { people, changed: await queries.writeComputed(sql, attributes, peopleOf, { now, closedBefore }) };
      }),
    );
  }
}
