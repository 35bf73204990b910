import { Inject, Injectable } from '@nestjs/common';
import type { EvaluationContext } from '../core/rule/evaluate-rule.js';
import { type ExplainedCondition, explainMembership, type Subject } from '../core/rule/explain-membership.js';
import { factNeeds } from '../core/rule/fact-needs.js';
import type { Scope } from '../core/rule/rule.js';
import { normaliseAddress } from '../core/mail/address.js';
import { err, ok, type Result } from '../core/shared/result.js';
import { Clock } from '../platform/clock/clock.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { Sql } from '../platform/database/sql.js';
import { loadFacts } from './live/load-facts.js';
import { type MemberCard, readCards } from './member-cards.js';
import { RuleBook } from './rule-book.js';
import type { SegmentProblem } from './segment-problem.js';
import { findContactId } from './why.queries.js';

export interface Why {
  readonly segment: string;
  readonly scope: Scope;
  readonly who: MemberCard;
  readonly member: boolean;
  readonly asOf: Date;
  readonly because: ExplainedCondition;
}

/** Who is asked about: a contact by number or address, or an account by number. */
export type WhyQuestion = { readonly contact: string } | { readonly account: number };

/** Answers "why is this person in, or not?" by the evaluator that live membership uses, condition by condition. */
@Injectable()
export class WhyService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async explain(key: string, question: WhyQuestion): Promise<Result<Why, SegmentProblem>> {
    const book = await RuleBook.load(this.sql, this.config.defaultTimeZone);
    const segment = book.selecting(key);
    if (!segment) return err({ kind: 'segment_missing', key });
    const asked: Scope = 'contact' in question ? 'contact' : 'account';
    if (segment.scope !== asked) return err({ kind: 'other_scope', key, scope: segment.scope, wanted: asked });
    const readable = book.read(segment.rule, segment.scope);
    if (!readable.ok) return err({ kind: 'rule_invalid', problems: readable.error });
    const id = 'contact' in question ? await this.contactId(question.contact) : question.account;
    const now = this.clock.now();
    const moment = { now, timeZone: this.config.defaultTimeZone };
    const needs = factNeeds(segment.rule, segment.scope, book.segment, moment);
    const facts = id === undefined ? undefined : await loadFacts(this.sql, asked === 'contact' ? { contactIds: [id] } : { accountIds: [id] }, needs, now);
    const subject = id === undefined || !facts ? undefined : subjectOf(asked, id, facts);
    const [who] = id === undefined ? [] : await readCards(this.sql, asked, [id]);
    if (!subject || !who) return err({ kind: 'nobody', scope: asked, asked: 'contact' in question ? question.contact : String(question.account) });
    const context: EvaluationContext = { ...moment, fields: book.fields, segments: book.segment };
    const because = explainMembership(segment.rule, subject, context);
    return ok({ segment: key, scope: asked, who, member: because.holds, asOf: now, because });
  }

  private async contactId(contact: string): Promise<number | undefined> {
    if (/^\d{1,15}$/.test(contact)) return findContactId(this.sql, { id: Number(contact) });
    const address = normaliseAddress(contact);
    return address.ok ? findContactId(this.sql, { email: address.value }) : undefined;
  }
}

function subjectOf(scope: Scope, id: number, facts: Awaited<ReturnType<typeof loadFacts>>): Subject | undefined {
  if (scope === 'contact') {
    const person = facts.people.get(id);
    return person && { scope, facts: person };
  }
  const account = facts.accounts.get(id);
  return account && { scope, facts: account };
}
