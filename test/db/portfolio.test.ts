import { fc } from '../support/generated.js';
import { readState } from '../../src/accounts/portfolio/refresh.queries.js';
import { PortfolioPolicyService } from '../../src/accounts/portfolio/policy.service.js';
import { readCuts, refreshAccounts, refreshContacts } from '../../src/accounts/portfolio/portfolio.queries.js';
import { PortfolioRefreshService } from '../../src/accounts/portfolio/refresh.service.js';
import { ClosingService } from '../../src/customers/history/closing.service.js';
import { DEFAULT_PORTFOLIO_POLICY, type PortfolioPolicy } from '../../src/core/account/portfolio-policy.js';
import { deriveStage, type LifecycleStage, type StageRules } from '../../src/core/account/stage.js';
import { quintileCuts, quintileOf, rfmClassOf } from '../../src/core/insight/rfm.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { TEST_NOW, useApp } from '../support/app.js';
import { useDatabase } from '../support/database.js';

const DAY = 86_400_000;

interface Order {
  readonly at: Date;
  readonly value: number;
}

interface Person {
  readonly orders: readonly Order[];
  readonly interestAt: Date | null;
  readonly account: number | null;
}

interface Company {
  readonly won: readonly Date[];
  readonly open: number;
}

const CONTACT = ['orders_count', 'orders_value', 'first_order_at', 'last_order_at', 'rfm_recency', 'rfm_frequency', 'rfm_monetary', 'rfm_class', 'derived_stage', 'lifecycle_stage'];

async function store(sql: Sql, people: readonly Person[], companies: readonly Company[]): Promise<void> {
  // Deleting: to truncate a table of 70 partitions takes longer than all the rest.
  for (const table of ['events', 'identities', 'contacts', 'opportunities', 'accounts']) await sql.exec('test.clear', `delete from ${table}`);
  await sql.exec(
    'test.accounts',
    `insert into accounts (account_id, name, name_key, open_opportunities, source, created_at, updated_at) select n, 'a' || n, 'a' || n, open, 'test', now(), now() from unnest($1::integer[]) with ordinality as a (open, n)`,
    [companies.map(({ open }) => open)],
  );
  const won = companies.flatMap(({ won: dates }, index) => dates.map((date) => ({ date, account: index + 1 })));
  await sql.exec(
    'test.opportunities',
    `insert into opportunities (opportunity_id, account_id, stage, closed_on, source, updated_at) select n, account, 'won', closed, 'test', now() from unnest($1::bigint[], $2::date[]) with ordinality as o (account, closed, n)`,
    [won.map(({ account }) => account), won.map(({ date }) => date.toISOString().slice(0, 10))],
  );
  await sql.exec(
    'test.contacts',
    `insert into contacts (contact_id, bucket, account_id, created_at, updated_at) select n, bucket_of(n, account), account, now(), now() from unnest($1::bigint[]) with ordinality as c (account, n)`,
    [people.map(({ account }) => account)],
  );
  const events = people.flatMap((person, index) => [
    ...person.orders.map(({ at, value }) => ({ contact: index + 1, at, name: 'Order Completed', properties: { total: value } })),
    ...(person.interestAt ? [{ contact: index + 1, at: person.interestAt, name: 'Demo Requested', properties: {} }] : []),
  ]);
  await sql.exec(
    'test.events',
    `insert into events (contact_id, occurred_at, idempotency_key, name, properties, source) select contact, at, n, name, properties, 'test'
     from unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::jsonb[]) with ordinality as e (contact, at, name, properties, n)`,
    [events.map(({ contact }) => contact), events.map(({ at }) => at), events.map(({ name }) => name), events.map(({ properties }) => JSON.stringify(properties))],
  );
}

const since = (moments: readonly Date[], days: number): number => moments.filter((moment) => moment.getTime() >= TEST_NOW.getTime() - days * DAY).length;
const extreme = (moments: readonly Date[], which: 'min' | 'max'): Date | null => (moments.length === 0 ? null : new Date(Math[which](...moments.map(Number))));

function expectedStage(moments: readonly Date[], interestAt: Date | null, openOpportunity: boolean, accountStage: LifecycleStage | null, rules: StageRules): LifecycleStage {
  const showedInterest = interestAt !== null && interestAt.getTime() > TEST_NOW.getTime() - rules.lead.withinDays * DAY;
  const facts = { orders: moments.length, firstOrderAt: extreme(moments, 'min'), lastOrderAt: extreme(moments, 'max'), recentOrders: since(moments, rules.loyalCustomer.withinDays), showedInterest, openOpportunity, accountStage };
  return deriveStage(facts, rules, TEST_NOW);
}

/** What core says of the same people. */
function expected(people: readonly Person[], companies: readonly Company[], policy: PortfolioPolicy) {
  const accounts = companies.map(({ won, open }, index) => {
    const interest = people.filter(({ account, interestAt }) => account === index + 1 && interestAt !== null).map(({ interestAt }) => interestAt as Date);
    return expectedStage(won, extreme(interest, 'max'), open > 0, null, policy.accounts);
  });
  const recent = people.map(({ orders }) => orders.filter(({ at }) => at.getTime() > TEST_NOW.getTime() - policy.rfm.windowDays * DAY));
  const measured = recent.map((orders) => (orders.length === 0 ? null : [Math.max(...orders.map(({ at }) => at.getTime())), orders.length, cents(orders)] as const));
  const cuts = [0, 1, 2].map((measure) => quintileCuts([...Map.groupBy(measured.flatMap((values) => (values ? [values[measure]!] : [])), (value) => value)].map(([value, same]) => ({ value, people: same.length }))));
  const contacts = people.map(({ orders, interestAt, account }, index) => {
    const values = measured[index];
    const [r, f, m] = values ? [0, 1, 2].map((measure) => quintileOf(values[measure]!, cuts[measure]!)) : [];
    const moments = orders.map(({ at }) => at);
    const stage = expectedStage(moments, interestAt, account !== null && companies[account - 1]!.open > 0, account === null ? null : accounts[account - 1]!, policy.contacts);
    return {
      orders_count: orders.length, orders_value: cents(orders), first_order_at: extreme(moments, 'min'), last_order_at: extreme(moments, 'max'),
      rfm_recency: r ?? null, rfm_frequency: f ?? null, rfm_monetary: m ?? null, rfm_class: r && f && m ? rfmClassOf(r, f, m, policy.rfm.classes) : null, derived_stage: stage, lifecycle_stage: stage,
    };
  });
  return { accounts, contacts, cuts };
}

const cents = (orders: readonly Order[]): number => Math.round(orders.reduce((sum, { value }) => sum + value, 0) * 100) / 100;

describe('stages and RFM worked out by the database', () => {
  const db = useDatabase();
  // Often exactly on a boundary of the rules.
  const boundary = fc.constantFrom(30, 60, 90, 200, 365);
  const moment = fc.oneof(fc.integer({ min: 1, max: 1_200 * 24 }), boundary.map((days) => days * 24)).map((hours) => new Date(TEST_NOW.getTime() - hours * 3_600_000));
  const day = fc.integer({ min: 0, max: 1_200 }).map((days) => new Date(new Date(TEST_NOW.getTime() - days * DAY).toISOString().slice(0, 10)));
  const value = fc.integer({ min: -500, max: 50_000 }).map((number) => number / 100);
  const company = fc.record<Company>({ won: fc.array(day, { maxLength: 6 }), open: fc.integer({ min: 0, max: 1 }) });
  const person = fc.record<Person>({ orders: fc.array(fc.record({ at: moment, value }), { maxLength: 6 }), interestAt: fc.option(moment), account: fc.option(fc.integer({ min: 1, max: 3 })) });
  const rules = fc
    .record({ maxOrders: fc.integer({ min: 1, max: 3 }), more: fc.integer({ min: 1, max: 3 }), firstOrderWithinDays: fc.constantFrom(10, 30, 60), withinDays: boundary, formerAfter: fc.constantFrom(90, 200, 365), lead: boundary, open: fc.boolean(), otherwise: fc.constantFrom('new_customer' as const, 'loyal_customer' as const) })
    .map((given): StageRules => ({
      newCustomer: { maxOrders: given.maxOrders, firstOrderWithinDays: given.firstOrderWithinDays },
      loyalCustomer: { minOrders: given.maxOrders + given.more, withinDays: given.withinDays },
      formerCustomer: { noOrderForDays: given.formerAfter },
      otherwise: given.otherwise,
      lead: { events: ['Demo Requested'], withinDays: given.lead, openOpportunity: given.open },
    }));

  it('are those of core, on random people and random rules', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(person, { minLength: 1, maxLength: 40 }), fc.array(company, { minLength: 3, maxLength: 3 }), rules, rules, boundary, async (people, companies, contacts, accounts, windowDays) => {
        const policy: PortfolioPolicy = { ...DEFAULT_PORTFOLIO_POLICY, contacts, accounts, rfm: { ...DEFAULT_PORTFOLIO_POLICY.rfm, windowDays } };
        await store(db.sql, people, companies);
        const cuts = await readCuts(db.sql, policy, TEST_NOW);
        await refreshAccounts(db.sql, policy, TEST_NOW);
        await refreshContacts(db.sql, policy, cuts, { after: 0, upTo: people.length }, TEST_NOW);
        const core = expected(people, companies, policy);
        expect([cuts.recency, cuts.frequency, cuts.monetary]).toEqual(core.cuts);
        expect((await db.sql.many<{ derived_stage: string }>('test.accounts', 'select derived_stage from accounts order by account_id')).map((row) => row.derived_stage)).toEqual(core.accounts);
        expect(await db.sql.many('test.contacts', `select ${CONTACT.join(', ')} from contacts order by contact_id`)).toEqual(core.contacts);
        // The second time there is nothing to write.
        expect(await refreshAccounts(db.sql, policy, TEST_NOW)).toBe(0);
        expect(await refreshContacts(db.sql, policy, cuts, { contactIds: people.map((_, index) => index + 1) }, TEST_NOW)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the portfolio', () => {
  const app = useApp();
  const daysAgo = (days: number): Date => new Date(TEST_NOW.getTime() - days * DAY);
  const refresher = () => app.get(PortfolioRefreshService);
  const orders = (...days: number[]): Order[] => days.map((ago) => ({ at: daysAgo(ago), value: 10 }));
  /** Other databases of the test server hold the horizon of committed events back for a moment. */
  const recentContacts = async (night: Date, atLeast: number): Promise<number> => {
    let contacts = 0;
    for (let attempt = 0; contacts < atLeast && attempt < 100; attempt += 1) {
      if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, 100));
      contacts += (await refresher().refreshRecent(night)).contacts;
    }
    return contacts;
  };
  const stages = async (): Promise<(string | null)[]> => (await app.sql.many<{ stage: string | null }>('test.stages', 'select lifecycle_stage as stage from contacts order by contact_id')).map(({ stage }) => stage);

  it('respects a stage that was given, and takes over again when it is taken away', async () => {
    await store(app.sql, [{ orders: orders(5), interestAt: null, account: null }, { orders: [], interestAt: daysAgo(2), account: null }], []);
    await app.sql.exec('test.given', `update contacts set lifecycle_stage = 'loyal_customer' where contact_id = 1`);
    await refresher().refreshAll('test');
    expect(await stages()).toEqual(['loyal_customer', 'lead']);
    await app.request('PATCH', '/api/v1/contacts/2', { body: { lifecycle_stage: 'prospect' } });
    await app.request('PATCH', '/api/v1/contacts/1', { body: { lifecycle_stage: null } });
    await refresher().refreshAll('test');
    expect(await stages()).toEqual(['new_customer', 'prospect']);
  });

  it('follows an order within a minute, and the clock at night', async () => {
    await store(app.sql, [{ orders: orders(5), interestAt: null, account: null }, { orders: [], interestAt: null, account: null }, { orders: [], interestAt: null, account: null }], []);
    await app.sql.exec('test.identity', `insert into identities (kind, value, contact_id) values ('user_id', 'u2', 2), ('user_id', 'u3', 3)`);
    await app.sql.exec('test.purpose', `insert into purposes (purpose, name_nl, name_en, legal_basis, retention_days) values ('sales', 'x', 'x', 'consent', 365)`);
    const night = daysAgo(1);
    expect(await refresher().refreshRecent(night)).toMatchObject({ everybody: false });
    await refresher().refreshAll('test');
    expect(await stages()).toEqual(['new_customer', 'prospect', 'prospect']);
    const event = (user: string, name: string) => ({ contact: { user_id: user }, name, occurredAt: TEST_NOW.toISOString(), properties: { revenue: '19.99' } });
    const stored = await app.request('POST', '/api/v1/events', { body: { source: 'shop', purposes: ['sales'], events: [event('u2', 'Order Completed'), event('u3', 'Demo Requested')] } });
    expect(stored.body).toMatchObject({ stored: 2 });
    expect(await recentContacts(night, 2)).toBe(2);
    expect(await stages()).toEqual(['new_customer', 'new_customer', 'lead']);
    expect(await app.sql.one('test.value', 'select orders_value, rfm_recency, rfm_class is not null as classed from contacts where contact_id = 2')).toEqual({ orders_value: 19.99, rfm_recency: 3, classed: true });
    expect(await refresher().refreshRecent(night)).toEqual({ contacts: 0, everybody: false });
    app.clock.advance(366 * DAY);
    expect(await refresher().refreshRecent(app.clock.now())).toMatchObject({ everybody: true });
    expect(await stages()).toEqual(['former_customer', 'former_customer', 'prospect']);
    app.clock.set(TEST_NOW);
  });

  it('shows what other rules would change, and then changes just that', async () => {
    await store(
      app.sql,
      [{ orders: orders(5), interestAt: null, account: null }, { orders: orders(5, 40), interestAt: null, account: null }, { orders: orders(200), interestAt: null, account: null }, { orders: [], interestAt: null, account: 1 }],
      [{ won: [daysAgo(400)], open: 0 }],
    );
    await refresher().refreshAll('test');
    const policy: PortfolioPolicy = structuredClone(DEFAULT_PORTFOLIO_POLICY);
    const stricter = {
      ...policy,
      contacts: { ...policy.contacts, newCustomer: { maxOrders: 1, firstOrderWithinDays: 10 }, loyalCustomer: { minOrders: 2, withinDays: 100 }, formerCustomer: { noOrderForDays: 100 } },
      accounts: { ...policy.accounts, newCustomer: { ...policy.accounts.newCustomer, firstOrderWithinDays: 100 }, formerCustomer: { noOrderForDays: 300 } },
    };
    const preview = await app.request('POST', '/api/v1/portfolio/policy/preview', { body: stricter });
    expect(preview.body.changes).toEqual([
      { what: 'account_stage', from: 'new_customer', to: 'former_customer', count: 1 },
      { what: 'contact_stage', from: 'new_customer', to: 'former_customer', count: 2 },
      { what: 'contact_stage', from: 'new_customer', to: 'loyal_customer', count: 1 },
    ]);
    expect(await stages()).toEqual(['new_customer', 'new_customer', 'new_customer', 'new_customer']);
    expect((await app.request('PUT', '/api/v1/portfolio/policy', { body: stricter })).status).toBe(200);
    expect((await app.request('GET', '/api/v1/portfolio/policy')).body).toEqual(stricter);
    expect((await app.request('POST', '/api/v1/portfolio/refresh')).body).toMatchObject({ contacts: 3, accounts: 1 });
    expect(await stages()).toEqual(['new_customer', 'loyal_customer', 'former_customer', 'former_customer']);
    expect(await app.sql.one('test.trail', `select count(*)::integer as count from audit_entries where action = 'portfolio_policy.changed'`)).toEqual({ count: 1 });
    expect((await app.request('PUT', '/api/v1/portfolio/policy', { body: { ...stricter, contacts: { ...stricter.contacts, formerCustomer: { noOrderForDays: 1 } } } })).status).toBe(422);
    expect((await app.get(PortfolioPolicyService).current()).contacts.formerCustomer.noOrderForDays).toBe(100);
    expect(await readState(app.sql)).toMatchObject({ refreshedAt: TEST_NOW.toISOString() });
  });

  it.each([
    ['a text', { total: 'many' }, 0],
    ['a number in a text', { total: '12.50' }, 12.5],
    ['nothing', {}, 0],
    ['an object', { total: { amount: 3 } }, 0],
    ['more than there is', { total: 1e300 }, 0],
    ['a list before a number', { revenue: [1], total: 5 }, 5],
    ['two numbers: the first named property counts', { revenue: 7, total: 5 }, 7],
    ['a refund', { total: -3 }, -3],
  ])('reads the value of an order from %s', async (_, properties, value) => {
    await app.request('PUT', '/api/v1/portfolio/policy', { body: DEFAULT_PORTFOLIO_POLICY });
    await store(app.sql, [{ orders: [], interestAt: null, account: null }], []);
    await app.sql.exec('test.event', `insert into events (contact_id, occurred_at, idempotency_key, name, properties, source) values (1, $1, 'k', 'Order Completed', $2, 'test')`, [daysAgo(1), JSON.stringify(properties)]);
    await refresher().refreshAll('test');
    expect(await app.sql.one('test.read', 'select orders_count, orders_value from contacts')).toEqual({ orders_count: 1, orders_value: value });
  });

  it('can be asked about in rules', async () => {
    const rule = { kind: 'all', conditions: [{ kind: 'attribute', attribute: 'rfm_class', operator: 'in', value: ['Champions', 'need_attention'] }, { kind: 'attribute', attribute: 'rfm_recency', operator: 'at_least', value: 3 }] };
    await store(app.sql, [{ orders: orders(1), interestAt: null, account: null }], []);
    await refresher().refreshAll('test');
    const preview = await app.request('POST', '/api/v1/segments/preview', { body: { scope: 'contact', rule } });
    expect(preview.body).toMatchObject({ count: 1, sentence: { nl: expect.stringContaining('RFM-klasse'), en: expect.stringContaining('RFM class') } });
  });

  it('knows the orders of months whose raw events are gone', async () => {
    await store(app.sql, [{ orders: orders(900, 800, 30), interestAt: null, account: null }, { orders: orders(700), interestAt: null, account: null }], []);
    const read = () => app.sql.many('test.orders', 'select orders_count, orders_value, first_order_at, last_order_at, lifecycle_stage from contacts order by contact_id');
    await refresher().refreshAll('test');
    const before = await read();
    expect(before).toMatchObject([{ orders_count: 3, orders_value: 30, lifecycle_stage: 'loyal_customer' }, { orders_count: 1, lifecycle_stage: 'former_customer' }]);
    await app.get(ClosingService).closeOldMonths(TEST_NOW);
    expect(await app.sql.one('test.left', 'select count(*)::integer as count from events')).toEqual({ count: 1 });
    await refresher().refreshAll('test');
    expect(await read()).toEqual(before);
    await app.get(ClosingService).closeOldMonths(TEST_NOW);
    await refresher().refreshAll('test');
    expect(await read()).toEqual(before);
  });
});
