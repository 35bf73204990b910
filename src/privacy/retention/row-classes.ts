import type { RetentionTerms } from '../../core/privacy/retention-terms.js';

export interface RowClassRule {
  /** Table and condition: which of its rows are over their time at $1. */
  readonly old: string;
  /** What such a row becomes; left out: it goes. $3 is the seed of pseudonyms. */
  readonly becomes?: string;
  /** The term it is kept for; left out: each row says itself when it ends. */
  readonly term?: keyof RetentionTerms;
}

// What is left of a refusal: 550 5.1.1. The words of servers repeat the address, and whatever else they like.
const CODE_ALONE = `substring(response from '^[45]\\d\\d(?: [45]\\.\\d{1,3}\\.\\d{1,3})?')`;

/** Rows that go by the night, each after its time (rules.md section 7). All text here is ours; what is asked of people stands in retention.queries.ts. */
export const ROW_CLASSES = {
  // Each key has a moment of its own, set when the person was let go.
  consent_evidence: { old: 'person_keys where shred_after <= $1' },
  opens: { old: `events where name = 'Email Opened' and occurred_at < $1`, term: 'opens' },
  // Mail without a return path is a report of a machine that could not deliver (RFC 3464).
  bounce_mails: { old: `mailbox_mails where received_at < $1 and envelope_from = ''`, term: 'bounces' },
  bounce_answers: {
    old: `messages where state in ('failed', 'bounced') and coalesce(sent_at, queued_at) < $1 and response <> ${CODE_ALONE}`,
    becomes: `response = ${CODE_ALONE}`,
    term: 'bounces',
  },
  mailbox: { old: 'mailbox_mails where received_at < $1', term: 'mailbox' },
  link_mails: { old: `link_mails where requested_at < $1 and state in ('sent', 'failed')`, term: 'linkMails' },
  // The request stays; only the link that was mailed to show who asks is over. Links to confirm a consent are signed and stored nowhere.
  identity_links: { old: 'privacy_requests where token_expires_at <= $1', becomes: 'token_hash = null, token_expires_at = null' },
  lapsed_requests: { old: `privacy_requests where state = 'lapsed' and closed_at < $1`, term: 'lapsedRequests' },
  access_copies: { old: 'privacy_exports where expires_at <= $1' },
  decisions: { old: 'decisions where decided_at < $1', term: 'decisions' },
  // A message that was decided on again lately is still one story: it keeps its name until all of it is old. The number put in
  // its place is the same for one person, and leads back to nobody without the seed.
  decisions_named: {
    old: `decisions d where decided_at < $1 and contact_id > 0 and not exists (select from decisions l
      where l.contact_id = d.contact_id and l.campaign_id = d.campaign_id and l.step = d.step and l.occurrence = d.occurrence and l.decided_at >= $1)`,
    becomes: 'contact_id = -1 - (hashint8extended(t.contact_id, $3::bigint) & 140737488355327), evidence = null',
    term: 'decisionsNamed',
  },
} as const satisfies Readonly<Record<string, RowClassRule>>;

export type RowClass = keyof typeof ROW_CLASSES;
export const ROW_CLASS_NAMES = Object.keys(ROW_CLASSES) as RowClass[];
