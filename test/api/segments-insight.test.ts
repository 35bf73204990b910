import { TEST_NOW, useApp } from '../support/app.js';

const dutch = { kind: 'attribute', attribute: 'country', operator: 'equals', value: 'NL' };
const everybody = { kind: 'all', conditions: [] };
const daysAgo = (days: number): Date => new Date(TEST_NOW.getTime() - days * 86_400_000);

describe('what can be known of a segment', () => {
  const app = useApp();

  beforeAll(async () => {
    await app.sql.exec(
      'test.purposes',
      `insert into purposes (purpose, name_nl, name_en, legal_basis, retention_days) values ('newsletter', 'Nieuwsbrief', 'Newsletter', 'consent', 730), ('archive', 'Archief', 'Archive', 'consent', 730)`,
    );
    await app.sql.exec('test.accounts', `insert into accounts (account_id, name, name_key, sector, source, created_at, updated_at) values (1, 'Acme', 'acme', 'software', 'test', $1, $1), (2, 'Bolt', 'bolt', 'retail', 'test', $1, $1)`, [TEST_NOW]);
    // 1 to 6 said yes, 7 withdrew, 8 never said anything, 9 said yes and is suppressed, 10 said yes and has no address.
    await app.sql.exec(
      'test.contacts',
      `insert into contacts (contact_id, bucket, account_id, email, address_hash, first_name, country, source, source_at, notice_version, collected_for, created_at, updated_at)
       select id, 0, 1 + id % 2, case when id <> 10 then 'p' || id || '@acme.example' end, int8send(id), 'Person ' || id, case when id <= 9 then 'NL' else 'BE' end, 'shop', $1, '1', '{newsletter}', $1, $1 from generate_series(1, 10) id`,
      [daysAgo(30)],
    );
    await app.sql.exec(`test.identities`, `insert into identities (kind, value, contact_id) select 'email', email, contact_id from contacts where email is not null`);
    await app.sql.exec(
      'test.consents',
      `insert into consents (contact_id, purpose, state, legal_basis, given_at, confirmed_at, sequence) select id, 'newsletter', case when id = 7 then 'withdrawn' else 'confirmed' end, 'consent', $1, $1, 1 from generate_series(1, 10) id where id <> 8`,
      [daysAgo(20)],
    );
    await app.sql.exec('test.suppressions', `insert into suppressions (address_hash, reason, suppressed_at, source) values (int8send(9), 'complaint', $1, 'test')`, [daysAgo(1)]);
    await app.sql.exec('test.events', `insert into events (contact_id, occurred_at, idempotency_key, name, source) values (1, $1, 'a', 'Pricing Viewed', 'test'), (1, $2, 'b', 'Pricing Viewed', 'test')`, [daysAgo(1), daysAgo(3)]);
    await app.sql.exec('test.classified', `insert into attribute_definitions (scope, key, type, purposes) values ('contact', 'shoe_size', 'number', '{}'), ('contact', 'reads', 'text', '{newsletter}')`);
    await app.request('POST', '/api/v1/segments', { body: { key: 'dutch', name: 'Dutch', scope: 'contact', rule: dutch } });
    await app.request('POST', '/api/v1/segments', { body: { key: 'software', name: 'Software', scope: 'account', rule: { kind: 'attribute', attribute: 'sector', operator: 'equals', value: 'software' } } });
    await app.request('POST', '/api/v1/segments', {
      body: {
        key: 'keen', name: 'Keen', scope: 'contact',
        rule: { kind: 'all', conditions: [{ kind: 'segment', operator: 'in', segment: 'dutch' }, { kind: 'event', event: 'Pricing Viewed', count: { operator: 'at_least', value: 2 }, within: { kind: 'last_days', days: 30 } }, { kind: 'mailable', purpose: 'newsletter' }] },
      },
    });
  });

  const preview = (body: object) => app.request('POST', '/api/v1/segments/preview', { body });

  describe('how many may be mailed', () => {
    it('counts who may, and each of the others by what stops him first', async () => {
      const { body } = await preview({ rule: everybody, purpose: 'newsletter' });
      expect(body).toMatchObject({ count: 10, people: 10, mailability: { purpose: 'newsletter', mailable: 6, stopped: 4 } });
      expect(body.mailability.reasons).toEqual([
        expect.objectContaining({ code: 'input.address_invalid', count: 1 }),
        { code: 'legal.withdrawn', count: 1, text: { nl: expect.stringContaining('trok'), en: 'This person withdrew consent for "Newsletter".' }, advice: { nl: expect.any(String), en: expect.any(String) } },
        { code: 'basis.consent_missing', count: 1, text: { nl: 'Deze persoon is nooit gevraagd, of zei nooit ja, voor "Nieuwsbrief".', en: 'This person was never asked, or never said yes, for "Newsletter".' }, advice: expect.any(Object) },
        { code: 'suppression.complaint', count: 1, text: { nl: expect.any(String), en: 'This person reported mail of ours as spam.' }, advice: expect.any(Object) },
      ]);
    });

    it('stops everybody when the rule itself reads what was not collected for the purpose, and names it', async () => {
      expect((await preview({ rule: { kind: 'attribute', attribute: 'reads', operator: 'not_set' }, purpose: 'newsletter' })).body.mailability).toMatchObject({ mailable: 6 });
      const { mailability } = (await preview({ rule: { kind: 'attribute', attribute: 'shoe_size', operator: 'not_set' }, purpose: 'newsletter' })).body;
      expect(mailability.mailable).toBe(0);
      expect(mailability.reasons.find(({ code }: { code: string }) => code === 'purpose.data_not_allowed')).toMatchObject({ count: 8, text: { en: 'The campaign reads data that may not be used for "Newsletter": contact.shoe_size.' } });
    });

    it('asks of accounts how many people are behind them, and who of those may be mailed', async () => {
      expect((await preview({ scope: 'account', rule: everybody, purpose: 'archive' })).body).toMatchObject({ count: 2, people: 10, mailability: { mailable: 0, stopped: 10 } });
      expect((await app.request('GET', '/api/v1/segments/software/preview')).body).toMatchObject({ scope: 'account', count: 1, people: 5, mailability: null });
    });

    it('is asked of a saved segment too', async () => {
      for (const exact of ['', '&exact=true', '&exact=false']) expect((await app.request('GET', `/api/v1/segments/keen/preview?purpose=newsletter${exact}`)).body).toMatchObject({ count: 1, between: null, mailability: { exact: true }, estimate: { expensive: false } });
      expect((await app.request('GET', '/api/v1/segments/keen/preview?exact=perhaps')).status).toBe(422);
      expect((await app.request('GET', '/api/v1/segments/keen/preview?purpose=newsletter')).body).toMatchObject({ count: 1, sample: [{ id: 1 }] });
    });

    it('refuses a purpose that there is not, in a question and in a rule', async () => {
      expect((await preview({ rule: dutch, purpose: 'newsleter' })).body).toMatchObject({ status: 422, type: 'urn:tactful:problem:purpose-missing', detail: 'Did you mean “newsletter”?' });
      expect((await preview({ rule: { kind: 'any', conditions: [{ kind: 'mailable', purpose: 'nothing' }] } })).body).toMatchObject({
        status: 422, errors: [{ path: 'rule.any[0].purpose', message: 'There is no purpose “nothing”. Choose one of: archive, newsletter.' }],
      });
      expect((await preview({ scope: 'account', rule: { kind: 'mailable', purpose: 'newsletter' } })).body.errors).toMatchObject([{ path: 'rule.kind', message: expect.stringContaining('“people” condition') }]);
      expect((await app.request('GET', '/api/v1/segments/nothing/preview')).status).toBe(404);
    });
  });

  describe('overlap', () => {
    it('tells of each segment what both have and what only one has', async () => {
      const { status, body } = await app.request('POST', '/api/v1/segments/overlap', { body: { rule: { kind: 'attribute', attribute: 'first_name', operator: 'in', value: ['Person 1', 'Person 10'] } } });
      expect(status).toBe(200);
      expect(body).toMatchObject({ scope: 'contact', size: 2, leftOut: [] });
      expect(body.segments).toMatchObject([
        { key: 'dutch', size: 9, both: 1, onlyHere: 1, onlyThere: 8, sentence: { en: 'Contacts whose country is NL.' } },
        { key: 'keen', size: 1, both: 1, onlyHere: 1, onlyThere: 0 },
      ]);
    });

    it('compares a segment with chosen ones', async () => {
      const ask = (body: object) => app.request('POST', '/api/v1/segments/overlap', { body });
      expect((await ask({ segment: 'dutch', with: ['keen'] })).body).toMatchObject({ size: 9, segments: [{ key: 'keen', both: 1, onlyHere: 8 }] });
      expect((await ask({ segment: 'dutch', with: ['gone'] })).status).toBe(404);
      expect((await ask({ segment: 'dutch', with: ['software'] })).body).toMatchObject({ status: 422, type: 'urn:tactful:problem:segment-other-scope' });
      expect((await ask({ segment: 'dutch', rule: dutch })).status).toBe(422);
      expect((await ask({})).status).toBe(422);
    });
  });

  describe('why somebody is in or not', () => {
    const why = (query: string) => app.request('GET', `/api/v1/segments/keen/why?${query}`);

    it('shows each condition with the values seen, through the segments it uses', async () => {
      const { body } = await why('contact=p1@acme.example');
      expect(body).toMatchObject({ segment: 'keen', member: true, who: { id: 1 } });
      expect(body.because.conditions).toMatchObject([
        { kind: 'segment', holds: true, conditions: [{ kind: 'attribute', holds: true, sentence: { en: 'Contacts whose country is NL.' }, seen: { nl: 'het land is NL', en: 'country is NL' } }] },
        { kind: 'event', holds: true, seen: { en: expect.stringMatching(/^2 times, last on \d+ \w+ \d{4}/), nl: expect.stringMatching(/^2 keer, laatst op /) } },
        { kind: 'mailable', holds: true, seen: { en: 'nothing speaks against it', nl: 'niets spreekt ertegen' } },
      ]);
    });

    it('says what is not so', async () => {
      const { body } = await why('contact=7');
      expect(body).toMatchObject({ member: false });
      expect(body.because.conditions.map(({ holds }: { holds: boolean }) => holds)).toEqual([true, false, false]);
      expect(body.because.conditions[1].seen).toEqual({ nl: 'geen keer', en: 'not once' });
      expect(body.because.conditions[2].seen.en).toMatch(/^This person withdrew consent/);
    });

    it.each([
      ['somebody who does not exist', 'contact=99', 404],
      ['an address that nobody has', 'contact=nobody@acme.example', 404],
      ['a text that is no address', 'contact=%27%3B--', 404],
      ['an account, of a segment of contacts', 'account=1', 422],
      ['nobody', '', 422],
      ['two at once', 'contact=1&account=1', 422],
    ])('refuses %s', async (_, query, status) => {
      expect((await why(query)).status).toBe(status);
    });

    it('answers for accounts', async () => {
      expect((await app.request('GET', '/api/v1/segments/software/why?account=2')).body).toMatchObject({ scope: 'account', member: false, who: { name: 'Bolt' }, because: { seen: { en: 'sector is retail' } } });
      expect((await app.request('GET', '/api/v1/segments/gone/why?account=2')).status).toBe(404);
    });
  });

  it('estimates what a rule takes before it is run, and when it is saved', async () => {
    expect((await preview({ rule: dutch })).body.estimate).toMatchObject({ rows: expect.any(Number), cost: expect.any(Number), expensive: false, advice: null });
    expect((await app.request('POST', '/api/v1/segments', { body: { key: 'some', name: 'Some', scope: 'contact', rule: dutch } })).body.estimate).toMatchObject({ expensive: false });
    expect((await app.request('PUT', '/api/v1/segments/some', { body: { name: 'Some', scope: 'contact', rule: everybody } })).body.estimate).toMatchObject({ expensive: false });
  });
});
