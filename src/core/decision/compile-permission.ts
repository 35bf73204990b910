import { BLOCKING_HOLDS } from '../account/holds.js';
import { SUPPRESSION_REASONS, type SuppressionReason } from '../consent/suppression-reasons.js';
import type { Parameters } from '../rule/parameters.js';
import { compileBasis, type ConsentAliases, joinConsents, type Tests } from './compile-basis.js';
import type { Reason } from './decision.js';
import { dateOf, type Facts, latestBirthDate, oldestDayWithin, type PurposeFacts, type RequestFacts } from './facts.js';
import { ROLE_LOCAL_PARTS } from './gates/suppression.js';
import { lastingReasons, type PermissionTerms } from './permission.js';
import { ownController } from './policies.js';
import { REASON_CODES, REASONS, type ReasonCode, stops } from './reasons.js';

/** The people of a statement and, outer joined to them, their accounts: as aliases. */
export interface PermissionFrame {
  readonly contact: string;
  readonly account: string;
  readonly alias: (prefix: string) => string;
  /** Asked of a few people only: suppressions are then looked up per person instead of being gathered for everybody. */
  readonly few: boolean;
}

export interface CompiledPermission {
  /** What must be joined to the people. Nobody is lost or doubled by it. */
  readonly joins: readonly string[];
  /** An expression: the number (REASONS) of the first lasting reason in the order of the catalogue; null: may be mailed. */
  readonly reason: string;
  /**
   * Holds for whom the expression is null. Not one condition per reason: of twenty that are "not true" the planner expects nobody to be left, and then joins
   * by nested loops (a million people: minutes).
   */
  readonly open: string;
}

/** Codes that hold for everybody or for nobody who is in the database: the gates themselves are asked when this is compiled. */
export const SHARED_CODES: readonly ReasonCode[] = [
  'input.person_unknown', 'input.purpose_invalid', 'input.class_mismatch', 'input.merge_field_missing', 'basis.soft_opt_in.channel', 'basis.balancing_missing',
];

/**
 * The lasting gates as ONE expression, for a million people at once. What holds for everybody (a retired purpose, a field that may not be
 * used) is asked of the gates; countries, ages and retention come from the functions that the gates use. That the rest says what the gates
 * say is shown on random people (test/db/permission-agreement.test.ts): who changes a gate changes this.
 */
export function compilePermission(terms: PermissionTerms, now: Date, frame: PermissionFrame, params: Parameters): CompiledPermission {
  const { request } = terms;
  const always = new Set(sharedReasons(terms, now).map(({ code }) => code));
  const joins: string[] = [];
  const tests = request.purpose ? compileTests(terms, request.purpose, now, frame, joins, params) : { of: {}, record: 'null' };
  const cases: string[] = [];
  for (const code of REASON_CODES.filter((one) => stops(one, request.messageClass))) {
    const number = String(REASONS[code].number);
    if (always.has(code)) return { joins, open: 'false', reason: cases.length === 0 ? number : `case ${cases.join(' ')} else ${number} end` };
    const test = tests.of[code];
    if (test) cases.push(`when ${test()} then ${number}`);
  }
  const reason = `case ${cases.join(' ')} end`;
  return { joins, open: restsOnRecord(request) ? `${tests.record} is not null and ${reason} is null` : `${reason} is null`, reason };
}

/** Without a record of what was said nobody is mailed for it (`basis.scope_mismatch`): said apart, it makes the outer join of the records an inner one. */
function restsOnRecord({ purpose, messageClass }: RequestFacts): boolean {
  return purpose?.legalBasis === 'consent' && messageClass !== 'opt_in_request' && stops('basis.scope_mismatch', messageClass);
}

/** What speaks against mailing anybody at all. */
export function sharedReasons({ request, policies }: PermissionTerms, now: Date): Reason[] {
  return lastingReasons(idealPerson(request, now), policies, now);
}

function compileTests({ request, policies }: PermissionTerms, purpose: PurposeFacts, now: Date, { contact, account, alias, few }: PermissionFrame, joins: string[], params: Parameters): { of: Tests; record: string } {
  const consent: ConsentAliases = { now: alias('k'), other: alias('o'), proof: alias('p') };
  const suppressed = alias('u');
  joins.push(...joinConsents(contact, consent, request, purpose, few, params), joinSuppressions(contact, suppressed, request.purposeKey, now, few, params));
  const retained: Retained = { contact, account, consent, since: dateOf(oldestDayWithin(purpose.retentionDays, now.getTime()) * 86_400), fresh: few ? undefined : alias('f') };
  if (retained.fresh !== undefined) joins.push(joinFresh(contact, retained.fresh, retained.since, params));
  const has = (reason: SuppressionReason): string => `${suppressed}.mask & ${bitOf(reason)} <> 0`;
  const state = `${consent.now}.state`;
  const of: Tests = {
    'input.address_invalid': () => `${contact}.email is null or ${contact}.address_state <> 'ok'`,
    'input.provenance_missing': () => `${contact}.source is null or ${contact}.source_at is null or ${contact}.notice_version is null`,
    'input.controller_mismatch': () => `coalesce(${contact}.controller, ${params.add(ownController(policies), 'text')}) <> ${params.add(purpose.controller ?? ownController(policies), 'text')}`,
    // Whose address has no hash cannot be looked up among the suppressions.
    'input.fact_unavailable': () => `${contact}.address_hash is null`,
    'legal.erased': () => has('erased'),
    'legal.restricted': () => `${contact}.restricted_at is not null`,
    'legal.objected': () => `${state} = 'objected' or ${has('objected')}`,
    'legal.withdrawn': () => `${state} = 'withdrawn'`,
    'legal.minor': () => `${contact}.birth_date > ${params.add(latestBirthDate(policies.minorBelowAge, now), 'date')}`,
    ...(request.touched.some((item) => item.sensitive) && { 'legal.special_category': () => `not ${explicitConsent(contact, request, now, params)}` }),
    'legal.notice_due': () => `${contact}.obtained_from <> 'person' and ${contact}.notice_sent_at is null`,
    'legal.retention_elapsed': () => retentionElapsed(retained, params),
    ...(request.messageClass !== 'legal_duty' && {
      // Who said yes to this purpose gave the data for it, whatever an import said before.
      'purpose.data_not_allowed': () => `not ${contact}.collected_for && ${params.add(['*', request.purposeKey], 'text[]')} and (${state} in ('given', 'confirmed', 'requested')) is not true`,
    }),
    ...compileBasis(request, purpose, policies, now, { contact, account, consent }, params),
    'suppression.unsubscribed_all': () => has('unsubscribed_all'),
    'suppression.unsubscribed_topic': () => has('unsubscribed_topic'),
    'suppression.complaint': () => has('complaint'),
    'suppression.hard_bounce': () => has('hard_bounce'),
    'suppression.domain': () => domainSuppressed(contact),
    'suppression.account': () => blocked(contact, now, params),
    // Stored addresses are in lower case and have one @.
    'suppression.role_address': () => `split_part(split_part(${contact}.email, '@', 1), '+', 1) = any(${params.add([...ROLE_LOCAL_PARTS], 'text[]')})`,
    'suppression.manual': () => has('manual'),
    'suppression.soft_bounce': () => has('soft_bounce'),
  };
  return { of, record: state };
}

/** A yes that covers data of GDPR art. 9 for this purpose, proven and still valid. */
function explicitConsent(contact: string, { purposeKey }: RequestFacts, now: Date, params: Parameters): string {
  const lapses = params.add(dateOf(Math.floor(now.getTime() / 1_000) + 1).toISOString(), 'timestamptz');
  return `exists (select from consents where contact_id = ${contact}.contact_id and purpose = ${params.add(purposeKey, 'text')} and channel = 'special_category' and legal_basis = 'consent'
    and state in ('given', 'confirmed') and evidence_complete and (valid_until is null or valid_until >= ${lapses}))`;
}

/**
 * The domain of the address or one above it is on the list. The two first levels, which nearly all addresses have, are looked up in a hash
 * of the list; deeper ones one by one. Without a list nothing is asked of anybody.
 */
function domainSuppressed(contact: string): string {
  const host = `split_part(${contact}.email, '@', 2)`;
  const listed = (domain: string): string => `${domain} in (select domain from suppressed_domains)`;
  const deeper = `${host} like '%.%.%.%' and exists (select from suppressed_domains where domain = any(domain_and_parents(${host})))`;
  return `(select true from suppressed_domains limit 1) and (${listed(host)} or ${listed(`substr(${host}, strpos(${host}, '.') + 1)`)} or ${deeper})`;
}

/** A hold that refuses all mail, of the person or of everybody at the account. */
function blocked(contact: string, now: Date, params: Parameters): string {
  const inForce = `kind = any(${params.add([...BLOCKING_HOLDS], 'text[]')}) and campaign_id is null and (ends_at is null or ends_at > ${params.add(now.toISOString(), 'timestamptz')})`;
  const held = (table: string, column: string): string => `${contact}.${column} in (select ${column} from ${table} where ${inForce})`;
  return `(${held('account_holds', 'account_id')}) is true or ${held('contact_holds', 'contact_id')}`;
}

function bitOf(reason: SuppressionReason): number {
  return 1 << SUPPRESSION_REASONS.indexOf(reason);
}

/** The suppressions in force of each address, as bits of one number. */
function joinSuppressions(contact: string, alias: string, purposeKey: string, now: Date, few: boolean, params: Parameters): string {
  const bit = `1 << array_position(${params.add([...SUPPRESSION_REASONS], 'text[]')}, reason) - 1`;
  const inForce = `purpose in ('', ${params.add(purposeKey, 'text')}) and (ends_at is null or ends_at > ${params.add(now.toISOString(), 'timestamptz')})`;
  if (few) return `left join lateral (select bit_or(${bit}) as mask from suppressions where address_hash = ${contact}.address_hash and ${inForce}) ${alias} on true`;
  return `left join (select address_hash, bit_or(${bit}) as mask from suppressions where ${inForce} group by address_hash) ${alias} on ${alias}.address_hash = ${contact}.address_hash`;
}

interface Retained {
  readonly contact: string;
  readonly account: string;
  readonly consent: ConsentAliases;
  readonly since: Date;
  /** Who did something that is not counted yet, outer joined; undefined: each person's events are looked at. */
  readonly fresh: string | undefined;
}

/**
 * Nothing came in, was said or bought since that day, and nothing was done. Most who do anything are told by the row of their last event (a million
 * people: 0.1 s; by their events over all months: 1.2 s), which the events behind history's cursor complete.
 */
function retentionElapsed({ contact, account, consent, since, fresh }: Retained, params: Parameters): string {
  const moment = params.add(since.toISOString(), 'timestamptz');
  const known = [`${contact}.created_at`, `${contact}.source_at`, `${consent.now}.given_at`, `${consent.now}.confirmed_at`, `${consent.other}.yes_at`].join(', ');
  return [
    `greatest(${known}) < ${moment}`,
    `(${account}.last_won_on >= ${params.add(since.toISOString().slice(0, 10), 'date')}) is not true`,
    // Scalars and not `exists`, which the planner may answer by reading all there are first.
    `(select true from contact_last_events where contact_id = ${contact}.contact_id and last_at >= ${moment}) is null`,
    fresh === undefined ? `(select true from events where contact_id = ${contact}.contact_id and occurred_at >= ${moment} limit 1) is null` : `${fresh}.contact_id is null`,
  ].join(' and ');
}

/** Both ends are named, because of "greater than something" the planner expects a third of all events, of "between two" one in 200; there are a second's. */
function joinFresh(contact: string, alias: string, since: Date, params: Parameters): string {
  const uncounted = `received_xid >= (select cursor_xid from event_history) and received_xid < (select ${LAST_XID})`;
  return `left join (select contact_id from events where occurred_at >= ${params.add(since.toISOString(), 'timestamptz')} and ${uncounted} group by contact_id) ${alias} on ${alias}.contact_id = ${contact}.contact_id`;
}

const LAST_XID = '9223372036854775807';

/** Against whom nothing speaks but what speaks against everybody. */
function idealPerson(request: RequestFacts, now: Date): Facts {
  const today = oldestDayWithin(0, now.getTime());
  return {
    request, person: 'known', address: 'ok', roleAddress: false, provenanceComplete: true, collectedForPurpose: true, otherController: null, restrictedSince: null, noticeDue: null, researched: false,
    explicitConsent: true, profilingOff: false, suppressedDomain: null, trackingConsent: { opens: false, clicks: false }, holds: [], prefersHumanSince: null, goalMet: false, minor: false, suppressions: { reasons: [], softBounceUntil: null },
    consent: {
      state: request.messageClass === 'opt_in_request' ? 'requested' : 'confirmed', legalBasis: 'consent', sequence: 1, since: null, validUntil: null, evidenceComplete: true,
      similarProducts: true, optOutOffered: true, sameController: true,
    },
    consentForOtherChannel: false, relationDay: today, sale: { bought: true, lastOn: today }, exited: false, holdout: 'none', timeZone: 'Europe/Amsterdam', country: 'NL', missingFields: [], stepSince: 0,
    alreadySent: undefined, duplicateContent: undefined, contactPressure: undefined, accountPressure: undefined, tier: undefined, approval: undefined,
  };
}
