import { createHash } from 'node:crypto';
import { PurposesService } from '../../src/consent/purposes.service.js';
import { useApp } from '../support/app.js';
import { addContact, addPurpose } from '../support/people.js';

const PROOF = { actor: 'agent', actorName: 'Balie', method: 'phone', controller: 'Voorbeeld B.V.', wording: 'Wilt u de nieuwsbrief?' };

const CONFIRMED = { ...PROOF, confirmedAt: '2026-06-01T08:00:00Z' };

describe('/api/v1/purposes', () => {
  const app = useApp();
  const newsletter = { key: 'newsletter', name: { nl: 'Nieuwsbrief', en: 'Newsletter' }, legalBasis: 'consent', retentionDays: 730 };

  it('adds, shows, changes and retires a purpose, and the trail knows who did', async () => {
    const made = await app.request('POST', '/api/v1/purposes', { body: newsletter });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({ ...newsletter, description: { nl: '', en: '' }, frequency: { nl: '', en: '' }, messageClass: 'marketing', channels: ['email'], doubleOptIn: true, balancingAssessment: null, validUntil: null, retiredAt: null });
    expect((await app.request('PATCH', '/api/v1/purposes/newsletter', { body: { retentionDays: 365, frequency: { nl: 'Elke week.', en: 'Every week.' } } })).body).toMatchObject({ retentionDays: 365, frequency: { nl: 'Elke week.' } });
    expect((await app.get(PurposesService).get('newsletter'))?.retentionDays).toBe(365);
    const retired = await app.request('POST', '/api/v1/purposes/newsletter/retire');
    expect(retired.body.retiredAt).toBe(app.clock.now().toISOString());
    app.clock.advance(1_000);
    expect((await app.request('POST', '/api/v1/purposes/newsletter/retire')).body.retiredAt).toBe(retired.body.retiredAt);
    expect((await app.request('GET', '/api/v1/purposes')).body.items).toEqual([expect.objectContaining({ key: 'newsletter', retentionDays: 365 })]);
    const trail = (await app.request('GET', '/api/v1/audit?subjectType=purpose&subjectId=newsletter')).body.items;
    expect(trail.map((one: { action: string }) => one.action)).toEqual(['purpose.retired', 'purpose.changed', 'purpose.created']);
    expect(trail[1].details).toMatchObject({ retentionDays: { from: 730, to: 365 } });
  });

  it.each([
    ['a key that is taken', newsletter, 409, undefined],
    ['a key that no column could hold', { ...newsletter, key: 'Nieuws-brief' }, 422, 'key'],
    ['a name in one language only', { ...newsletter, key: 'x', name: { nl: 'Nieuwsbrief' } }, 422, 'name.en'],
    ['legitimate interest without an assessment', { ...newsletter, key: 'x', legalBasis: 'legitimate_interest' }, 422, 'balancingAssessment'],
    ['a legal duty that rests on consent', { ...newsletter, key: 'x', messageClass: 'legal_duty' }, 422, 'legalBasis'],
    ['data kept for ever', { ...newsletter, key: 'x', retentionDays: 0 }, 422, 'retentionDays'],
  ])('refuses %s', async (_, body, status, path) => {
    const response = await app.request('POST', '/api/v1/purposes', { body });
    expect(response.status).toBe(status);
    if (path !== undefined) expect(response.body.errors[0].path).toBe(path);
  });

  it('refuses changes that leave no whole purpose, a changed key, and purposes that are not there', async () => {
    expect((await app.request('PATCH', '/api/v1/purposes/newsletter', { body: { legalBasis: 'legitimate_interest' } })).body.errors[0].path).toBe('balancingAssessment');
    expect((await app.request('PATCH', '/api/v1/purposes/newsletter', { body: { key: 'other' } })).status).toBe(422);
    for (const [method, path] of [['GET', 'nothing'], ['PATCH', 'nothing'], ['POST', 'nothing/retire'], ['GET', '__proto__']] as const) {
      expect((await app.request(method, `/api/v1/purposes/${path}`, method === 'PATCH' ? { body: {} } : {})).status).toBe(404);
    }
  });
});

describe('the balancing test of a legitimate interest', () => {
  const app = useApp();
  const purpose = { key: 'interest', name: { nl: 'Vakbeurzen', en: 'Fairs' }, legalBasis: 'legitimate_interest', retentionDays: 730 };
  const balancing = {
    interest: 'Professionals hear of fairs in their trade.', necessity: 'There is no milder way that reaches them in time.', balance: 'Two mails a year to a business address weigh little.',
    safeguards: 'A way out in every mail, no profiling, data kept two years.', assessedBy: 'Officer', assessedOn: '2026-06-01', reviewOn: '2027-06-01',
  };

  it('comes with the purpose, step by step, and each later weighing is a version beside it', async () => {
    const made = await app.request('POST', '/api/v1/purposes', { body: { ...purpose, balancing } });
    expect([made.status, made.body.balancingAssessment]).toEqual([201, expect.stringContaining('Two mails a year')]);
    const path = '/api/v1/purposes/interest/balancing-assessments';
    expect((await app.request('POST', path, { body: { ...balancing, balance: 'Four mails a year still weigh little.', reviewOn: '2026-06-30' } })).body).toMatchObject({ version: 2, reviewDue: false });
    expect((await app.request('GET', '/api/v1/purposes/interest')).body.balancingAssessment).toContain('Four mails a year');
    app.clock.advance(30 * 86_400_000);
    const { items } = (await app.request('GET', path)).body;
    expect(items.map((one: any) => [one.version, one.balance, one.reviewDue])).toEqual([[2, 'Four mails a year still weigh little.', true], [1, balancing.balance, false]]);
    expect((await app.request('GET', '/api/v1/audit?subjectType=purpose&subjectId=interest')).body.items.map((one: any) => one.action)).toEqual(['purpose.assessed', 'purpose.created']);
  });

  it.each([
    ['a line of text', { ...purpose, key: 'x', balancingAssessment: 'We like it.' }, 'balancing-unstructured'],
    ['none at all', { ...purpose, key: 'x' }, 'invalid-input'],
    ['a step left out', { ...purpose, key: 'x', balancing: { ...balancing, necessity: undefined } }, 'invalid-input'],
    ['a review before the weighing', { ...purpose, key: 'x', balancing: { ...balancing, reviewOn: '2026-01-01' } }, 'invalid-input'],
  ])('is not %s', async (_, body, type) => {
    expect((await app.request('POST', '/api/v1/purposes', { body })).body.type).toBe(`urn:tactful:problem:${type}`);
  });

  it.each([
    ['a weighing of tomorrow', '/api/v1/purposes/interest/balancing-assessments', { ...balancing, assessedOn: '2031-01-01', reviewOn: '2032-01-01' }, 422],
    ['a purpose that is not there', '/api/v1/purposes/nothing/balancing-assessments', balancing, 404],
  ])('is not recorded for %s', async (_, path, body, status) => {
    expect((await app.request('POST', path, { body })).status).toBe(status);
  });
});

describe('/api/v1/contacts/:id/consents', () => {
  const app = useApp();
  let contactId = 0;
  let people = 0;

  beforeAll(() => addPurpose(app, { key: 'newsletter' }));
  beforeEach(async () => {
    app.clock.advance(60_000);
    contactId = await addContact(app, { email: `cora-${(people += 1)}@voorbeeld.example` });
  });

  const record = (body: object) => app.request('POST', `/api/v1/contacts/${contactId}/consents`, { body });
  const show = async (query = '') => (await app.request('GET', `/api/v1/contacts/${contactId}/consents${query}`)).body;

  it('writes down what somebody said, with the exact text and its hash', async () => {
    const response = await record({ purpose: 'newsletter', event: 'given', proof: { ...PROOF, truncatedIp: '192.0.2.77' } });
    expect(response.status).toBe(201);
    expect(response.body).toEqual({ sequence: 1, recordId: expect.any(String), occurredAt: app.clock.now().toISOString(), suppressedBy: [] });
    expect(await show()).toMatchObject({
      current: [{ purpose: 'newsletter', state: 'given', legalBasis: 'consent', evidenceComplete: true, sequence: 1 }],
      items: [{ event: 'given', proof: { ...PROOF, truncatedIp: '192.0.2.0', wordingHash: createHash('sha256').update(PROOF.wording).digest('hex') } }],
      next: null,
    });
    const trail = await app.request('GET', `/api/v1/audit?subjectType=contact&subjectId=${contactId}`);
    expect(trail.body.items).toMatchObject([{ actor: 'key:first key', action: 'consent.recorded', details: { event: 'given', purpose: 'newsletter', sequence: 1 } }]);
  });

  it("lets the person's own yes lift his earlier no, and nobody else's", async () => {
    await record({ purpose: 'newsletter', event: 'withdrawn', proof: PROOF });
    expect((await record({ purpose: 'newsletter', event: 'given', proof: PROOF })).body.suppressedBy).toEqual(['unsubscribed_topic']);
    expect((await record({ purpose: 'newsletter', event: 'given', proof: { ...PROOF, actor: 'self', method: 'web_form' } })).body.suppressedBy).toEqual([]);
    expect(await show()).toMatchObject({ suppressions: [], current: [{ state: 'given' }] });
  });

  it('writes an objection to everything', async () => {
    const response = await record({ purpose: '*', event: 'objected', proof: PROOF });
    expect(response.body).toMatchObject({ current: [{ purpose: 'newsletter', state: 'objected' }], suppressions: [{ reason: 'unsubscribed_all' }] });
    expect((await record({ purpose: '*', event: 'given', proof: PROOF })).status).toBe(422);
  });

  it('shows the ledger newest first, page by page', async () => {
    for (const event of ['given', 'confirmed', 'withdrawn', 'given']) await record({ purpose: 'newsletter', event, proof: event === 'confirmed' ? CONFIRMED : PROOF });
    const first = await show('?limit=3');
    expect(first.items.map((one: { sequence: number }) => one.sequence)).toEqual([4, 3, 2]);
    const second = await show(`?limit=3&cursor=${first.next}`);
    expect(second.items.map((one: { sequence: number }) => one.sequence)).toEqual([1]);
    expect(second.next).toBeNull();
  });

  it.each([
    ['an act of tomorrow', { purpose: 'newsletter', event: 'given', occurredAt: '2031-01-01T00:00:00Z', proof: PROOF }, 422, 'consent-in-future'],
    ['a validity that is over before it begins', { purpose: 'newsletter', event: 'given', occurredAt: '2026-01-01T00:00:00Z', validUntil: '2025-01-01T00:00:00Z', proof: PROOF }, 422, 'consent-validity-over'],
    ['a purpose that is not there', { purpose: 'nothing', event: 'given', proof: PROOF }, 422, 'purpose-unknown'],
    ['a hash of other words', { purpose: 'newsletter', event: 'given', proof: { ...PROOF, wordingHash: 'a'.repeat(64) } }, 422, 'wording-hash-mismatch'],
    ['an event that is none', { purpose: 'newsletter', event: 'maybe', proof: PROOF }, 422, 'invalid-input'],
    ['a confirmation that is only said', { purpose: 'newsletter', event: 'confirmed', proof: PROOF }, 422, 'confirmation-unproven'],
    ['a renewed yes that is only said', { purpose: 'newsletter', event: 're_confirmed', proof: PROOF }, 422, 'confirmation-unproven'],
    ['a confirmation of tomorrow', { purpose: 'newsletter', event: 'confirmed', proof: { ...PROOF, confirmedAt: '2031-01-01T00:00:00Z' } }, 422, 'consent-in-future'],
    ['a channel that is none', { purpose: 'newsletter', channel: 'fax', event: 'given', proof: PROOF }, 422, 'invalid-input'],
    ['no proof', { purpose: 'newsletter', event: 'given' }, 422, 'invalid-input'],
    ['an address that is none', { purpose: 'newsletter', event: 'given', proof: { ...PROOF, truncatedIp: 'home' } }, 422, 'invalid-input'],
  ])('refuses %s', async (_, body, status, type) => {
    const response = await record(body);
    expect([response.status, response.body.type]).toEqual([status, `urn:tactful:problem:${type}`]);
    expect((await show()).items).toEqual([]);
  });

  it.each([
    ['requested', PROOF, 'requested'],
    ['given', PROOF, 'given'],
    ['confirmed', CONFIRMED, 'confirmed'],
    ['refused', PROOF, 'refused'],
    ['withdrawn', PROOF, 'withdrawn'],
    ['objected', PROOF, 'objected'],
    ['expired', PROOF, 'expired'],
    ['re_confirmed', CONFIRMED, 'confirmed'],
  ])('takes every event: after "%s" the consent is as the person left it', async (event, proof, state) => {
    expect((await record({ purpose: 'newsletter', event, proof })).status).toBe(201);
    expect((await show()).current).toMatchObject([{ state }]);
  });

  it('keeps every field of a proof, and gives it back', async () => {
    const proof = {
      actor: 'self', method: 'web_form', controller: 'Voorbeeld B.V.', jurisdiction: 'NL', language: 'nl', noticeVersion: 'privacy-4', wording: 'Ja, graag.', formVersion: 'kassa-3',
      captureUrl: 'https://voorbeeld.example/kassa', truncatedIp: '192.0.2.0', userAgentHash: 'a'.repeat(64), messageId: 7, doubleOptInTokenId: 'token-7', sentAt: '2026-06-01T08:00:00Z', confirmedAt: '2026-06-01T09:00:00Z',
      note: 'Aan de balie herhaald.',
    };
    await record({ purpose: 'newsletter', event: 'confirmed', proof });
    const [shown] = (await show()).items;
    expect(shown.proof).toEqual({ ...proof, wordingHash: createHash('sha256').update(proof.wording).digest('hex'), policyVersion: expect.stringMatching(/^[0-9a-f]{16}$/) });
  });

  it('brings the digest of a published text, and takes no other words for it', async () => {
    await app.request('POST', '/api/v1/consent-wordings', { body: { wording: 'api-sign-up', purpose: 'newsletter', texts: { nl: 'Ja, graag.', en: 'Yes, please.' } } });
    const { wording: _, ...proof } = { ...PROOF, wordingVersion: 'api-sign-up@1', language: 'en' };
    expect((await record({ purpose: 'newsletter', event: 'given', proof: { ...proof, wording: 'Something else' } })).body.type).toBe('urn:tactful:problem:wording-hash-mismatch');
    expect((await record({ purpose: 'newsletter', channel: 'email_opens', event: 'given', proof })).body.type).toBe('urn:tactful:problem:wording-other-subject');
    await record({ purpose: 'newsletter', event: 'given', proof });
    expect((await show()).items[0].proof).toMatchObject({ wordingHash: createHash('sha256').update('Yes, please.').digest('hex'), wording: 'Yes, please.' });
  });

  describe('consents of their own beside the mail', () => {
    const states = async (): Promise<unknown> => Object.fromEntries((await show()).current.map((one: any) => [one.channel, one.state]));
    beforeEach(async () => {
      for (const channel of ['email', 'email_opens', 'email_clicks', 'special_category']) await record({ purpose: 'newsletter', channel, event: 'given', proof: PROOF });
    });

    it.each([
      ['opens', 'email_opens', { email: 'given', email_opens: 'withdrawn', email_clicks: 'given', special_category: 'given' }],
      ['art. 9 data', 'special_category', { email: 'given', email_opens: 'given', email_clicks: 'given', special_category: 'withdrawn' }],
      ['the mail', 'email', { email: 'withdrawn', email_opens: 'given', email_clicks: 'given', special_category: 'given' }],
    ])('are taken back one by one: %s', async (_, channel, expected) => {
      await record({ purpose: 'newsletter', channel, event: 'withdrawn', proof: PROOF });
      expect(await states()).toEqual(expected);
      expect((await show()).suppressions.length).toBe(channel === 'email' ? 1 : 0);
    });

    it.each([['of this purpose', 'newsletter'], ['to everything', '*']])('end with an objection %s, for it ends the use', async (_, purpose) => {
      await record({ purpose, event: 'objected', proof: PROOF });
      expect(await states()).toEqual({ email: 'objected', email_opens: 'objected', email_clicks: 'objected', special_category: 'objected' });
    });

    it('lift no opt-out of the mail when they are given', async () => {
      await record({ purpose: 'newsletter', event: 'withdrawn', proof: PROOF });
      await record({ purpose: 'newsletter', channel: 'email_opens', event: 'given', proof: { ...PROOF, actor: 'self', method: 'web_form', note: 'anew' } });
      expect((await show()).suppressions).toHaveLength(1);
    });
  });

  it('refuses the same act twice', async () => {
    const body = { purpose: 'newsletter', event: 'given', occurredAt: '2026-01-01T00:00:00Z', proof: PROOF };
    expect((await record(body)).status).toBe(201);
    expect((await record(body)).body.type).toBe('urn:tactful:problem:consent-recorded-already');
  });

  it('knows no ledger of nobody', async () => {
    for (const id of ['999999999', '0', '-1', 'anna', '1e3x', '99999999999999999999']) {
      expect([404, 422]).toContain((await app.request('GET', `/api/v1/contacts/${id}/consents`)).status);
      expect([404, 422]).toContain((await app.request('POST', `/api/v1/contacts/${id}/consents`, { body: { purpose: 'newsletter', event: 'given', proof: PROOF } })).status);
    }
  });
});

describe('/api/v1/suppressions', () => {
  const app = useApp();

  beforeAll(() => addPurpose(app, { key: 'newsletter' }));

  it('adds by address or contact, finds every spelling, and keeps no address', async () => {
    const contactId = await addContact(app, { email: 'jan.jansen@gmail.com' });
    const added = await app.request('POST', '/api/v1/suppressions', { body: { email: 'JanJansen+shop@googlemail.com' } });
    expect(added.status).toBe(201);
    expect(added.body).toMatchObject({ reason: 'manual', purpose: null, source: 'key:first key' });
    await app.request('POST', '/api/v1/suppressions', { body: { contactId, reason: 'hard_bounce' } });
    const found = await app.request('GET', '/api/v1/suppressions?email=j.a.n.jansen%40gmail.com');
    expect(found.body.items).toMatchObject([{ reason: 'manual', contactIds: [contactId] }, { reason: 'hard_bounce', contactIds: [contactId] }]);
    const rows = await app.sql.many<{ row: string }>('test.rows', `select suppressions::text as row from suppressions union all select audit_entries::text from audit_entries`);
    expect(rows.map((one) => one.row).join()).not.toMatch(/jansen/i);
  });

  it('changes nothing when the same is added again, and prolongs one that ends', async () => {
    const add = (endsAt: string | null) => app.request('POST', '/api/v1/suppressions', { body: { email: 'vol@voorbeeld.example', reason: 'soft_bounce', endsAt } });
    const first = await add('2026-07-01T00:00:00.000Z');
    app.clock.advance(60_000);
    expect((await add('2026-06-20T00:00:00.000Z')).body).toEqual(first.body);
    expect((await add('2026-08-01T00:00:00.000Z')).body).toEqual({ ...first.body, endsAt: '2026-08-01T00:00:00.000Z' });
    expect((await add(null)).body).toEqual({ ...first.body, endsAt: null });
    expect((await add('2026-09-01T00:00:00.000Z')).body).toEqual({ ...first.body, endsAt: null });
  });

  it('is lifted with a reason that stands in the trail', async () => {
    await app.request('POST', '/api/v1/suppressions', { body: { email: 'terug@voorbeeld.example', reason: 'hard_bounce' } });
    const lift = (body: object) => app.request('POST', '/api/v1/suppressions/lift', { body: { email: 'terug@voorbeeld.example', reason: 'hard_bounce', ...body } });
    expect((await lift({})).status).toBe(422);
    expect((await lift({ why: 'Mailbox bestaat weer' })).body).toMatchObject({ reason: 'hard_bounce', lifted: true });
    expect((await lift({ why: 'Mailbox bestaat weer' })).status).toBe(404);
    const trail = await app.request('GET', '/api/v1/audit?action=suppression.lifted');
    expect(trail.body.items).toMatchObject([{ actor: 'key:first key', details: { reason: 'hard_bounce', why: 'Mailbox bestaat weer' } }]);
  });

  it('lifts what the person decided only when he asked for it', async () => {
    const contactId = await addContact(app, { email: 'nee@voorbeeld.example' });
    await app.request('POST', `/api/v1/contacts/${contactId}/consents`, { body: { purpose: '*', event: 'objected', proof: PROOF } });
    const lift = (body: object) => app.request('POST', '/api/v1/suppressions/lift', { body: { contactId, reason: 'unsubscribed_all', why: 'Belde op 9 juni', ...body } });
    expect((await lift({})).body.type).toBe('urn:tactful:problem:only-the-person');
    expect((await lift({ requestedByPerson: true })).status).toBe(200);
  });

  it.each([
    ['nobody', { reason: 'manual' }],
    ['two people', { email: 'a@voorbeeld.example', contactId: 1 }],
    ['no address', { email: 'a@b\r\nBcc: c@d.example' }],
    ['an erasure that nobody carried out', { email: 'a@voorbeeld.example', reason: 'erased' }],
    ['a topic without a name', { email: 'a@voorbeeld.example', reason: 'unsubscribed_topic' }],
    ['a name without a topic', { email: 'a@voorbeeld.example', reason: 'manual', purpose: 'newsletter' }],
  ])('refuses %s', async (_, body) => {
    expect((await app.request('POST', '/api/v1/suppressions', { body })).status).toBe(422);
  });

  it('pages through all of them, newest first', async () => {
    for (let number = 0; number < 7; number += 1) {
      if (number % 2 === 0) app.clock.advance(1_000); // pairs of the same moment
      await app.request('POST', '/api/v1/suppressions', { body: { email: `rij-${number}@voorbeeld.example`, reason: 'complaint' } });
    }
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: { body: { items: { addressHash: string; suppressedAt: string }[]; next: string | null } } = await app.request('GET', `/api/v1/suppressions?reason=complaint&limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...page.body.items.map((one) => `${one.suppressedAt} ${one.addressHash}`));
      cursor = page.body.next;
    }
    expect(seen).toHaveLength(7);
    expect(seen).toEqual([...new Set(seen)].sort().reverse());
    expect((await app.request('GET', '/api/v1/suppressions?cursor=W10')).body.type).toBe('urn:tactful:problem:invalid-cursor');
  });
});
