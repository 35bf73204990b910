import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { normaliseAddress } from '../core/mail/address.js';
import { type Scope, scopeSchema } from '../core/rule/rule.js';
import { err, ok, type Result } from '../core/shared/result.js';
import { Clock } from '../platform/clock/clock.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { sayMoment } from '../platform/database/moment.queries.js';
import { Sql } from '../platform/database/sql.js';
import { AuditService } from '../privacy/audit.service.js';
import { addIds, addReferences, countListed, type FoundReference, insertList, listKinds, listLists, type Reference, removeIds, removeReferences, renameList } from './lists.queries.js';
import { RuleBook } from './rule-book.js';
import type { SegmentProblem } from './segment-problem.js';
import { findSegment, holdSegments, type SegmentRow } from './segments.queries.js';
import { segmentKey, type SegmentSummary, summaryOf } from './segments.service.js';

/** As many as a request of 1 MB holds. */
export const MOST_AT_ONCE = 10_000;

const named = { name: z.string().trim().min(1, 'Give the list a name.').max(200), description: z.string().trim().max(2_000).default('') };
export const newList = z.strictObject({ key: segmentKey, ...named, scope: scopeSchema.default('contact') });
export const renamedList = z.strictObject(named);

const id = z.int('Give a whole number.').positive().max(Number.MAX_SAFE_INTEGER);
const word = z.string().trim().min(1).max(320);
const reference = z.union([z.strictObject({ id }), z.strictObject({ email: word }), z.strictObject({ externalId: word }), z.strictObject({ userId: word })], { error: 'Name a member by one of id, email, externalId, userId.' });
export const memberReferences = z.strictObject({
  members: z.array(reference).min(1, 'Name at least one member.').max(MOST_AT_ONCE, `At most ${MOST_AT_ONCE} members at once; send the others in a request of their own, or import a file.`),
});
export type MemberReferences = z.output<typeof memberReferences>['members'];

export interface MemberOutcome {
  /** Position in the request, from 0. */
  readonly index: number;
  readonly id: number | null;
  /** `unknown`: nobody here is known by that. */
  readonly outcome: 'added' | 'already_in' | 'removed' | 'not_in' | 'unknown';
}

export interface MemberChange {
  readonly changed: number;
  readonly unchanged: number;
  readonly unknown: number;
  readonly outcomes: readonly MemberOutcome[];
}

/** Lists: segments whose members are put in and taken out one by one. Rules, campaigns and previews use them like any segment. */
@Injectable()
export class ListsService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly audit: AuditService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async list(afterKey: string, limit: number): Promise<SegmentSummary[]> {
    const [rows, book] = [await listLists(this.sql, afterKey, limit), await this.book(this.sql)];
    return rows.map((row) => summaryOf(row, book));
  }

  async count(key: string): Promise<Result<number, SegmentProblem>> {
    const list = await this.find(this.sql, key);
    return list.ok ? ok(await countListed(this.sql, list.value.scope, list.value.segment_id)) : list;
  }

  create(input: z.output<typeof newList>, actor: string): Promise<Result<SegmentSummary, SegmentProblem>> {
    return this.sql.transaction(async (sql) => {
      const row = await insertList(sql, input, actor, this.clock.now());
      return row ? this.saved(sql, 'list.created', row, actor) : err({ kind: 'segment_exists', key: input.key });
    });
  }

  rename(key: string, input: z.output<typeof renamedList>, actor: string): Promise<Result<SegmentSummary, SegmentProblem>> {
    return this.sql.transaction(async (sql) => {
      const list = await this.find(sql, key);
      if (!list.ok) return list;
      const row = await renameList(sql, key, input.name, input.description, actor, this.clock.now());
      return row ? this.saved(sql, 'list.changed', row, actor) : err({ kind: 'segment_missing', key });
    });
  }

  /** Puts people or accounts in, and says of each what became of it. Asking twice changes nothing. */
  add(key: string, members: MemberReferences, actor: string): Promise<Result<MemberChange, SegmentProblem>> {
    return this.change(key, actor, 'list.members_added', members, ['added', 'already_in'], (sql, list, references) => addReferences(sql, list.scope, list.segment_id, references, this.clock.now()));
  }

  remove(key: string, members: MemberReferences, actor: string): Promise<Result<MemberChange, SegmentProblem>> {
    return this.change(key, actor, 'list.members_removed', members, ['removed', 'not_in'], async (sql, list, references) => {
      await sayMoment(sql, this.clock.now());
      return removeReferences(sql, list.scope, list.segment_id, references);
    });
  }

  /** What a step of a campaign does, inside the planner's transaction. Members of lists of accounts are the accounts of these people. */
  async changeByCampaign(sql: Sql, key: string, change: 'add' | 'remove', people: readonly { contactId: number; accountId: number | null }[], now: Date): Promise<Result<number, SegmentProblem>> {
    const list = await this.hold(sql, key);
    if (!list.ok) return list;
    const { scope, segment_id } = list.value;
    const ids = people.flatMap(({ contactId, accountId }) => (scope === 'contact' ? [contactId] : (accountId ?? [])));
    if (change === 'add') return ok(await addIds(sql, scope, segment_id, ids, now));
    await sayMoment(sql, now);
    return ok(await removeIds(sql, scope, segment_id, ids));
  }

  /** Which of these keys are segments, and which of those lists. */
  async known(keys: readonly string[]): Promise<ReadonlyMap<string, { readonly scope: Scope; readonly isList: boolean }>> {
    const rows = keys.length === 0 ? [] : await listKinds(this.sql, keys);
    return new Map(rows.map(({ key, scope, kind }) => [key, { scope, isList: kind === 'list' }]));
  }

  private change(
    key: string, actor: string, action: string, members: MemberReferences, [done, idle]: readonly [MemberOutcome['outcome'], MemberOutcome['outcome']],
    write: (sql: Sql, list: SegmentRow, references: readonly Reference[]) => Promise<FoundReference[]>,
  ): Promise<Result<MemberChange, SegmentProblem>> {
    return this.sql.transaction(async (sql) => {
      const list = await this.hold(sql, key);
      if (!list.ok) return list;
      const change = changeOf(await write(sql, list.value, members.map(referenceOf)), done, idle);
      if (change.changed > 0) await this.audit.record(sql, { actor, action, subjectType: 'segment', subjectId: key, details: { members: change.changed } }, this.clock.now());
      return ok(change);
    });
  }

  /** Found, and kept from being deleted while members are written: no foreign key looks after them. */
  private async hold(sql: Sql, key: string): Promise<Result<SegmentRow, SegmentProblem>> {
    await holdSegments(sql, [key]);
    return this.find(sql, key);
  }

  private async find(sql: Sql, key: string): Promise<Result<SegmentRow, SegmentProblem>> {
    const segment = await findSegment(sql, key);
    if (!segment) return err({ kind: 'segment_missing', key });
    return segment.kind === 'list' ? ok(segment) : err({ kind: 'no_list', key });
  }

  private async saved(sql: Sql, action: string, row: SegmentRow, actor: string): Promise<Result<SegmentSummary, SegmentProblem>> {
    await this.audit.record(sql, { actor, action, subjectType: 'segment', subjectId: row.key }, this.clock.now());
    return ok(summaryOf(row, await this.book(sql)));
  }

  private book(sql: Sql): Promise<RuleBook> {
    return RuleBook.load(sql, this.config.defaultTimeZone);
  }
}

/** An address in its stored spelling; one that is none stands for nobody. */
function referenceOf(member: MemberReferences[number]): Reference {
  if ('id' in member) return { kind: 'id', value: String(member.id) };
  if ('externalId' in member) return { kind: 'external_id', value: member.externalId };
  if ('userId' in member) return { kind: 'user_id', value: member.userId };
  const address = normaliseAddress(member.email);
  return { kind: 'email', value: address.ok ? address.value : '' };
}

/** Somebody who is named twice is changed once. */
function changeOf(found: readonly FoundReference[], done: MemberOutcome['outcome'], idle: MemberOutcome['outcome']): MemberChange {
  const seen = new Set<number>();
  const outcomes = found.map(({ place, id: member, changed }): MemberOutcome => {
    if (member === null) return { index: place, id: null, outcome: 'unknown' };
    const first = !seen.has(member);
    seen.add(member);
    return { index: place, id: member, outcome: changed && first ? done : idle };
  });
  const count = (outcome: MemberOutcome['outcome']): number => outcomes.filter((one) => one.outcome === outcome).length;
  return { changed: count(done), unchanged: count(idle), unknown: count('unknown'), outcomes };
}
