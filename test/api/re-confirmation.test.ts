import { ConsentUpkeepService } from '../../src/consent/opt-in/consent-upkeep.service.js';
import { LedgerService } from '../../src/consent/ledger.service.js';
import { PlannerService } from '../../src/campaigns/planner.service.js';
import type { ConsentEntry, ConsentEvent } from '../../src/core/consent/consent-event.js';
import { DEFAULT_POLICIES } from '../../src/core/decision/policies.js';
import { PoliciesService } from '../../src/decisions/policies.service.js';
import { DeliveryService } from '../../src/messages/delivery.service.js';
import { TEST_NOW, useApp } from '../support/app.js';
import { addContact, addPurpose } from '../support/people.js';

const DAY = 86_400_000;
const PROOF = { actor: 'self', method: 'web_form', controller: 'Voorbeeld B.V.', wording: 'Ja, graag.' } as const;

describe('asking people once more', () => {
  const app = useApp();
  let made = 0;

  beforeAll(async () => {
    await addPurpose(app, { key: 'newsletter', name: { nl: 'Nieuwsbrief', en: 'Newsletter' } });
    await addPurpose(app, { key: 'customers', legalBasis: 'soft_opt_in' });
    await app.get(PoliciesService).replace({ ...DEFAULT_POLICIES, holdoutPercent: 0 }, 'test', app.clock.now());
  });
  beforeEach(async () => {
    app.clock.set(TEST_NOW);
    for (const table of ['messages', 'enrollments', 'opt_in_requests', 'consents', 'suppressions', 'identities', 'contacts', 'mailbox_mails']) await app.sql.exec('test.clear', `delete from ${table}`);
  });

  const daysAgo = (days: number): Date => new Date(TEST_NOW.getTime() - days * DAY);
  const emailOf = (id: number): string => `lezer-${id}@lezer.example`;

  async function somebody(...acts: (readonly [ConsentEvent, number, Partial<ConsentEntry>?])[]): Promise<{ id: number; email: string }> {
    const email = emailOf((made += 1));
    const id = await addContact(app, { email });
    await app.sql.exec('test.origin', `update contacts set source = 'shop', source_at = $2, notice_version = '1', collected_for = '{*}', time_zone = 'Europe/Amsterdam' where contact_id = $1`, [id, daysAgo(100)]);
    const entries = acts.map(([event, days, more]) => ({ contactId: id, purpose: 'newsletter', event, legalBasis: 'consent' as const, occurredAt: daysAgo(days), proof: PROOF, ...more }));
    const { refused } = await app.get(LedgerService).append(app.sql, entries, app.clock.now());
    if (refused.length > 0) throw new Error(JSON.stringify(refused));
    return { id, email };
  }
  const ask = async (body: object = {}) => (await app.request('POST', '/api/v1/purposes/newsletter/re-confirmations', { body })).body;
  const send = async (): Promise<void> => {
    await app.get(PlannerService).planDue(app.clock.now());
    await app.get(DeliveryService).deliverDue(app.clock.now());
  };
  const state = async (id: number) => app.sql.maybe<{ state: string; valid_until: Date | null }>('test.state', `select state, valid_until from consents where contact_id = $1 and channel = 'email'`, [id]);
  const linkTo = async (email: string): Promise<string | undefined> => {
    const rows = await app.sql.many<{ source: string }>('test.mail', `select convert_from(source, 'UTF8') as source from mailbox_mails where envelope_to = $1`, [email]);
    const url = /https:\/\/[^\s"<>)\]]+\/confirm\/[A-Za-z0-9_-]+/.exec((rows[0]?.source ?? '').replace(/=\r?\n/g, '').replaceAll('=3D', '='))?.[0];
    return url && new URL(url).pathname;
  };

  it.each([
    ['said yes and never confirmed', 'unconfirmed', [['given', 20]]],
    ['has a yes that ends in ten days', 'expiring', [['given', 20], ['confirmed', 19, { validUntil: new Date(TEST_NOW.getTime() + 10 * DAY) }]]],
    ['confirmed', 'good', [['given', 20], ['confirmed', 19]]],
    ['has a yes that ends next year', 'good', [['given', 20], ['confirmed', 19, { validUntil: new Date(TEST_NOW.getTime() + 300 * DAY) }]]],
    ['withdrew', 'said_no', [['given', 20], ['withdrawn', 19]]],
    ['objected', 'said_no', [['given', 20], ['objected', 19]]],
    ['refused', 'said_no', [['requested', 20], ['refused', 19]]],
    ['was only asked', 'never_said_yes', [['requested', 20]]],
    ['had a yes that ran out', 'lapsed', [['given', 20, { validUntil: daysAgo(1) }]]],
    ['said yes, of which there is no evidence', 'without_evidence', [['given', 20, { proof: { actor: 'import', method: 'import' } }]]],
    ['is a customer on another basis', 'other_basis', [['given', 20, { legalBasis: 'soft_opt_in' }]]],
  ] as const)('judges somebody who %s as %s', async (_, expected, acts) => {
    const { id } = await somebody(...(acts as unknown as Parameters<typeof somebody>));
    const report = await ask();
    expect(report).toMatchObject({ dryRun: true, asked: expected === 'unconfirmed' || expected === 'expiring' ? 1 : 0, people: [{ class: expected, people: 1, why: { nl: expect.any(String), en: expect.any(String) } }] });
    expect(await app.get(LedgerService).timeline(id, 99, 9)).toHaveLength(acts.length);
    if (report.asked === 0) expect(await ask({ dryRun: false })).toMatchObject({ asked: 0 });
    expect(await app.sql.one('test.requests', 'select count(*) from opt_in_requests')).toEqual({ count: 0 });
  });

  it.each([['everything off', { reason: 'manual' }], ['the address gone', undefined]])('does not ask somebody with %s', async (_, suppression) => {
    const { id, email } = await somebody(['given', 20]);
    if (suppression) await app.request('POST', '/api/v1/suppressions', { body: { email, ...suppression } });
    else await app.sql.exec('test.noAddress', 'update contacts set email = null, address_hash = null where contact_id = $1', [id]);
    expect(await ask({ dryRun: false })).toMatchObject({ asked: 0, people: [{ class: suppression ? 'opted_out' : 'no_address' }] });
  });

  it('renews the consent of who answers, for the time that was set, with the proof of the second step', async () => {
    const { id, email } = await somebody(['given', 400]);
    expect(await ask({ dryRun: false, validDays: 730 })).toMatchObject({ dryRun: false, asked: 1 });
    await send();
    app.clock.advance(20 * DAY);
    const path = await linkTo(email);
    expect((await app.request('GET', path!, { key: null })).status).toBe(200);
    expect((await state(id))?.state).toBe('given');
    expect((await app.request('POST', path!, { key: null })).status).toBe(200);
    expect(await state(id)).toEqual({ state: 'confirmed', valid_until: new Date(app.clock.now().getTime() + 730 * DAY) });
    const [record, asked] = await app.get(LedgerService).timeline(id, 99, 9);
    expect(record).toMatchObject({ event: 're_confirmed', proof: { method: 'confirm_page', doubleOptInTokenId: expect.any(String), sentAt: TEST_NOW.toISOString(), confirmedAt: app.clock.now().toISOString() } });
    expect(asked).toMatchObject({ event: 'requested', proof: { actor: 'agent', method: 're_confirmation' } });
  });

  it('takes silence for a no when the asked period is over, writes it down, and never asks again', async () => {
    const { id } = await somebody(['given', 400]);
    await ask({ dryRun: false, answerWithinDays: 14 });
    await send();
    app.clock.advance(13 * DAY);
    expect(await app.get(ConsentUpkeepService).run()).toEqual({ lapsed: 0, unanswered: 0 });
    expect(await ask({ dryRun: false })).toMatchObject({ asked: 0, people: [{ class: 'asked_before' }] });
    app.clock.advance(2 * DAY);
    expect(await app.get(ConsentUpkeepService).run()).toEqual({ lapsed: 0, unanswered: 1 });
    expect(await app.get(ConsentUpkeepService).run()).toEqual({ lapsed: 0, unanswered: 0 });
    expect((await state(id))?.state).toBe('expired');
    expect((await app.get(LedgerService).timeline(id, 99, 1))[0]).toMatchObject({ event: 'expired', proof: { actor: 'agent', method: 'request_unanswered' } });
    expect(await ask({ dryRun: false })).toMatchObject({ asked: 0, people: [{ class: 'lapsed' }] });
  });

  it('does not take for silence what was never asked: the mail did not leave', async () => {
    const { id } = await somebody(['given', 400]);
    await ask({ dryRun: false, answerWithinDays: 14 });
    app.clock.advance(15 * DAY);
    expect(await app.get(ConsentUpkeepService).run()).toEqual({ lapsed: 0, unanswered: 0 });
    expect((await state(id))?.state).toBe('given');
  });

  it('asks who has a yes that runs out while it lasts, and lets it run out when nothing comes', async () => {
    const end = new Date(TEST_NOW.getTime() + 10 * DAY);
    const { id, email } = await somebody(['given', 400], ['confirmed', 399, { validUntil: end }]);
    await ask({ dryRun: false });
    await send();
    expect(await linkTo(email)).toBeDefined();
    app.clock.set(end);
    expect((await app.request('POST', (await linkTo(email))!, { key: null })).status).toBe(404);
    expect(await app.get(ConsentUpkeepService).run()).toEqual({ lapsed: 1, unanswered: 0 });
    expect((await app.get(LedgerService).timeline(id, 99, 1))[0]).toMatchObject({ event: 'expired', occurred_at: end, proof: { method: 'validity_over' } });
    expect((await state(id))?.state).toBe('expired');
  });

  it('writes down every kind of consent that ran out, thousands at once, and only once', async () => {
    await app.sql.exec(
      'test.many',
      `insert into contacts (contact_id, bucket, created_at, updated_at) select id, bucket_of(id, null), $1, $1 from (select nextval(pg_get_serial_sequence('contacts', 'contact_id')) as id from generate_series(1, 1200)) ids`,
      [daysAgo(10)],
    );
    const ids = (await app.sql.many<{ contact_id: number }>('test.ids', 'select contact_id from contacts')).map((row) => row.contact_id);
    await app.get(LedgerService).append(app.sql, ids.flatMap((contactId) => (['email', 'email_opens'] as const).map((channel) => ({ contactId, purpose: 'newsletter', channel, event: 'given' as const, legalBasis: 'consent' as const, occurredAt: daysAgo(9), validUntil: daysAgo(-1), proof: PROOF }))), app.clock.now());
    expect((await app.get(ConsentUpkeepService).run()).lapsed).toBe(0);
    app.clock.advance(2 * DAY);
    expect((await app.get(ConsentUpkeepService).run()).lapsed).toBe(2_400);
    expect((await app.get(ConsentUpkeepService).run()).lapsed).toBe(0);
  });

  it('ends a sign-up that nobody confirmed', async () => {
    const { id } = await somebody(['requested', 4]);
    await app.sql.exec('test.request', `insert into opt_in_requests (contact_id, purpose, kind, address_hash, requested_at, answer_by) select contact_id, 'newsletter', 'opt_in', address_hash, $2, $3 from contacts where contact_id = $1`, [id, daysAgo(4), daysAgo(1)]);
    expect(await app.get(ConsentUpkeepService).run()).toEqual({ lapsed: 0, unanswered: 1 });
    expect((await state(id))?.state).toBe('expired');
  });

  it.each([
    ['a purpose that does not rest on consent', '/api/v1/purposes/customers/re-confirmations', {}, 409],
    ['a purpose that is not there', '/api/v1/purposes/nothing/re-confirmations', {}, 404],
    ['a period of a day', '/api/v1/purposes/newsletter/re-confirmations', { answerWithinDays: 1 }, 422],
    ['asking whoever withdrew', '/api/v1/purposes/newsletter/re-confirmations', { who: ['said_no'] }, 422],
  ])('refuses %s', async (_, path, body, status) => {
    expect((await app.request('POST', path, { body })).status).toBe(status);
  });
});
