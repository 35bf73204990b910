import { Inject, Injectable } from '@nestjs/common';
import type { EvaluationContext } from '../../core/rule/evaluate-rule.js';
import { mergeFactNeeds } from '../../core/rule/fact-needs.js';
import { accountOutlook, outlook, type Outlook } from '../../core/rule/outlook.js';
import type { Scope } from '../../core/rule/rule.js';
import { Clock } from '../../platform/clock/clock.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { retryConflicts } from '../../platform/database/retry-conflicts.js';
import { Sql } from '../../platform/database/sql.js';
import { causeOf } from './cause.js';
import { type DerivedMark, followPath, lockAgainstBuilding, lockSlots, type Mark, putBack, SLOTS, takeMarks } from './dirty.queries.js';
import { listLive } from './live-rules.queries.js';
import { LiveRules, type LiveSegment, type Touched } from './live-rules.js';
import { SEGMENT_BUILD_LOCK } from './live-tables.js';
import { loadFacts } from './load-facts.js';
import { type Change, type Check, enter, leave, listChecks, listMemberships, saveChecks } from './members.queries.js';

const MARKS = 2_000;
/** After so many marks in one batch the next takes half of the slots: a second worker finds the other half free. Of few marks all are taken, for a batch costs its statements. */
const MANY_MARKS = 1_000;
/** For how long a mark is left alone whose segment is being built. */
const WAIT_FOR_BUILD_MS = 500;

const NEVER: Outlook = { holds: false, until: undefined };

/** Who is to be asked about which segments, and why. */
type Questions = Map<number, Map<number, string>>;

/** Asks people and accounts again about whom something changed, batch by batch, and writes down who came into a segment and who left. */
@Injectable()
export class EvaluationService {
  private rules: LiveRules | undefined;
  private readonly turns: Record<Scope, number> = { contact: 0, account: 0 };
  private readonly shares: Record<Scope, number> = { contact: SLOTS, account: SLOTS };

  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * One batch of contacts or accounts, of all slots or of half of them; gives how many marks were worked off. The order makes it exact: take the marks, then read the facts, in
   * later statements, so that they are at least as new as what was marked. Whoever is marked again meanwhile stays marked.
   */
  evaluate(scope: Scope): Promise<number> {
    return retryConflicts(() => this.sql.transaction((sql) => this.evaluateIn(sql, scope)));
  }

  private async evaluateIn(sql: Sql, scope: Scope): Promise<number> {
    const share = this.shares[scope];
    this.turns[scope] = (this.turns[scope] + share) % SLOTS;
    const slots = await lockSlots(sql, scope, this.turns[scope], share);
    const marks = slots.length === 0 ? [] : await takeMarks(sql, scope, slots, MARKS);
    this.shares[scope] = marks.length >= MANY_MARKS ? SLOTS / 2 : SLOTS;
    if (marks.length === 0) return 0;
    const rules = await this.currentRules(sql);
    const questions = await this.follow(sql, scope, marks, rules);
    if (questions.size > 0) await this.ask(sql, scope, questions, rules);
    return marks.length;
  }

  private async currentRules(sql: Sql): Promise<LiveRules> {
    this.rules = await LiveRules.load(sql, this.config.defaultTimeZone, this.rules);
    return this.rules;
  }

  /** Marks others whom the changes bear on, and gives what to ask the marked ones themselves. */
  private async follow(sql: Sql, scope: Scope, marks: readonly Mark[], rules: LiveRules): Promise<Questions> {
    const questions: Questions = new Map();
    const paths = new Map<string, { path: Touched['path']; marks: Map<string, DerivedMark> }>();
    for (const mark of marks) {
      const cause = causeOf(scope, mark.kind, mark.name);
      for (const { segment, path } of touchedBy(rules, scope, mark)) {
        if (path.length === 0) {
          const asked = questions.get(mark.id) ?? new Map<number, string>();
          questions.set(mark.id, asked.set(segment.id, cause));
          continue;
        }
        const way = path.join(' ');
        const following = paths.get(way) ?? { path, marks: new Map<string, DerivedMark>() };
        following.marks.set(`${mark.id} ${segment.id}`, { id: mark.id, segmentId: segment.id, cause });
        paths.set(way, following);
      }
    }
    for (const following of paths.values()) await followPath(sql, scope, following.path, [...following.marks.values()]);
    return questions;
  }

  private async ask(sql: Sql, scope: Scope, questions: Questions, rules: LiveRules): Promise<void> {
    const touched = [...new Set([...questions.values()].flatMap((asked) => [...asked.keys()]))].sort((left, right) => left - right);
    const free = new Set(await lockAgainstBuilding(sql, SEGMENT_BUILD_LOCK, touched));
    const { current, followed } = await this.followed(sql, rules, touched.filter((id) => free.has(id)));
    const waiting = [...questions].flatMap(([id, asked]) => [...asked].filter(([segmentId]) => !free.has(segmentId)).map(([segmentId, cause]) => ({ id, segmentId, cause })));
    if (waiting.length > 0) await putBack(sql, scope, waiting, WAIT_FOR_BUILD_MS);
    const segments = new Map(followed.map((segment) => [segment.id, segment]));
    if (segments.size > 0) await this.askAbout(sql, scope, questions, segments, current);
  }

  /**
   * Segments whose members follow the rule as it is now. Of the others none is being built at this moment, and whoever builds one later
   * sees what was marked: nothing is to be asked about them.
   */
  private async followed(sql: Sql, rules: LiveRules, ids: readonly number[]): Promise<{ current: LiveRules; followed: LiveSegment[] }> {
    const built = new Map((await listLive(sql)).map((row) => [row.segment_id, row.built]));
    const follows = (book: LiveRules, id: number): boolean => book.segments.get(id)?.fingerprint === built.get(id);
    const current = ids.every((id) => follows(rules, id)) ? rules : await this.currentRules(sql);
    return { current, followed: ids.flatMap((id) => (follows(current, id) ? (current.segments.get(id) ?? []) : [])) };
  }

  private async askAbout(sql: Sql, scope: Scope, questions: Questions, segments: ReadonlyMap<number, LiveSegment>, rules: LiveRules): Promise<void> {
    const now = this.clock.now();
    const ids = [...questions].flatMap(([id, asked]) => ([...asked.keys()].some((segmentId) => segments.has(segmentId)) ? [id] : []));
    const needs = mergeFactNeeds([...segments.values()].map((segment) => rules.needs(segment, now)));
    const facts = await loadFacts(sql, scope === 'contact' ? { contactIds: ids } : { accountIds: ids }, needs, now);
    const segmentIds = [...segments.keys()];
    const members = new Set((await listMemberships(sql, scope, ids, segmentIds)).map((row) => `${row.id} ${row.segment_id}`));
    const checks = new Map((await listChecks(sql, scope, ids, segmentIds)).map((row) => [`${row.id} ${row.segment_id}`, row.next_check_at.getTime()]));
    const context: EvaluationContext = { now, timeZone: rules.timeZone, fields: rules.book.fields, segments: rules.book.segment };
    const [came, left, changedChecks]: [Change[], Change[], Check[]] = [[], [], []];
    for (const id of ids) {
      for (const [segmentId, cause] of questions.get(id) ?? []) {
        const segment = segments.get(segmentId);
        if (!segment) continue;
        const { holds, until } = answer(scope, segment, id, facts, context);
        const place = `${id} ${segmentId}`;
        if (holds !== members.has(place)) (holds ? came : left).push({ id, segmentId, cause });
        if (until !== checks.get(place)) changedChecks.push({ id, segmentId, at: until === undefined ? undefined : new Date(until) });
      }
    }
    if (came.length > 0) await enter(sql, scope, came, now);
    if (left.length > 0) await leave(sql, scope, left, now);
    if (changedChecks.length > 0) await saveChecks(sql, scope, changedChecks);
  }
}

function touchedBy(rules: LiveRules, scope: Scope, mark: Mark): readonly Touched[] {
  if (mark.kind !== 'derived') return rules.touched(scope, mark.kind, mark.name);
  const segment = mark.segment_id === null ? undefined : rules.segments.get(mark.segment_id);
  return segment?.scope === scope ? [{ segment, path: [] }] : [];
}

/** Whoever is no longer there is in nothing. */
function answer(scope: Scope, segment: LiveSegment, id: number, facts: Awaited<ReturnType<typeof loadFacts>>, context: EvaluationContext): Outlook {
  if (scope === 'contact') {
    const person = facts.people.get(id);
    return person ? outlook(segment.rule, person, context) : NEVER;
  }
  const account = facts.accounts.get(id);
  return account ? accountOutlook(segment.rule, account, context) : NEVER;
}
