import { Analytics } from '@segment/analytics-node';
import type { AddressInfo } from 'node:net';
import { startTestApp } from '../support/app.js';
import { addPurpose } from '../support/people.js';
import { addTracker, contactOf, eventsOf } from '../support/tracking.js';

/** The real client, as its users have it: only the host is ours. */
describe('@segment/analytics-node', () => {
  let app: Awaited<ReturnType<typeof startTestApp>>;
  let host: string;

  beforeAll(async () => {
    app = await startTestApp();
    await addPurpose(app, { key: 'newsletter' });
    await app.http.listen(0, '127.0.0.1');
    host = `http://127.0.0.1:${(app.http.getHttpServer().address() as AddressInfo).port}`;
  });
  afterAll(() => app.close());

  async function withClient(work: (client: Analytics) => void, key?: string): Promise<unknown[]> {
    const errors: unknown[] = [];
    const client = new Analytics({ host, writeKey: key ?? (await addTracker(app)).key });
    client.on('error', (error) => errors.push(error));
    work(client);
    await client.closeAndFlush({ timeout: 0 }); // until all is answered
    return errors;
  }

  it('identifies, tracks, pages, groups and aliases', async () => {
    const at = new Date('2026-06-08T12:00:00Z');
    const errors = await withClient((client) => {
      client.track({ anonymousId: 'device-1', event: 'Pricing Viewed', properties: { plan: 'team' }, timestamp: at });
      client.identify({ userId: 'u-1', anonymousId: 'device-1', traits: { email: 'Ann@Example.org', firstName: 'Ann', plan: 'team', seats: 3 }, context: { timezone: 'Europe/Amsterdam' } });
      client.page({ userId: 'u-1', name: 'Pricing', properties: { url: 'https://x.example/pricing' }, timestamp: at });
      client.screen({ userId: 'u-1', name: 'Start', timestamp: at });
      client.track({ userId: 'u-1', event: 'Order Completed', properties: { total: 99.5, products: [{ id: 'p1' }] }, timestamp: at });
      client.group({ userId: 'u-1', groupId: 'g-1', traits: { name: 'Acme', industry: 'Metal', employees: 40, address: { country: 'NL' } } });
      client.track({ userId: 'old-7', event: 'Signed Up', timestamp: at });
      client.alias({ previousId: 'old-7', userId: 'u-1' });
    });
    expect(errors).toEqual([]);
    const contact = await contactOf(app, 'user_id', 'u-1');
    expect(contact).toMatchObject({ email: 'ann@example.org', first_name: 'Ann', time_zone: 'Europe/Amsterdam', attributes: { plan: 'team', seats: 3 }, account: { name: 'Acme' } });
    expect(contact.identities.map((one: any) => `${one.kind} ${one.value}`).sort()).toEqual(['anonymous_id device-1', 'email ann@example.org', 'user_id old-7', 'user_id u-1']);
    expect((await eventsOf(app, contact.id)).map((event: any) => event.name).sort()).toEqual(['Order Completed', 'Page Viewed', 'Pricing Viewed', 'Screen Viewed', 'Signed Up']);
    expect((await app.request('GET', `/api/v1/accounts?limit=5`)).body.items).toMatchObject([{ external_id: 'g-1', sector: 'Metal', employees: 40, country: 'NL' }]);
    expect((await app.request('GET', '/api/v1/contacts')).body.items).toHaveLength(1);
  });

  // Its requests may run into its own timeout on a busy machine: it sends them again, and they are known.
  it('sends five thousand events and not one is lost or doubled', async () => {
    const { key } = await addTracker(app, { eventsPerSecond: 100_000 });
    const errors = await withClient((client) => {
      for (let index = 0; index < 5_000; index += 1) client.track({ userId: `load-${index % 100}`, event: 'Clicked', properties: { index } });
    }, key);
    expect(errors).toEqual([]);
    expect(await app.sql.one('test.count', `select count(*)::int as events, count(distinct contact_id)::int as people, count(distinct properties ->> 'index')::int as told from events where name = 'Clicked'`)).toEqual({ events: 5_000, people: 100, told: 5_000 });
  }, 120_000);

  it('learns of a wrong key', async () => {
    const errors = await withClient((client) => client.track({ userId: 'x', event: 'X' }), 'wk_000000000000_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa');
    expect(errors).toHaveLength(1);
  });
});
