import { createHash } from 'node:crypto';
import type { ConsentEntry, ConsentProof } from '../../core/consent/consent-event.js';
import { truncateIp } from '../../core/consent/truncate-ip.js';
import type { Sql } from '../../platform/database/sql.js';
import { readTrackingConsents } from './ingest.queries.js';
import type { TrackingCall } from './tracking-call.js';
import type { TrackingProblem } from './tracking-problem.js';
import type { WriteKeyRow } from './write-keys.queries.js';

/** A record of its own, beside the mail's: a yes to a site's consent tool never lets a mail go. */
const TRACKING_CHANNEL = 'tracking';

/** Whether a person lets himself be tracked, per purpose. */
export type Choices = ReadonlyMap<string, boolean>;

/** What the categories of the consent tool come to for the purposes that the key knows; a no to one of a purpose's categories is a no. */
export function choicesOf(consent: ReadonlyMap<string, boolean> | undefined, key: WriteKeyRow, problems: TrackingProblem[]): Choices {
  const choices = new Map<string, boolean>();
  for (const [category, given] of consent ?? []) {
    const purposes = Object.hasOwn(key.consent_categories, category) ? key.consent_categories[category] : undefined;
    if (!purposes) problems.push({ kind: 'consent_category_unknown', path: `context.consent.categoryPreferences.${category.slice(0, 100)}` });
    for (const purpose of purposes ?? []) choices.set(purpose, given && choices.get(purpose) !== false);
  }
  return choices;
}

/** Marks an event with what its person had chosen at that moment. */
export function markOf(choices: Choices): Record<string, string[]> {
  const of = (given: boolean): string[] => [...choices].filter(([, choice]) => choice === given).map(([purpose]) => purpose);
  return choices.size === 0 ? {} : { consent_given_for: of(true), consent_refused_for: of(false) };
}

export interface Chosen {
  readonly contactId: number;
  readonly choices: Choices;
  readonly call: TrackingCall;
  readonly key: WriteKeyRow;
  readonly ip: string | undefined;
  readonly userAgent: string | undefined;
  readonly problems: TrackingProblem[];
}

/** What is to be written to the ledgers: only what changes, not one record a page view. A yes only with the text that was agreed to; a no always. */
export async function consentEntries(sql: Sql, chosen: readonly Chosen[], controller: string): Promise<ConsentEntry[]> {
  const asked = chosen.filter(({ choices }) => choices.size > 0);
  if (asked.length === 0) return [];
  const known = await readTrackingConsents(sql, [...new Set(asked.map(({ contactId }) => contactId))], [...new Set(asked.flatMap(({ choices }) => [...choices.keys()]))]);
  const states = new Map(known.map((row) => [`${row.contact_id} ${row.purpose}`, row.state]));
  const entries: ConsentEntry[] = [];
  for (const one of asked) {
    for (const [purpose, given] of one.choices) {
      const subject = `${one.contactId} ${purpose}`;
      const event = changeTo(given, states.get(subject));
      if (event === undefined) continue;
      if (given && one.key.consent_wording_version === null) {
        one.problems.push({ kind: 'consent_without_evidence', path: `context.consent: ${purpose}` });
        continue;
      }
      states.set(subject, event);
      entries.push({ contactId: one.contactId, purpose, channel: TRACKING_CHANNEL, event, occurredAt: one.call.occurredAt, legalBasis: 'consent', proof: proofOf(one, controller) });
    }
  }
  return entries;
}

function changeTo(given: boolean, state: string | undefined): 'given' | 'withdrawn' | 'refused' | undefined {
  const isYes = state === 'given' || state === 'confirmed';
  if (given) return isYes ? undefined : 'given';
  if (isYes) return 'withdrawn';
  return state === undefined || state === 'expired' || state === 'requested' ? 'refused' : undefined;
}

function proofOf({ key, call, ip, userAgent }: Chosen, controller: string): ConsentProof {
  const truncatedIp = ip === undefined ? undefined : truncateIp(ip);
  return {
    actor: 'self',
    method: 'consent_tool',
    controller,
    noticeVersion: key.notice_version,
    ...(key.consent_wording_version !== null && { wordingVersion: key.consent_wording_version }),
    ...(call.page !== undefined && { captureUrl: call.page }),
    ...(truncatedIp !== undefined && { truncatedIp }),
    ...(userAgent !== undefined && { userAgentHash: createHash('sha256').update(userAgent).digest('hex') }),
    note: `source ${key.source}, message ${call.messageId}`.slice(0, 1_000),
  };
}
