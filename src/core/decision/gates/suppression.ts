import { isBlocking } from '../../account/holds.js';
import { dateOf, type HoldFact } from '../facts.js';
import type { Gate } from './gate.js';

// Addresses of a desk, not of a person: whoever reads them never agreed to anything.
export const ROLE_LOCAL_PARTS: ReadonlySet<string> = new Set([
  'abuse', 'accounting', 'accounts', 'admin', 'administratie', 'administrator', 'billing', 'bestellingen', 'boekhouding', 'compliance', 'contact', 'debiteuren', 'crediteuren', 'facturen', 'finance', 'ftp', 'helpdesk',
  'hello', 'help', 'hostmaster', 'hr', 'info', 'informatie', 'inkoop', 'inquiries', 'invoices', 'it', 'jobs', 'klantenservice', 'legal', 'list', 'mail', 'mailer-daemon', 'marketing', 'media', 'news', 'newsletter',
  'no-reply', 'noc', 'noreply', 'office', 'orders', 'personeel', 'planning', 'post', 'postmaster', 'press', 'privacy', 'purchasing', 'receptie', 'reception', 'recruitment', 'root', 'sales', 'secretariaat', 'security',
  'service', 'spam', 'support', 'team', 'uucp', 'vacatures', 'verkoop', 'webmaster', 'welkom', 'www',
]);

export function isRoleAddress(address: string): boolean {
  const local = address.slice(0, Math.max(0, address.lastIndexOf('@'))).toLowerCase();
  return ROLE_LOCAL_PARTS.has(local.replace(/\+.*$/, ''));
}

/** Addresses that must not be mailed, whoever asks. */
export const suppressionGate: Gate = {
  codes: [
    'suppression.unsubscribed_all', 'suppression.unsubscribed_topic', 'suppression.complaint', 'suppression.hard_bounce', 'suppression.domain', 'suppression.account', 'suppression.role_address',
    'suppression.manual', 'suppression.soft_bounce',
  ],
  check({ facts, now }, findings) {
    const { suppressions } = facts;
    if (suppressions && suppressions.reasons.length > 0) {
      const has = suppressions.reasons;
      if (has.includes('unsubscribed_all')) findings.add('suppression.unsubscribed_all');
      if (has.includes('unsubscribed_topic')) findings.add('suppression.unsubscribed_topic');
      if (has.includes('complaint')) findings.add('suppression.complaint');
      if (has.includes('hard_bounce')) findings.add('suppression.hard_bounce');
    }
    if (facts.suppressedDomain != null) findings.add('suppression.domain', { names: [facts.suppressedDomain] });
    const block = facts.holds && facts.holds.length > 0 ? blockOf(facts.holds) : undefined;
    if (block) findings.add('suppression.account', { what: block.kind, names: [block.scope], since: dateOf(block.since) });
    if (facts.roleAddress === true) findings.add('suppression.role_address');
    if (suppressions?.reasons.includes('manual')) findings.add('suppression.manual');
    if (suppressions?.reasons.includes('soft_bounce')) {
      const until = suppressions.softBounceUntil === null ? now + RETRY_AFTER : suppressions.softBounceUntil * 1_000;
      if (until > now) findings.add('suppression.soft_bounce', undefined, until);
    }
  },
};

/** Of several the account's, and the oldest: that is whom to ask. */
function blockOf(holds: readonly HoldFact[]): HoldFact | undefined {
  const [block] = holds.filter(({ kind }) => isBlocking(kind)).sort((a, b) => (a.scope === b.scope ? a.since - b.since : a.scope === 'account' ? -1 : 1));
  return block;
}

// A soft bounce without an end: the mailbox is full until proven otherwise.
const RETRY_AFTER = 86_400_000;
