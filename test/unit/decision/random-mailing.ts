import { fc } from '../../support/generated.js';
import { HOLD_KINDS } from '../../../src/core/account/holds.js';
import { LEGAL_BASES } from '../../../src/core/consent/purpose.js';
import { SUPPRESSION_REASONS } from '../../../src/core/consent/suppression-reasons.js';

/** What the tables know of somebody that decides on mail, column by column. Mostly harmless, or the first reason would hide all others. */
export interface RandomMailing {
  readonly columns: {
    readonly email: string | null;
    readonly hashed: boolean;
    readonly address_state: string;
    readonly source: string | null;
    readonly source_at: string | null;
    readonly notice_version: string | null;
    readonly collected_for: readonly string[];
    readonly restricted_at: string | null;
    readonly lifecycle_stage: string | null;
    readonly obtained_from: string;
    readonly notice_sent_at: string | null;
    readonly controller: string | null;
  };
  readonly consents: readonly {
    readonly purpose: string;
    readonly channel: string;
    readonly state: string;
    readonly legal_basis: string;
    readonly given_at: string | null;
    readonly confirmed_at: string | null;
    readonly ended_at: string | null;
    readonly valid_until: string | null;
    readonly evidence_complete: boolean;
    readonly proof: Readonly<Record<string, unknown>>;
  }[];
  readonly holds: readonly { readonly kind: string; readonly campaign: boolean; readonly ends_at: string | null }[];
  readonly suppressions: readonly { readonly reason: string; readonly purpose: string; readonly ends_at: string | null }[];
}

/** Purposes of every kind that the gate tells apart; the columns of the table. */
export const PURPOSES = [
  { purpose: 'newsletter', legal_basis: 'consent' },
  { purpose: 'updates', legal_basis: 'consent', double_opt_in: false, retention_days: 30 },
  { purpose: 'offers', legal_basis: 'soft_opt_in', double_opt_in: false },
  { purpose: 'upgrades', legal_basis: 'soft_opt_in', retention_days: 7 },
  { purpose: 'events', legal_basis: 'legitimate_interest', balancing_assessment: 'weighed' },
  { purpose: 'research', legal_basis: 'legitimate_interest', message_class: 'survey', balancing_assessment: null },
  { purpose: 'invoices', legal_basis: 'contract', message_class: 'service', retention_days: 7 },
  { purpose: 'recalls', legal_basis: 'legal_duty', message_class: 'legal_duty' },
  { purpose: 'confirmations', legal_basis: 'consent', message_class: 'opt_in_request' },
  { purpose: 'letters', legal_basis: 'consent', message_class: 'personal', channels: ['post'] },
  { purpose: 'mistaken', legal_basis: 'contract', message_class: 'marketing' },
  { purpose: 'partner', legal_basis: 'legitimate_interest', balancing_assessment: 'weighed', controller: 'Partner B.V.' },
  { purpose: 'retired', legal_basis: 'consent', retired: true },
  { purpose: 'ended', legal_basis: 'consent', ended: true },
] as const;
const KEYS = PURPOSES.map(({ purpose }) => purpose);

/** Of these blocked.example is on the list, and with it what stands under it. */
const DOMAINS = ['klant.example', 'blocked.example', 'mail.blocked.example', 'a.b.c.blocked.example', 'notblocked.example', 'blocked.example.klant.example'];

const DAY = 86_400_000;
const pick = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const mostly = <T>(harmless: T, others: fc.Arbitrary<T>, times = 12): fc.Arbitrary<T> => fc.oneof({ weight: times, arbitrary: fc.constant(harmless) }, { weight: 1, arbitrary: others });

/** Moments around which something begins or ends: now, the second it lies in, and the days that retention is counted in; each with its neighbours. */
export function edgesOf(now: Date): fc.Arbitrary<string> {
  const midnight = Math.floor(now.getTime() / DAY) * DAY;
  const second = Math.floor(now.getTime() / 1_000) * 1_000;
  const edges = [now.getTime(), second, second + 1_000, midnight, ...[7, 8, 30, 31, 730, 731].map((days) => midnight - days * DAY)];
  return pick(edges.flatMap((edge) => [edge - 1, edge, edge + 1])).map((moment) => new Date(moment).toISOString());
}

/** The last birthdays that make a minor, and the first that do not. */
export function birthDatesOf(now: Date, ages: readonly number[]): fc.Arbitrary<string> {
  return pick(ages.flatMap((age) => [-1, 0, 1, 2].map((days) => new Date(Date.UTC(now.getUTCFullYear() - age, now.getUTCMonth(), now.getUTCDate() + days)).toISOString().slice(0, 10))));
}

export function randomMailing(now: Date): fc.Arbitrary<RandomMailing> {
  const edge = edgesOf(now);
  const old = new Date(now.getTime() - 400 * DAY).toISOString();
  const local = pick(['ann', 'bob', 'info+ann', 'information', 'x.info', 'ann+info', 'élodie']);
  const columns: fc.Arbitrary<RandomMailing['columns']> = fc.record({
    email: mostly<string | null>('ann@klant.example', fc.oneof(fc.tuple(local, pick(DOMAINS)), fc.tuple(pick(['info', 'info', 'sales+nl', 'noreply']), fc.constant('klant.example'))).map(([part, domain]) => `${part}@${domain}`), 3).chain((email) => mostly<string | null>(email, fc.constant(null), 20)),
    hashed: mostly(true, fc.constant(false), 20),
    address_state: mostly('ok', pick(['unverified', 'invalid']), 20),
    source: mostly<string | null>('webshop', fc.constant(null), 30),
    source_at: mostly<string | null>(old, edge, 2),
    notice_version: mostly<string | null>('1', fc.constant(null), 30),
    collected_for: mostly<string[]>(['*'], fc.subarray([...KEYS]), 2),
    restricted_at: mostly<string | null>(null, edge, 20),
    obtained_from: mostly('person', pick(['third_party', 'public']), 3),
    notice_sent_at: fc.option(edge, { freq: 2 }),
    controller: mostly<string | null>(null, pick(['Klant B.V.', 'Partner B.V.']), 6),
    lifecycle_stage: fc.oneof(fc.constant(null), pick(['prospect', 'lead', 'new_customer', 'loyal_customer', 'former_customer'])),
  });
  const consent = fc.record({
    purpose: pick(KEYS),
    channel: mostly('email', pick(['post', 'special_category', 'email_opens']), 3),
    state: fc.oneof({ weight: 3, arbitrary: fc.constant('confirmed') }, { weight: 2, arbitrary: fc.constant('given') }, { weight: 2, arbitrary: pick(['requested', 'refused', 'withdrawn', 'objected', 'expired']) }),
    legal_basis: fc.oneof({ weight: 3, arbitrary: fc.constant('consent') }, { weight: 3, arbitrary: fc.constant('soft_opt_in') }, { weight: 1, arbitrary: pick(LEGAL_BASES) }),
    given_at: fc.option(edge),
    confirmed_at: fc.option(edge),
    ended_at: fc.option(edge),
    valid_until: mostly<string | null>(null, edge, 3),
    evidence_complete: mostly(true, fc.constant(false), 5),
    proof: fc.record(
      { similarProducts: mostly(true, fc.constant(false), 4), optOutOffered: mostly(true, fc.constant(false), 4), controller: fc.constant('Klant B.V.') },
      { requiredKeys: [] },
    ),
  });
  const suppression = fc.record({ reason: pick(SUPPRESSION_REASONS), purpose: mostly('', pick(KEYS), 1), ends_at: fc.option(edge) });
  const hold = fc.record({ kind: pick(HOLD_KINDS), campaign: mostly(false, fc.constant(true), 3), ends_at: fc.option(edge, { freq: 2 }) });
  return fc.record({
    columns,
    consents: fc.uniqueArray(consent, { maxLength: 14, minLength: 6, selector: ({ purpose, channel }) => `${purpose} ${channel}` }),
    holds: mostly<RandomMailing['holds']>([], fc.array(hold, { minLength: 1, maxLength: 2 }), 4),
    suppressions: mostly<RandomMailing['suppressions']>([], fc.uniqueArray(suppression, { maxLength: 3, selector: ({ reason, purpose }) => `${reason} ${purpose}` }), 1),
  });
}
