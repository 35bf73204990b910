import { Inject, Injectable } from '@nestjs/common';
import type { Scope } from '../../core/rule/rule.js';
import { addDays, dayAt } from '../../core/shared/calendar-day.js';
import { Clock } from '../../platform/clock/clock.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { Sql } from '../../platform/database/sql.js';
import { findSegment } from '../segments.queries.js';
import {
  type ChangeFilter, type ChangeOfRow, type ChangeRow, type DayRow, listChanges, listChangesOf, listDays, listSegmentsOf, listStatus, type MembershipRow, type StatusRow,
} from './history.queries.js';

/** Days shown when nothing is asked. */
const DAYS_SHOWN = 30;
const CHANGES_OF_ONE = 100;

export interface MembershipsOf {
  readonly now: readonly MembershipRow[];
  readonly changes: readonly ChangeOfRow[];
}

/** How segments stand, and who came and went when and why. */
@Injectable()
export class HistoryService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async status(keys: readonly string[]): Promise<ReadonlyMap<string, StatusRow>> {
    return new Map((keys.length === 0 ? [] : await listStatus(this.sql, keys)).map((row) => [row.key, row]));
  }

  /** Newest first; undefined when there is no such segment. */
  async changes(key: string, filter: ChangeFilter, before: readonly [Date, number] | null, limit: number): Promise<ChangeRow[] | undefined> {
    const segment = await findSegment(this.sql, key);
    return segment && listChanges(this.sql, segment.scope, segment.segment_id, filter, before, limit);
  }

  /** Day by day, up to today when nothing else is asked. */
  async days(key: string, asked: { readonly from?: string | undefined; readonly to?: string | undefined }): Promise<DayRow[] | undefined> {
    const segment = await findSegment(this.sql, key);
    const to = asked.to ?? dayAt(this.clock.now(), this.config.defaultTimeZone);
    return segment && listDays(this.sql, segment.scope, segment.segment_id, asked.from ?? addDays(to, 1 - DAYS_SHOWN), to, this.config.defaultTimeZone);
  }

  async of(scope: Scope, id: number): Promise<MembershipsOf> {
    return { now: await listSegmentsOf(this.sql, scope, id), changes: await listChangesOf(this.sql, scope, id, CHANGES_OF_ONE) };
  }
}
