import { permissionUntil } from '../core/decision/compile-permission-checks.js';
import { lastingReasons, type PermissionTerms } from '../core/decision/permission.js';
import { policiesOf } from '../core/decision/policies.js';
import type { PermissionFact } from '../core/rule/evaluate-rule.js';
import { NOTHING_TOUCHED, type TouchedData } from '../core/rule/touched-data.js';
import type { Sql } from '../platform/database/sql.js';
import type { DecisionRequest } from './decision-request.js';
import { readReferences } from './facts.queries.js';
import { Batch } from './load-batch.js';
import { requestFacts } from './person-facts.js';

/**
 * What the gate says of these people (up to some thousand) for a purpose when no campaign asks: its lasting reasons, from the facts that
 * decisions load. A fixed number of statements; a purpose that does not exist is a reason too.
 */
export async function loadPermissions(sql: Sql, contactIds: readonly number[], purpose: string, now: Date, touches: TouchedData = NOTHING_TOUCHED): Promise<Map<number, PermissionFact>> {
  const asked = questionOf(purpose, contactIds, touches, now);
  const batch = await Batch.load(sql, asked, now, (stored) => policiesOf(stored ?? null));
  const request = { ...batch.request, messageClass: batch.request.purpose?.messageClass ?? asked.messageClass };
  return new Map(
    asked.candidates.map((candidate) => {
      const facts = { ...batch.factsOf(candidate), request };
      const reasons = lastingReasons(facts, batch.policies, now);
      return [candidate.contactId, { reasons, reason: reasons[0]?.code ?? null, until: permissionUntil(facts, batch, batch.datesOf(candidate), now) }];
    }),
  );
}

/** Under what the gate is asked about a purpose, for whoever reads this data; undefined when there is no such purpose. */
export async function loadTerms(sql: Sql, purpose: string, now: Date, touches: TouchedData): Promise<PermissionTerms | undefined> {
  const [reference] = await readReferences(sql, [{ purpose, touches }]);
  if (!reference) return undefined;
  const request = requestFacts(questionOf(purpose, [], touches, now), reference, { domain: '', unsubscribeHeaders: true }, now);
  return request.purpose ? { request: { ...request, messageClass: request.purpose.messageClass }, policies: policiesOf(reference.policies ?? null) } : undefined;
}

/** As at the claim, of a campaign that is no obstacle: what earlier mails press is not loaded. */
function questionOf(purpose: string, contactIds: readonly number[], touches: TouchedData, now: Date): DecisionRequest {
  return {
    phase: 'claim',
    campaignId: 0,
    campaignVersion: 0,
    campaignState: 'running',
    step: 0,
    purpose,
    messageClass: 'marketing', // until it is known what the purpose is meant for
    channel: 'email',
    template: null,
    touches,
    holdout: { percent: 0, unit: 'contact' },
    timeToLiveHours: 1,
    candidates: contactIds.map((contactId) => ({ contactId, accountId: null, occurrence: 1, stepSince: now, exited: false, goalMet: false, missingFields: [] })),
  };
}
