import type { Role } from '../../src/core/shared/roles.js';
import { useApp } from '../support/app.js';
import { addContact } from '../support/people.js';

describe('who may do what', () => {
  const app = useApp();

  const userOf = async (email: string, role: Role, region: string | null = null): Promise<void> => {
    expect((await app.request('POST', '/api/v1/users', { body: { email, name: email, role, region } })).status).toBe(200);
  };

  const keyOf = async (email: string): Promise<string> => {
    const made = await app.request('POST', '/api/v1/api-keys', { body: { name: `key of ${email}`, user: email } });
    expect(made.status).toBe(201);
    return made.body.key;
  };

  const purpose = { key: 'newsletter', name: { nl: 'Nieuwsbrief', en: 'Newsletter' }, legalBasis: 'consent', retentionDays: 730 };

  describe('a purpose', () => {
    let marketer: string;
    let officer: string;
    let admin: string;

    beforeAll(async () => {
      for (const role of ['marketer', 'officer', 'admin'] as const) await userOf(`${role}@tactful.example`, role);
      [marketer, officer, admin] = [await keyOf('marketer@tactful.example'), await keyOf('officer@tactful.example'), await keyOf('admin@tactful.example')];
      expect((await app.request('POST', '/api/v1/purposes', { key: officer, body: purpose })).status).toBe(201);
    });

    it.each([
      ['the legal basis', { legalBasis: 'soft_opt_in' }],
      ['how long data is kept', { retentionDays: 9_999 }],
      ['the balancing test', { balancingAssessment: 'We like it.' }],
      ['what is sent as service mail', { messageClass: 'service' }],
      ['that consent is confirmed', { doubleOptIn: false }],
      ['the basis, hidden among words', { name: { nl: 'Brief', en: 'Letter' }, legalBasis: 'legitimate_interest', balancingAssessment: 'x' }],
      ['a field that does not exist yet', { anythingElse: true }],
    ])('is not the marketer’s to change: %s', async (_, change) => {
      for (const key of [marketer, admin]) {
        const response = await app.request('PATCH', '/api/v1/purposes/newsletter', { key, body: change });
        expect([response.status, response.body.type]).toEqual([403, 'urn:tactful:problem:officer-only']);
      }
      expect((await app.request('GET', '/api/v1/purposes/newsletter')).body).toMatchObject({ legalBasis: 'consent', retentionDays: 730, messageClass: 'marketing', doubleOptIn: true });
    });

    it('is the marketer’s to name, and the officer’s to found', async () => {
      expect((await app.request('PATCH', '/api/v1/purposes/newsletter', { key: marketer, body: { frequency: { nl: 'maandelijks', en: 'monthly' } } })).status).toBe(200);
      expect((await app.request('PATCH', '/api/v1/purposes/newsletter', { key: officer, body: { retentionDays: 365 } })).body.retentionDays).toBe(365);
    });

    it('is made and ended by the officer alone', async () => {
      for (const key of [marketer, admin]) {
        expect((await app.request('POST', '/api/v1/purposes', { key, body: { ...purpose, key: 'service_mail', legalBasis: 'contract', messageClass: 'service' } })).status).toBe(403);
        expect((await app.request('POST', '/api/v1/purposes/newsletter/retire', { key })).status).toBe(403);
      }
    });

    it('cannot be reached by giving oneself the officer’s key or role', async () => {
      expect((await app.request('POST', '/api/v1/api-keys', { key: admin, body: { name: 'more', scopes: ['privacy:write'] } })).body.type).toBe('urn:tactful:problem:scope-not-held');
      expect((await app.request('POST', '/api/v1/api-keys', { key: admin, body: { name: 'all', scopes: ['*'] } })).status).toBe(403);
      expect((await app.request('POST', '/api/v1/api-keys', { key: admin, body: { name: 'his', user: 'officer@tactful.example' } })).status).toBe(403);
      expect((await app.request('POST', '/api/v1/users', { key: admin, body: { email: 'admin@tactful.example', role: 'officer' } })).status).toBe(403);
      expect((await app.request('POST', '/api/v1/users', { key: marketer, body: { email: 'marketer@tactful.example', role: 'officer' } })).status).toBe(403);
      expect((await app.request('POST', '/api/v1/api-keys', { key: marketer, body: { name: 'm', scopes: ['campaigns:read'] } })).status).toBe(403);
    });

    it('follows the role of the user, not the day the key was made', async () => {
      await userOf('leaver@tactful.example', 'officer');
      const key = await keyOf('leaver@tactful.example');
      expect((await app.request('GET', '/api/v1/audit', { key })).status).toBe(200);
      await userOf('leaver@tactful.example', 'marketer');
      expect((await app.request('GET', '/api/v1/audit', { key })).status).toBe(403);
      expect((await app.request('PATCH', '/api/v1/purposes/newsletter', { key, body: { retentionDays: 1 } })).status).toBe(403);
    });

    it.each(['unsubscribed_all', 'complaint', 'objected', 'erased'])('what a person decided (%s) is lifted by the officer alone, and only when he asked', async (reason) => {
      const lift = (key: string, body: object = {}) => app.request('POST', '/api/v1/suppressions/lift', { key, body: { email: 'nee@voorbeeld.example', reason, why: 'hij belde vanmorgen', ...body } });
      if (reason !== 'erased') await app.request('POST', '/api/v1/suppressions', { key: marketer, body: { email: 'nee@voorbeeld.example', reason } });
      expect([(await lift(marketer)).body.type, (await lift(officer)).body.type]).toEqual(Array(2).fill('urn:tactful:problem:only-the-person'));
      for (const key of [marketer, admin]) expect((await lift(key, { requestedByPerson: true })).body.type).toBe('urn:tactful:problem:officer-only');
      expect((await lift(officer, { requestedByPerson: true })).status).toBe(reason === 'erased' ? 404 : 200);
    });

    it.each(['given', 'confirmed', 're_confirmed'])('a colleague does not say yes (%s) in the name of a person who said no; a system with a key of its own passes his yes on', async (event) => {
      const contactId = await addContact(app, { email: `zelf-${event}@voorbeeld.example` });
      const say = (key: string | undefined, said: string, actor: string) =>
        app.request('POST', `/api/v1/contacts/${contactId}/consents`, { ...(key !== undefined && { key }), body: { purpose: 'newsletter', event: said, proof: { actor, method: 'phone', wording: 'Ja', confirmedAt: '2026-06-01T10:00:00Z' } } });
      expect((await say(marketer, 'withdrawn', 'self')).body.suppressedBy).toEqual(['unsubscribed_topic']); // a no is taken from whoever brings it
      for (const key of [marketer, officer]) expect((await say(key, event, 'self')).body.type).toBe('urn:tactful:problem:actor-is-colleague');
      expect((await say(marketer, event, 'agent')).body.suppressedBy).toEqual(['unsubscribed_topic']);
      expect((await say(undefined, event, 'self')).body.suppressedBy).toEqual([]);
    });

    it('lets no key be bound to more than its user’s role', async () => {
      const made = await app.request('POST', '/api/v1/api-keys', { body: { name: 'too much', user: 'marketer@tactful.example', scopes: ['privacy:write', 'segments:read'] } });
      expect([made.status, made.body.type]).toEqual([422, 'urn:tactful:problem:beyond-role']);
      expect((await app.request('POST', '/api/v1/api-keys', { body: { name: 'x', user: 'nobody@tactful.example' } })).body.type).toBe('urn:tactful:problem:user-unknown');
    });
  });

  describe('an account manager', () => {
    let noor: string; // region north
    const people: Record<string, number> = {};
    const accounts: Record<string, number> = {};

    beforeAll(async () => {
      for (const [email, region] of [['noor@tactful.example', 'north'], ['niels@tactful.example', 'north'], ['zara@tactful.example', 'south']] as const) await userOf(email, 'account_manager', region);
      await userOf('sander@tactful.example', 'account_manager');
      noor = await keyOf('noor@tactful.example');
      for (const [name, owner] of [['Own BV', 'noor'], ['Region BV', 'niels'], ['South BV', 'zara'], ['Regionless BV', 'sander'], ['Nobody BV', undefined]] as const) {
        const made = await app.request('POST', '/api/v1/accounts', { body: { name, source: 'test', ...(owner !== undefined && { owner: { email: `${owner}@tactful.example` } }) } });
        expect([name, made.status]).toEqual([name, 201]);
        accounts[name] = made.body.id;
        const person = await app.request('POST', '/api/v1/contacts', { body: { email: `p@${name.split(' ')[0]!.toLowerCase()}.example`, first_name: 'Secret', account: { id: made.body.id }, provenance: { source: 'test', purposes: ['newsletter'] } } });
        expect([name, person.status]).toEqual([name, 201]);
        people[name] = person.body.id;
      }
      people['none'] = (await app.request('POST', '/api/v1/contacts', { body: { email: 'alone@loose.example', provenance: { source: 'test', purposes: ['newsletter'] } } })).body.id;
    });

    const seen = ['Own BV', 'Region BV'];
    const unseen = ['South BV', 'Regionless BV', 'Nobody BV', 'none'];

    it('sees the people of his accounts and of his region in the table, whatever he asks it', async () => {
      for (const query of ['', '?sort=email', '?sort=-first_name&limit=1', '?q=p', `?filter=${encodeURIComponent('[{"attribute":"first_name","operator":"is_set"}]')}`]) {
        const found: number[] = [];
        let cursor: string | null = null;
        do {
          const page = await app.request('GET', `/api/v1/contacts${query}${cursor === null ? '' : `${query === '' ? '?' : '&'}cursor=${cursor}`}`, { key: noor });
          expect(page.status).toBe(200);
          if (cursor === null && page.body.next === null) expect(page.body.total.value).toBe(seen.length);
          found.push(...page.body.items.map((item: { id: number }) => item.id));
          cursor = page.body.next;
        } while (cursor !== null);
        expect(found.sort()).toEqual(seen.map((name) => people[name]).sort());
      }
      for (const name of unseen.slice(0, 3)) {
        expect((await app.request('GET', `/api/v1/contacts?accountId=${accounts[name]}`, { key: noor })).body.items).toEqual([]);
        expect((await app.request('GET', `/api/v1/contacts?email=p@${name.split(' ')[0]!.toLowerCase()}.example`, { key: noor })).body.items).toEqual([]);
      }
      expect((await app.request('GET', '/api/v1/accounts', { key: noor })).body.items.map((item: { name: string }) => item.name)).toEqual(seen);
    });

    it.each([
      ['a contact', (id: number) => `/api/v1/contacts/${id}`],
      ['its events', (id: number) => `/api/v1/contacts/${id}/events`],
      ['its consents', (id: number) => `/api/v1/contacts/${id}/consents`],
      ['its segments', (id: number) => `/api/v1/contacts/${id}/segments`],
    ])('reading another region’s people finds nobody: %s', async (_, path) => {
      for (const name of seen) expect([name, (await app.request('GET', path(people[name]!), { key: noor })).status]).toEqual([name, 200]);
      for (const name of unseen) {
        const response = await app.request('GET', path(people[name]!), { key: noor });
        expect([name, response.status, response.text.includes('Secret')]).toEqual([name, 404, false]);
      }
      for (const trick of ['0', '-1', '1e3', '1 or 1=1', `%3${people['South BV']}`, '9'.repeat(30), `${people['South BV']}.0`, `0${people['South BV']}`]) expect((await app.request('GET', path(trick as never), { key: noor })).status).not.toBe(200);
    });

    it.each([['an account', ''], ['its people', '/people'], ['its domains', '/domains'], ['its segments', '/segments']])('reading another region’s accounts finds none: %s', async (_, part) => {
      for (const name of seen) expect((await app.request('GET', `/api/v1/accounts/${accounts[name]}${part}`, { key: noor })).status).toBe(200);
      for (const name of unseen.slice(0, 3)) expect((await app.request('GET', `/api/v1/accounts/${accounts[name]}${part}`, { key: noor })).status).toBe(404);
    });

    it('hears why a person got no mail only of his own people', async () => {
      expect((await app.request('GET', `/api/v1/decisions?contact=${people['South BV']}&campaign=spring`, { key: noor })).body.title).toContain('contact');
      expect((await app.request('GET', '/api/v1/decisions?contact=p@south.example&campaign=spring', { key: noor })).body.title).toContain('contact');
      expect((await app.request('GET', `/api/v1/decisions?contact=${people['Own BV']}&campaign=spring`, { key: noor })).body.title).toContain('campaign');
    });

    it('sees an account from the moment it becomes his, and no longer when it goes', async () => {
      await app.request('PATCH', `/api/v1/accounts/${accounts['South BV']}`, { body: { owner: { email: 'noor@tactful.example' } } });
      expect((await app.request('GET', `/api/v1/contacts/${people['South BV']}`, { key: noor })).status).toBe(200);
      await app.request('PATCH', `/api/v1/accounts/${accounts['South BV']}`, { body: { owner: { email: 'zara@tactful.example' } } });
      expect((await app.request('GET', `/api/v1/contacts/${people['South BV']}`, { key: noor })).status).toBe(404);
    });

    it('of no region sees his own accounts only, not those of everybody without one', async () => {
      const sander = await keyOf('sander@tactful.example');
      expect((await app.request('GET', '/api/v1/accounts', { key: sander })).body.items.map((item: { name: string }) => item.name)).toEqual(['Regionless BV']);
    });

    it('is refused on every route that does not say how it keeps him to his own people', async () => {
      for (const [method, path] of [['GET', '/api/v1/segments/gold/members'], ['GET', '/api/v1/suppressions'], ['GET', '/api/v1/tracking/conflicts'], ['POST', '/api/v1/segments/preview'], ['GET', '/api/v1/mailbox'], ['GET', '/api/v1/audit'], ['POST', '/api/v1/contacts']] as const) {
        expect([path, (await app.request(method, path, { key: noor, body: method === 'POST' ? {} : undefined })).status]).toEqual([path, 403]);
      }
    });
  });
});
