import { type ConsentFact, dateOf, type DayNumber, oldestDayWithin, type RequestFacts } from '../facts.js';
import type { Gate } from './gate.js';

const DAY = 86_400_000;

/** Whether the retention of a purpose, counted from the last day of the relation, is over. */
export function retentionElapsed(relationDay: DayNumber, retentionDays: number, now: number): boolean {
  return relationDay < oldestDayWithin(retentionDays, now);
}

/** GDPR articles 9, 18, 21 and what a person or the passing of time forbids. */
export const legalGate: Gate = {
  codes: ['legal.erased', 'legal.restricted', 'legal.objected', 'legal.withdrawn', 'legal.minor', 'legal.special_category', 'legal.notice_due', 'legal.retention_elapsed'],
  check({ facts, request, purpose, now }, findings) {
    const { suppressions, consent } = facts;
    if (suppressions?.reasons.includes('erased')) findings.add('legal.erased');
    if (facts.restrictedSince != null) findings.add('legal.restricted', { since: dateOf(facts.restrictedSince) });
    if (consent?.state === 'objected') findings.add('legal.objected', sinceOf(consent));
    else if (suppressions?.reasons.includes('objected')) findings.add('legal.objected');
    if (consent?.state === 'withdrawn') findings.add('legal.withdrawn', sinceOf(consent));
    if (facts.minor === true) findings.add('legal.minor');
    const sensitive = sensitiveNames(request);
    if (sensitive.length > 0 && facts.explicitConsent === false) findings.add('legal.special_category', { names: sensitive });
    if (facts.noticeDue != null) findings.add('legal.notice_due', { what: facts.noticeDue });
    if (purpose && facts.relationDay !== undefined && retentionElapsed(facts.relationDay, purpose.retentionDays, now)) {
      findings.add('legal.retention_elapsed', { since: new Date((facts.relationDay + purpose.retentionDays + 1) * DAY), days: purpose.retentionDays });
    }
  },
};

function sinceOf({ since }: ConsentFact): { since?: Date } {
  return since === null ? {} : { since: dateOf(since) };
}

const NONE: readonly string[] = [];
const sensitiveOf = new WeakMap<RequestFacts, readonly string[]>();

// The same for the whole batch: worked out once per request.
function sensitiveNames(request: RequestFacts): readonly string[] {
  if (request.touched.length === 0) return NONE;
  let names = sensitiveOf.get(request);
  if (!names) {
    names = request.touched.filter((item) => item.sensitive).map((item) => item.name);
    sensitiveOf.set(request, names);
  }
  return names;
}
