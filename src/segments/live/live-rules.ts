import { createHash } from 'node:crypto';
import { type ChangeKind, type Dependency, dependenciesOf } from '../../core/rule/dependencies.js';
import { type FactNeeds, factNeeds } from '../../core/rule/fact-needs.js';
import type { Rule, Scope } from '../../core/rule/rule.js';
import type { Step } from '../../core/rule/walk-rule.js';
import type { Sql } from '../../platform/database/sql.js';
import { RuleBook } from '../rule-book.js';
import { readRulesStamp } from '../segments.queries.js';

/** Counts up when this version would answer a stored rule otherwise than the last one did: then every segment is built anew. */
const ENGINE = 1;

export interface LiveSegment {
  readonly id: number;
  readonly key: string;
  readonly scope: Scope;
  readonly rule: Rule;
  /** Of the rule with all it rests on: segments it uses, types of attributes, purposes and policies. Another one means other members. */
  readonly fingerprint: string;
  readonly dependencies: readonly Dependency[];
}

export interface BrokenSegment {
  readonly id: number;
  readonly problem: string;
}

/** A segment that a change bears on, and the way from the changed row to whom it must ask. */
export interface Touched {
  readonly segment: LiveSegment;
  readonly path: readonly Step[];
}

/** All rules as of one moment, with an index from what changed to whom to ask. */
export class LiveRules {
  readonly segments: ReadonlyMap<number, LiveSegment>;
  readonly broken: readonly BrokenSegment[];
  private readonly index = new Map<string, Touched[]>();

  private constructor(
    readonly stamp: string,
    readonly book: RuleBook,
    readonly timeZone: string,
  ) {
    const segments = new Map<number, LiveSegment>();
    const broken: BrokenSegment[] = [];
    for (const { segment_id: id, key, scope, kind, rule: stored } of book.all()) {
      if (kind === 'list') continue;
      const read = book.read(stored, scope, key);
      if (!read.ok) {
        broken.push({ id, problem: read.error.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join(' ') });
        continue;
      }
      const rule = read.value;
      const dependencies = dependenciesOf(rule, scope, book.fields, book.segment);
      segments.set(id, { id, key, scope, rule, fingerprint: fingerprintOf(rule, scope, book, timeZone), dependencies });
    }
    this.segments = segments;
    this.broken = broken;
    for (const segment of segments.values()) for (const dependency of segment.dependencies) this.add(segment, dependency);
  }

  static async load(sql: Sql, timeZone: string, before?: LiveRules): Promise<LiveRules> {
    // The stamp first: what is saved meanwhile makes another one, and is read the next time.
    const stamp = await readRulesStamp(sql);
    if (before?.stamp === stamp) return before;
    return new LiveRules(stamp, await RuleBook.load(sql, timeZone), timeZone);
  }

  /** Whom a change asks again. */
  touched(on: Scope, kind: ChangeKind, name: string): readonly Touched[] {
    return this.index.get(indexKey(on, kind, name)) ?? [];
  }

  needs(segment: LiveSegment, now: Date): FactNeeds {
    return factNeeds(segment.rule, segment.scope, this.book.segment, { now, timeZone: this.timeZone });
  }

  private add(segment: LiveSegment, { on, kind, name, path }: Dependency): void {
    const key = indexKey(on, kind, name);
    const touched = this.index.get(key) ?? [];
    touched.push({ segment, path });
    this.index.set(key, touched);
  }
}

function indexKey(on: Scope, kind: ChangeKind, name: string): string {
  return `${on} ${kind} ${name}`;
}

/** A purpose is compared as it will ever be: only whether it is retired depends on the moment. */
const ALWAYS = new Date(8.64e15);

function fingerprintOf(rule: Rule, scope: Scope, book: RuleBook, timeZone: string): string {
  const touches = book.touches(rule, scope);
  const types = [...touches.contactAttributes.map((key) => book.fields.find('contact', key)), ...touches.accountAttributes.map((key) => book.fields.find('account', key))];
  const uses = touches.segments.map((key) => [key, book.segment(key)]);
  const terms = touches.purposes.map((key) => book.purposes.terms(key, ALWAYS));
  const whole = JSON.stringify([ENGINE, timeZone, scope, rule, uses, types.map((field) => [field?.key, field?.type, field?.column]), ...(terms.length > 0 ? [terms] : [])]);
  return createHash('sha256').update(whole).digest('base64url');
}
