import { MatchingService } from '../../src/accounts/matching/matching.service.js';
import { accountOf, addAccount, addLead } from '../support/accounts.js';
import { useApp } from '../support/app.js';

const app = useApp();
const post = (path: string, body: unknown = {}) => app.request('POST', `/api/v1/accounts/${path}`, { body });
const queue = async (query = '') => (await app.request('GET', `/api/v1/accounts/matches?${query}`)).body.items;
const matchQueued = () => app.get(MatchingService).matchQueued();
let number = 0;
const unique = () => `x${(number += 1)}`;

beforeAll(async () => {
  await app.sql.exec('test.purpose', `insert into purposes (purpose, name_nl, name_en, legal_basis, retention_days) values ('sales', 'x', 'x', 'consent', 365)`);
});

describe('somebody who comes in without an account', () => {
  it('is put into the account that has the domain, with what is on its way, and the reason is told in two languages', async () => {
    const acme = await addAccount(app, { name: 'Acme B.V.', domain: 'acme.example' });
    const lead = await addLead(app, { email: 'jan@mail.acme.example', first_name: 'Jan' });
    await app.sql.exec(
      'test.enroll',
      `insert into enrollments (contact_id, campaign_id, campaign_version, bucket, due_at, step_since, entered_at, entry_cause) select contact_id, 1, 1, bucket, now(), now(), now(), 'now' from contacts where contact_id = $1`,
      [lead],
    );
    expect(await matchQueued()).toMatchObject({ examined: 1, matched: 1, byRule: { host: 1 } });
    expect(await app.sql.one('test.place', 'select account_id, bucket = bucket_of(contact_id, $2) as bucket from contacts where contact_id = $1', [lead, acme])).toEqual({ account_id: acme, bucket: true });
    expect(await app.sql.one('test.way', 'select account_id, bucket = bucket_of(contact_id, $2) as bucket from enrollments where contact_id = $1', [lead, acme])).toEqual({ account_id: acme, bucket: true });
    expect(await queue(`contactId=${lead}`)).toMatchObject([
      {
        state: 'matched', rule: 'host', confidence: 0.95, account: { id: acme, name: 'Acme B.V.' }, contact: { id: lead, name: 'Jan' }, matchedBy: 'system',
        sentence: {
          nl: 'Hoort bij Acme B.V.: het e-mailadres is van mail.acme.example, en acme.example is een domein van dit account.',
          en: 'Belongs to Acme B.V.: the e-mail address is at mail.acme.example, and acme.example is a domain of this account.',
        },
      },
    ]);
    expect(await matchQueued()).toMatchObject({ examined: 0 });
  });

  it.each([
    ['at a free-mail domain, although an account claims it', { email: 'jan@gmail.com' }, { domain: 'gmail.com' }],
    ['at a disposable domain', { email: 'jan@mailinator.com' }, { domain: 'mailinator.com' }],
    ['with no domain that exists', { email: 'jan@nowhere.invalid' }, {}],
    ['with a name of blanks and signs', { email: 'jan@web.de', attributes: { company: ' -- ' } }, { name: '***' }],
  ])('%s finds none', async (_, person, account) => {
    await addAccount(app, { name: unique(), ...account });
    const lead = await addLead(app, person);
    expect(await matchQueued()).toMatchObject({ examined: 1, matched: 0, review: 0 });
    expect(await accountOf(app, lead)).toBeNull();
  });

  it.each([
    ['at an IDN domain', { email: 'jan@bücher-laden.example' }, { name: 'Bücherladen', domain: 'xn--bcher-laden-thb.example' }, 'host'],
    ['at an unknown suffix', { email: 'jan@sub.firma.nosuchtld' }, { name: 'Firma', domain: 'firma.nosuchtld' }, 'host'],
    ['at another host of the registered domain', { email: 'jan@brand.co.uk' }, { name: 'Brand', domain: 'shop.brand.co.uk' }, 'domain'],
    ['with a VAT number', { email: 'piet@gmail.com', attributes: { vat_number: 'NL 8123.45.678.B01' } }, { name: 'Taxed', vat: 'NL812345678B01' }, 'number'],
    ['with a name in Cyrillic and another legal form', { email: 'ivan@mail.ru', country: 'BG', attributes: { company: 'ООО «Ромашка»' } }, { name: 'Ромашка АО', country: 'BG' }, 'name'],
    ['with a name in Japanese', { email: 'ken@yahoo.co.jp', country: 'JP', attributes: { company: '株式会社トヨタ自動車' } }, { name: 'トヨタ自動車', country: 'JP' }, 'name'],
    ['with a name typed wrong', { email: 'bob@gmail.com', country: 'US', attributes: { company: 'Interstellar Technolgy Ltd.' } }, { name: 'Interstellar Technology GmbH & Co. KG', country: 'US' }, 'name'],
  ])('%s is found', async (_, person, account, rule) => {
    const accountId = await addAccount(app, account);
    const lead = await addLead(app, person);
    expect(await matchQueued()).toMatchObject({ matched: 1, byRule: { [rule]: 1 } });
    expect(await accountOf(app, lead)).toBe(accountId);
  });

  it('with the mailbox of a contact of one account belongs there too', async () => {
    const account = await addAccount(app, { name: unique() });
    await addLead(app, { email: 'els.bakker@gmail.com', account: { id: account } });
    const lead = await addLead(app, { email: 'elsbakker+form@gmail.com' });
    expect(await matchQueued()).toMatchObject({ byRule: { address: 1 } });
    expect(await accountOf(app, lead)).toBe(account);
  });

  it('and whom an import or a colleague gives an account is left there', async () => {
    const given = await addAccount(app, { name: unique() });
    await addAccount(app, { name: unique(), domain: 'given.example' });
    const lead = await addLead(app, { email: 'jan@given.example', account: { id: given } });
    await matchQueued();
    await post('match');
    expect(await accountOf(app, lead)).toBe(given);
  });

  it('is found when the account comes later, by looking at everybody again', async () => {
    const lead = await addLead(app, { email: 'early@latecomer.example' });
    await matchQueued();
    const account = await addAccount(app, { name: unique(), domain: 'latecomer.example' });
    expect((await post('match', { dryRun: true })).body).toMatchObject({ matched: 1, next: null });
    expect(await accountOf(app, lead)).toBeNull();
    expect((await post('match')).body).toMatchObject({ matched: 1 });
    expect(await accountOf(app, lead)).toBe(account);
    expect((await post('match')).body).toMatchObject({ matched: 0, review: 0 });
  });
});

describe('the review queue', () => {
  const doubtful = async (): Promise<{ lead: number; account: number; match: number }> => {
    const name = `Doubtful ${unique()} Company`;
    const account = await addAccount(app, { name, country: null });
    const lead = await addLead(app, { email: `${unique()}@gmail.com`, attributes: { company: name } });
    expect(await matchQueued()).toMatchObject({ matched: 0, review: 1 });
    const [item] = (await queue('state=review&limit=200')).filter((match: { contact: { id: number } }) => match.contact.id === lead);
    expect(item).toMatchObject({ rule: 'name', sentence: { nl: expect.stringContaining('misschien'), en: expect.stringContaining('no country is known') } });
    return { lead, account, match: item.id };
  };

  it('holds a proposal until somebody accepts it; undoing takes the contact back, and it is not matched the same way again', async () => {
    const { lead, account, match } = await doubtful();
    expect((await post('match')).body).toMatchObject({ matched: 0, review: 0 });
    expect((await post(`matches/${match}/accept`)).body).toMatchObject({ state: 'matched', decidedBy: expect.stringMatching(/^key:/) });
    expect(await accountOf(app, lead)).toBe(account);
    expect((await post(`matches/${match}/accept`)).body).toMatchObject({ status: 409, type: 'urn:tactful:problem:match-not-open' });
    expect((await post(`matches/${match}/undo`)).body).toMatchObject({ state: 'undone', standing: false });
    expect(await accountOf(app, lead)).toBeNull();
    await matchQueued();
    expect((await post('match')).body).toMatchObject({ matched: 0, review: 0 });
    expect(await accountOf(app, lead)).toBeNull();
    const trail = await app.sql.many<{ action: string }>('test.trail', `select action from audit_entries where subject_type = 'contact' and subject_id = $1 and action like 'contact.match%' order by audit_id`, [String(lead)]);
    expect(trail.map(({ action }) => action)).toEqual(['contact.match_accepted', 'contact.match_undone']);
  });

  it('forgets a proposal that somebody rejects, but asks again on better grounds', async () => {
    const { lead, account, match } = await doubtful();
    expect((await post(`matches/${match}/reject`)).body).toMatchObject({ state: 'rejected' });
    expect((await post('match')).body).toMatchObject({ review: 0 });
    await app.sql.exec('test.coc', `update accounts set vat_number = 'NL998877665B01' where account_id = $1`, [account]);
    await app.request('PATCH', `/api/v1/contacts/${lead}`, { body: { attributes: { vat_number: 'NL998877665B01' } } });
    expect(await matchQueued()).toMatchObject({ matched: 0, review: 1 });
    expect(await queue(`contactId=${lead}&state=review`)).toMatchObject([{ rule: 'number', sentence: { en: expect.stringContaining('refused this account before') } }]);
  });

  it('lets somebody pin: the contact stays there, whatever the rules say, until that is undone', async () => {
    const { lead, account } = await doubtful();
    const other = await addAccount(app, { name: unique() });
    const pinned = await post('matches/pin', { contactId: lead, accountId: other });
    expect(pinned.status).toBe(201);
    expect(pinned.body).toMatchObject({ state: 'pinned', rule: 'pinned', confidence: 1, account: { id: other } });
    expect(await queue(`contactId=${lead}&state=review`)).toEqual([]);
    await app.request('PATCH', `/api/v1/contacts/${lead}`, { body: { account: null } });
    await matchQueued();
    expect(await accountOf(app, lead)).toBe(other);
    const [standing] = (await queue(`contactId=${lead}&state=pinned`)).filter((match: { standing: boolean }) => match.standing);
    await post(`matches/${standing.id}/undo`);
    await matchQueued();
    expect(await accountOf(app, lead)).toBeNull();
    expect(account).not.toBe(other);
    expect((await post('matches/pin', { contactId: 999_999, accountId: other })).status).toBe(422);
    expect((await post('matches/pin', { contactId: lead, accountId: 999_999 })).status).toBe(422);
    expect((await post('matches/999999/undo')).status).toBe(404);
  });

  it('an accepted contact that was moved since is not moved back by undo', async () => {
    const { lead, match } = await doubtful();
    await post(`matches/${match}/accept`);
    const other = await addAccount(app, { name: unique() });
    await app.request('PATCH', `/api/v1/contacts/${lead}`, { body: { account: { id: other } } });
    expect((await post(`matches/${match}/undo`)).body).toMatchObject({ status: 409, type: 'urn:tactful:problem:contact-moved' });
    expect(await accountOf(app, lead)).toBe(other);
  });

  it('taking a matched contact out of its account by hand is a no as well', async () => {
    const account = await addAccount(app, { name: unique(), domain: 'left.example' });
    const lead = await addLead(app, { email: 'jan@left.example' });
    await matchQueued();
    expect(await accountOf(app, lead)).toBe(account);
    await app.request('PATCH', `/api/v1/contacts/${lead}`, { body: { account: null } });
    await matchQueued();
    await post('match');
    expect(await accountOf(app, lead)).toBeNull();
    expect(await queue(`contactId=${lead}`)).toMatchObject([{ state: 'undone' }]);
  });

  it('is closed to keys without the scopes', async () => {
    expect((await app.request('GET', '/api/v1/accounts/matches', { key: null })).status).toBe(401);
  });
});

describe('the domains of an account', () => {
  const put = (account: number, domains: unknown) => app.request('PUT', `/api/v1/accounts/${account}/domains`, { body: { domains } });

  it('are set as a whole, keep the one that stands on the account, and find people: a subsidiary by its longer host', async () => {
    const group = await addAccount(app, { name: unique(), domain: 'group.example' });
    const belgium = await addAccount(app, { name: unique() });
    await put(group, [{ domain: 'old.example' }]);
    const set = await put(group, [{ domain: 'https://Brand.example/' }, { domain: 'maybe.example', verified: false }]);
    expect(set.body.domains).toMatchObject([{ domain: 'brand.example', verified: true }, { domain: 'group.example', source: 'account', verified: true }, { domain: 'maybe.example', verified: false }]);
    await put(belgium, [{ domain: 'be.group.example' }]);
    const people = [];
    for (const host of ['brand.example', 'group.example', 'mail.be.group.example', 'maybe.example']) people.push(await addLead(app, { email: `jan@${host}` }));
    expect(await matchQueued()).toMatchObject({ matched: 3, review: 1 });
    expect(await Promise.all(people.map((person) => accountOf(app, person)))).toEqual([group, group, belgium, null]);
    expect(await queue(`contactId=${people[3]}`)).toMatchObject([{ state: 'review', inputs: { doubt: 'unverified' }, sentence: { nl: expect.stringContaining('niemand heeft bevestigd') } }]);
  });

  it('follow the account when its own domain changes', async () => {
    const account = (await app.request('POST', '/api/v1/accounts', { body: { name: unique(), domain: 'before.example', source: 'test' } })).body.id;
    await app.request('PATCH', `/api/v1/accounts/${account}`, { body: { domain: 'after.example' } });
    expect((await app.request('GET', `/api/v1/accounts/${account}/domains`)).body.domains).toMatchObject([{ domain: 'after.example' }]);
  });

  it.each([[[{ domain: 'not a domain' }]], [[{ domain: 'a.example' }, { domain: 'A.example' }]], ['x']])('are refused: %j', async (domains) => {
    expect((await put(await addAccount(app, { name: unique() }), domains)).status).toBe(422);
    expect((await put(999_999, [])).status).toBe(404);
  });
});
