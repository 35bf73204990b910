import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { accountTrigger, type AccountTrigger } from '../../core/account/account-trigger.js';
import type { Reach } from '../../core/shared/reach.js';
import { err, ok, type Result } from '../../core/shared/result.js';
import { Clock } from '../../platform/clock/clock.js';
import { readEventCursor, writeEventCursor } from '../../platform/database/event-cursor.queries.js';
import { Sql } from '../../platform/database/sql.js';
import { AuditService } from '../../privacy/audit.service.js';
import * as queries from './triggers.queries.js';
import { CURSOR, listActive } from './watch.queries.js';
import { WatchService } from './watch.service.js';

export interface Trigger extends Omit<queries.TriggerRow, 'definition'> {
  readonly definition: AccountTrigger;
}

export type TriggerProblem = { readonly kind: 'missing' } | { readonly kind: 'taken' };

export interface ShownFiring {
  readonly row: queries.FiringRow;
  readonly contactIds: readonly number[];
}

/** What is watched of accounts: defined, changed, paused, and when it fired. */
@Injectable()
export class TriggersService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly audit: AuditService,
    private readonly watching: WatchService,
  ) {}

  async list(): Promise<Trigger[]> {
    return (await queries.listTriggers(this.sql)).map(read);
  }

  async find(key: string, sql: Sql = this.sql): Promise<Trigger | undefined> {
    const row = await queries.findTrigger(sql, key);
    return row && read(row);
  }

  /** It watches from this moment on. */
  create(key: string, name: string, definition: AccountTrigger, by: string): Promise<Result<Trigger, TriggerProblem>> {
    return this.sql.transaction(async (sql) => {
      const now = this.clock.now();
      await this.beginReading(sql, now);
      if (!(await queries.insertTrigger(sql, { key, name, definition, by, now }))) return err({ kind: 'taken' as const });
      await this.record(sql, by, 'account_trigger.created', key, { definition }, now);
      return this.stored(sql, key);
    });
  }

  change(key: string, name: string, definition: AccountTrigger, by: string): Promise<Result<Trigger, TriggerProblem>> {
    return this.sql.transaction(async (sql) => {
      const before = await this.find(key, sql);
      if (!before) return err({ kind: 'missing' as const });
      if (before.name === name && isDeepStrictEqual(before.definition, definition)) return ok(before);
      const now = this.clock.now();
      await queries.updateTrigger(sql, { key, name, definition, by, now });
      await this.record(sql, by, 'account_trigger.changed', key, { from: before.definition, to: definition }, now);
      return this.stored(sql, key);
    });
  }

  /** A paused one sees nothing; resumed it watches from then on. Asking again changes nothing. */
  turn(key: string, state: queries.TriggerRunState, by: string): Promise<Result<Trigger, TriggerProblem>> {
    return this.sql.transaction(async (sql) => {
      if (!(await this.find(key, sql))) return err({ kind: 'missing' as const });
      const now = this.clock.now();
      if (state === 'active') await this.beginReading(sql, now);
      if (await queries.setState(sql, key, state, by, now)) await this.record(sql, by, state === 'active' ? 'account_trigger.resumed' : 'account_trigger.paused', key, {}, now);
      return this.stored(sql, key);
    });
  }

  /** Newest first; who made it fire is read from the events, and is gone with them. */
  async firings(trigger: Trigger, accountId: number | undefined, reach: Reach, before: readonly [Date, number], limit: number): Promise<ShownFiring[]> {
    const rows = await queries.listFirings(this.sql, trigger.trigger_id, accountId ?? null, reach, before, limit);
    const who = await this.watching.whoMadeIt(trigger.definition, rows.map((row) => ({ accountId: row.account_id, firedAt: row.fired_at })), this.clock.now());
    return rows.map((row, place) => ({ row, contactIds: who[place] ?? [] }));
  }

  /** Where nothing was watched nothing was read: what came meanwhile is not read now. */
  private async beginReading(sql: Sql, now: Date): Promise<void> {
    if ((await listActive(sql)).length === 0) await writeEventCursor(sql, CURSOR, (await readEventCursor(sql, CURSOR)).to, now);
  }

  private async stored(sql: Sql, key: string): Promise<Result<Trigger, TriggerProblem>> {
    const trigger = await this.find(key, sql);
    return trigger ? ok(trigger) : err({ kind: 'missing' });
  }

  private record(sql: Sql, actor: string, action: string, key: string, details: Record<string, unknown>, now: Date): Promise<void> {
    return this.audit.record(sql, { actor, action, subjectType: 'account_trigger', subjectId: key, details }, now);
  }
}

function read(row: queries.TriggerRow): Trigger {
  return { ...row, definition: accountTrigger.parse(row.definition) };
}
