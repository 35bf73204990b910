import { decide, GATES, WATCHED_CODES } from '../../../src/core/decision/decide.js';
import { dayNumber, type Facts, secondsUp, seconds, unknownPerson, type RequestFacts } from '../../../src/core/decision/facts.js';
import { isRoleAddress } from '../../../src/core/decision/gates/suppression.js';
import { MESSAGE_CLASSES, type MessageClass } from '../../../src/core/decision/message-class.js';
import { REASON_CODES, REASONS, type ReasonCode, reasonOrder } from '../../../src/core/decision/reasons.js';
import { NO_CONTACT_PRESSURE } from '../../../src/core/pressure/contact-pressure.js';
import { consent, daysAgo, hold, hoursAgo, newsletter, policies, purpose, sending, subscriber, TUESDAY } from './given.js';

const onNewsletter = (facts: Facts, now = TUESDAY) => decide(facts, policies(), now);
const suppressed = (...reasons: NonNullable<Facts['suppressions']>['reasons'][number][]): Facts => subscriber({ suppressions: { reasons, softBounceUntil: null } });
const soft = (changes: Partial<Facts> = {}): Facts =>
  subscriber(
    { sale: { bought: true, lastOn: dayNumber(daysAgo(30)) }, consent: consent({ legalBasis: 'soft_opt_in', state: 'given', similarProducts: true, optOutOffered: true, sameController: true }), ...changes },
    newsletter({ purpose: purpose({ legalBasis: 'soft_opt_in', doubleOptIn: false }) }),
  );
const asClass = (messageClass: MessageClass, changes: Partial<RequestFacts> = {}): RequestFacts => newsletter({ messageClass, ...changes });
const service = asClass('service', { purpose: purpose({ messageClass: 'service', legalBasis: 'contract' }) });
const recall = asClass('legal_duty', { purpose: purpose({ messageClass: 'legal_duty', legalBasis: 'legal_duty' }) });

describe('the newsletter to somebody who subscribed', () => {
  it('goes, on the consent that the ledger proves', () => {
    expect(onNewsletter(subscriber())).toMatchObject({ verdict: 'send', reasons: [], basis: 'consent', evidenceIds: ['ledger:2'], tracking: { opens: 'none', clicks: 'aggregate' }, modifiers: [] });
  });
});

type Case = [who: string, facts: Facts, code: ReasonCode];

describe('a purpose without double opt-in', () => {
  it('needs no confirmation in the Netherlands, and does in Germany', () => {
    const once = newsletter({ purpose: purpose({ doubleOptIn: false }) });
    expect(onNewsletter(subscriber({ consent: consent({ state: 'given' }) }, once)).verdict).toBe('send');
    expect(codes(onNewsletter(subscriber({ consent: consent({ state: 'given' }), country: 'DE' }, once)))).toEqual(['basis.consent_unconfirmed']);
  });
});

describe('the newsletter is refused when', () => {
  it.each<Case>([
    ['nobody knows the person', unknownPerson(newsletter()), 'input.person_unknown'],
    ['the contact has no address', subscriber({ address: 'missing' }), 'input.address_invalid'],
    ['the address was imported and never verified', subscriber({ address: 'unverified' }), 'input.address_invalid'],
    ['nobody recorded where the data came from', subscriber({ provenanceComplete: false }), 'input.provenance_missing'],
    ['the purpose does not exist', subscriber({}, newsletter({ purpose: null })), 'input.purpose_invalid'],
    ['the purpose is retired', subscriber({}, newsletter({ purpose: purpose({ retired: true }) })), 'input.purpose_invalid'],
    ['the purpose ended this very moment', subscriber({}, newsletter({ purpose: purpose({ validUntil: seconds(TUESDAY) }) })), 'input.purpose_invalid'],
    ['the purpose does not use mail', subscriber({}, newsletter({ purpose: purpose({ channels: ['post'] }) })), 'input.purpose_invalid'],
    ['it hides in a purpose for the contract', subscriber({}, newsletter({ purpose: purpose({ messageClass: 'service', legalBasis: 'contract' }) })), 'input.class_mismatch'],
    ['it calls itself service mail', subscriber({}, asClass('service')), 'input.class_mismatch'],
    ['the data were collected by another company', subscriber({ otherController: 'Acme' }), 'input.controller_mismatch'],
    ['the suppressions were not loaded', subscriber({ suppressions: undefined }), 'input.fact_unavailable'],
    ['the template needs a first name that is not known', subscriber({ missingFields: ['contact.first_name'] }), 'input.merge_field_missing'],
    ['the address was erased', suppressed('erased'), 'legal.erased'],
    ['the use of the data is restricted', subscriber({ restrictedSince: seconds(daysAgo(1)) }), 'legal.restricted'],
    ['the contact objected', subscriber({ consent: consent({ state: 'objected' }) }), 'legal.objected'],
    ['the address is on the objection list', suppressed('objected'), 'legal.objected'],
    ['the contact withdrew yesterday', subscriber({ consent: consent({ state: 'withdrawn', since: seconds(daysAgo(1)) }) }), 'legal.withdrawn'],
    ['the contact is a minor', subscriber({ minor: true }), 'legal.minor'],
    ['the segment asks about health', subscriber({}, newsletter({ touched: [{ name: 'contact.health', purposes: ['*'], sensitive: true }] })), 'legal.special_category'],
    ['the person was never told that we have the address', subscriber({ noticeDue: 'third_party' }), 'legal.notice_due'],
    ['the retention is over', subscriber({ relationDay: dayNumber(daysAgo(732)) }), 'legal.retention_elapsed'],
    ['the segment reads what was collected for something else', subscriber({}, newsletter({ touched: [{ name: 'event.Page Viewed', purposes: ['analytics'], sensitive: false }] })), 'purpose.data_not_allowed'],
    ['the template reads what nobody classified', subscriber({}, newsletter({ touched: [{ name: 'contact.shoe_size', purposes: [], sensitive: false }] })), 'purpose.data_not_allowed'],
    ['the contact was collected for something else', subscriber({ collectedForPurpose: false }), 'purpose.data_not_allowed'],
    ['the contact was never asked', subscriber({ consent: null }), 'basis.consent_missing'],
    ['the contact refused', subscriber({ consent: consent({ state: 'refused' }) }), 'basis.consent_missing'],
    ['the contact did not confirm', subscriber({ consent: consent({ state: 'given' }) }), 'basis.consent_unconfirmed'],
    ['the contact did not confirm, whose country is not known', subscriber({ consent: consent({ state: 'given' }), country: null }, newsletter({ purpose: purpose({ doubleOptIn: false }) })), 'basis.consent_unconfirmed'],
    ['the contact only asked for it', subscriber({ consent: consent({ state: 'requested' }) }), 'basis.consent_unconfirmed'],
    ['the consent expired in the ledger', subscriber({ consent: consent({ state: 'expired' }) }), 'basis.consent_expired'],
    ['the consent ended this very moment', subscriber({ consent: consent({ validUntil: seconds(TUESDAY) }) }), 'basis.consent_expired'],
    ['the consent is for the telephone', subscriber({ consent: null, consentForOtherChannel: true }), 'basis.scope_mismatch'],
    ['what is on record is no consent', subscriber({ consent: consent({ legalBasis: 'contract' }) }), 'basis.scope_mismatch'],
    ['the consent cannot be proven', subscriber({ consent: consent({ evidenceComplete: false }) }), 'basis.evidence_incomplete'],
    ['an existing customer never bought', soft({ sale: { bought: false, lastOn: null } }), 'basis.soft_opt_in.no_sale'],
    ['the customer lives where there is no such exception', soft({ country: 'US', timeZone: 'Europe/Amsterdam' }), 'basis.scope_mismatch'],
    ['similar products were not recorded', soft({ consent: consent({ legalBasis: 'soft_opt_in', state: 'given', optOutOffered: true, sameController: true }) }), 'basis.soft_opt_in.not_similar'],
    ['no opt-out was offered at the sale', soft({ consent: consent({ legalBasis: 'soft_opt_in', state: 'given', similarProducts: true, sameController: true }) }), 'basis.soft_opt_in.no_opt_out_offered'],
    ['somebody else made the sale', soft({ consent: consent({ legalBasis: 'soft_opt_in', state: 'given', similarProducts: true, optOutOffered: true }) }), 'basis.soft_opt_in.other_controller'],
    ['nobody weighed the legitimate interest', subscriber({}, newsletter({ purpose: purpose({ legalBasis: 'legitimate_interest' }) })), 'basis.balancing_missing'],
    ['the contact unsubscribed from everything', suppressed('unsubscribed_all'), 'suppression.unsubscribed_all'],
    ['the contact unsubscribed from the newsletter', suppressed('unsubscribed_topic'), 'suppression.unsubscribed_topic'],
    ['the contact complained', suppressed('complaint'), 'suppression.complaint'],
    ['the address does not exist', suppressed('hard_bounce'), 'suppression.hard_bounce'],
    ['the domain is blocked', subscriber({ suppressedDomain: 'acme.example' }), 'suppression.domain'],
    ['the account is in a dispute with us', subscriber({ holds: [hold('dispute', { scope: 'account' })] }), 'suppression.account'],
    ['the address is a desk', subscriber({ roleAddress: true }), 'suppression.role_address'],
    ['a colleague blocked the address', suppressed('manual'), 'suppression.manual'],
    ['the person already bought what it is about', subscriber({ goalMet: true }), 'relationship.goal_met'],
    ['the person got the very same content last week', subscriber({ duplicateContent: seconds(daysAgo(7)) }), 'relationship.duplicate_content'],
    ['this step was sent already', subscriber({ alreadySent: true }), 'campaign.already_sent'],
    ['the campaign was stopped', subscriber({}, newsletter({ campaignState: 'stopped' })), 'campaign.stopped'],
    ['the contact reacted and is out', subscriber({ exited: true }), 'campaign.exited'],
    ['the contact is in the control group', subscriber({ holdout: 'engine' }), 'holdout.control'],
    ['the sending domain is not set up', subscriber({}, newsletter(sending({ aligned: 'no' }))), 'delivery.not_aligned'],
    ['no link to unsubscribe can be given', subscriber({}, newsletter({ unsubscribeHeaders: false })), 'delivery.unsubscribe_headers_missing'],
    ['it is no longer news', subscriber({ stepSince: seconds(hoursAgo(72.1)) }), 'timing.stale'],
    ['somebody looked at the draft and dropped it', subscriber({ tier: '1:1', approval: 'dropped' }), 'approval.dropped'],
  ])('%s', (_, facts, code) => {
    const decision = onNewsletter(facts);
    expect(decision).toMatchObject({ verdict: 'deny', primary: code, evidenceIds: [] });
    expect(decision.basis).toBeUndefined();
    expect(decision.notBefore).toBeUndefined();
  });

  const softUntil = (validUntil: number): Facts => soft({ consent: consent({ legalBasis: 'soft_opt_in', state: 'given', similarProducts: true, optOutOffered: true, sameController: true, validUntil }) });
  const kept = purpose().retentionDays;
  it.each<[what: string, still: Facts, over: Facts, code: ReasonCode]>([
    ['the retention lasts its last day', subscriber({ relationDay: dayNumber(daysAgo(kept)) }), subscriber({ relationDay: dayNumber(daysAgo(kept + 1)) }), 'legal.retention_elapsed'],
    ['news is news to the last second', subscriber({ stepSince: seconds(hoursAgo(72)) }), subscriber({ stepSince: seconds(hoursAgo(72)) - 1 }), 'timing.stale'],
    ['a purpose is over in the second it ends', subscriber({}, newsletter({ purpose: purpose({ validUntil: seconds(TUESDAY) + 1 }) })), subscriber({}, newsletter({ purpose: purpose({ validUntil: seconds(TUESDAY) }) })), 'input.purpose_invalid'],
    ['a consent is over in the second it ends', subscriber({ consent: consent({ validUntil: seconds(TUESDAY) + 1 }) }), subscriber({ consent: consent({ validUntil: seconds(TUESDAY) }) }), 'basis.consent_expired'],
    ['so is what stands for one of an existing customer', softUntil(seconds(TUESDAY) + 1), softUntil(seconds(TUESDAY)), 'basis.consent_expired'],
    ['a full mailbox is tried again in the second its time is up', subscriber({ suppressions: { reasons: ['soft_bounce'], softBounceUntil: seconds(TUESDAY) } }), subscriber({ suppressions: { reasons: ['soft_bounce'], softBounceUntil: seconds(TUESDAY) + 1 } }), 'suppression.soft_bounce'],
    ['a limit of the sending domain holds to the second it ends', subscriber({}, newsletter(sending({ throttledUntil: seconds(TUESDAY) }))), subscriber({}, newsletter(sending({ throttledUntil: seconds(TUESDAY) + 1 }))), 'delivery.throttled'],
    ['so does the warm-up', subscriber({}, newsletter(sending({ warmUpFullUntil: seconds(TUESDAY) }))), subscriber({}, newsletter(sending({ warmUpFullUntil: seconds(TUESDAY) + 1 }))), 'delivery.warm_up'],
    ['and a pause that somebody asked for', subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, pausedUntil: seconds(TUESDAY) } }), subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, pausedUntil: seconds(TUESDAY) + 1 } }), 'pressure.chosen_frequency'],
  ])('on the edge: %s', (_, still, over, code) => expect([onNewsletter(still).verdict, codes(onNewsletter(over))]).toEqual(['send', [code]]));

  it('the exception for customers does not cover the channel, or its window is over', () => {
    const request = newsletter({ purpose: purpose({ legalBasis: 'soft_opt_in', channels: ['post'] }) });
    expect(codes(onNewsletter({ ...soft(), request }))).toEqual(['input.purpose_invalid', 'basis.soft_opt_in.channel']);
    expect(codes(decide(soft(), policies({ softOptInDays: 29 }), TUESDAY))).toEqual(['basis.soft_opt_in.window']);
    expect(decide(soft(), policies({ softOptInDays: 30 }), TUESDAY)).toMatchObject({ verdict: 'send', basis: 'soft_opt_in' });
  });
});

describe('the newsletter waits when', () => {
  it.each<[...Case, notBefore: string]>([
    ['the mailbox is full', subscriber({ suppressions: { reasons: ['soft_bounce'], softBounceUntil: secondsUp(new Date('2026-06-12T10:00:00Z')) } }), 'suppression.soft_bounce', '2026-06-12T10:00:00Z'],
    ['the person had three mails this week', subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, total: { count: 3, freesInMinutes: 120 } } }), 'pressure.cap_total', '2026-06-09T10:00:00Z'],
    ['the person had two newsletters', subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, purpose: { count: 2, freesInMinutes: 60 } } }), 'pressure.cap_purpose', '2026-06-09T09:00:00Z'],
    ['a mail went an hour ago', subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, gapMinutes: 1_380 } }), 'pressure.min_gap', '2026-06-10T07:00:00Z'],
    ['the person chose one mail a month', subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, chosen: { frequency: 'monthly', freesInMinutes: 60 } } }), 'pressure.chosen_frequency', '2026-06-09T09:00:00Z'],
    ['the person paused mail', subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, pausedUntil: seconds(daysAgo(-2)) } }), 'pressure.chosen_frequency', '2026-06-11T08:00:00Z'],
    ['a more important mail took the place', subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, lost: { campaign: 'sale', upcoming: false, waitMinutes: 1_440 } } }), 'pressure.lost_arbitration', '2026-06-10T08:00:00Z'],
    ['a more important mail is due soon', subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, lost: { campaign: 'sale', upcoming: true, waitMinutes: 31 } } }), 'pressure.lost_arbitration', '2026-06-09T08:31:00Z'],
    ['the person has had enough', subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, saturation: { index: 5_100, limit: 6_000, waitMinutes: 200 } } }), 'pressure.saturated', '2026-06-09T11:20:00Z'],
    ['five colleagues were written to', subscriber({ accountPressure: { messages: { count: 6, freesInMinutes: 0 }, people: { count: 5, freesInMinutes: 30 }, campaignPeople: { count: 0, freesInMinutes: 0 } } }), 'pressure.cap_account', '2026-06-09T08:30:00Z'],
    ['a complaint is open, for as long as it takes', subscriber({ holds: [hold('complaint')] }), 'relationship.complaint_open', '2026-06-09T09:00:00Z'],
    ['a severe ticket of the company was closed, and rests a while', subscriber({ holds: [hold('ticket', { scope: 'account', until: seconds(daysAgo(-2)) })] }), 'relationship.ticket_open', '2026-06-11T08:00:00Z'],
    ['the person gave a five', subscriber({ holds: [hold('detractor', { until: seconds(daysAgo(-1)) })] }), 'relationship.detractor', '2026-06-10T08:00:00Z'],
    ['a colleague is talking with the person', subscriber({ holds: [hold('conversation', { until: seconds(daysAgo(-1)) })] }), 'relationship.human_conversation', '2026-06-10T08:00:00Z'],
    ['the person answered', subscriber({ holds: [hold('reply', { until: seconds(daysAgo(-1)) })] }), 'relationship.human_conversation', '2026-06-10T08:00:00Z'],
    ['a colleague of the person answered', subscriber({ holds: [hold('reply', { scope: 'account', until: seconds(daysAgo(-1)) })] }), 'relationship.account_replied', '2026-06-10T08:00:00Z'],
    ['there is an open opportunity', subscriber({ holds: [hold('opportunity', { scope: 'account', until: seconds(daysAgo(-1)) })] }), 'relationship.open_opportunity', '2026-06-10T08:00:00Z'],
    ['a meeting is booked', subscriber({ holds: [hold('meeting', { scope: 'account', until: seconds(daysAgo(-1)) })] }), 'relationship.meeting_booked', '2026-06-10T08:00:00Z'],
    ['the mails of this hour are used up', subscriber({}, newsletter(sending({ throttledUntil: secondsUp(new Date('2026-06-09T09:00:00Z')), hourlyLimit: 10 }))), 'delivery.throttled', '2026-06-09T09:00:00Z'],
    ['the mails of this day are used up', subscriber({}, newsletter(sending({ warmUpFullUntil: secondsUp(new Date('2026-06-10T00:00:00Z')), dailyLimit: 50 }))), 'delivery.warm_up', '2026-06-10T06:00:00Z'],
    ['the domain is paused', subscriber({}, newsletter(sending({ pausedSince: seconds(daysAgo(1)) }))), 'delivery.reputation_pause', '2026-06-09T08:15:00Z'],
    ['it is six in the morning in New York', subscriber({ timeZone: 'America/New_York', country: 'US' }), 'timing.quiet_hours', '2026-06-09T12:00:00Z'],
    ['the zone is unknown and Honolulu sleeps', subscriber({ timeZone: null, country: 'US' }), 'timing.timezone_unknown', '2026-06-09T18:00:00Z'],
  ])('%s', (_, facts, code, notBefore) => {
    expect(onNewsletter(facts)).toMatchObject({ verdict: 'defer', primary: code, notBefore: new Date(notBefore) });
  });

  it.each<[string, string, ReasonCode, string]>([
    ['it is late in the evening', '2026-06-09T18:00:00Z', 'timing.quiet_hours', '2026-06-10T06:00:00Z'],
    ['it is Saturday night: Sunday is skipped', '2026-06-13T19:00:00Z', 'timing.quiet_hours', '2026-06-15T06:00:00Z'],
    ['it is King\'s Day', '2026-04-27T10:00:00Z', 'timing.holiday', '2026-04-28T06:00:00Z'],
  ])('%s', (_, now, code, notBefore) => {
    const at = new Date(now);
    const facts = subscriber({ stepSince: seconds(hoursAgo(1, at)) });
    expect(onNewsletter(facts, at)).toMatchObject({ verdict: 'defer', primary: code, notBefore: new Date(notBefore) });
  });

  it('as long as the person chose, whichever of pause and frequency lasts longer', () => {
    const chosen = { frequency: 'weekly', freesInMinutes: 3 * 1_440 } as const;
    const reason = (days: number) => onNewsletter(subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, chosen, pausedUntil: seconds(daysAgo(-days)) } })).reasons[0];
    expect(reason(2)).toMatchObject({ code: 'pressure.chosen_frequency', detail: { what: 'weekly' }, notBefore: daysAgo(-3) });
    expect(reason(30)).toMatchObject({ code: 'pressure.chosen_frequency', detail: { what: 'paused' }, notBefore: daysAgo(-30) });
  });

  it('also at the claim when the person paused mail since it was planned; caps were settled then', () => {
    const claim = newsletter({ phase: 'claim' });
    expect(onNewsletter(subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, pausedUntil: seconds(daysAgo(-2)), gapMinutes: 90 } }, claim)).reasons.map(({ code }) => code)).toEqual(['pressure.chosen_frequency']);
    expect(onNewsletter(subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, gapMinutes: 90 } }, claim)).verdict).toBe('send');
  });

  it('and says how much presses, and with what it would be too much', () => {
    const [reason] = onNewsletter(subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, saturation: { index: 5_123, limit: 6_000, waitMinutes: 200 } } })).reasons;
    expect(reason?.detail).toEqual({ count: 5.123, limit: 6 });
  });

  it('a human is asked where the machine may not write, or was asked not to', () => {
    expect(onNewsletter(subscriber({ consent: null, researched: true }))).toMatchObject({ verdict: 'review', primary: 'basis.cold_b2b' });
    expect(onNewsletter(subscriber({ prefersHumanSince: seconds(daysAgo(1)) }))).toMatchObject({ verdict: 'review', primary: 'relationship.prefers_human' });
    expect(onNewsletter(subscriber({ consent: null, researched: true, noticeDue: 'public' })).primary).toBe('legal.notice_due');
    expect(onNewsletter(subscriber({ consent: consent({ state: 'refused' }), researched: true })).primary).toBe('basis.consent_missing');
  });

  it('everything is held back, or its campaign is paused', () => {
    expect(codes(decide(subscriber(), policies({ killSwitch: true }), TUESDAY))).toEqual(['delivery.kill_switch']);
    expect(onNewsletter(subscriber({}, newsletter({ campaignState: 'paused' })))).toMatchObject({ verdict: 'defer', primary: 'delivery.kill_switch' });
  });

  it('the cap of one channel is full', () => {
    const strict = policies({ contactCaps: { total: null, purpose: null, channels: { email: { limit: 1, days: 1 } } } });
    const facts = subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, channel: { count: 1, freesInMinutes: 5 } } });
    expect(codes(decide(facts, strict, TUESDAY))).toEqual(['pressure.cap_channel']);
  });

  it('a cap frees at night: then it waits for the morning', () => {
    const facts = subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, gapMinutes: 16 * 60 } }); // two at night in Amsterdam
    expect(onNewsletter(facts).notBefore).toEqual(new Date('2026-06-10T06:00:00Z'));
  });
});

describe('when several things are wrong', () => {
  it('all are recorded in the order of the catalogue, and the strongest verdict names the first', () => {
    const decision = onNewsletter(
      subscriber({ holdout: 'campaign', timeZone: 'Asia/Tokyo', country: 'JP', suppressions: { reasons: ['complaint', 'soft_bounce'], softBounceUntil: null }, contactPressure: { ...NO_CONTACT_PRESSURE, gapMinutes: 5 } }),
      new Date('2026-06-09T14:00:00Z'),
    );
    expect(codes(decision)).toEqual(['suppression.complaint', 'suppression.soft_bounce', 'holdout.control', 'pressure.min_gap', 'timing.quiet_hours']);
    expect(decision).toMatchObject({ verdict: 'deny', primary: 'suppression.complaint' });
    const orders = decision.reasons.map((reason) => reasonOrder(reason.code));
    expect(orders).toEqual([...orders].sort((a, b) => a - b));
  });

  it('the latest of the deferrals decides when it is looked at again', () => {
    const facts = subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, gapMinutes: 30, total: { count: 3, freesInMinutes: 90 } } });
    expect(onNewsletter(facts).notBefore).toEqual(new Date('2026-06-09T09:30:00Z'));
  });

  it('a withdrawal names itself first, and the missing consent after it', () => {
    expect(codes(onNewsletter(subscriber({ consent: consent({ state: 'withdrawn' }) })))).toEqual(['legal.withdrawn', 'basis.consent_missing']);
  });
});

describe('what the class of a message changes', () => {
  const troubled = { consent: consent({ state: 'withdrawn' }), holdout: 'engine', minor: true, contactPressure: { ...NO_CONTACT_PRESSURE, gapMinutes: 600 }, timeZone: 'America/New_York', country: 'US' } as const;

  it('an invoice goes to somebody who withdrew, at night, in the control group', () => {
    expect(onNewsletter(subscriber(troubled, service))).toMatchObject({ verdict: 'send', basis: 'contract', evidenceIds: ['purpose:newsletter'] });
  });

  it('a recall goes to somebody who unsubscribed from everything and whose data were collected for something else', () => {
    const facts = subscriber({ ...troubled, suppressions: { reasons: ['unsubscribed_all', 'complaint', 'erased', 'objected'], softBounceUntil: null }, restrictedSince: 1, collectedForPurpose: false, relationDay: 0 }, recall);
    expect(onNewsletter(facts)).toMatchObject({ verdict: 'send', basis: 'legal_duty' });
  });

  it('a recall does not go to an address that does not exist', () => {
    expect(onNewsletter(subscriber({ suppressions: { reasons: ['hard_bounce'], softBounceUntil: null } }, recall)).primary).toBe('suppression.hard_bounce');
  });

  it('the mail that asks for confirmation goes on the open request, and on nothing else', () => {
    const request = asClass('opt_in_request');
    expect(onNewsletter(subscriber({ consent: consent({ state: 'requested', sequence: 1 }) }, request))).toMatchObject({ verdict: 'send', basis: 'opt_in_request', evidenceIds: ['ledger:1'] });
    expect(onNewsletter(subscriber({ consent: null }, request)).primary).toBe('basis.consent_missing');
    expect(onNewsletter(subscriber({ consent: consent({ state: 'confirmed' }) }, request)).primary).toBe('basis.consent_missing');
    expect(onNewsletter(subscriber({ consent: consent({ state: 'confirmed', validUntil: 4_000_000_000 }) }, request)).verdict).toBe('send');
    expect(onNewsletter(subscriber({ consent: consent({ state: 'withdrawn' }) }, request)).primary).toBe('legal.withdrawn');
  });

  it('a survey is held to the same caps as marketing', () => {
    const facts = subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, gapMinutes: 5 } }, asClass('survey'));
    expect(onNewsletter(facts).primary).toBe('pressure.min_gap');
  });

  it.each(MESSAGE_CLASSES)('%s: no reason is recorded that the class is free of', (messageClass) => {
    const everything = subscriber(
      {
        ...troubled, suppressions: { reasons: ['erased', 'objected', 'unsubscribed_all', 'complaint', 'manual', 'hard_bounce', 'soft_bounce'], softBounceUntil: null },
        restrictedSince: 1, roleAddress: true, relationDay: 0, contactPressure: { ...NO_CONTACT_PRESSURE, channel: { count: 9, freesInMinutes: 9 }, total: { count: 9, freesInMinutes: 9 }, purpose: { count: 9, freesInMinutes: 9 }, gapMinutes: 9 },
      },
      asClass(messageClass),
    );
    const found = codes(onNewsletter(everything));
    expect(found.filter((code) => (REASONS[code].notFor).includes(messageClass))).toEqual([]);
    expect(found).toContain('suppression.hard_bounce');
  });
});

describe('the claim', () => {
  const claim = newsletter({ phase: 'claim' });

  it('does not ask again about the slot that the plan reserved', () => {
    expect(onNewsletter(subscriber({ contactPressure: undefined, accountPressure: undefined, alreadySent: undefined }, claim)).verdict).toBe('send');
  });

  it('stops what was withdrawn, suppressed, stopped or put out of time since', () => {
    expect(onNewsletter(subscriber({ consent: consent({ state: 'withdrawn' }) }, claim)).primary).toBe('legal.withdrawn');
    expect(onNewsletter(subscriber({ suppressions: { reasons: ['complaint'], softBounceUntil: null } }, claim)).primary).toBe('suppression.complaint');
    expect(onNewsletter(subscriber({}, { ...claim, campaignState: 'stopped' })).primary).toBe('campaign.stopped');
    expect(onNewsletter(subscriber({ stepSince: seconds(hoursAgo(80)) }, claim)).primary).toBe('timing.stale');
    expect(onNewsletter(subscriber({ exited: true }, claim)).primary).toBe('campaign.exited');
  });
});

describe('mail that a human sees first', () => {
  it.each<[string, Partial<Facts>, string]>([
    ['waits for him', { approval: 'due' }, 'review approval.due'],
    ['waits for the first wave', { approval: 'waits' }, 'defer approval.first_wave'],
    ['goes once he approved it', { approval: 'given' }, 'send'],
    ['is not shown to him in the night', { approval: 'due', contactPressure: { ...NO_CONTACT_PRESSURE, total: { count: 3, freesInMinutes: 60 } } }, 'defer pressure.cap_total'],
    ['stays withdrawn, whatever he approved', { approval: 'given', consent: consent({ state: 'withdrawn' }) }, 'deny legal.withdrawn'],
    ['stays suppressed, whatever he approved', { approval: 'given', suppressions: { reasons: ['complaint'], softBounceUntil: null } }, 'deny suppression.complaint'],
    ['stays without a basis, whatever he approved', { approval: 'given', consent: null }, 'deny basis.consent_missing'],
    ['waits for the end of a complaint, whatever he approved', { approval: 'given', holds: [hold('complaint')] }, 'defer relationship.complaint_open'],
  ])('%s', (_, facts, outcome) => {
    const { verdict, primary = '' } = onNewsletter(subscriber({ tier: '1:1', ...facts }));
    expect(`${verdict} ${primary}`.trim()).toBe(outcome);
  });

  it('is not what a contract, the law or the person himself asked for', () => {
    for (const messageClass of ['service', 'legal_duty', 'opt_in_request', 'personal'] as const) {
      expect(codes(onNewsletter(subscriber({ tier: '1:1', approval: 'due' }, newsletter({ messageClass }))))).not.toContain('approval.due');
    }
  });
});

describe('the catalogue', () => {
  it('never gives a number twice', () => {
    expect(new Set(REASON_CODES.map((code) => REASONS[code].number)).size).toBe(REASON_CODES.length);
  });

  it('keeps the numbers that stored decisions use', () => {
    const numbers = REASON_CODES.map((code) => `${REASONS[code].number} ${code}`);
    expect(numbers).toMatchSnapshot();
  });

  it('is watched from the first code to the last', () => {
    expect([...WATCHED_CODES].sort()).toEqual([...REASON_CODES].sort());
  });

  it('stands in the order in which the gates are asked', () => {
    const asked = GATES.flatMap((gate) => gate.codes.map(reasonOrder));
    expect(asked).toEqual([...asked].sort((a, b) => a - b));
    expect(WATCHED_CODES.size).toBe(asked.length);
  });
});

describe('addresses of a desk', () => {
  it.each([
    ['info@acme.example', true],
    ['Sales+nl@acme.example', true],
    ['klantenservice@acme.example', true],
    ['ines@acme.example', false],
    ['informant@acme.example', false],
  ])('%s: %s', (address, role) => expect(isRoleAddress(address)).toBe(role));
});

function codes(decision: { reasons: readonly { code: ReasonCode }[] }): ReasonCode[] {
  return decision.reasons.map((reason) => reason.code);
}
