import { decide, GATES } from '../../src/core/decision/decide.js';
import { explainDecision } from '../../src/core/decision/explain.js';
import type { Facts } from '../../src/core/decision/facts.js';
import type { Policies } from '../../src/core/decision/policies.js';
import { REASON_CODES, REASONS, type ReasonCode } from '../../src/core/decision/reasons.js';
import { NOTHING_TOUCHED } from '../../src/core/rule/touched-data.js';
import type { DecisionRequest } from '../../src/decisions/decision-request.js';
import { useDatabase } from '../support/database.js';
import { asClass, daysAgo, hoursAgo, NO_HOLDOUT, NOW, World } from './decisions-world.js';

/** What a test arranges: whom to ask about, how, and when. */
type Asked = readonly [contactId: number, changes?: Partial<DecisionRequest>, now?: Date];
type Arrange = (world: World) => Promise<Asked>;

const forPurpose = (key: string, columns: Record<string, unknown>, arrange: (world: World) => Promise<number>): Arrange => async (world) => {
  await world.purpose(key, columns);
  return [await arrange(world), { purpose: key }];
};
const consented = (changes: Record<string, unknown>): Arrange => async (world) => {
  const contactId = await world.contact();
  await world.consent(contactId, changes);
  return [contactId];
};
const suppressed = (...[reason, changes]: [Parameters<World['suppress']>[1], Record<string, unknown>?]): Arrange => async (world) => {
  const contactId = await world.subscriber();
  await world.suppress(contactId, reason, changes);
  return [contactId];
};
const withRecord = (changes: Record<string, unknown>): Arrange => async (world) => [await world.subscriber(changes)];
const asking = (changes: Partial<DecisionRequest>, now?: Date): Arrange => async (world) => [await world.subscriber(), changes, now];
const touches = (changes: Partial<DecisionRequest['touches']>): Partial<DecisionRequest> => ({ touches: { ...NOTHING_TOUCHED, ...changes } });

const held = (kind: string, changes: Record<string, unknown> = {}): Arrange => async (world) => {
  const contactId = await world.subscriber();
  await world.hold('contact', contactId, kind, changes);
  return [contactId];
};
const heldAccount = (kind: string, changes: Record<string, unknown> = {}): Arrange => async (world) => {
  const accountId = await world.account();
  await world.hold('account', accountId, kind, changes);
  return [await world.subscriber({ account_id: accountId })];
};

let softKeys = 0;
/** A customer under the existing-customer exception, with a ledger record that proves what is named. */
const customer = (proof: Record<string, unknown>, { bought = true, channels = ['email'] } = {}): Arrange => async (world) => {
  const key = `offers_${++softKeys}`;
  await world.purpose(key, { legal_basis: 'soft_opt_in', double_opt_in: false, channels });
  const accountId = await world.account(bought ? { won_opportunities: 2, last_won_on: '2026-05-01' } : {});
  const contactId = await world.contact({ account_id: accountId, collected_for: [key] });
  await world.consent(contactId, { purpose: key, state: 'given', legal_basis: 'soft_opt_in', sequence: 1 });
  await world.insert('consent_records', {
    contact_id: contactId, sequence: 1, purpose: key, event: 'given', occurred_at: daysAgo(30), recorded_at: daysAgo(30), legal_basis: 'soft_opt_in', proof: JSON.stringify(proof),
    proof_hash: Buffer.alloc(32), previous_hash: Buffer.alloc(32), hash: Buffer.alloc(32),
  });
  return [contactId, { purpose: key }];
};
const PROVEN = { similarProducts: true, optOutOffered: true, controller: 'Acme' };

/** Mail of the step asked about, to somebody at this account, that a human was asked to look at. */
async function draftFor(world: World, accountId: number, changes: Record<string, unknown>): Promise<number> {
  const contactId = await world.subscriber({ account_id: accountId });
  await world.message(contactId, { campaign_id: 1, account_id: accountId, state: 'draft', sent_at: null, queued_at: hoursAgo(1), ...changes });
  return contactId;
}

const CASES: readonly [ReasonCode, string, Arrange][] = [
  ['input.person_unknown', 'the contact was deleted', () => Promise.resolve([999_999_999])],
  ['input.address_invalid', 'there is no address', withRecord({ email: null, address_hash: null })],
  ['input.address_invalid', 'the address was never verified', withRecord({ address_state: 'unverified' })],
  ['input.provenance_missing', 'nobody recorded the source', withRecord({ source: null })],
  ['input.provenance_missing', 'nobody recorded the notice', withRecord({ notice_version: null })],
  ['input.purpose_invalid', 'the purpose is unknown', asking({ purpose: 'nonsense' })],
  ['input.purpose_invalid', 'the purpose was retired', forPurpose('old_news', { retired_at: daysAgo(1) }, async (world) => world.subscriber())],
  ['input.purpose_invalid', 'the purpose ended', forPurpose('summer', { valid_until: daysAgo(1) }, async (world) => world.subscriber())],
  ['input.controller_mismatch', 'another company collected the data', withRecord({ controller: 'Acme Events B.V.' })],
  ['input.controller_mismatch', 'the mail is a partner\'s', forPurpose('partner', { controller: 'Partner B.V.' }, async (world) => world.subscriber())],
  ['input.class_mismatch', 'advertising calls itself service', asking(asClass('service'))],
  ['input.fact_unavailable', 'the address has no hash to look it up by', withRecord({ address_hash: null })],
  ['input.merge_field_missing', 'the template needs a name', async (world) => [await world.subscriber(), { candidates: [world.candidate(await world.subscriber(), { missingFields: ['contact.first_name'] })] }]],
  ['legal.erased', 'the address was erased before', suppressed('erased')],
  ['legal.restricted', 'the use is restricted', withRecord({ restricted_at: daysAgo(1) })],
  ['legal.objected', 'the ledger holds an objection', consented({ state: 'objected', ended_at: daysAgo(1) })],
  ['legal.objected', 'the address is on the objection list', suppressed('objected')],
  ['legal.withdrawn', 'the consent was withdrawn', consented({ state: 'withdrawn', ended_at: daysAgo(1) })],
  ['legal.minor', 'the person turns sixteen tomorrow', withRecord({ birth_date: '2010-06-10' })],
  ['legal.special_category', 'the segment reads a sensitive attribute', async (world) => {
    await world.insert('attribute_definitions', { scope: 'contact', key: 'diet', type: 'text', purposes: ['*'], sensitive: true });
    return [await world.subscriber(), touches({ contactAttributes: ['diet'] })];
  }],
  ['legal.notice_due', 'a partner gave the address and nobody told the person', withRecord({ obtained_from: 'third_party' })],
  ['legal.retention_elapsed', 'nothing was heard for two years', async (world) => {
    const contactId = await world.contact({ created_at: daysAgo(800), source_at: daysAgo(800) });
    await world.consent(contactId, { given_at: daysAgo(800), confirmed_at: daysAgo(799) });
    return [contactId];
  }],
  ['purpose.data_not_allowed', 'the template reads what may be used for nothing', async (world) => [await world.subscriber(), touches({ contactAttributes: ['phone'] })]],
  ['purpose.data_not_allowed', 'the segment reads an event nobody defined', async (world) => [await world.subscriber(), touches({ events: ['Mystery'] })]],
  ['purpose.data_not_allowed', 'the segment reads an event of another purpose', async (world) => {
    await world.insert('event_definitions', { name: 'Ticket Opened', purposes: ['support'] });
    return [await world.subscriber(), touches({ events: ['Ticket Opened'] })];
  }],
  ['purpose.data_not_allowed', 'the segment reads a score worked out from an event of another purpose', async (world) => {
    await world.insert('event_definitions', { name: 'Fault Reported', purposes: ['support'] });
    await world.sql.exec('test.derived', `update attribute_definitions set derived_from = '{event.Fault Reported}' where scope = 'account' and key = 'engagement_score'`);
    return [await world.subscriber(), touches({ accountAttributes: ['engagement_score'] })];
  }],
  ['purpose.data_not_allowed', 'the data were collected for something else', async (world) => {
    await world.purpose('interest', { legal_basis: 'legitimate_interest', balancing_assessment: 'weighed' });
    return [await world.contact({ collected_for: ['support'] }), { purpose: 'interest' }];
  }],
  ['basis.consent_missing', 'nobody ever asked', async (world) => [await world.contact()]],
  ['basis.consent_missing', 'the person refused', consented({ state: 'refused', ended_at: daysAgo(3) })],
  ['basis.consent_unconfirmed', 'the confirmation never came', consented({ state: 'given', confirmed_at: null })],
  ['basis.consent_unconfirmed', 'the request is open', consented({ state: 'requested', given_at: null, confirmed_at: null })],
  ['basis.consent_expired', 'the consent was given for a year', consented({ valid_until: daysAgo(1) })],
  ['basis.scope_mismatch', 'the consent is for the telephone', consented({ channel: 'phone' })],
  ['basis.scope_mismatch', 'what is on record is no consent', consented({ legal_basis: 'contract' })],
  ['basis.evidence_incomplete', 'the wording is missing', consented({ evidence_complete: false })],
  ['basis.soft_opt_in.no_sale', 'nothing was bought', customer(PROVEN, { bought: false })],
  ['basis.soft_opt_in.not_similar', 'similar products were not recorded', customer({ ...PROVEN, similarProducts: false })],
  ['basis.soft_opt_in.no_opt_out_offered', 'the offer to refuse was not recorded', customer({ similarProducts: true, controller: 'Acme' })],
  ['basis.soft_opt_in.channel', 'the purpose is for the post', customer(PROVEN, { channels: ['post'] })],
  ['basis.soft_opt_in.other_controller', 'the seller is not recorded', customer({ similarProducts: true, optOutOffered: true })],
  ['basis.soft_opt_in.window', 'the sale was long ago', async (world) => {
    await world.setPolicies({ ...NO_HOLDOUT, softOptInDays: 10 });
    return customer(PROVEN)(world);
  }],
  ['basis.cold_b2b', 'the address stood on the company\'s site', async (world) => [await world.contact({ account_id: await world.account(), obtained_from: 'public', notice_sent_at: daysAgo(3) })]],
  ['basis.balancing_missing', 'nobody weighed the interest', forPurpose('unweighed', { legal_basis: 'legitimate_interest' }, async (world) => world.contact({ collected_for: ['unweighed'] }))],
  ['suppression.unsubscribed_all', 'the person wants nothing any more', suppressed('unsubscribed_all')],
  ['suppression.unsubscribed_topic', 'the person wants no newsletter', suppressed('unsubscribed_topic', { purpose: 'newsletter' })],
  ['suppression.complaint', 'the person reported us', suppressed('complaint')],
  ['suppression.hard_bounce', 'the address does not exist', suppressed('hard_bounce')],
  ['suppression.domain', 'the company wants no mail at all', async (world) => {
    await world.insert('suppressed_domains', { domain: 'geblokkeerd.example', suppressed_at: daysAgo(5), source: 'test' });
    return [await world.subscriber({ email: 'ann@mail.geblokkeerd.example' })];
  }],
  ['suppression.account', 'we are in a dispute with the account', heldAccount('dispute')],
  ['suppression.account', 'a court case about the person runs', held('legal')],
  ['suppression.role_address', 'the address is a desk', withRecord({ email: 'info@acme.example' })],
  ['suppression.manual', 'a colleague blocked the address', suppressed('manual')],
  ['suppression.soft_bounce', 'the mailbox is full', suppressed('soft_bounce', { ends_at: daysAgo(-1) })],
  ['relationship.complaint_open', 'a complaint is open', held('complaint')],
  ['relationship.ticket_open', 'a severe ticket of the account is open', heldAccount('ticket')],
  ['relationship.detractor', 'the person gave a five', held('detractor', { ends_at: daysAgo(-20) })],
  ['relationship.human_conversation', 'a colleague talks with the person', held('conversation')],
  ['relationship.human_conversation', 'the person answered a mail', held('reply')],
  ['relationship.account_replied', 'a colleague of the person answered this campaign', async (world) => {
    await world.campaign(7);
    const [contactId] = await heldAccount('reply', { campaign_id: 7 })(world);
    return [contactId, { campaignId: 7 }];
  }],
  ['relationship.open_opportunity', 'sales is busy with the account', heldAccount('opportunity')],
  ['relationship.meeting_booked', 'there is a meeting on Friday', heldAccount('meeting', { ends_at: daysAgo(-10) })],
  ['relationship.prefers_human', 'the person wants no machine to write', withRecord({ prefers_human_at: daysAgo(2) })],
  ['relationship.goal_met', 'the person already registered', async (world) => {
    const contactId = await world.subscriber();
    return [contactId, { candidates: [world.candidate(contactId, { goalMet: true })] }];
  }],
  ['relationship.duplicate_content', 'another campaign sent the same text', async (world) => {
    const contactId = await world.subscriber();
    await world.message(contactId, { template_id: 3, template_version: 2, sent_at: daysAgo(12) });
    return [contactId, { template: { id: 3, version: 2, touches: NOTHING_TOUCHED } }];
  }],
  ['campaign.already_sent', 'the step was sent', async (world) => {
    const contactId = await world.subscriber();
    await world.message(contactId, { campaign_id: 1, sent_at: daysAgo(20), state: 'failed' });
    return [contactId];
  }],
  ['approval.due', 'the account is worked 1:1', async (world) => [await world.subscriber({ account_id: await world.account({ tier: '1:1' }) })]],
  ['approval.due', 'the account is among the first of 1:few', async (world) => [await world.subscriber({ account_id: await world.account({ tier: '1:few' }) })]],
  ['approval.first_wave', 'five accounts wait for approval already', async (world) => {
    for (let index = 0; index < 5; index += 1) await draftFor(world, await world.account({ tier: '1:few' }), { response: 'approval.due' });
    return [await world.subscriber({ account_id: await world.account({ tier: '1:few' }) })];
  }],
  ['approval.dropped', 'somebody looked at it and dropped it', async (world) => [await draftFor(world, await world.account({ tier: '1:1' }), { state: 'denied', response: 'approval.dropped' })]],
  ['campaign.stopped', 'somebody stopped it', asking({ campaignState: 'stopped' })],
  ['campaign.exited', 'the person reacted', async (world) => {
    const contactId = await world.subscriber();
    return [contactId, { candidates: [world.candidate(contactId, { exited: true })] }];
  }],
  ['holdout.control', 'the draw said so', asking({ holdout: { percent: 100, unit: 'contact' } })],
  ['pressure.cap_channel', 'the mails of a week are used up', async (world) => {
    await world.setPolicies({ ...NO_HOLDOUT, contactCaps: { total: null, purpose: null, channels: { email: { limit: 1, days: 7 } } } });
    const contactId = await world.subscriber();
    await world.message(contactId);
    return [contactId];
  }],
  ['pressure.cap_total', 'three mails of other purposes came', async (world) => {
    const contactId = await world.subscriber();
    for (const days of [2, 3, 4]) await world.message(contactId, { purpose: `other_${days}`, sent_at: daysAgo(days) });
    return [contactId];
  }],
  ['pressure.cap_purpose', 'two newsletters came', async (world) => {
    const contactId = await world.subscriber();
    for (const days of [2, 3]) await world.message(contactId, { sent_at: daysAgo(days) });
    return [contactId];
  }],
  ['pressure.cap_account', 'five colleagues were written to', async (world) => {
    const accountId = await world.account();
    for (let person = 0; person < 5; person += 1) await world.message(await world.contact({ account_id: accountId }), { account_id: accountId });
    const contactId = await world.subscriber({ account_id: accountId });
    return [contactId, { candidates: [world.candidate(contactId, { accountId })] }];
  }],
  ['pressure.min_gap', 'a mail waits to leave', async (world) => {
    const contactId = await world.subscriber();
    await world.message(contactId, { state: 'queued', queued_at: hoursAgo(30), due_at: hoursAgo(30), sent_at: null });
    return [contactId];
  }],
  ['pressure.chosen_frequency', 'the person chose one mail a month and got one last week', async (world) => {
    const contactId = await world.subscriber();
    await world.message(contactId, { sent_at: daysAgo(8) });
    await world.insert('contact_preferences', { contact_id: contactId, purpose: 'newsletter', frequency: 'monthly', changed_at: daysAgo(40) });
    return [contactId];
  }],
  ['pressure.chosen_frequency', 'the person paused all mail', async (world) => {
    const contactId = await world.subscriber();
    await world.insert('contact_preferences', { contact_id: contactId, paused_until: daysAgo(-20), changed_at: daysAgo(10) });
    return [contactId];
  }],
  ['pressure.lost_arbitration', 'a mail that spoils sooner took the place a moment ago', async (world) => {
    const contactId = await world.subscriber();
    return [contactId, { candidates: [world.candidate(contactId, { occurrence: 2 }), world.candidate(contactId, { stepSince: hoursAgo(2) })] }];
  }],
  ['pressure.saturated', 'two colleagues called in the last days, and mail came too', async (world) => {
    const contactId = await world.subscriber();
    for (const [kind, days] of [['call', 2], ['call', 3]] as const) await world.insert('human_touches', { contact_id: contactId, touched_at: daysAgo(days), kind });
    await world.message(contactId, { sent_at: daysAgo(8) });
    return [contactId];
  }],
  ['timing.quiet_hours', 'it is night in New York', withRecord({ time_zone: 'America/New_York', country: 'US' })],
  ['timing.timezone_unknown', 'the zone is unknown and it is night in Honolulu', withRecord({ time_zone: null, country: 'US' })],
  ['timing.holiday', 'it is King\'s Day', async (world) => [await world.subscriber(), { candidates: [world.candidate(await world.subscriber(), { stepSince: new Date('2026-04-27T08:00:00Z') })] }, new Date('2026-04-27T09:00:00Z')]],
  ['timing.stale', 'the news is four days old', async (world) => {
    const contactId = await world.subscriber();
    return [contactId, { candidates: [world.candidate(contactId, { stepSince: daysAgo(4) })] }];
  }],
  ['delivery.kill_switch', 'all sending is off', async (world) => {
    await world.setPolicies({ ...NO_HOLDOUT, killSwitch: true });
    return [await world.subscriber()];
  }],
  ['delivery.kill_switch', 'the campaign was paused', asking({ campaignState: 'paused' })],
  ['delivery.throttled', 'the mails of this hour are used up', async (world) => {
    await world.insert('sending_domains', { domain: 'voorbeeld.example', hourly_limit: 20 });
    await world.insert('sending_counts', { domain: 'voorbeeld.example', hour: NOW, leased: 20 });
    return [await world.subscriber(), { phase: 'claim' }];
  }],
  ['delivery.warm_up', 'the domain is a day old and sent its fifty mails', async (world) => {
    await world.insert('sending_domains', { domain: 'voorbeeld.example', warm_up_started_on: NOW.toISOString().slice(0, 10), daily_target: 5_000 });
    await world.insert('sending_counts', { domain: 'voorbeeld.example', hour: hoursAgo(3), leased: 50 });
    return [await world.subscriber(), { phase: 'claim' }];
  }],
  ['delivery.reputation_pause', 'too many people complained', async (world) => {
    await world.insert('sending_domains', { domain: 'voorbeeld.example', paused_at: daysAgo(1), pause_reason: '0.3 % complaints' });
    return [await world.subscriber()];
  }],
  ['delivery.not_aligned', 'DKIM of the domain is not set up', async (world) => {
    await world.insert('sending_domains', { domain: 'voorbeeld.example', aligned: false, problem: 'There is no DKIM key.' });
    return [await world.subscriber()];
  }],
  ['delivery.unsubscribe_headers_missing', 'our own address is not https', async (world) => {
    world.sendFrom({ smtpUrl: 'smtp://mail.example', publicUrl: 'http://voorbeeld.example' });
    return [await world.subscriber()];
  }],
];

describe('the gate over the database', () => {
  const db = useDatabase();
  let world: World;

  beforeAll(async () => {
    world = new World(db.sql);
    await world.purpose();
  });

  beforeEach(async () => {
    world.sendFrom();
    await db.sql.exec('test.sending', 'delete from sending_domains');
    await world.setPolicies(NO_HOLDOUT);
  });

  it('sends the newsletter to somebody who confirmed', async () => {
    const [decided] = await world.decide([await world.subscriber()]);
    expect(decided?.decision).toMatchObject({ verdict: 'send', basis: 'consent', evidenceIds: ['ledger:2'] });
  });

  it('sends an offer to a customer under the existing-customer exception', async () => {
    const [contactId, changes] = await customer(PROVEN)(world);
    const [decided] = await world.decide([contactId], changes);
    expect(decided?.decision).toMatchObject({ verdict: 'send', basis: 'soft_opt_in', evidenceIds: ['ledger:1'] });
  });

  const reached = new Map<ReasonCode, { facts: Facts; now: Date; policies: Policies }>();

  it.each(CASES)('finds %s when %s, nothing else that matters more, and says so in both languages', async (code, _, arrange) => {
    const [contactId, changes, now = NOW] = await arrange(world);
    const [decided] = await world.decide([contactId], changes, now); // stored, read back and taken again from its row
    const { decision, facts } = decided!;
    expect(decision.verdict).toBe(REASONS[code].verdict);
    expect(decision.reasons.map((reason) => reason.code)).toContain(code);
    // A purpose that is not for mail is refused before anybody asks about customers.
    expect(decision.primary).toBe(code === 'basis.soft_opt_in.channel' ? 'input.purpose_invalid' : code);
    for (const language of ['nl', 'en'] as const) {
      const moment = { now, timeZone: 'Europe/Amsterdam', messageClass: facts.request?.messageClass ?? 'marketing' };
      const told = explainDecision(decision, { person: 'Fatima de Vries', account: 'Acme', campaign: 'June', purpose: 'News' }, moment, language);
      const reason = told.reasons.find((one) => one.code === code);
      expect(told.headline).toMatch(/June/);
      expect([reason?.text, reason?.advice].every((text) => text !== undefined && text.length > 10 && !/undefined|NaN|null|\(\)|  /.test(text))).toBe(true);
      const detail = decision.reasons.find((one) => one.code === code)?.detail;
      for (const name of detail?.names ?? []) if (NAMED.has(code)) expect(reason?.text).toContain(name);
      for (const number of [detail?.count, detail?.limit]) if (number !== undefined) expect(reason?.text).toContain(String(Math.floor(number)));
    }
    reached.set(code, { facts, now, policies: await world.policies.current() });
  });

  it('reaches every code of the catalogue', () => {
    expect(REASON_CODES.filter((code) => !reached.has(code))).toEqual([]);
    process.stderr.write(`${reached.size} of ${REASON_CODES.length} reason codes reached through the database\n`);
  });

  it.each(GATES.map((gate) => [gate.codes[0], gate] as const))('would miss something without the gate that begins with %s, and without any code of it', (_, gate) => {
    const without = GATES.filter((one) => one !== gate);
    for (const code of gate.codes) {
      const { facts, now, policies } = reached.get(code)!;
      expect(decide(facts, policies, now).reasons.map((reason) => reason.code)).toContain(code);
      expect(decide(facts, policies, now, without).reasons.map((reason) => reason.code)).not.toContain(code);
    }
  });

  it.each(REASON_CODES)('%s stops no message class that it is not for', (code) => {
    const { facts, now, policies } = reached.get(code)!;
    for (const messageClass of REASONS[code].notFor) {
      const request = { ...facts.request!, messageClass };
      expect(decide({ ...facts, request }, policies, now).reasons.map((reason) => reason.code)).not.toContain(code);
    }
  });
});

/** Codes whose sentence names what it is about. */
const NAMED: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  'input.fact_unavailable', 'input.merge_field_missing', 'legal.special_category', 'suppression.domain', 'delivery.throttled', 'delivery.warm_up', 'delivery.reputation_pause', 'delivery.not_aligned',
]);
