import { DATA, mapOf, useImport } from './import-harness.js';

const CRM = `${DATA}/crm-sales`;

describe('the CRM set, dirty as it was found', () => {
  const harness = useImport();
  const { run } = harness;

  it('gives 85 accounts with mended words, countries as codes, and parents that stand later in the file', async () => {
    const report = await run('accounts', { path: `${CRM}/accounts.csv` }, mapOf('crm-accounts'), { source: 'crm', purposes: ['sales'] });
    expect(report).toMatchObject({ rows: 85, inserted: 85, updated: 0, unchanged: 0, rejected: 0, warnings: [], encoding: 'utf-8' });
    const accounts = await harness.db.sql.many<Record<string, unknown>>(
      'test.accounts',
      `select a.name, a.sector, a.country, a.revenue, a.employees, a.year_established, a.domain, p.name as parent from accounts a left join accounts p on p.account_id = a.parent_account_id`,
    );
    const account = (name: string) => accounts.find((row) => row['name'] === name);
    expect(account('Bluth Company')).toEqual({ name: 'Bluth Company', sector: 'technology', country: 'US', revenue: 1242.32, employees: 3027, year_established: 1993, domain: 'bluth-company.example', parent: 'Acme Corporation' });
    expect(account('Cheers')?.['parent']).toBe('Massive Dynamic'); // line 11, its parent on line 49
    expect(account('Bioholding')?.['country']).toBe('PH');
    expect(account('Hottechi')?.['country']).toBe('KR');
    expect(accounts.filter((row) => row['parent'] !== null)).toHaveLength(15);
    expect(accounts.filter((row) => row['sector'] === 'technolgy')).toHaveLength(0);
  });

  it('gives 8,800 opportunities, also those without an account, and adds the accounts up', async () => {
    await run('users', { path: `${CRM}/sales_teams.csv` }, mapOf('crm-users'), { source: 'crm', purposes: ['sales'] });
    const report = await run('opportunities', { path: `${CRM}/sales_pipeline.csv` }, mapOf('crm-opportunities'), { source: 'crm', purposes: ['sales'] });
    expect(report).toMatchObject({ rows: 8800, inserted: 8800, rejected: 0, warnings: [] });
    const sums = await harness.db.sql.one(
      'test.opportunities',
      `select count(*) filter (where account_id is null) as without_account, count(*) filter (where account_id is null and stage in ('won', 'lost')) as closed_without_account,
         count(*) filter (where stage = 'won') as won, count(*) filter (where product = 'GTXPro') as typos, min(engaged_on) as first, count(owner_id) as owned, count(distinct owner_id) as owners from opportunities`,
    );
    expect(sums).toEqual({ without_account: 1425, closed_without_account: 0, won: 4238, typos: 0, first: '2016-10-20', owned: 8800, owners: 30 });
    expect(await harness.db.sql.one('test.users', `select count(*) as users, count(manager) as managed, count(distinct region) as regions from users`)).toEqual({ users: 35, managed: 35, regions: 3 });
    const differing = await harness.db.sql.many(
      'test.rollups',
      `select a.name from accounts a left join opportunities o using (account_id) group by a.account_id
       having (a.open_opportunities, a.won_opportunities, a.won_value, a.last_won_on) is distinct from (count(*) filter (where o.stage in ('prospecting', 'engaging'))::integer, count(*) filter (where o.stage = 'won')::integer,
         coalesce(sum(o.value) filter (where o.stage = 'won'), 0), max(o.closed_on) filter (where o.stage = 'won'))`,
    );
    expect(differing).toEqual([]);
    const cancity = await harness.db.sql.one('test.cancity', `select won_opportunities, won_value, owner_id is not null as owned from accounts where name = 'Cancity'`);
    expect(cancity).toEqual({ won_opportunities: 55, won_value: 118627, owned: true });
  });

  it('changes nothing the second time', async () => {
    const before = await harness.db.sql.many('test.before', `select account_id, updated_at, import_id from accounts order by account_id`);
    harness.clock.advance(86_400_000);
    const again = { inserted: 0, updated: 0, rejected: 0 };
    expect(await run('users', { path: `${CRM}/sales_teams.csv` }, mapOf('crm-users'), { purposes: ['sales'] })).toMatchObject({ ...again, unchanged: 35 });
    expect(await run('accounts', { path: `${CRM}/accounts.csv` }, mapOf('crm-accounts'), { purposes: ['sales'] })).toMatchObject({ ...again, unchanged: 85 });
    expect(await run('opportunities', { path: `${CRM}/sales_pipeline.csv` }, mapOf('crm-opportunities'), { purposes: ['sales'] })).toMatchObject({ ...again, unchanged: 8800 });
    expect(await harness.db.sql.many('test.after', `select account_id, updated_at, import_id from accounts order by account_id`)).toEqual(before);
  });

  it('follows a deal that is won, and adds its account up again', async () => {
    const header = 'opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value';
    const report = await run('opportunities', `${header}\n1C1I7A6R,Moses Frase,GTX Plus Basic,Isdom,Won,20-10-16,01-03-17,2000\n`, mapOf('crm-opportunities'));
    expect(report).toMatchObject({ updated: 1, inserted: 0 });
    expect(await harness.db.sql.one('test.moved', `select won_opportunities as won, won_value from accounts where name = 'Cancity'`)).toEqual({ won: 54, won_value: 118627 - 1054 });
  });
});

describe('the consumer set', () => {
  const harness = useImport();
  const { run } = harness;
  const file = { path: `${DATA}/consumers/marketing_campaign.csv` };

  it('gives 2,240 people: rows that stand twice count once, copies under a run-together ID are skipped', async () => {
    const report = await run('contacts', file, mapOf('consumers'), { source: 'webshop', noticeVersion: '2012-1' });
    expect(report).toMatchObject({ rows: 2250, inserted: 2240, duplicates: 4, skipped: 6, rejected: 0, warnings: [] });
    expect(report.defined).toContain('income');
    const person = await harness.db.sql.one('test.person', `select c.*, octet_length(address_hash) as hash_length, bucket_of(contact_id, null) as own_bucket from contacts c where email = 'consumer-5524@klant.example'`);
    expect(person).toMatchObject({
      language: 'nl', country: 'NL', source: 'webshop', collected_for: ['newsletter'], notice_version: '2012-1', address_state: 'ok', hash_length: 32,
      source_at: new Date('2012-09-03T22:00:00Z'), import_id: report.importId,
      attributes: { birth_year: 1957, education: 'Graduation', marital_status: 'Single', income: 58138, customer_since: '2012-09-04', complained: false, accepted_last_campaign: true, spent_wine: 635 },
    });
    expect(person['bucket']).toBe(person['own_bucket']);
    expect(await harness.db.sql.one('test.counts', `select count(*) filter (where attributes ? 'income') as income, count(*) as people from contacts`)).toEqual({ income: 2215, people: 2240 });
    expect(await harness.db.sql.many('test.definition', `select type, purposes, sensitive, source from attribute_definitions where key = 'income'`)).toEqual([{ type: 'number', purposes: ['newsletter'], sensitive: false, source: 'webshop' }]);
  });

  it('changes nothing the second time, nor in a dry run', async () => {
    harness.clock.advance(86_400_000);
    const before = await harness.db.sql.one('test.before', `select max(updated_at) as at, count(*) as identities from contacts join identities using (contact_id)`);
    for (const dryRun of [true, false]) expect(await run('contacts', file, mapOf('consumers'), { source: 'webshop', dryRun })).toMatchObject({ inserted: 0, updated: 0, unchanged: 2240, duplicates: 4, skipped: 6 });
    expect(await harness.db.sql.one('test.after', `select max(updated_at) as at, count(*) as identities from contacts join identities using (contact_id)`)).toEqual(before);
  });

  it('adds the purpose when the same people come in for another one', async () => {
    expect(await run('contacts', file, mapOf('consumers'), { source: 'fair', purposes: ['sales'] })).toMatchObject({ updated: 2240, inserted: 0 });
    expect(await harness.db.sql.many('test.purposes', `select distinct source, collected_for from contacts`)).toEqual([{ source: 'webshop', collected_for: ['newsletter', 'sales'] }]);
  });
});
