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
