import { useApp } from '../support/app.js';
import { addPurpose } from '../support/people.js';
import { addTracker, contactOf, eventsOf, type Tracker } from '../support/tracking.js';

const app = useApp();
let server: Tracker;
let browser: Tracker;

beforeAll(async () => {
  await addPurpose(app, { key: 'newsletter' });
  server = await addTracker(app, { source: 'shop' });
  browser = await addTracker(app, { source: 'website', kind: 'browser' });
});

const idOf = async (kind: string, value: string): Promise<number | undefined> => (await contactOf(app, kind, value))?.id;
const conflicts = async (contactId: number): Promise<any[]> => (await app.request('GET', `/api/v1/tracking/conflicts?contactId=${contactId}`)).body.items;

describe('who somebody is', () => {
  it('a visitor becomes who he turns out to be, with what he did', async () => {
    await browser.send('track', { anonymousId: 'a1', event: 'Pricing Viewed' });
    await server.send('identify', { userId: 'u1', traits: { email: 'u1@example.org' } });
    const visitor = await idOf('anonymous_id', 'a1');
    await browser.send('identify', { userId: 'u1', anonymousId: 'a1' });
    const known = await idOf('user_id', 'u1');
    expect(await idOf('anonymous_id', 'a1')).toBe(known);
    expect((await eventsOf(app, known ?? 0)).map((event) => event.name)).toEqual(['Pricing Viewed']);
    expect((await app.request('GET', `/api/v1/merges?contactId=${visitor}`)).body.items).toMatchObject([{ mergedContactId: visitor, survivorId: known, cause: 'identify', actor: 'write-key:website' }]);
  });

  it('two user ids on one device stay two people', async () => {
    await browser.send('identify', { userId: 'p1', anonymousId: 'shared' });
    await browser.send('identify', { userId: 'p2', anonymousId: 'shared' });
    await browser.send('track', { userId: 'p2', anonymousId: 'shared', event: 'Ordered' });
    const [first, second] = [await idOf('user_id', 'p1'), await idOf('user_id', 'p2')];
    expect(first).not.toBe(second);
    expect(await eventsOf(app, second ?? 0)).toHaveLength(1);
    expect(await conflicts(second ?? 0)).toMatchObject([{ contactId: second, otherContactId: first, kind: 'anonymous_id_of_another', count: 1 }]);
  });

  it('a subscriber without user id is found by his address when he signs up', async () => {
    await browser.send('identify', { anonymousId: 'n1', traits: { email: 'sub@example.org' } });
    const subscriber = await idOf('email', 'sub@example.org');
    await server.send('identify', { userId: 'sub', traits: { email: 'SUB@example.org ' } });
    expect(await idOf('user_id', 'sub')).toBe(subscriber);
  });

  it('an address that belongs to another contact stays there; all else of the message is kept', async () => {
    await server.send('identify', { userId: 'owner', traits: { email: 'owner@example.org' } });
    const answer = await server.send('identify', { userId: 'other', traits: { email: 'owner@example.org', firstName: 'Otto' } });
    expect(answer.body).toMatchObject({ success: true, warnings: [{ index: 0, kind: 'email_of_another' }] });
    expect(await contactOf(app, 'user_id', 'other')).toMatchObject({ email: null, first_name: 'Otto' });
    const [owner, other] = [await idOf('user_id', 'owner'), await idOf('user_id', 'other')];
    expect(await idOf('email', 'owner@example.org')).toBe(owner);
    expect(await conflicts(owner ?? 0)).toMatchObject([{ contactId: other, otherContactId: owner, kind: 'email_of_another' }]);
    await app.request('POST', `/api/v1/contacts/${owner}/merge`, { body: { contactId: other } });
    expect(await conflicts(owner ?? 0)).toEqual([]);
  });

  it.each([
    ['track', { event: 'Ordered' }],
    ['page', {}],
    ['screen', {}],
    ['alias', { previousId: 'told-before' }],
  ])('an address is given by identify alone: what a %s tells along does not become one, all else does', async (path, body) => {
    const email = `told-${path}@example.org`;
    await server.send(path, { userId: `told-${path}`, ...body, context: { traits: { email, firstName: 'Tom' } } });
    expect(await contactOf(app, 'user_id', `told-${path}`)).toMatchObject({ email: null, first_name: 'Tom' });
    expect(await idOf('email', email)).toBeUndefined();
    // Nor does it change one that is there.
    await server.send('identify', { userId: `told-${path}`, traits: { email: `own-${path}@example.org` } });
    await server.send(path, { userId: `told-${path}`, ...body, context: { traits: { email } } });
    expect((await contactOf(app, 'user_id', `told-${path}`)).email).toBe(`own-${path}@example.org`);
  });

  it('a second address on one device is a second person', async () => {
    await browser.send('identify', { anonymousId: 'family', traits: { email: 'mother@example.org' } });
    await browser.send('identify', { anonymousId: 'family', traits: { email: 'son@example.org' } });
    const [mother, son] = [await contactOf(app, 'email', 'mother@example.org'), await contactOf(app, 'email', 'son@example.org')];
    expect([mother.email, son.email, mother.id === son.id]).toEqual(['mother@example.org', 'son@example.org', false]);
  });

  it('with the public key of a browser nobody changes an address', async () => {
    await server.send('identify', { userId: 'victim', traits: { email: 'victim@example.org' } });
    const answer = await browser.send('identify', { userId: 'victim', traits: { email: 'thief@example.org' } });
    expect(answer.body.warnings).toMatchObject([{ kind: 'address_change_refused' }]);
    expect((await contactOf(app, 'user_id', 'victim')).email).toBe('victim@example.org');
    expect(await idOf('email', 'thief@example.org')).toBeUndefined();
    await server.send('identify', { userId: 'victim', traits: { email: 'moved@example.org' } });
    expect((await contactOf(app, 'user_id', 'victim')).email).toBe('moved@example.org');
  });

  it('with the public key of a browser nobody merges two known people', async () => {
    await server.send('identify', { userId: 'k1', traits: { email: 'k1@example.org' } });
    await server.send('identify', { userId: 'k2' });
    expect((await browser.send('alias', { previousId: 'k1', userId: 'k2' })).body.warnings).toMatchObject([{ kind: 'alias_refused' }]);
    expect(await idOf('user_id', 'k1')).not.toBe(await idOf('user_id', 'k2'));
    expect((await server.send('alias', { previousId: 'k1', userId: 'k2' })).text).toBe('{"success":true}');
    expect(await idOf('user_id', 'k1')).toBe(await idOf('user_id', 'k2'));
    expect((await contactOf(app, 'user_id', 'k2')).email).toBe('k1@example.org');
  });

  it('aliases in a loop, and of an id with itself, are harmless', async () => {
    for (const [previousId, userId] of [['l1', 'l2'], ['l2', 'l3'], ['l3', 'l1'], ['l1', 'l1'], ['l2', 'l1']]) expect((await server.send('alias', { previousId, userId })).status).toBe(200);
    await server.send('batch', { batch: [['m1', 'm2'], ['m2', 'm1'], ['m1', 'm1']].map(([previousId, userId]) => ({ type: 'alias', previousId, userId })) });
    expect(new Set([await idOf('user_id', 'l1'), await idOf('user_id', 'l2'), await idOf('user_id', 'l3')]).size).toBe(1);
    expect(await idOf('user_id', 'm1')).toBe(await idOf('user_id', 'm2'));
  });

  it('an alias that comes before its people joins what comes later', async () => {
    await server.send('alias', { previousId: 'early-anonymous', userId: 'early' });
    await server.send('track', { anonymousId: 'early-anonymous', event: 'Visited' });
    await server.send('track', { userId: 'early', event: 'Ordered' });
    expect(await eventsOf(app, (await idOf('user_id', 'early')) ?? 0)).toHaveLength(2);
  });

  it('an event of a contact that was merged meanwhile is known when it comes again', async () => {
    const message = { messageId: 'merged-1', userId: 'before', event: 'Ordered', timestamp: '2026-06-09T07:00:00Z', sentAt: '2026-06-09T07:00:00Z' };
    await server.send('track', message);
    await server.send('track', { userId: 'after', event: 'Visited' });
    await server.send('alias', { previousId: 'before', userId: 'after' });
    await server.send('track', { ...message, sentAt: '2026-06-09T07:09:00Z' });
    expect((await eventsOf(app, (await idOf('user_id', 'after')) ?? 0)).map((event) => event.name).sort()).toEqual(['Ordered', 'Visited']);
  });

  it('a person pinned to an account by hand stays there whatever a group says', async () => {
    await server.send('identify', { userId: 'pinned', traits: { email: 'pinned@example.org' } });
    const { id } = await contactOf(app, 'user_id', 'pinned');
    const account = (await app.request('POST', '/api/v1/accounts', { body: { name: 'Pinned to', source: 'test' } })).body.id;
    await app.sql.exec('test.place', 'update contacts set account_id = $2, bucket = bucket_of(contact_id, $2) where contact_id = $1', [id, account]);
    await app.sql.exec(
      'test.pin',
      `insert into account_matches (contact_id, account_id, rule, inputs, confidence, state, matched_at, matched_by) values ($1, $2, 'pinned', '{}', 1, 'pinned', now(), 'key:test')`,
      [id, account],
    );
    expect((await server.send('group', { userId: 'pinned', groupId: 'elsewhere' })).body.warnings).toMatchObject([{ kind: 'account_pinned' }]);
    expect((await contactOf(app, 'user_id', 'pinned')).account.id).toBe(account);
  });
});

describe('many at once', () => {
  it('first events of one person, sent at the same moment, make one contact', async () => {
    await Promise.all(Array.from({ length: 200 }, (_, index) => server.send('track', { userId: 'crowd', event: 'Clicked', properties: { index } })));
    expect(await eventsOf(app, (await idOf('user_id', 'crowd')) ?? 0)).toHaveLength(200);
  });

  it('keeps every event of people who are merged and moved while they act', async () => {
    const acts = Array.from({ length: 300 }, (_, index) => server.send('track', { userId: `w${index % 6}`, event: 'Acted', messageId: `act-${index}` }));
    const joins = Array.from({ length: 5 }, (_, index) => server.send('alias', { previousId: `w${index + 1}`, userId: 'w0' }));
    const moves = Array.from({ length: 10 }, (_, index) => server.send('group', { userId: `w${index % 6}`, groupId: `club-${index % 2}` }));
    const answers = await Promise.all([...acts, ...joins, ...moves]);
    expect(answers.every((answer) => answer.status === 200)).toBe(true);
    const { count, people } = await app.sql.one<{ count: number; people: number }>('test.count', `select count(*)::int as count, count(distinct contact_id)::int as people from events where name = 'Acted'`);
    expect([count, people]).toEqual([300, 1]);
  });
});
