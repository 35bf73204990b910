import type { MessageClass } from './message-class.js';

/** Stored as a number: the strength of a verdict grows with it only in `strength` below, never by its number. */
export const VERDICTS = { send: 1, defer: 2, review: 3, deny: 4 } as const;
export type Verdict = keyof typeof VERDICTS;
export type StoppingVerdict = Exclude<Verdict, 'send'>;

/** deny > review > defer > send. */
export const strength: Readonly<Record<Verdict, number>> = { send: 0, defer: 1, review: 2, deny: 3 };

export interface ReasonDefinition {
  /** Stored in decisions: stable for ever, never given to another code. */
  readonly number: number;
  readonly verdict: StoppingVerdict;
  /** Message classes that this reason never stops. */
  readonly notFor: readonly MessageClass[];
}

const anyClass: readonly MessageClass[] = [];
const notForDuty: readonly MessageClass[] = ['legal_duty'];
const notForService: readonly MessageClass[] = ['service', 'legal_duty'];
/** What keeps the machine from talking keeps no human from it. */
const notForHumans: readonly MessageClass[] = ['service', 'legal_duty', 'personal'];
const notForOptIn: readonly MessageClass[] = ['service', 'legal_duty', 'opt_in_request'];

/** What no human has to see first: contract, law, the person's own request, and what a human wrote himself. */
const notForOptInOrHumans: readonly MessageClass[] = ['service', 'legal_duty', 'opt_in_request', 'personal'];

const deny = (number: number, notFor = anyClass): ReasonDefinition => ({ number, verdict: 'deny', notFor });
const review = (number: number, notFor = anyClass): ReasonDefinition => ({ number, verdict: 'review', notFor });
const defer = (number: number, notFor = anyClass): ReasonDefinition => ({ number, verdict: 'defer', notFor });

/**
 * Every reason a message can be stopped for, in the order in which reasons are recorded.
 * Numbers leave room within each group. A code that is no longer used keeps its line, so that old decisions can be read.
 */
export const REASONS = {
  'input.person_unknown': deny(1),
  'input.address_invalid': deny(2),
  'input.provenance_missing': deny(3),
  'input.purpose_invalid': deny(4),
  'input.controller_mismatch': deny(5),
  'input.class_mismatch': deny(6),
  'input.fact_unavailable': deny(7),
  'input.merge_field_missing': deny(8),

  'legal.erased': deny(20, notForDuty),
  'legal.restricted': deny(21, notForDuty),
  'legal.objected': deny(22, notForService),
  'legal.withdrawn': deny(23, notForService),
  'legal.minor': deny(24, notForService),
  'legal.special_category': deny(25, notForService),
  'legal.notice_due': deny(26, notForService),
  'legal.retention_elapsed': deny(27, notForDuty),

  'purpose.data_not_allowed': deny(40),

  'basis.consent_missing': deny(50, notForService),
  'basis.consent_unconfirmed': deny(51, notForService),
  'basis.consent_expired': deny(52, notForService),
  'basis.scope_mismatch': deny(53, notForService),
  'basis.evidence_incomplete': deny(54, notForService),
  'basis.soft_opt_in.no_sale': deny(55),
  'basis.soft_opt_in.not_similar': deny(56),
  'basis.soft_opt_in.no_opt_out_offered': deny(57),
  'basis.soft_opt_in.channel': deny(58),
  'basis.soft_opt_in.other_controller': deny(59),
  'basis.soft_opt_in.window': deny(60),
  'basis.cold_b2b': review(61),
  'basis.balancing_missing': deny(62),

  'suppression.unsubscribed_all': deny(80, notForDuty),
  'suppression.unsubscribed_topic': deny(81, notForDuty),
  'suppression.complaint': deny(82, notForDuty),
  'suppression.hard_bounce': deny(83), // a mail that cannot arrive fulfils no duty either
  'suppression.domain': deny(84, notForDuty),
  'suppression.account': deny(85, notForDuty),
  'suppression.role_address': deny(86, notForDuty),
  'suppression.manual': deny(87, notForDuty),
  'suppression.soft_bounce': defer(88),

  'relationship.complaint_open': defer(100, notForHumans),
  'relationship.ticket_open': defer(101, notForHumans),
  'relationship.detractor': defer(102, notForHumans),
  'relationship.human_conversation': defer(103, notForHumans),
  'relationship.account_replied': defer(104, notForHumans),
  'relationship.open_opportunity': defer(105, notForHumans),
  'relationship.meeting_booked': defer(106, notForHumans),
  'relationship.prefers_human': review(107, notForHumans),
  'relationship.goal_met': deny(108),
  'relationship.duplicate_content': deny(109),
  'campaign.already_sent': deny(120),
  'campaign.stopped': deny(121),
  'campaign.exited': deny(122),

  'holdout.control': deny(130, notForHumans),

  'pressure.cap_channel': defer(140, notForOptIn),
  'pressure.cap_total': defer(141, notForOptIn),
  'pressure.cap_purpose': defer(142, notForOptIn),
  'pressure.cap_account': defer(143, notForOptIn),
  'pressure.min_gap': defer(144, notForOptIn),
  'pressure.chosen_frequency': defer(145, notForOptIn),
  'pressure.lost_arbitration': defer(146, notForOptIn),
  'pressure.saturated': defer(147, notForOptIn),

  'timing.quiet_hours': defer(160, notForService),
  'timing.timezone_unknown': defer(161, notForService),
  'timing.holiday': defer(162, notForService),
  'timing.stale': deny(163),

  'delivery.throttled': defer(180),
  'delivery.warm_up': defer(181),
  'delivery.reputation_pause': defer(182),
  'delivery.kill_switch': defer(183),
  'delivery.not_aligned': deny(184),
  'delivery.unsubscribe_headers_missing': deny(185),

  'approval.due': review(200, notForOptInOrHumans),
  'approval.first_wave': defer(201, notForOptInOrHumans),
  'approval.dropped': deny(202),
} as const satisfies Record<string, ReasonDefinition>;

export type ReasonCode = keyof typeof REASONS;

export const REASON_CODES = Object.keys(REASONS) as readonly ReasonCode[];

const orderOfCode = new Map<ReasonCode, number>(REASON_CODES.map((code, index) => [code, index]));
const codeOfNumber = new Map<number, ReasonCode>(REASON_CODES.map((code) => [REASONS[code].number, code]));

/** Place in the catalogue, 0 first: the order in which reasons are recorded. */
export function reasonOrder(code: ReasonCode): number {
  return orderOfCode.get(code) ?? Number.MAX_SAFE_INTEGER;
}

export function reasonByNumber(number: number): ReasonCode | undefined {
  return codeOfNumber.get(number);
}

export function verdictByNumber(number: number): Verdict | undefined {
  return (Object.keys(VERDICTS) as Verdict[]).find((verdict) => VERDICTS[verdict] === number);
}

export function stops(code: ReasonCode, messageClass: MessageClass): boolean {
  return !REASONS[code].notFor.includes(messageClass);
}
