import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LedgerCheckService } from '../../src/consent/ledger-check.service.js';
import { PreferenceLinks } from '../../src/consent/preference-links.js';
import { ClosingService } from '../../src/customers/history/closing.service.js';
import { HistoryService } from '../../src/customers/history/history.service.js';
import { ImportService } from '../../src/customers/import/import.service.js';
import { TrackingTidyService } from '../../src/customers/ingest/tracking-tidy.service.js';
import { Sql } from '../../src/platform/database/sql.js';
import { PressureFactorsService } from '../../src/pressure/pressure-factors.service.js';
import { ErasureService } from '../../src/privacy/rights/erasure/erasure.service.js';
import { useApp } from '../support/app.js';
import { addContact, addPurpose } from '../support/people.js';
import { settled } from '../support/settled.js';
import { eventsOf } from '../support/tracking.js';

const app = useApp();
let people = 0;

const newContact = (rest: { country?: string } = {}): Promise<number> => addContact(app, { email: `person${(people += 1)}@example.org`, ...rest });
const merge = (survivor: number, merged: number) => app.request('POST', `/api/v1/contacts/${survivor}/merge`, { body: { contactId: merged } });
const undo = (mergeId: number) => app.request('POST', `/api/v1/merges/${mergeId}/undo`);
const proof = { actor: 'self', method: 'web_form', controller: 'Voorbeeld', wording: 'Ja, graag.' };

async function say(contactId: number, event: string, occurredAt: string, purpose = 'newsletter'): Promise<void> {
  const answer = await app.request('POST', `/api/v1/contacts/${contactId}/consents`, { body: { purpose, event, occurredAt, proof: event === 'confirmed' ? { ...proof, confirmedAt: occurredAt } : proof } });
  if (answer.status !== 201) throw new Error(answer.text);
}

async function stateOf(contactId: number, purpose = 'newsletter'): Promise<string | undefined> {
  const { body } = await app.request('GET', `/api/v1/contacts/${contactId}/consents`);
  return body.current.find((row: any) => row.purpose === purpose)?.state;
}

beforeAll(async () => {
  await addPurpose(app, { key: 'newsletter' });
  await addPurpose(app, { key: 'offers' });
});

describe('consent when two contacts become one', () => {
  it.each([
    ['the one who goes once withdrew, the other agreed later', ['withdrawn', '2026-01-01T00:00:00Z'], ['confirmed', '2026-05-01T00:00:00Z'], 'withdrawn'],
    ['the one who stays once withdrew, the other agreed later', ['confirmed', '2026-05-01T00:00:00Z'], ['withdrawn', '2026-01-01T00:00:00Z'], 'withdrawn'],
    ['the one who goes objected', ['objected', '2026-01-01T00:00:00Z'], ['given', '2026-05-01T00:00:00Z'], 'objected'],
    ['the one who goes refused', ['refused', '2026-01-01T00:00:00Z'], ['given', '2026-05-01T00:00:00Z'], 'refused'],
    ['one withdrew and one objected', ['withdrawn', '2026-05-01T00:00:00Z'], ['objected', '2026-01-01T00:00:00Z'], 'objected'],
  ] as const)('the stricter holds: %s', async (_, theirs, ours, expected) => {
    const [survivor, merged] = [await newContact(), await newContact()];
    await say(merged, theirs[0], theirs[1]);
    await say(survivor, ours[0], ours[1]);
    expect((await merge(survivor, merged)).status).toBe(200);
    expect(await stateOf(survivor)).toBe(expected);
  });

  it('carries a yes, but not its confirmation to another address', async () => {
    const [survivor, merged] = [await newContact(), await newContact()];
    await say(merged, 'given', '2026-05-01T00:00:00Z');
    await say(merged, 'confirmed', '2026-05-02T00:00:00Z');
    await merge(survivor, merged);
    expect(await stateOf(survivor)).toBe('given');
  });

  it('carries the confirmation too when only one of them has an address', async () => {
    const [survivor, merged] = [await newContact(), await newContact()];
    await app.sql.exec('test.noAddress', 'update contacts set email = null, address_hash = null where contact_id = $1', [survivor]);
    await say(merged, 'given', '2026-05-01T00:00:00Z');
    await say(merged, 'confirmed', '2026-05-02T00:00:00Z');
    await merge(survivor, merged);
    expect(await stateOf(survivor)).toBe('confirmed');
    const { body } = await app.request('GET', `/api/v1/contacts/${survivor}/consents`);
    expect(body.items.map((one: any) => one.proof.carriedFrom.contactId)).toEqual([merged, merged]);
  });

  it('takes a suppression of the person along to the other address', async () => {
    const [survivor, merged] = [await newContact(), await newContact()];
    await app.request('POST', `/api/v1/contacts/${merged}/consents`, { body: { purpose: '*', event: 'objected', proof } });
    await merge(survivor, merged);
    const { body } = await app.request('GET', `/api/v1/contacts/${survivor}/consents`);
    expect(body.suppressions.map((one: any) => one.reason)).toContain('unsubscribed_all');
  });

  it('keeps every chain whole', async () => {
    expect(await app.get(LedgerCheckService).verify()).toMatchObject({ damaged: 0 });
  });
});

describe('what moves', () => {
  it('is everything, and the old id keeps working', async () => {
    const [survivor, merged] = [await newContact(), await newContact()];
    await app.request('PATCH', `/api/v1/contacts/${merged}`, { body: { city: 'Utrecht', external_id: `crm-${merged}`, attributes: { color: 'red', size: 'xl' } } });
    await app.request('PATCH', `/api/v1/contacts/${survivor}`, { body: { attributes: { color: 'blue' } } });
    await app.request('POST', '/api/v1/events', { body: { source: 'web', events: [{ contact: { id: merged }, name: 'Ordered', occurredAt: '2026-06-01T00:00:00Z' }] } });
    await merge(survivor, merged);
    const { body } = await app.request('GET', `/api/v1/contacts/${survivor}`);
    expect(body).toMatchObject({ id: survivor, city: 'Utrecht', attributes: { color: 'blue', size: 'xl' } });
    expect(body.identities.map((one: any) => one.kind).sort()).toEqual(['email', 'email', 'external_id']);
    expect(await eventsOf(app, survivor)).toHaveLength(1);
    expect((await app.request('GET', `/api/v1/contacts/${merged}`)).body.id).toBe(survivor);
    expect((await app.request('PATCH', `/api/v1/contacts/${merged}`, { body: { city: 'Delft' } })).body).toMatchObject({ id: survivor, city: 'Delft' });
    const audit = (await app.request('GET', `/api/v1/audit?subjectType=contact&subjectId=${merged}&action=contact.merged`)).body.items;
    expect(audit).toMatchObject([{ details: { merged, survivor, cause: 'people' } }]);
  });

  it('lets the links of old mails speak for the one who stays', async () => {
    const [survivor, merged] = [await newContact(), await newContact()];
    await say(survivor, 'given', '2026-05-01T00:00:00Z');
    const links = app.get(PreferenceLinks);
    const path = (url: string): string => new URL(url).pathname;
    const oneClick = path(links.unsubscribeUrl({ contactId: merged, messageId: 1, purpose: 'newsletter' }));
    await merge(survivor, merged);
    expect((await app.request('GET', path(links.preferenceUrl({ contactId: merged })), { key: null })).status).toBe(200);
    expect((await app.request('POST', oneClick, { key: null })).status).toBe(200);
    expect(await stateOf(survivor)).toBe('withdrawn');
    expect((await app.request('GET', `/api/v1/contacts/${survivor}/consents`)).body.suppressions).toMatchObject([{ reason: 'unsubscribed_topic', purpose: 'newsletter' }]);
  });

  it('lets what a colleague writes down for the old id speak for the one who stays', async () => {
    const [survivor, merged] = [await newContact(), await newContact()];
    await say(merged, 'given', '2026-05-01T00:00:00Z');
    await merge(survivor, merged);
    await say(merged, 'withdrawn', '2026-06-01T00:00:00Z');
    expect(await stateOf(survivor)).toBe('withdrawn');
  });

  it('waits for no word that is being said: a withdrawal at the very moment of the merge holds for the one who stays', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [survivor, merged] = [await newContact(), await newContact()];
      await say(merged, 'given', '2026-05-01T00:00:00Z');
      await Promise.all([merge(survivor, merged), say(merged, 'withdrawn', '2026-06-01T00:00:00Z')]);
      expect(await stateOf(survivor)).toBe('withdrawn');
    }
  });

  it('goes on through a second merge', async () => {
    const [first, second, third] = [await newContact(), await newContact(), await newContact()];
    await merge(second, first);
    await merge(third, second);
    expect((await app.request('GET', `/api/v1/contacts/${first}`)).body.id).toBe(third);
  });

  it.each([
    ['itself', (survivor: number) => survivor, 422],
    ['nobody', () => 999_999_999, 404],
  ])('refuses to merge a contact with %s', async (_, other, status) => {
    const survivor = await newContact();
    expect((await merge(survivor, other(survivor))).status).toBe(status);
  });
});

describe('mail and campaigns when two contacts become one', () => {
  let campaign = 0;

  beforeAll(async () => {
    const row = await app.sql.one<{ campaign_id: number }>(
      'test.campaign',
      `insert into campaigns (key, name, scope, state, created_at, updated_at) values ('merging', 'Merging', 'contact', 'running', now(), now()) returning campaign_id`,
    );
    campaign = row.campaign_id;
  });

  const addMessage = (contactId: number, step: number, state: string) =>
    app.sql.exec(
      'test.message',
      `insert into messages (contact_id, campaign_id, campaign_version, step, occurrence, bucket, account_id, purpose, class, language, state, due_at, expires_at, queued_at, sent_at)
       select $1, $2, 1, $3, 1, bucket, account_id, 'newsletter', 'marketing', 'nl', $4, $5, $5, $5, case when $4 = 'sent' then $5::timestamptz end from contacts where contact_id = $1`,
      [contactId, campaign, step, state, app.clock.now()],
    );
  const addEnrollment = (contactId: number, step: number) =>
    app.sql.exec(
      'test.enrollment',
      `insert into enrollments (contact_id, campaign_id, campaign_version, bucket, account_id, step, due_at, step_since, entered_at, entry_cause)
       select contact_id, $2, 1, bucket, account_id, $3, $4, $4, $4, 'test' from contacts where contact_id = $1`,
      [contactId, campaign, step, app.clock.now()],
    );

  it('counts all mail of both for the caps, and sends the same mail once', async () => {
    const [survivor, merged] = [await newContact(), await newContact()];
    await addMessage(survivor, 0, 'sent');
    await addMessage(merged, 0, 'sent');
    await addMessage(survivor, 1, 'queued');
    await addMessage(merged, 1, 'queued');
    await addMessage(merged, 2, 'queued');
    await addEnrollment(survivor, 1);
    await addEnrollment(merged, 2);
    const { body } = await merge(survivor, merged);
    const rows = await app.sql.many('test.messages', 'select step, state, occurrence > 0 as regular from messages where contact_id = $1 order by step, occurrence desc', [survivor]);
    expect(rows).toEqual([
      { step: 0, state: 'sent', regular: true }, { step: 0, state: 'sent', regular: false },
      { step: 1, state: 'queued', regular: true }, { step: 1, state: 'denied', regular: false }, { step: 2, state: 'queued', regular: true },
    ]);
    expect(await app.sql.many('test.enrollments', 'select contact_id, step, state from enrollments where contact_id = any($1) order by contact_id', [[survivor, merged]])).toEqual(
      [{ contact_id: survivor, step: 2, state: 'active' }, { contact_id: merged, step: 2, state: 'exited' }].sort((a, b) => a.contact_id - b.contact_id),
    );
    await undo(body.id);
    expect(await app.sql.many('test.back', 'select step, occurrence from messages where contact_id = $1 order by step', [merged])).toEqual([{ step: 0, occurrence: 1 }, { step: 1, occurrence: 1 }, { step: 2, occurrence: 1 }]);
  });

  it('moves who had no account to that of the other, with what is on its way', async () => {
    const [survivor, merged] = [await newContact(), await newContact()];
    const account = (await app.request('POST', '/api/v1/accounts', { body: { name: `Account of ${merged}`, source: 'test' } })).body.id;
    await app.request('PATCH', `/api/v1/contacts/${merged}`, { body: { account: { id: account } } });
    await addMessage(survivor, 0, 'queued');
    await addEnrollment(survivor, 0);
    const { body } = await merge(survivor, merged);
    const placed = 'select distinct account_id, bucket = bucket_of(null, $2) as ok from';
    const both = (contactId: number) => app.sql.many('test.placed', `${placed} (select account_id, bucket from contacts where contact_id = $1 union all select account_id, bucket from messages where contact_id = $1
      union all select account_id, bucket from enrollments where contact_id = $1) placed`, [contactId, account]);
    expect(await both(survivor)).toEqual([{ account_id: account, ok: true }]);
    await undo(body.id);
    expect(await app.sql.one('test.alone', 'select account_id, bucket = bucket_of(contact_id, null) as ok from contacts where contact_id = $1', [survivor])).toEqual({ account_id: null, ok: true });
    expect(await app.sql.one('test.message', 'select account_id from messages where contact_id = $1', [survivor])).toEqual({ account_id: null });
  });

  it('moves decisions with their evidence, as far as it was carried over', async () => {
    const [survivor, merged] = [await newContact(), await newContact()];
    await say(survivor, 'given', '2026-04-01T00:00:00Z', 'offers');
    await say(merged, 'given', '2026-05-01T00:00:00Z');
    await say(merged, 'confirmed', '2026-05-02T00:00:00Z');
    const decide = (step: number, evidence: number | null) =>
      app.sql.exec('test.decision', `insert into decisions (contact_id, decided_at, batch_id, campaign_id, step, occurrence, verdict, evidence, facts) values ($1, $2, 1, $3, $4, 1, 1, $5, '{}')`, [merged, app.clock.now(), campaign, step, evidence]);
    await decide(0, 1);
    await decide(1, 2);
    await decide(2, null);
    const { body } = await merge(survivor, merged);
    const of = (contactId: number) => app.sql.many('test.decisions', 'select step, evidence from decisions where contact_id = $1 order by step', [contactId]);
    expect([await of(survivor), await of(merged)]).toEqual([[{ step: 0, evidence: 2 }, { step: 2, evidence: null }], [{ step: 1, evidence: 2 }]]);
    await undo(body.id);
    expect(await of(merged)).toEqual([{ step: 0, evidence: 1 }, { step: 1, evidence: 2 }, { step: 2, evidence: null }]);
  });

  it('lets a mail that is at the mail server follow when its outcome is written', async () => {
    const [survivor, merged] = [await newContact(), await newContact()];
    await addMessage(merged, 0, 'sending');
    await merge(survivor, merged);
    const count = async (contactId: number) => (await app.sql.one<{ count: number }>('test.count', 'select count(*) from messages where contact_id = $1', [contactId])).count;
    expect(await count(merged)).toBe(1);
    await app.sql.exec('test.sent', `update messages set state = 'sent', sent_at = now() where contact_id = $1`, [merged]);
    await app.get(TrackingTidyService).tidy();
    expect([await count(merged), await count(survivor)]).toEqual([0, 1]);
  });
});

describe('an undone merge', () => {
  it('gives each what was his, as far as nobody changed it since', async () => {
    const [survivor, merged] = [await newContact(), await newContact()];
    await app.request('PATCH', `/api/v1/contacts/${merged}`, { body: { city: 'Utrecht', phone: '1', external_id: `crm-${merged}`, attributes: { size: 'xl', age: 7 } } });
    const send = (contactId: number, name: string) => app.request('POST', '/api/v1/events', { body: { source: 'web', events: [{ contact: { id: contactId }, name, occurredAt: '2026-06-01T00:00:00Z' }] } });
    await send(merged, 'His');
    await send(survivor, 'Hers');
    const before = [(await app.request('GET', `/api/v1/contacts/${survivor}`)).body, (await app.request('GET', `/api/v1/contacts/${merged}`)).body];
    const { body } = await merge(survivor, merged);
    await app.request('PATCH', `/api/v1/contacts/${survivor}`, { body: { phone: '2', attributes: { age: 8 } } });
    await send(survivor, 'Later');
    expect((await undo(body.id)).status).toBe(200);
    const after = [(await app.request('GET', `/api/v1/contacts/${survivor}`)).body, (await app.request('GET', `/api/v1/contacts/${merged}`)).body];
    expect(after[0]).toEqual({ ...before[0], phone: '2', attributes: { ...before[0].attributes, age: 8 }, updatedAt: expect.any(String) });
    expect(after[1]).toEqual({ ...before[1], updatedAt: expect.any(String) });
    expect((await eventsOf(app, survivor)).map((event: any) => event.name).sort()).toEqual(['Hers', 'Later']);
    expect((await eventsOf(app, merged)).map((event: any) => event.name)).toEqual(['His']);
    expect((await undo(body.id)).status).toBe(409);
    expect((await merge(survivor, merged)).status).toBe(200);
  });

  it('leaves the stricter consent with both', async () => {
    const [survivor, merged] = [await newContact(), await newContact()];
    await app.sql.exec('test.noAddress', 'update contacts set email = null, address_hash = null where contact_id = $1', [survivor]);
    await say(merged, 'given', '2026-05-01T00:00:00Z');
    await say(merged, 'confirmed', '2026-05-02T00:00:00Z');
    await say(merged, 'given', '2026-05-02T00:00:00Z', 'offers');
    const { body } = await merge(survivor, merged);
    expect([await stateOf(survivor), await stateOf(survivor, 'offers')]).toEqual(['confirmed', 'given']);
    await say(survivor, 'withdrawn', '2026-06-01T00:00:00Z', 'offers');
    await undo(body.id);
    expect([await stateOf(merged), await stateOf(merged, 'offers')]).toEqual(['confirmed', 'withdrawn']);
    expect([await stateOf(survivor), await stateOf(survivor, 'offers')]).toEqual(['expired', 'withdrawn']); // the yes was never hers
    expect(await app.get(LedgerCheckService).verify()).toMatchObject({ damaged: 0 });
  });

  it('waits for a later merge of the one who stayed', async () => {
    const [first, second, third] = [await newContact(), await newContact(), await newContact()];
    const inner = (await merge(second, first)).body.id;
    const outer = (await merge(third, second)).body.id;
    expect((await undo(inner)).body.type).toBe('urn:tactful:problem:merge-survivor-gone');
    expect([(await undo(outer)).status, (await undo(inner)).status]).toEqual([200, 200]);
    expect((await app.request('GET', `/api/v1/contacts/${first}`)).body.id).toBe(first);
  });
});

describe('how much pressure the one who stays bears', () => {
  type Factor = readonly [factor: number, daysAgo: number];
  const daysAgo = (days: number): Date => new Date(app.clock.now().getTime() - days * 86_400_000);

  async function give(contactId: number, factor: Factor | undefined): Promise<void> {
    if (factor) await app.sql.exec('test.factor', `insert into pressure_factors (contact_id, factor, factor_at, cause) values ($1, $2, $3, 'less_often')`, [contactId, factor[0], daysAgo(factor[1])]);
  }

  async function factorOf(contactId: number): Promise<number | undefined> {
    return (await app.sql.maybe<{ factor: number }>('test.factorOf', 'select round(factor::numeric, 4) as factor from pressure_factors where contact_id = $1', [contactId]))?.factor;
  }

  it.each<[string, Factor | undefined, Factor | undefined, number | undefined]>([
    ['the one who goes asked for less often', [0.5, 3], undefined, 0.5],
    ['the one who stays asked for less often', undefined, [0.5, 3], 0.5],
    ['the one who goes asked for less often, the one who stays answers mail', [0.5, 3], [1.2, 3], 0.5],
    ['the one who goes answers mail, the one who stays asked for less often', [1.2, 3], [0.5, 3], 0.5],
    ['both asked, the one who goes more often', [0.25, 3], [0.5, 3], 0.25],
    ['the one who goes asked long ago, the one who stays of late', [0.25, 300], [0.7, 1], 0.7],
    ['the one who goes answers mail, of the other nothing is known', [1.2, 3], undefined, undefined],
  ])('is the more cautious of the two: %s', async (_, theirs, ours, expected) => {
    const [survivor, merged] = [await newContact(), await newContact()];
    await give(merged, theirs);
    await give(survivor, ours);
    const { body } = await merge(survivor, merged);
    expect([await factorOf(survivor), await factorOf(merged)]).toEqual([expected, undefined]);
    expect((await undo(body.id)).status).toBe(200);
    expect([await factorOf(survivor), await factorOf(merged)]).toEqual([ours?.[0], theirs?.[0]]);
  });

  it('spares both after an undo with what was learnt while they were one', async () => {
    const [survivor, merged] = [await newContact(), await newContact()];
    await give(survivor, [1.2, 3]);
    const { body } = await merge(survivor, merged);
    await app.get(PressureFactorsService).adjust(app.sql, [{ contactId: survivor, cause: 'negative_reply' }]);
    const learnt = await factorOf(survivor);
    await undo(body.id);
    expect(learnt).toBeLessThan(0.6);
    expect([await factorOf(survivor), await factorOf(merged)]).toEqual([learnt, learnt]);
  });

  it('does not count mails twice that were found unanswered under the other id', async () => {
    const [survivor, merged] = [await newContact(), await newContact()];
    await give(merged, [0.7, 3]);
    await give(survivor, [0.9, 3]);
    await app.sql.exec('test.unanswered', 'update pressure_factors set unanswered_at = $2 where contact_id = $1', [survivor, daysAgo(1)]);
    const { body } = await merge(survivor, merged);
    const unanswered = async (contactId: number) => (await app.sql.maybe<{ unanswered_at: Date | null }>('test.unansweredAt', 'select unanswered_at from pressure_factors where contact_id = $1', [contactId]))?.unanswered_at;
    expect([await factorOf(survivor), await unanswered(survivor)]).toEqual([0.7, daysAgo(1)]);
    await undo(body.id);
    expect([await unanswered(survivor), await unanswered(merged)]).toEqual([daysAgo(1), null]);
  });
});

describe('lists and snapshots when two contacts become one', () => {
  const members = async (path: string): Promise<number[]> => (await app.request('GET', `${path}/members`)).body.items.map(({ id }: { id: number }) => id);

  it('have the one who stays, and both again after an undo', async () => {
    const [survivor, merged] = [await newContact(), await newContact()];
    await app.request('POST', '/api/v1/lists', { body: { key: 'fair', name: 'Fair' } });
    await app.request('POST', '/api/v1/lists/fair/members', { body: { members: [{ id: merged }] } });
    await app.request('POST', '/api/v1/segments/fair/snapshots', { body: { name: 'then' } });
    const merging = await merge(survivor, merged);
    expect([await members('/api/v1/lists/fair'), await members('/api/v1/segments/fair/snapshots/then')]).toEqual([[survivor], [survivor]]);
    await undo(merging.body.id as number);
    expect([await members('/api/v1/lists/fair'), await members('/api/v1/segments/fair/snapshots/then')]).toEqual([[merged], [merged]]);
  });
});

describe('accounts that were found for people, when two contacts become one', () => {
  const account = async (): Promise<number> => (await app.request('POST', '/api/v1/accounts', { body: { name: `Company ${(people += 1)}`, source: 'test' } })).body.id as number;
  const found = (contactId: number, accountId: number, state: string, ended: boolean) =>
    app.sql.exec(
      'test.match',
      `insert into account_matches (contact_id, account_id, rule, inputs, confidence, state, matched_at, matched_by, ended_at) values ($1, $2, 'domain', '{}', 1, $3, $4, 'system', case when $5 then $4::timestamptz end)`,
      [contactId, accountId, state, app.clock.now(), ended],
    );
  const placed = (contactId: number, accountId: number) => app.request('PATCH', `/api/v1/contacts/${contactId}`, { body: { account: { id: accountId } } });
  const matches = (contactIds: number[]) => app.sql.many('test.matches', 'select contact_id, match_id, account_id, state, ended_at from account_matches where contact_id = any($1) order by match_id', [contactIds]);
  const standing = async (contactId: number) => ((await matches([contactId])) as { state: string; account_id: number; ended_at: Date | null }[]).filter((row) => row.ended_at === null).map((row) => [row.account_id, row.state]);

  it.each([
    ['he keeps his own account, and what stood for the other is history', { ours: 'matched', theirs: 'matched' }, 'ours'],
    ['he has an account that was given to him: nothing else stands', { ours: 'given', theirs: 'matched' }, 'none'],
    ['he gets the account that was found for the other', { ours: 'nothing', theirs: 'matched' }, 'theirs'],
    ['he gets the account that a colleague pinned for the other, whatever was proposed to him', { ours: 'review', theirs: 'pinned' }, 'theirs'],
    ['what was proposed to him is still to be looked at, not what was proposed to the other', { ours: 'review', theirs: 'review' }, 'ours'],
    ['what was proposed to the other is to be looked at for him', { ours: 'nothing', theirs: 'review' }, 'theirs'],
    ['a proposal is history where he has an account', { ours: 'given', theirs: 'review' }, 'none'],
  ] as const)('%s; an undo parts them to the letter', async (_, { ours, theirs }, stands) => {
    const [survivor, merged] = [await newContact(), await newContact()];
    const accounts = { ours: await account(), theirs: await account() };
    if (ours === 'matched' || ours === 'given') await placed(survivor, accounts.ours);
    if (theirs !== 'review') await placed(merged, accounts.theirs);
    if (ours === 'matched' || ours === 'review') await found(survivor, accounts.ours, ours, false);
    await found(merged, accounts.theirs, theirs, false);
    await found(merged, accounts.ours, 'rejected', true);
    const before = await matches([survivor, merged]);
    app.clock.advance(60_000);
    const { body } = await merge(survivor, merged);
    expect((await matches([survivor]))).toHaveLength(before.length);
    expect(await standing(survivor)).toEqual(stands === 'none' ? [] : [[accounts[stands], stands === 'ours' ? ours : theirs]]);
    expect((await undo(body.id)).status).toBe(200);
    expect(await matches([survivor, merged])).toEqual(before);
  });

  it('what a colleague took back while they were one stays taken back', async () => {
    const [survivor, merged, place] = [await newContact(), await newContact(), await account()];
    await placed(merged, place);
    await found(merged, place, 'matched', false);
    const { body } = await merge(survivor, merged);
    const [{ match_id: match }] = (await matches([survivor])) as [{ match_id: number }];
    expect((await app.request('POST', `/api/v1/accounts/matches/${match}/undo`)).status).toBe(200);
    await undo(body.id);
    expect(await matches([merged])).toMatchObject([{ match_id: match, state: 'undone', ended_at: expect.any(Date) }]);
  });
});

describe('an import while people are merged', () => {
  const MAP = { fields: { external_id: 'id', email: 'mail', city: 'town' }, consents: [{ purpose: 'newsletter', event: 'given', at: 'since', proof: { controller: 'Voorbeeld', wording: 'Ja, graag.' } }] };
  const EVENTS = { fields: { email: 'mail', name: 'event', occurred_at: 'since' } };
  let files = 0;
  const run = async (kind: 'contacts' | 'events', rows: readonly string[], map: object, dryRun = false) => {
    const file = join(app.config.dataDir, `merging-${(files += 1)}.csv`);
    writeFileSync(file, ['id,mail,town,since,event', ...rows].join('\n'));
    const report = await app.get(ImportService).run({ kind, file, map, dryRun, source: 'crm', purposes: ['newsletter'], rejectedFile: `${file}.rejected` });
    if (!report.ok) throw new Error(JSON.stringify(report.error));
    return report.value;
  };
  const rowOf = (person: number, id = '') => `${id},person${person}@example.org,Delft,2026-06-01T00:00:00Z,Visited`;
  const cityOf = async (contactId: number) => (await app.request('GET', `/api/v1/contacts/${contactId}`)).body.city as string | null;

  /** Something else happens, whole, just after the statement of this name has run for the first time. */
  function justAfter(statement: string, happens: () => Promise<unknown>): () => boolean {
    const exec = Sql.prototype.exec;
    let happened = false;
    jest.spyOn(Sql.prototype, 'exec').mockImplementation(async function (this: Sql, ...args) {
      const rows = await exec.apply(this, args);
      if (args[0] === statement && !happened) {
        happened = true;
        await happens();
      }
      return rows;
    });
    return () => happened;
  }
  afterEach(() => jest.restoreAllMocks());

  it.each([
    ['after the file was looked up', 'importContacts.indexKnownPeople', false],
    ['after its part of the file was opened', 'importContacts.fillChunk', false],
    ['after it was seen what changes', 'importContacts.markChanged', false],
    ['after its part of the file was opened, in a dry run', 'importContacts.fillChunk', true],
  ])('stores what it says of somebody merged %s with the one who stays', async (_, statement, dryRun) => {
    const [survivor, merged] = [await newContact(), await newContact()];
    const happened = justAfter(statement, () => merge(survivor, merged));
    expect(await run('contacts', [rowOf(people)], MAP, dryRun)).toMatchObject({ inserted: 0, updated: 1, rejected: 0 });
    expect(happened()).toBe(true);
    expect([await cityOf(survivor), await stateOf(survivor)]).toEqual(dryRun ? [null, undefined] : ['Delft', 'given']);
  });

  it('makes the merge wait for somebody whom it is about to write', async () => {
    const [survivor, merged] = [await newContact(), await newContact()];
    let merging: ReturnType<typeof merge> | undefined;
    justAfter('importContacts.updateContacts', async () => {
      merging = merge(survivor, merged);
      await Promise.race([merging, new Promise((resolve) => setTimeout(resolve, 200))]);
    });
    expect(await run('contacts', [rowOf(people)], MAP)).toMatchObject({ updated: 1 });
    expect((await merging)?.status).toBe(200);
    expect([await cityOf(survivor), await stateOf(survivor)]).toEqual(['Delft', 'given']);
  });

  it('gives each his own when they are parted meanwhile', async () => {
    const [survivor, merged] = [await newContact(), await newContact()];
    const { body } = await merge(survivor, merged);
    justAfter('importContacts.fillChunk', () => undo(body.id as number));
    await run('contacts', [rowOf(people)], MAP);
    expect([await cityOf(survivor), await cityOf(merged)]).toEqual([null, 'Delft']);
    expect([await stateOf(survivor), await stateOf(merged)]).toEqual([undefined, 'given']);
  });

  it('does not bring back who is erased meanwhile', async () => {
    const gone = await newContact();
    justAfter('importContacts.fillChunk', () => app.get(ErasureService).erase(gone, { kind: 'officer', actor: 'test' }));
    const report = await run('contacts', [rowOf(people)], MAP);
    expect(report).toMatchObject({ inserted: 0, updated: 0, rejected: 1, firstRejected: [{ reason: expect.stringContaining('legal.erased') }] });
    expect((await app.request('GET', `/api/v1/contacts/${gone}`)).status).toBe(404);
  });

  it.each([
    ['merged', false],
    ['parted', true],
  ])('gives events to whom they belong when people are %s meanwhile', async (_, parting) => {
    const [survivor, merged] = [await newContact(), await newContact()];
    app.clock.advance(60_000);
    const before = parting ? (await merge(survivor, merged)).body.id as number : 0;
    justAfter('importEvents.fillChunk', () => (parting ? undo(before) : merge(survivor, merged)));
    expect(await run('events', [rowOf(people)], EVENTS)).toMatchObject({ inserted: 1 });
    await app.get(TrackingTidyService).tidy();
    expect((await eventsOf(app, parting ? merged : survivor)).map((event: any) => event.name)).toEqual(['Visited']);
    expect(await app.sql.many('test.orphans', 'select contact_id from events e where not exists (select from contacts c where c.contact_id = e.contact_id)')).toEqual([]);
  });

  it('loses nothing of hundreds of people while many of them are merged and parted', async () => {
    const all: number[] = [];
    const rows: string[] = [];
    for (let index = 0; index < 40; index += 1) {
      all.push(await newContact());
      rows.push(rowOf(people, `E${people}`));
    }
    const pairs = all.slice(0, 20).map((survivor, index) => [survivor, all[20 + index]!] as const);
    const merging = Promise.all(pairs.map(async ([survivor, merged], index) => {
      const { body } = await merge(survivor, merged);
      if (index % 4 === 0) await undo(body.id as number);
    }));
    const [contacts, events] = await Promise.all([run('contacts', rows, MAP), run('events', rows, EVENTS), merging]);
    // Two rows of a file about people who have become one are one person with two numbers: such a row is refused, never half stored.
    expect(contacts.updated + contacts.unchanged + contacts.rejected).toBeLessThanOrEqual(40);
    expect(events.inserted).toBe(40);
    await app.get(TrackingTidyService).tidy();
    expect(await app.sql.many('test.orphans', 'select contact_id from events e where not exists (select from contacts c where c.contact_id = e.contact_id)')).toEqual([]);
    expect(await app.sql.many('test.identities', 'select value from identities i where not exists (select from contacts c where c.contact_id = i.contact_id)')).toEqual([]);
    const unsaid = await app.sql.many('test.unsaid', `select contact_id from contacts c where contact_id = any($1) and city = 'Delft' and not exists (select from consents s where s.contact_id = c.contact_id and s.purpose = 'newsletter')`, [all]);
    expect(unsaid).toEqual([]);
    expect(await app.get(LedgerCheckService).verify()).toMatchObject({ damaged: 0 });
  });
});

describe('history whose months were closed', () => {
  const AGGREGATES = [
    { aggregate: 'count' }, { aggregate: 'sum', property: 'value' }, { aggregate: 'average', property: 'value' }, { aggregate: 'minimum', property: 'value' }, { aggregate: 'maximum', property: 'value' },
    { aggregate: 'first' }, { aggregate: 'last' }, { aggregate: 'most_frequent', property: 'kind', type: 'text' },
  ];
  let keys = 0;

  beforeAll(async () => {
    await app.sql.exec('test.definition', `insert into event_definitions (name, purposes) values ('Order Completed', '{*}') on conflict do nothing`);
    for (const [index, one] of AGGREGATES.entries()) {
      await app.sql.exec('test.computed', `insert into attribute_definitions (scope, key, type, computation) values ('contact', $1, 'text', $2)`, [`orders_${index}`, JSON.stringify({ ...one, event: 'Order Completed' })]);
    }
  });
  async function reopen(): Promise<void> {
    await app.sql.exec('test.open', `update event_history set closed_before = '1900-01-01'`);
    await app.sql.exec('test.months', `select create_event_partitions('2024-01-01', '2025-04-30')`);
  }
  beforeEach(reopen);

  const order = (contactId: number, at: string, value: number, kind: string) =>
    app.sql.exec('test.order', `insert into events (contact_id, occurred_at, idempotency_key, name, properties, source) values ($1, $2, $3, 'Order Completed', $4, 'test')`, [contactId, at, `k${(keys += 1)}`, { value, kind, revenue: value }]);
  /** A customer for years: orders of months that are about to go, of the same days too, and of last week. */
  async function customer(value: number, kind: string): Promise<number> {
    const contactId = await newContact();
    for (const [at, factor] of [['2024-03-01T10:00:00Z', 3], ['2024-03-01T11:00:00Z', 1], ['2024-08-01T10:00:00Z', 2], ['2026-06-01T10:00:00Z', 1]] as const) await order(contactId, at, value * factor, kind);
    await order(contactId, `2024-05-${String(10 + value).padStart(2, '0')}T10:00:00Z`, value * 9, 'other');
    return contactId;
  }
  const digest = () => settled(app.sql, () => app.get(HistoryService).digest(app.clock.now()));
  const close = () => app.get(ClosingService).closeOldMonths(app.clock.now());
  /** What is known of these people's orders, whoever they are by now. */
  async function known(people: readonly number[]): Promise<unknown> {
    await digest();
    return {
      values: await app.sql.many('test.values', `select contact_id, attributes from contacts where contact_id = any($1) order by 1`, [people]),
      days: await app.sql.many('test.days', 'select contact_id, day, count from event_days where contact_id = any($1) order by 1, 2', [people]),
      orders: await app.sql.many('test.orders', 'select contact_id, origin = 0 as own, orders, value, first_at, last_at from order_residues where contact_id = any($1) order by 1, 2', [people]),
      last: await app.sql.many('test.last', 'select contact_id, last_at from contact_last_events where contact_id = any($1) order by 1', [people]),
      events: await app.sql.many('test.events', 'select contact_id, occurred_at from events where contact_id = any($1) order by 1, 2', [people]),
      // What reports count, of everybody; only these tests go back so far.
      totals: await app.sql.many('test.totals', `select day, events, contacts from event_totals where events > 0 and day < '2025-01-01' order by 1`),
      counted: await app.sql.many('test.counted', `select day, sum(count) as events, count(*) as contacts from event_days where day < '2025-01-01' group by 1 order by 1`),
    };
  }
  const attributesOf = (value: number, kind: string) => ({
    orders_0: 5, orders_1: 16 * value, orders_2: (32 * value) / 10, orders_3: value, orders_4: 9 * value, orders_5: '2024-03-01T10:00:00.000Z', orders_6: '2026-06-01T10:00:00.000Z', orders_7: kind,
  });

  it.each([
    ['before they became one', async (merging: () => Promise<void>) => (await close(), await merging())],
    ['while they were one', async (merging: () => Promise<void>) => (await merging(), await close())],
  ])('stays with whom it is about when it was closed %s, and an undo parts it', async (_, happens) => {
    const people = [await customer(2, 'chair'), await customer(5, 'table'), await customer(7, 'lamp')] as const;
    const [survivor, first, second] = people;
    await digest();
    const merges: number[] = [];
    await happens(async () => {
      for (const merged of [first, second]) merges.push((await merge(survivor, merged)).body.id as number);
    });
    await digest();
    const { attributes } = await app.sql.one<{ attributes: Record<string, unknown> }>('test.joined', 'select attributes from contacts where contact_id = $1', [survivor]);
    expect(attributes).toMatchObject({ orders_0: 15, orders_1: (2 + 5 + 7) * 16, orders_3: 2, orders_4: 63 });
    expect((await app.sql.one('test.orders', 'select sum(orders)::int as orders, sum(value)::int as value from order_residues where contact_id = $1', [survivor]))).toEqual({ orders: 12, value: (2 + 5 + 7) * 15 });
    for (const mergeId of merges) expect((await undo(mergeId)).status).toBe(200); // in the order in which they were merged
    const after = (await known(people)) as { values: { attributes: object }[]; totals: unknown[]; counted: unknown[] };
    expect(after.values.map(({ attributes }) => attributes)).toEqual([attributesOf(2, 'chair'), attributesOf(5, 'table'), attributesOf(7, 'lamp')]);
    const daysOf = (contact_id: number, value: number) => [['2024-03-01', 2], [`2024-05-${10 + value}`, 1], ['2024-08-01', 1], ['2026-06-01', 1]].map(([day, count]) => ({ contact_id, day, count }));
    const worth = [2, 5, 7];
    expect(after).toMatchObject({
      days: people.flatMap((contactId, index) => daysOf(contactId, worth[index]!)),
      orders: people.map((contactId, index) => ({ contact_id: contactId, own: true, orders: 4, value: worth[index]! * 15, first_at: new Date('2024-03-01T10:00:00Z'), last_at: new Date('2024-08-01T10:00:00Z') })),
      last: people.map((contactId) => ({ contact_id: contactId, last_at: new Date('2026-06-01T10:00:00Z') })),
      events: people.map((contactId) => ({ contact_id: contactId })),
    });
    expect(after.counted).toEqual(after.totals);
  });

  it('goes back to each of three that were merged one into the other', async () => {
    const people = [await customer(2, 'chair'), await customer(5, 'table'), await customer(7, 'lamp')] as const;
    const [last, middle, first] = people;
    await digest();
    const inner = (await merge(middle, first)).body.id as number;
    const outer = (await merge(last, middle)).body.id as number;
    await close();
    await undo(outer);
    const two = (await known(people)) as { orders: object[]; values: { contact_id: number; attributes: object }[] };
    expect(two.orders).toMatchObject([{ contact_id: last, own: true, orders: 4 }, { contact_id: middle, own: false, orders: 4, value: 105 }, { contact_id: middle, own: true, orders: 4, value: 75 }]);
    expect(two.values.map(({ attributes }) => attributes)).toMatchObject([{ orders_0: 5, orders_1: 32 }, { orders_0: 10, orders_1: 192, orders_3: 5 }]);
    await undo(inner);
    const three = (await known(people)) as typeof two & { totals: unknown[]; counted: unknown[] };
    expect(three.orders).toMatchObject(people.map((contactId, index) => ({ contact_id: contactId, own: true, value: [2, 5, 7][index]! * 15 })));
    expect(three.values.map(({ attributes }) => attributes)).toMatchObject([{ orders_0: 5, orders_3: 2 }, { orders_0: 5, orders_3: 5 }, { orders_0: 5, orders_3: 7 }]);
    expect(three.counted).toEqual(three.totals);
    expect(await app.sql.many('test.left', 'select merge_id from contact_merge_days')).toEqual([]);
  });
});
