import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { CompiledRule } from '../core/rule/compile-rule.js';
import { Parameters } from '../core/rule/parameters.js';
import { err, ok, type Result } from '../core/shared/result.js';
import { Clock } from '../platform/clock/clock.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { Sql } from '../platform/database/sql.js';
import { AuditService } from '../privacy/audit.service.js';
import { endedByTimeout, readWithin } from './limited-reading.js';
import { insertList, type NewList } from './lists.queries.js';
import { type MemberCard, readCards } from './member-cards.js';
import { RuleBook } from './rule-book.js';
import type { SegmentProblem } from './segment-problem.js';
import { findSegment, holdSegments, type SegmentRow } from './segments.queries.js';
import { deleteSnapshot, findSnapshot, insertSnapshot, limitTaking, listSnapshotIds, listSnapshotMembers, listSnapshots, recordMembers, type SnapshotRow, snapshotSelection, takeMembers } from './snapshots.queries.js';
import { compareMembers } from './versions.queries.js';
import { type Gone, gone } from './versions.service.js';

const snapshotName = z.string().trim().min(1, 'Give the snapshot a name.').max(100);
export const newSnapshot = z.strictObject({ name: snapshotName });

export interface Snapshot {
  readonly name: string;
  readonly members: number;
  /** The version of the segment's rule that it was taken by. */
  readonly version: number;
  readonly takenAt: Date;
  readonly takenBy: string;
}

export interface SnapshotComparison {
  readonly snapshot: Snapshot;
  /** Who of them are still known here, and how many are in the segment now. */
  readonly then: number;
  readonly now: number;
  readonly entered: Gone;
  readonly left: Gone;
}

/** A million members are written in seconds; past this the rule itself is too slow. */
const TAKING_TIMEOUT_MS = 120_000;
const SAMPLE = 10;

/** Who was in a segment at a moment, kept under a name. */
@Injectable()
export class SnapshotsService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly audit: AuditService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async take(key: string, name: string, actor: string): Promise<Result<Snapshot, SegmentProblem>> {
    try {
      return await this.sql.transaction((sql) => this.takeIn(sql, key, name, actor));
    } catch (error) {
      if (!endedByTimeout(error)) throw error;
      return err({ kind: 'segment_slow', seconds: TAKING_TIMEOUT_MS / 1000 });
    }
  }

  /** Newest first; `cursor` of the next page is the place. */
  async list(key: string, before: number, limit: number): Promise<Result<(Snapshot & { readonly place: number })[], SegmentProblem>> {
    const segment = await findSegment(this.sql, key);
    if (!segment) return err({ kind: 'segment_missing', key });
    return ok((await listSnapshots(this.sql, segment.segment_id, before, limit)).map((row) => ({ ...snapshotOf(row), place: row.snapshot_id })));
  }

  /** One page of its members, by id. */
  async members(key: string, name: string, after: number, limit: number): Promise<Result<MemberCard[], SegmentProblem>> {
    const found = await this.find(this.sql, key, name);
    if (!found.ok) return found;
    const { segment, row } = found.value;
    return ok(await readCards(this.sql, segment.scope, await listSnapshotIds(this.sql, segment.scope, row.snapshot_id, after, limit)));
  }

  /** Who came into the segment and who left it since, as far as they still are where they went. */
  async compare(key: string, name: string): Promise<Result<SnapshotComparison, SegmentProblem>> {
    const found = await this.find(this.sql, key, name);
    if (!found.ok) return found;
    const { segment, row } = found.value;
    const params = new Parameters();
    const compiled = await this.compile(this.sql, segment, params);
    if (!compiled.ok) return compiled;
    return readWithin(this.sql, async (sql) => {
      const { before, after, entering, leaving, entering_ids, leaving_ids } = await compareMembers(sql, snapshotSelection(segment.scope, row.snapshot_id, params), compiled.value.text, params.values, SAMPLE);
      return { snapshot: snapshotOf(row), then: before, now: after, entered: await gone(sql, segment.scope, entering, entering_ids), left: await gone(sql, segment.scope, leaving, leaving_ids) };
    });
  }

  /**
   * Makes a list of them, which campaigns and rules can use. Made first and filled after: whoever writes segments would wait for a
   * million members otherwise.
   */
  async toList(key: string, name: string, list: Omit<NewList, 'scope'>, actor: string): Promise<Result<{ key: string; members: number }, SegmentProblem>> {
    const [found, now] = [await this.find(this.sql, key, name), this.clock.now()];
    if (!found.ok) return found;
    const { segment, row } = found.value;
    const made = await this.sql.transaction(async (sql) => {
      const created = await insertList(sql, { ...list, scope: segment.scope, origin: key }, actor, now);
      if (created) await this.audit.record(sql, { actor, action: 'list.created', subjectType: 'segment', subjectId: list.key, details: { segment: key, snapshot: name } }, now);
      return created;
    });
    if (!made) return err({ kind: 'segment_exists', key: list.key });
    const members = await this.sql.transaction(async (sql) => {
      await holdSegments(sql, [list.key]);
      const put = await listSnapshotMembers(sql, segment.scope, row.snapshot_id, made.segment_id, now);
      await this.audit.record(sql, { actor, action: 'list.members_added', subjectType: 'segment', subjectId: list.key, details: { members: put } }, now);
      return put;
    });
    return ok({ key: list.key, members });
  }

  remove(key: string, name: string, actor: string): Promise<Result<void, SegmentProblem>> {
    return this.sql.transaction(async (sql) => {
      const found = await this.find(sql, key, name);
      if (!found.ok) return found;
      await deleteSnapshot(sql, found.value.segment.scope, found.value.row.snapshot_id);
      await this.audit.record(sql, { actor, action: 'snapshot.deleted', subjectType: 'segment', subjectId: key, details: { snapshot: name } }, this.clock.now());
      return ok(undefined);
    });
  }

  private async takeIn(sql: Sql, key: string, name: string, actor: string): Promise<Result<Snapshot, SegmentProblem>> {
    const [segment, now] = [await findSegment(sql, key), this.clock.now()];
    if (!segment) return err({ kind: 'segment_missing', key });
    const compiled = await this.compile(sql, segment);
    if (!compiled.ok) return compiled;
    const row = await insertSnapshot(sql, segment.segment_id, name, segment.version, actor, now);
    if (!row) return err({ kind: 'snapshot_exists', key, name });
    await limitTaking(sql, TAKING_TIMEOUT_MS);
    const members = await takeMembers(sql, segment.scope, row.snapshot_id, compiled.value);
    await recordMembers(sql, row.snapshot_id, members);
    await this.audit.record(sql, { actor, action: 'snapshot.taken', subjectType: 'segment', subjectId: key, details: { snapshot: name, members } }, now);
    return ok(snapshotOf({ ...row, members }));
  }

  private async compile(sql: Sql, { key, scope }: SegmentRow, params?: Parameters): Promise<Result<CompiledRule, SegmentProblem>> {
    const book = await RuleBook.load(sql, this.config.defaultTimeZone);
    const rule = book.selecting(key)?.rule;
    if (!rule) return err({ kind: 'rule_invalid', problems: [{ path: '', message: 'This version cannot read the rule.' }] });
    const compiled = book.compile(rule, scope, this.clock.now(), undefined, params);
    return compiled.ok ? compiled : err({ kind: 'rule_invalid', problems: compiled.error });
  }

  private async find(sql: Sql, key: string, name: string): Promise<Result<{ segment: SegmentRow; row: SnapshotRow }, SegmentProblem>> {
    const segment = await findSegment(sql, key);
    if (!segment) return err({ kind: 'segment_missing', key });
    const row = await findSnapshot(sql, segment.segment_id, name);
    return row ? ok({ segment, row }) : err({ kind: 'snapshot_missing', key, name });
  }
}

function snapshotOf(row: SnapshotRow): Snapshot {
  return { name: row.name, members: row.members, version: row.segment_version, takenAt: row.taken_at, takenBy: row.taken_by };
}
