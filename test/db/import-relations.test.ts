import { useImport } from './import-harness.js';

describe('contacts and their accounts', () => {
  const harness = useImport();
  const { run } = harness;
  const MAP = { fields: { external_id: 'id', email: { template: '{id}@x.example' }, account: 'firm', role: 'role' } };

  beforeAll(async () => {
    await run('accounts', 'name,site\nAcme,acme.example\nBeta,beta.example\nTwin One,twin.example\nTwin Two,twin.example\n', { fields: { name: 'name', domain: 'site' } });
  });

  it('an account that nobody knows rejects the row, unless the map lets it be made', async () => {
    const csv = 'id,firm,role\np1,ACME.,decider\np2,Gamma,user\n';
    const first = await run('contacts', csv, MAP);
    expect(first).toMatchObject({ inserted: 1, rejected: 1 });
    expect(first.firstRejected[0]?.reason).toContain('account "Gamma" is unknown');
    expect(await run('contacts', csv, { ...MAP, createAccounts: true })).toMatchObject({ inserted: 1, unchanged: 1, rejected: 0 });
    expect(await harness.sql.many('test.gamma', `select name, source from accounts where name_key = 'gamma'`)).toEqual([{ name: 'Gamma', source: 'test' }]);
  });

  it('an account is found by its domain when one account has it', async () => {
    const report = await run('contacts', 'id,site\np3,https://www.beta.example\np4,twin.example\np5,\n', { fields: { external_id: 'id', account_domain: 'site' } });
    expect(report).toMatchObject({ inserted: 2, rejected: 1 });
    expect(report.firstRejected).toEqual([{ line: 3, reason: '2 accounts have the domain "twin.example": name the account' }]);
  });

  it('people of one account share its bucket', async () => {
    const rows = await harness.sql.many('test.buckets', `select bool_and(bucket = bucket_of(contact_id, account_id)) as right from contacts`);
    expect(rows).toEqual([{ right: true }]);
  });

  it('a part in the buying group comes with how sure it is and who of us is paired; what changes begins a new part', async () => {
    await harness.sql.exec('test.colleagues', `insert into users (email, name) values ('ann@us.example', 'Ann'), ('bob@us.example', 'Bob')`);
    const map = { fields: { external_id: 'id', account: 'firm', role: 'role', role_confidence: 'sure', colleague_email: 'us' } };
    const csv = (rows: string) => `id,firm,role,sure,us\n${rows}`;
    await run('contacts', csv('g1,Acme,user,0.5,ann@us.example\ng2,Acme,decider,,nobody@us.example\n'), map);
    const parts = () => harness.sql.many('test.parts', `select i.value as id, b.role, round(confidence::numeric, 2)::float8 as sure, u.name as colleague, valid_to is null as valid from buying_group_members b
      join identities i on i.contact_id = b.contact_id and i.kind = 'external_id' left join users u on u.user_id = colleague_id where i.value like 'g%' order by i.value, valid_from, valid_to`);
    const first = [{ id: 'g1', role: 'user', sure: 0.5, colleague: 'Ann', valid: true }, { id: 'g2', role: 'decider', sure: 1, colleague: null, valid: true }];
    expect(await parts()).toEqual(first);
    harness.clock.advance(60_000);
    expect(await run('contacts', csv('g1,Acme,user,,\ng2,Acme,decider,,\n'), map)).toMatchObject({ unchanged: 2 });
    expect(await parts()).toEqual(first);
    await run('contacts', csv('g1,Acme,user,0.9,bob@us.example\n'), map);
    expect(await parts()).toEqual([{ ...first[0], valid: false }, { id: 'g1', role: 'user', sure: 0.9, colleague: 'Bob', valid: true }, first[1]]);
  });

  it('moving to another account takes along what is on its way, and ends the role at the old one', async () => {
    const [person] = await harness.sql.many<{ contact_id: number; account_id: number; bucket: number }>('test.p1', `select contact_id, account_id, bucket from contacts where email = 'p1@x.example'`);
    const at = harness.clock.now();
    const old = [person!.contact_id, person!.account_id, person!.bucket, at];
    await harness.sql.exec('test.campaign', `insert into campaigns (campaign_id, key, name, scope, created_at, updated_at) values (1, 'one', 'One', 'contact', $1, $1)`, [at]);
    await harness.sql.exec(
      'test.enrollments',
      `insert into enrollments (contact_id, account_id, bucket, campaign_id, occurrence, campaign_version, state, due_at, step_since, entered_at, entry_cause)
       select $1, $2, $3, 1, o, 1, s, $4, $4, $4, 'test' from (values (1, 'active'), (2, 'done')) as v (o, s)`,
      old,
    );
    await harness.sql.exec(
      'test.messages',
      `insert into messages (contact_id, account_id, bucket, campaign_id, campaign_version, step, occurrence, purpose, class, language, state, due_at, expires_at, queued_at)
       select $1, $2, $3, 1, 1, 0, o, 'newsletter', 'marketing', 'nl', s, $4, $4, $4 from (values (1, 'queued'), (2, 'sent')) as v (o, s)`,
      old,
    );
    harness.clock.advance(1_000);
    expect(await run('contacts', 'id,firm,role\np1,Beta,buyer\n', MAP)).toMatchObject({ updated: 1 });
    const [moved] = await harness.sql.many<{ account_id: number; bucket: number; right: boolean }>('test.moved', `select account_id, bucket, bucket = bucket_of(contact_id, account_id) as right from contacts where contact_id = $1`, [person!.contact_id]);
    expect(moved).toMatchObject({ right: true });
    expect(moved?.account_id).not.toBe(person!.account_id);
    const places = (table: string) => harness.sql.many('test.places', `select state, account_id, bucket from ${table} where contact_id = $1 order by occurrence`, [person!.contact_id]);
    const now = { account_id: moved?.account_id, bucket: moved?.bucket };
    const then = { account_id: person!.account_id, bucket: person!.bucket };
    expect(await places('enrollments')).toEqual([{ state: 'active', ...now }, { state: 'done', ...then }]);
    expect(await places('messages')).toEqual([{ state: 'queued', ...now }, { state: 'sent', ...then }]);
    expect(await harness.sql.many('test.roles', `select a.name, role, valid_to is null as valid from buying_group_members join accounts a using (account_id) where contact_id = $1 order by valid_from`, [person!.contact_id])).toEqual([
      { name: 'Acme', role: 'decider', valid: false },
      { name: 'Beta', role: 'buyer', valid: true },
    ]);
  });

  it('waits for whoever holds the bucket, and stores what is true afterwards', async () => {
    const [person] = await harness.sql.many<{ contact_id: number; bucket: number }>('test.p1', `select contact_id, bucket from contacts where email = 'p1@x.example'`);
    let release: () => void = () => undefined;
    let held: () => void = () => undefined;
    const isHeld = new Promise<void>((resolve) => (held = resolve));
    const holding = harness.sql.transaction(async (sql) => {
      await sql.exec('test.hold', 'select from buckets where bucket = $1 for update', [person!.bucket]);
      held();
      await new Promise<void>((resolve) => (release = resolve));
      // Meanwhile somebody else moves the person to Gamma.
      await sql.exec('test.move', `update contacts set account_id = a.account_id, bucket = bucket_of(contact_id, a.account_id) from accounts a where a.name = 'Gamma' and contact_id = $1`, [person!.contact_id]);
    });
    await isHeld;
    let done = false;
    const importing = run('contacts', 'id,firm,role\np1,Acme,user\n', MAP).finally(() => (done = true));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(done).toBe(false);
    release();
    await holding;
    expect(await importing).toMatchObject({ updated: 1 });
    expect(await harness.sql.one('test.after', `select a.name, c.bucket = bucket_of(contact_id, c.account_id) as right from contacts c join accounts a using (account_id) where contact_id = $1`, [person!.contact_id])).toEqual({ name: 'Acme', right: true });
  });
});

describe('parents of accounts', () => {
  const harness = useImport();
  const { run } = harness;
  const MAP = { fields: { name: 'name', parent: 'parent' } };
  const parents = () => harness.sql.many('test.parents', `select a.name, p.name as parent from accounts a left join accounts p on p.account_id = a.parent_account_id order by 1`);

  it('that are missing lose nothing: the account is stored, the report says so, and a later import links it', async () => {
    const report = await run('accounts', 'name,parent\nChild,Mother\n', MAP);
    expect(report).toMatchObject({ inserted: 1, rejected: 0, warnings: [{ line: 2, message: 'the parent "Mother" of "Child" is not known; import it, then this file again' }] });
    await run('accounts', 'name,parent\nMother,\n', MAP);
    expect(await run('accounts', 'name,parent\nChild,mother\n', MAP)).toMatchObject({ updated: 1, unchanged: 0, warnings: [] });
    expect(await parents()).toEqual([{ name: 'Child', parent: 'Mother' }, { name: 'Mother', parent: null }]);
  });

  it('never make an account its own ancestor', async () => {
    const csv = 'name,parent\nMother,Child\nOuro,Boros\nBoros,Ouro\nSolo,Solo\n';
    const report = await run('accounts', csv, MAP);
    expect(report.warnings.map(({ line, message }) => [line, message.split('"')[1]])).toEqual([[2, 'Mother'], [3, 'Ouro'], [4, 'Boros'], [5, 'Solo']]);
    expect(await parents()).toEqual([{ name: 'Boros', parent: null }, { name: 'Child', parent: 'Mother' }, { name: 'Mother', parent: null }, { name: 'Ouro', parent: null }, { name: 'Solo', parent: null }]);
    expect(await run('accounts', csv, MAP)).toMatchObject({ inserted: 0, updated: 0, unchanged: 4 });
  });

  it('names and external ids that contradict each other are rejected', async () => {
    const map = { fields: { external_id: 'id', name: 'name' } };
    await run('accounts', 'id,name\nA1,Alpha\nA2,Beth\n', map);
    const report = await run('accounts', 'id,name\nA1,Beth\nA3,Alpha\nA4,Dalet\nA5,dalet\nA1,Alpha Renamed\n', map);
    expect(report.firstRejected.map(({ line, reason }) => [line, reason])).toEqual([
      [3, 'the account "Alpha" has another external_id (A1) than "A3"'],
      [4, 'line 5 has the same name with another external_id'],
    ]);
    expect(report).toMatchObject({ inserted: 1, updated: 1, duplicates: 1, rejected: 2 });
  });
});

describe('events', () => {
  const harness = useImport();
  const { run } = harness;
  const MAP = { fields: { email: 'mail', name: 'event', occurred_at: 'at', 'properties.amount': { column: 'amount', type: 'number' } } };
  const csv = ['mail,event,at,amount', 'a@x.example,Ordered,2026-01-02T10:00:00Z,12.5', 'a@x.example,Ordered,2026-01-02T10:00:00Z,12.5', 'b@x.example,Viewed,2026-01-03 10:00,', 'nobody@x.example,Viewed,2026-01-03,', 'a@x.example,Viewed,yesterday,'].join('\n');

  it('belong to people who are here; each is stored once, however often it comes', async () => {
    await run('contacts', 'mail\na@x.example\nb@x.example\n', { fields: { email: 'mail' } });
    const report = await run('events', csv, MAP, { purposes: ['sales'] });
    expect(report).toMatchObject({ rows: 5, inserted: 2, unchanged: 1, rejected: 2 });
    expect([...report.defined].sort()).toEqual(['Ordered', 'Viewed']);
    expect(report.firstRejected).toEqual([
      { line: 5, reason: 'no contact is known as "nobody@x.example": import the contacts first' },
      { line: 6, reason: 'occurred_at (column "at"): "yesterday" is not a moment in the form the map gives' },
    ]);
    expect(await run('events', csv, MAP)).toMatchObject({ inserted: 0, unchanged: 3, rejected: 2, defined: [] });
    expect(await harness.sql.many('test.events', `select name, occurred_at, properties, source from events order by occurred_at`)).toEqual([
      { name: 'Ordered', occurred_at: new Date('2026-01-02T10:00:00Z'), properties: { amount: 12.5 }, source: 'test' },
      { name: 'Viewed', occurred_at: new Date('2026-01-03T09:00:00Z'), properties: {}, source: 'test' },
    ]);
    expect(await harness.sql.many('test.definitions', `select name, purposes from event_definitions where source = 'test' order by 1`)).toEqual([{ name: 'Ordered', purposes: ['sales'] }, { name: 'Viewed', purposes: ['sales'] }]);
  });
});

describe('consents of imported people', () => {
  const harness = useImport();
  const { run } = harness;
  const consents = [
    { purpose: 'newsletter', event: 'given', at: 'since', when: { column: 'optin', values: ['yes', 'gone'] }, proof: { controller: 'Voorbeeld', wording: 'Yes please' } },
    { purpose: 'newsletter', event: 'withdrawn', at: 'until', when: { column: 'optin', values: ['gone'] } },
  ];
  const csv = 'mail,optin,since,until\na@x.example,yes,2026-01-02,\nb@x.example,no,,\nc@x.example,gone,2026-01-02,2026-02-03\nd@x.example,yes,,\n';

  it('go through the ledger, once, with their proof', async () => {
    const report = await run('contacts', csv, { fields: { email: 'mail' }, consents });
    expect(report).toMatchObject({ inserted: 3, rejected: 1 });
    expect(report.firstRejected).toEqual([{ line: 5, reason: 'consent for newsletter: its moment is empty' }]);
    expect(await harness.sql.many('test.consents', `select email, state, evidence_complete from consents join contacts using (contact_id) order by email`)).toEqual([
      { email: 'a@x.example', state: 'given', evidence_complete: true },
      { email: 'c@x.example', state: 'withdrawn', evidence_complete: true },
    ]);
    expect(await harness.sql.one('test.proof', `select proof ->> 'actor' as actor, proof ->> 'actorName' as name, proof ->> 'controller' as controller from consent_records where event = 'given' limit 1`)).toEqual({ actor: 'import', name: 'test', controller: 'Voorbeeld' });
    expect(await run('contacts', csv, { fields: { email: 'mail' }, consents })).toMatchObject({ inserted: 0, updated: 0, unchanged: 3 });
    expect(await harness.sql.one('test.records', 'select count(*) from consent_records')).toEqual({ count: 3 });
  });

  it('that are new count as an update of the person', async () => {
    const report = await run('contacts', 'mail,optin,since,until\nb@x.example,yes,2026-05-05,\n', { fields: { email: 'mail' }, consents });
    expect(report).toMatchObject({ updated: 1 });
  });

  it('for a purpose that does not exist begin nothing', async () => {
    const problem = await harness.attempt('contacts', csv, { fields: { email: 'mail' }, consents: [{ ...consents[0], purpose: 'nothing' }] });
    expect(problem).toEqual({ kind: 'map_invalid', problems: [{ path: 'consents.0.purpose', message: 'there is no purpose "nothing"' }] });
  });
});

describe('two imports at once', () => {
  const harness = useImport();

  it('of the same people make each person once', async () => {
    const csv = (name: string) => ['mail,name', ...Array.from({ length: 2_000 }, (_, index) => `p${(index * 7919) % 2_000}@x.example,${name}`)].join('\n');
    const map = { fields: { email: 'mail', first_name: 'name' } };
    const [one, two] = await Promise.all([harness.run('contacts', csv('A'), map), harness.run('contacts', csv('B'), map)]);
    expect(one.inserted + two.inserted).toBe(2_000);
    expect(await harness.sql.one('test.people', 'select (select count(*) from contacts) as contacts, (select count(distinct contact_id) from identities) as known')).toEqual({ contacts: 2_000, known: 2_000 });
  });
});
