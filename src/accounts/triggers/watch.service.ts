import { Injectable } from '@nestjs/common';
import { accountTrigger, type AccountTrigger, type Firing, type TriggerState, type TriggerTerms, visitsSince, watch } from '../../core/account/account-trigger.js';
import { DAY } from '../../core/rule/bounds.js';
import { retryConflicts } from '../../platform/database/retry-conflicts.js';
import { readEventCursor, writeEventCursor } from '../../platform/database/event-cursor.queries.js';
import { Sql } from '../../platform/database/sql.js';
import { TasksService } from '../../tasks/tasks.service.js';
import type { NewTask } from '../../tasks/task.js';
import * as queries from './watch.queries.js';

/** Transactions that may be looked at again and again while nothing happens. */
const LOOKED_BACK = 5_000;
/** Accounts whose visits are held in memory at once. */
const AT_ONCE = 200;

/** Watches what people of accounts do: each event once, also over crashes, because the cursor moves on in the transaction that fires. */
@Injectable()
export class WatchService {
  constructor(
    private readonly sql: Sql,
    private readonly tasks: TasksService,
  ) {}

  /** Everything received since the last look, and whose buying group changed meanwhile; gives how often it fired. Safe to call from several processes. */
  async readEvents(now: Date): Promise<number> {
    if ((await queries.listActive(this.sql)).length === 0) return 0;
    const { from, to } = await readEventCursor(this.sql, queries.CURSOR);
    const isAsked = await queries.isAnyAsked(this.sql);
    if (from >= to && !isAsked) return 0;
    // Asked every second: mostly there is nothing, and then nothing is locked or written.
    if (!isAsked && to - from <= LOOKED_BACK && (await this.touched(this.sql, await this.active(this.sql), { from, to }, now)).length === 0) return 0;
    return retryConflicts(() =>
      this.sql.transaction(async (sql) => {
        if (!(await queries.tryLockWatch(sql))) return 0;
        const between = await readEventCursor(sql, queries.CURSOR);
        const triggers = await this.active(sql);
        const touched = await this.touched(sql, triggers, between, now);
        const asked = await queries.takeAsked(sql);
        let fired = 0;
        for (const trigger of triggers) {
          const names = new Set(trigger.definition.events.map(({ event }) => event));
          const accountIds = [...new Set([...touched.flatMap(({ account_id: id, name }) => (names.has(name) ? [id] : [])), ...(trigger.definition.of === 'buying_group' ? asked : [])])];
          for (let place = 0; place < accountIds.length; place += AT_ONCE) fired += await this.look(sql, trigger, accountIds.slice(place, place + AT_ONCE), now);
        }
        if (between.from < between.to) await writeEventCursor(sql, queries.CURSOR, between.to, now);
        return fired;
      }),
    );
  }

  /** Who they were that made it fire, as the events tell today. */
  async whoMadeIt(definition: AccountTrigger, firings: readonly { readonly accountId: number; readonly firedAt: Date }[], now: Date): Promise<number[][]> {
    if (firings.length === 0) return [];
    const rows = await queries.readVisits(this.sql, definition, firings.map(({ accountId, firedAt }) => ({ accountId, since: new Date(firedAt.getTime() - definition.windowDays * DAY), until: firedAt })), now);
    return firings.map((_, place) => [...new Set(rows.filter((row) => row.place === place).map((row) => row.contact_id))].sort((a, b) => a - b));
  }

  private async active(sql: Sql): Promise<queries.ActiveTrigger[]> {
    return (await queries.listActive(sql)).map((row) => ({ ...row, definition: accountTrigger.parse(row.definition) }));
  }

  private touched(sql: Sql, triggers: readonly queries.ActiveTrigger[], received: { from: number; to: number }, now: Date): Promise<{ account_id: number; name: string }[]> {
    const names = [...new Set(triggers.flatMap(({ definition }) => definition.events.map(({ event }) => event)))];
    const longest = Math.max(0, ...triggers.map(({ definition }) => definition.windowDays));
    return names.length === 0 ? Promise.resolve([]) : queries.listTouched(sql, names, received, new Date(now.getTime() - longest * DAY));
  }

  private async look(sql: Sql, trigger: queries.ActiveTrigger, accountIds: readonly number[], now: Date): Promise<number> {
    const { definition, trigger_id: triggerId } = trigger;
    const terms: TriggerTerms = { people: definition.people, windowMs: definition.windowDays * DAY, rearmMs: definition.rearmDays * DAY, activeSince: trigger.active_since.getTime() };
    const states = new Map((await queries.readStates(sql, triggerId, accountIds)).map((row): [number, TriggerState] => [row.account_id, { firedAt: row.fired_at.getTime(), rearmsAt: row.rearms_at.getTime() }]));
    const stretches = accountIds.map((accountId) => ({ accountId, since: new Date(visitsSince(states.get(accountId) ?? null, terms, now.getTime())), until: now }));
    const visits = Map.groupBy(await queries.readVisits(sql, definition, stretches, now), ({ place }) => place);
    const fired: { accountId: number; firing: Firing; rearmsAt: number }[] = [];
    const quiet: { accountId: number; firedAt: Date; rearmsAt: Date }[] = [];
    for (const [place, accountId] of accountIds.entries()) {
      const before = states.get(accountId) ?? null;
      const { firings, state } = watch((visits.get(place) ?? []).map(({ contact_id: contactId, at }) => ({ contactId, at })), before, terms, now.getTime());
      // Of several only the last is still quiet: the quiet time of the others is over, or they would not be several.
      for (const [index, firing] of firings.entries()) fired.push({ accountId, firing, rearmsAt: (index === firings.length - 1 ? state?.rearmsAt : firings[index + 1]?.firedAt) ?? firing.firedAt });
      if (firings.length === 0 && before && state && state.rearmsAt !== before.rearmsAt) quiet.push({ accountId, firedAt: new Date(state.firedAt), rearmsAt: new Date(state.rearmsAt) });
    }
    if (fired.length > 0) {
      const opened = await this.tasks.open(sql, fired.map(({ accountId, firing }) => taskOf(trigger, accountId, firing)), now);
      await queries.insertFirings(sql, triggerId, fired.map(({ accountId, firing, rearmsAt }, index) => ({ accountId, firedAt: new Date(firing.firedAt), people: firing.people, rearmsAt: new Date(rearmsAt), taskId: opened[index]?.taskId ?? null })), now);
    }
    if (quiet.length > 0) await queries.updateQuiet(sql, triggerId, quiet);
    return fired.length;
  }
}

function taskOf({ key, name, trigger_id: triggerId, definition }: queries.ActiveTrigger, accountId: number, { firedAt, people }: Firing): NewTask {
  const at = new Date(firedAt).toISOString();
  const told = definition.task ?? name;
  return { kind: 'buying_signal', cause: `trigger:${triggerId}:${accountId}:${at}`, accountId, reason: { code: 'trigger', told, people, days: definition.windowDays }, details: { trigger: key, people, at }, by: 'system' };
}
