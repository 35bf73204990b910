import { Injectable } from '@nestjs/common';
import { endOf, type HoldScope, isHeld, NO_PROGRESS, placesOf, take } from '../../core/account/holds.js';
import { ONE_CONVERSATION, TASK_OF_HOLD } from '../../core/account/task-kinds.js';
import { Clock } from '../../platform/clock/clock.js';
import type { Sql } from '../../platform/database/sql.js';
import { TasksService } from '../tasks.service.js';
import { findOpen } from '../tasks.queries.js';
import { findProgress } from './find-progress.js';
import type { AdvancedHold, HoldStepTaken, HoldToOpen, OpenedHold } from './hold.js';
import { exitAnswered, findHolds, insertHolds, lockBuckets, type NewHoldRow, readSubjects, revokeClaims, stopSequences, type SubjectRow } from './holds.queries.js';
import { lockProgress, updateProgress } from './progress.queries.js';

/** One matter with whom it is about, as the database knows him. */
interface Known {
  readonly index: number;
  readonly hold: HoldToOpen;
  readonly subject: SubjectRow;
}

/** Keeps the machine quiet while a human is busy with somebody, and lets it go on when the rule of that is fulfilled. */
@Injectable()
export class HoldsService {
  constructor(
    private readonly clock: Clock,
    private readonly tasks: TasksService,
  ) {}

  /**
   * Opens holds with their tasks, in the caller's transaction: a fixed number of statements, however many. Once it has committed nothing leaves to
   * whom it is about. Safe to repeat: for one cause a matter is held once. Takes the buckets' locks: nothing else should be locked before.
   */
  async open(sql: Sql, holds: readonly HoldToOpen[], now: Date = this.clock.now()): Promise<OpenedHold[]> {
    if (holds.length === 0) return [];
    return sql.transaction(async (within) => {
      const known = await this.known(within, holds, now);
      if (known.length === 0) return [];
      const tasks = await this.openTasks(within, known, now);
      const placed = known.flatMap((one) => placesOf(one.hold.kind, subjectOf(one)).map(({ scope, campaignOnly }) => ({ ...one, scope, row: rowOf(one, scope, campaignOnly, tasks.get(one.index) ?? null, now) })));
      // A reply that is not known to answer a campaign holds the person only.
      const sound = placed.filter(({ hold, scope, row }) => scope === 'contact' || hold.kind !== 'reply' || row.campaignId !== null || hold.contactId === undefined);
      const opened = [...(await this.insert(within, 'contact', sound)), ...(await this.insert(within, 'account', sound))];
      await revokeClaims(within, subjects(sound, 'contact'), subjects(sound, 'account'));
      await this.exitAnswered(within, known, now);
      await this.stopSequences(within, known, now);
      return opened.sort((a, b) => a.index - b.index);
    });
  }

  /**
   * Notes what happened to matters; holds of which all has happened get their end. Taking a step twice changes nothing. Gives the holds that were
   * still open.
   */
  async close(sql: Sql, steps: readonly HoldStepTaken[], now: Date = this.clock.now()): Promise<AdvancedHold[]> {
    if (steps.length === 0) return [];
    return sql.transaction(async (within) => {
      const found = await findProgress(within, steps, now);
      const taken = new Map<string, HoldStepTaken[]>();
      for (const { scope, hold_id: id, given } of found) taken.set(`${scope} ${id}`, [...(taken.get(`${scope} ${id}`) ?? []), given]);
      const advanced: AdvancedHold[] = [];
      for (const scope of ['contact', 'account'] as const) {
        const ids = [...new Set(found.filter((row) => row.scope === scope).map((row) => row.hold_id))];
        const updates = (await lockProgress(within, scope, ids)).map((row) => {
          const done = taken.get(`${scope} ${row.hold_id}`) ?? [];
          const before = { momentAt: row.moment_at, resolvedAt: row.resolved_at, followedUpAt: row.followed_up_at, liftedAt: row.lifted_at };
          const progress = done.reduce((sofar, { step, at }) => take(sofar, step, at ?? now), before);
          advanced.push({ scope, holdId: row.hold_id, kind: row.kind, endsAt: endOf(row.kind, progress).endsAt });
          return { holdId: row.hold_id, ...progress, ...endOf(row.kind, progress), closedBy: done.at(-1)?.by ?? 'system' };
        });
        await updateProgress(within, scope, updates);
      }
      return advanced;
    });
  }

  private async known(sql: Sql, holds: readonly HoldToOpen[], now: Date): Promise<Known[]> {
    const given = holds.map(({ contactId, accountId }) => ({ contactId: contactId ?? null, accountId: accountId ?? null }));
    const contactIds = given.flatMap(({ contactId }) => contactId ?? []);
    const locked = await lockBuckets(sql, contactIds, given.flatMap(({ accountId }) => accountId ?? []));
    let subjects = await readSubjects(sql, given, now);
    if (subjects.some(({ bucket }) => !locked.has(bucket))) {
      // Somebody moved to another account, and so to another bucket, while we waited for the lock.
      await lockBuckets(sql, contactIds, subjects.flatMap(({ account_id: id }) => id ?? []));
      subjects = await readSubjects(sql, given, now);
    }
    return subjects.flatMap((subject) => {
      const hold = holds[subject.index];
      return hold ? [{ index: subject.index, hold, subject }] : [];
    });
  }

  /** The task of each hold that has one, by its index. Who says more in a conversation that waits for an answer adds to its task. */
  private async openTasks(sql: Sql, known: readonly Known[], now: Date): Promise<Map<number, number>> {
    const wanted = known.flatMap((one) => {
      const kind = TASK_OF_HOLD[one.hold.kind];
      return kind && one.hold.task !== false ? [{ ...one, kind }] : [];
    });
    const talking = wanted.filter(({ kind }) => ONE_CONVERSATION.includes(kind));
    const open = talking.length === 0 ? [] : await findOpen(sql, talking.flatMap(({ subject }) => subject.contact_id ?? []), ONE_CONVERSATION);
    const running = new Map(open.map((row) => [`${row.contact_id} ${row.kind}`, row.task_id]));
    const tasks = new Map<number, number>();
    const fresh: typeof wanted = [];
    for (const one of wanted) {
      const task = running.get(`${one.subject.contact_id} ${one.kind}`);
      if (task === undefined) fresh.push(one);
      else tasks.set(one.index, task);
    }
    const opened = await this.tasks.open(
      sql,
      fresh.map(({ kind, hold, subject }) => ({
        kind, cause: hold.cause, contactId: subject.contact_id, accountId: subject.account_id, campaignId: hold.campaignId ?? null, reason: hold.reason, by: hold.by,
        details: { ...hold.details, hold: hold.kind, ...(hold.reference && { reference: hold.reference }), ...(hold.momentAt && { at: hold.momentAt.toISOString() }) },
        ...(kind === 'meeting' && hold.momentAt && { dueAt: hold.momentAt }),
      })),
      now,
    );
    for (const [position, { taskId }] of opened.entries()) if (taskId !== undefined && fresh[position]) tasks.set(fresh[position].index, taskId);
    return tasks;
  }

  private async insert(sql: Sql, scope: HoldScope, placed: readonly (Known & { scope: HoldScope; row: NewHoldRow })[]): Promise<OpenedHold[]> {
    const here = placed.filter((one) => one.scope === scope);
    if (here.length === 0) return [];
    const name = ({ subjectId, kind, cause }: Pick<NewHoldRow, 'subjectId' | 'kind' | 'cause'>): string => `${subjectId} ${kind} ${cause}`;
    const fresh = new Set((await insertHolds(sql, scope, here.map(({ row }) => row))).map((row) => name({ ...row, subjectId: row.subject_id })));
    const stored = new Map((await findHolds(sql, scope, here.map(({ row }) => row))).map((row) => [name({ ...row, subjectId: row.subject_id }), row]));
    return here.flatMap(({ index, hold: { kind }, row }) => {
      const found = stored.get(name(row));
      return found ? [{ index, scope, holdId: found.hold_id, kind, taskId: found.task_id, isNew: fresh.delete(name(row)) }] : [];
    });
  }

  /** Of meetings that are still to come, or were just held: one told of long afterwards ended nothing. */
  private async stopSequences(sql: Sql, known: readonly Known[], now: Date): Promise<void> {
    const meetings = known.filter(({ hold: { kind, momentAt } }) => kind === 'meeting' && isHeld(endOf('meeting', { ...NO_PROGRESS, momentAt: momentAt ?? null }), now));
    if (meetings.length === 0) return;
    await stopSequences(sql, meetings.flatMap(({ subject }) => subject.contact_id ?? []), meetings.flatMap(({ subject }) => subject.account_id ?? []), now);
  }

  private async exitAnswered(sql: Sql, known: readonly Known[], now: Date): Promise<void> {
    const answers = known.flatMap(({ hold: { kind, campaignId }, subject: { contact_id: contactId, account_id: accountId } }) =>
      kind === 'reply' && campaignId && contactId !== null ? [{ contactId, accountId, campaignId }] : [],
    );
    if (answers.length > 0) await exitAnswered(sql, answers, now);
  }
}

function subjectOf({ hold, subject }: Known): Parameters<typeof placesOf>[1] {
  return { hasContact: subject.contact_id !== null, hasAccount: subject.account_id !== null, severe: hold.severe ?? false, decider: subject.decider };
}

function rowOf({ hold, subject }: Known, scope: HoldScope, campaignOnly: boolean, taskId: number | null, now: Date): NewHoldRow {
  const momentAt = hold.momentAt ?? null;
  return {
    subjectId: (scope === 'contact' ? subject.contact_id : subject.account_id) ?? 0,
    kind: hold.kind,
    campaignId: campaignOnly ? (hold.campaignId ?? null) : null,
    reason: hold.reason,
    ownerId: subject.owner_id,
    taskId,
    cause: hold.cause,
    openedAt: hold.openedAt ?? now,
    by: hold.by,
    ...endOf(hold.kind, { ...NO_PROGRESS, momentAt }),
    reference: hold.reference ?? null,
    momentAt,
  };
}

function subjects(placed: readonly { scope: HoldScope; row: NewHoldRow }[], scope: HoldScope): number[] {
  return placed.filter((one) => one.scope === scope).map(({ row }) => row.subjectId);
}
