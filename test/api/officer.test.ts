import { ReadTrailService } from '../../src/privacy/read-trail.service.js';
import { CampaignWorld } from '../support/campaign-world.js';
import { useApp } from '../support/app.js';

describe('what the officer looks at', () => {
  const app = useApp();
  beforeAll(async () => {
    const world = new CampaignWorld(app);
    await world.prepare();
    await world.people(3);
    await app.sql.exec('test.health', `insert into attribute_definitions (scope, key, type, purposes, sensitive, source) values ('contact', 'allergy', 'text', '{newsletter}', true, '=webshop')`);
  });

  it('finds reads of people in bulk in the trail: who, how many, by which filters, one entry for the pages', async () => {
    for (const page of ['?q=p&limit=2', '?q=p&limit=2']) await app.request('GET', `/api/v1/contacts${page}`);
    await app.request('GET', '/api/v1/segments/leads/members');
    await app.get(ReadTrailService).flush();
    const { body } = await app.request('GET', '/api/v1/audit?action=people.read');
    expect(body.items.map((one: { subjectType: string; subjectId: string; details: object }) => [one.subjectType, one.subjectId, one.details])).toEqual([
      ['segment', 'leads', { people: 3, pages: 1 }],
      ['contacts', null, { people: 4, pages: 2, asked: 'q' }],
    ]);
  });

  it.each([
    ['the people of an account', 'account', async () => {
      const { id } = await app.sql.one<{ id: number }>('test.account', `insert into accounts (name, name_key, source, created_at, updated_at) values ('Read Ltd', 'read ltd', 'test', now(), now()) returning account_id as id`);
      await app.sql.exec('test.works', 'update contacts set account_id = $1', [id]);
      return [`/api/v1/accounts/${id}/people`, String(id)];
    }],
    ['the members of a list', 'list', async () => {
      await app.request('POST', '/api/v1/lists', { body: { key: 'guests', name: 'Guests', scope: 'contact' } });
      const people = await app.sql.many<{ contact_id: number }>('test.guests', 'select contact_id from contacts');
      await app.request('POST', '/api/v1/lists/guests/members', { body: { members: people.map(({ contact_id: id }) => ({ id })) } });
      return ['/api/v1/lists/guests/members', 'guests'];
    }],
    ['the members of a snapshot', 'snapshot', async () => {
      await app.request('POST', '/api/v1/segments/leads/snapshots', { body: { name: 'june' } });
      return ['/api/v1/segments/leads/snapshots/june/members', 'leads/june'];
    }],
  ])('finds who read %s in the trail', async (_, subjectType, prepare) => {
    const [path = '', subjectId = ''] = await prepare();
    expect((await app.request('GET', path)).body.items).toHaveLength(3);
    await app.get(ReadTrailService).flush();
    const { body } = await app.request('GET', `/api/v1/audit?action=people.read&subjectType=${subjectType}`);
    expect(body.items).toMatchObject([{ subjectId, details: { people: 3, pages: 1 } }]);
  });

  it.each([
    ['words in the details', 'text=Nieuwsbrief', true],
    ['words that stand nowhere', 'text=nothing%25like_this', false],
    ['a wildcard as itself', 'text=%25', false],
    ['an actor', 'actor=test', true],
    ['a time before it', 'until=2020-01-01T00:00:00Z', false],
    ['a time after it', 'from=2020-01-01T00:00:00Z', true],
  ])('searches the trail by %s', async (_, query, found) => {
    expect((await app.request('GET', `/api/v1/audit?${query}&action=purpose.created`)).body.items.length > 0).toBe(found);
  });

  it('makes the register of processing from what is in use, as page and as CSV, in Dutch and English', async () => {
    await app.request('PUT', '/api/v1/privacy/register/facts', { body: { controller: 'Voorbeeld <b>& Co</b>', officer: 'fg@voorbeeld.example' } });
    const { body } = await app.request('GET', '/api/v1/privacy/register');
    expect(body.entries).toEqual([expect.objectContaining({ purpose: 'newsletter', legalBasis: 'consent', retentionDays: 730, people: 3, sensitive: ['contact.allergy'], sources: ['=webshop'] })]);
    const page = await app.request('GET', '/api/v1/privacy/register/page');
    expect(page.text).toContain('Register van verwerkingsactiviteiten');
    expect(page.text).toContain('fg@voorbeeld.example');
    expect(page.text).not.toContain('<b>');
    const csv = await app.request('GET', '/api/v1/privacy/register/csv?language=en');
    expect(csv.text).toMatch(/^Purpose,Legal basis/);
    expect(csv.text).toContain('Newsletter (newsletter),consent,730,3,');
    expect(csv.text).toContain("'=webshop"); // no formula for a spreadsheet to run
  });
});
