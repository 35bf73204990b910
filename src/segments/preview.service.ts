import { Inject, Injectable } from '@nestjs/common';
import { explainCounts, type CountedReason } from '../core/decision/explain-histogram.js';
import type { PermissionTerms } from '../core/decision/permission.js';
import { closest } from '../core/rule/closest.js';
import { PATIENCE_MS } from '../core/rule/costly-condition.js';
import type { Rule, Scope } from '../core/rule/rule.js';
import type { TouchedData } from '../core/rule/touched-data.js';
import { err, ok, type Result } from '../core/shared/result.js';
import { loadTerms } from '../decisions/load-permissions.js';
import { Clock } from '../platform/clock/clock.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { Sql } from '../platform/database/sql.js';
import { type Estimate, estimateRule } from './estimate.js';
import { isSmall, type Look, lookAtAll, lookQuickly, type Patience, QUICK } from './look.js';
import { readWithin } from './limited-reading.js';
import { type MemberCard, readCards } from './member-cards.js';
import { listMemberIds, listMembersAmong } from './membership.queries.js';
import { RuleBook, type Sentence } from './rule-book.js';
import type { SegmentProblem } from './segment-problem.js';

const SAMPLE_SIZE = 10;

/** How many of the selected people may be mailed for a purpose, and what stops the others: each counted once, by what stops him first. */
export interface Mailability {
  readonly purpose: string;
  readonly mailable: number;
  readonly stopped: number;
  /** False: judged by some of the people, drawn by lot. */
  readonly exact: boolean;
  readonly reasons: readonly CountedReason[];
}

export interface Preview {
  readonly scope: Scope;
  readonly count: number;
  /** Null when all were counted. Counting all would have kept somebody waiting: the count is judged by people drawn by lot, and in 19 of 20 cases lies between these. */
  readonly between: { readonly from: number; readonly to: number } | null;
  /** Of a rule over accounts: everybody who belongs to them. */
  readonly people: number;
  /** Up to ten members, the longest known first. */
  readonly sample: readonly MemberCard[];
  readonly sentence: Sentence;
  readonly touches: TouchedData;
  readonly mailability: Mailability | null;
  readonly estimate: Estimate | null;
}

/** Runs rules for people to look at: saved or not, read-only and within a time limit. */
@Injectable()
export class PreviewService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Whom a rule would select, before anything is saved; with a purpose, how many of them may be mailed. Without patience all are counted, however long it takes. */
  async preview(scope: Scope, input: unknown, purpose?: string, patience: Patience | null = QUICK): Promise<Result<Preview, SegmentProblem>> {
    const book = await RuleBook.load(this.sql, this.config.defaultTimeZone);
    const rule = book.read(input, scope);
    return rule.ok ? this.run(book, scope, rule.value, purpose, patience) : err({ kind: 'rule_invalid', problems: rule.error });
  }

  async previewSegment(key: string, purpose?: string, patience: Patience | null = QUICK): Promise<Result<Preview, SegmentProblem>> {
    const book = await RuleBook.load(this.sql, this.config.defaultTimeZone);
    const segment = book.selecting(key);
    return segment ? this.run(book, segment.scope, segment.rule, purpose, patience) : err({ kind: 'segment_missing', key });
  }

  /** What a rule will take, without running it. */
  async estimate(scope: Scope, input: unknown): Promise<Estimate | null> {
    const book = await RuleBook.load(this.sql, this.config.defaultTimeZone);
    const rule = book.read(input, scope);
    return (rule.ok && (await estimateRule(this.sql, book, rule.value, scope, this.clock.now()))) || null;
  }

  /** One page of a segment's members, ordered by id. */
  async members(key: string, after: number, limit: number): Promise<Result<MemberCard[], SegmentProblem>> {
    const book = await RuleBook.load(this.sql, this.config.defaultTimeZone);
    const segment = book.selecting(key);
    if (!segment) return err({ kind: 'segment_missing', key });
    const compiled = book.compile(segment.rule, segment.scope, this.clock.now());
    if (!compiled.ok) return err({ kind: 'rule_invalid', problems: compiled.error });
    return readWithin(this.sql, async (sql) => readCards(sql, segment.scope, await listMemberIds(sql, compiled.value, segment.scope, after, limit)));
  }

  /** Which of these contacts or accounts are members now. */
  async membersAmong(key: string, ids: readonly number[]): Promise<Result<number[], SegmentProblem>> {
    const book = await RuleBook.load(this.sql, this.config.defaultTimeZone);
    const segment = book.selecting(key);
    if (!segment) return err({ kind: 'segment_missing', key });
    const compiled = book.compile(segment.rule, segment.scope, this.clock.now(), ids);
    if (!compiled.ok) return err({ kind: 'rule_invalid', problems: compiled.error });
    return readWithin(this.sql, (sql) => listMembersAmong(sql, compiled.value, segment.scope));
  }

  private async run(book: RuleBook, scope: Scope, rule: Rule, purpose: string | undefined, patience: Patience | null): Promise<Result<Preview, SegmentProblem>> {
    const now = this.clock.now();
    const touches = book.touches(rule, scope);
    const checked = book.compile(rule, scope, now);
    if (!checked.ok) return err({ kind: 'rule_invalid', problems: checked.error });
    const terms = purpose === undefined ? undefined : await loadTerms(this.sql, purpose, now, touches);
    if (purpose !== undefined && !terms) return err({ kind: 'purpose_missing', purpose, guess: closest(purpose, book.purposes.keys()) });
    const estimate = await estimateRule(this.sql, book, rule, scope, now, { terms });
    const looked = { book, rule, scope, now, terms };
    const all = patience === null || (patience === QUICK && (await isSmall(this.sql)));
    const found = all ? await lookAtAll(this.sql, looked, SAMPLE_SIZE) : await lookQuickly(this.sql, looked, SAMPLE_SIZE, estimate !== undefined && estimate.milliseconds - estimate.mailingMilliseconds > PATIENCE_MS, patience);
    if (!found.ok) return found;
    return ok({
      scope,
      count: found.value.count,
      between: found.value.between,
      people: found.value.people,
      sample: await readCards(this.sql, scope, found.value.ids),
      sentence: book.describe(rule, scope),
      touches,
      mailability: terms ? mailability(found.value, terms, book, now) : null,
      estimate: estimate ?? null,
    });
  }
}

function mailability({ people, reasons, reasonsExact }: Look, terms: PermissionTerms, book: RuleBook, now: Date): Mailability {
  const mailable = reasons.find(({ code }) => code === null)?.count ?? 0;
  const stopping = reasons.flatMap(({ code, count }) => (code === null ? [] : [{ code, count }]));
  const purpose = terms.request.purposeKey;
  return { purpose, mailable, stopped: people - mailable, exact: reasonsExact, reasons: explainCounts(stopping, terms, book.purposeName(purpose), now) };
}
