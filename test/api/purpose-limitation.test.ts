import { CampaignWorld } from '../support/campaign-world.js';
import { useApp, type TestResponse } from '../support/app.js';

/** GDPR art. 5(1)(b): data serve the purposes they were collected for. */
describe('purpose limitation', () => {
  const app = useApp();
  let world: CampaignWorld;

  const define = async (key: string, purposes: string[], sensitive = false): Promise<void> => {
    await app.sql.exec('test.define', `insert into attribute_definitions (scope, key, type, purposes, sensitive, source) values ('contact', $1, 'text', $2, $3, 'webshop')`, [key, purposes, sensitive]);
  };
  const body = (segment: string, change: object = {}) => ({ audience: { segment, scope: 'contact' }, entry: { kind: 'now' }, purpose: 'newsletter', steps: [{ kind: 'send', template: 'june' }], ...change });
  const create = (key: string, definition: object): Promise<TestResponse> => app.request('POST', '/api/v1/campaigns', { body: { key, name: key, definition } });
  const classify = (key: string, change: object): Promise<TestResponse> => app.request('PATCH', `/api/v1/attributes/contact/${key}`, { body: change });
  const isSet = (attribute: string) => ({ kind: 'attribute', attribute, operator: 'is_set' });
  const mjml = (text: string): string => `<mj-section><mj-column><mj-text>${text} <a href="{{links.unsubscribe}}">Unsubscribe</a></mj-text></mj-column></mj-section>`;
  const template = (text: string) => ({ name: 'T', languages: { en: { subject: 'Hello', mjml: mjml(text) } } });

  beforeAll(async () => {
    world = new CampaignWorld(app);
    await world.prepare();
    expect((await app.request('POST', '/api/v1/purposes', { body: { key: 'service', name: { nl: 'Service', en: 'Service' }, legalBasis: 'contract', messageClass: 'service', retentionDays: 365 } })).status).toBe(201);
    await define('shoe_size', ['newsletter']);
    await define('complaint_text', ['service']);
    await define('hunch', []);
    await define('allergy', ['newsletter'], true);
    await world.segment('wearers', 'contact', isSet('shoe_size'));
    await world.segment('complainers', 'contact', isSet('complaint_text'));
    await world.segment('around-complainers', 'contact', { kind: 'segment', operator: 'not_in', segment: 'complainers' });
    await world.segment('allergic', 'contact', isSet('allergy'));
  });

  it('refuses a campaign when it is saved, with one problem for each piece of data: where it is read, why not, what to do', async () => {
    await app.request('POST', '/api/v1/templates', { body: { key: 'nosy', ...template('{{contact.attributes.hunch}} {{contact.attributes.complaint_text}}') } });
    const response = await create('nosy', body('around-complainers', { entry: { kind: 'event', event: 'Never Seen' }, steps: [{ kind: 'send', template: 'nosy' }] }));
    expect(response.status).toBe(422);
    expect(response.body.errors).toEqual([
      { path: 'definition.audience.segment', message: 'Segment "around-complainers" reads "contact.complaint_text", which may not be used for the purpose "newsletter": it was collected for "service" (read by segment "complainers"). Have it classified for this purpose if it was collected for that, or do without it.' },
      { path: 'definition.entry.event', message: expect.stringMatching(/The entry reads "event\.Never Seen".*nobody has classified it yet/) },
      { path: 'definition.steps[0].template', message: expect.stringMatching(/Template "nosy" reads "contact\.complaint_text"/) },
      { path: 'definition.steps[0].template', message: expect.stringMatching(/Template "nosy" reads "contact\.hunch".*nobody has classified it yet/) },
    ]);
    expect((await app.request('GET', '/api/v1/campaigns/nosy')).status).toBe(404);
  });

  it('cannot be got round by a list: what a campaign for another purpose or a snapshot chose stays what it is', async () => {
    await app.request('POST', '/api/v1/lists', { body: { key: 'callback', name: 'Call back', scope: 'contact' } });
    expect((await create('free', body('callback'))).status).toBe(201);
    const fills = await create('fills', { ...body('complainers', { purpose: 'service', messageClass: 'service' }), steps: [{ kind: 'send', template: 'june' }, { kind: 'add_to_list', list: 'callback' }] });
    expect(fills.status).toBe(201);
    expect((await create('washed', body('callback'))).body.errors).toEqual([{ path: 'definition.audience.segment', message: expect.stringMatching(/"contact\.complaint_text".*read by segment "complainers"/) }]);

    await app.request('POST', '/api/v1/segments/complainers/snapshots', { body: { name: 'monday' } });
    expect((await app.request('POST', '/api/v1/segments/complainers/snapshots/monday/list', { body: { key: 'mondays', name: 'Mondays' } })).status).toBe(201);
    expect((await create('monday', body('mondays'))).body.errors).toHaveLength(1);
    expect((await app.request('GET', '/api/v1/lists/mondays')).status).toBe(200);
  });

  it('warns, when it is saved, that sensitive data leave out whoever gave no explicit consent', async () => {
    const response = await create('allergies', body('allergic'));
    expect([response.status, response.body.warnings]).toEqual([201, [{ path: 'audience.segment', message: 'Segment "allergic" reads "contact.allergy", which is sensitive (GDPR art. 9): only people with explicit consent to its use for "newsletter" get this mail.' }]]);
    expect((await create('plain', body('leads'))).body.warnings).toEqual([]);
  });

  describe('once a campaign is there', () => {
    beforeAll(async () => {
      expect((await create('shoes', body('wearers'))).status).toBe(201);
      await app.request('POST', '/api/v1/campaigns/shoes/start');
    });

    const rule = (attribute: string) => ({ name: 'wearers', scope: 'contact', rule: isSet(attribute) });

    it('tells who changes its segment that it stops, and who changes it back that nothing does', async () => {
      const changed = await app.request('PUT', '/api/v1/segments/wearers', { body: rule('complaint_text') });
      expect(changed.body.stops).toEqual([{ campaign: 'shoes', reads: [{ kind: 'refused', data: 'contact.complaint_text', path: 'audience.segment', message: expect.stringContaining('Segment "wearers" reads "contact.complaint_text"') }] }]);
      expect((await app.request('PUT', '/api/v1/segments/wearers', { body: rule('shoe_size') })).body.stops).toEqual([]);
    });

    it('tells who changes its template', async () => {
      const nosy = await app.request('PUT', '/api/v1/templates/june', { body: template('{{contact.attributes.complaint_text}}') });
      expect(nosy.body.stops.map(({ campaign }: { campaign: string }) => campaign)).toEqual(expect.arrayContaining(['shoes', 'plain', 'allergies']));
      expect(nosy.body.stops.some(({ campaign }: { campaign: string }) => campaign === 'fills')).toBe(false); // for the service it is allowed
      expect((await app.request('PUT', '/api/v1/templates/june', { body: template('Good morning.') })).body.stops).toEqual([]);
    });

    it('tells who classifies the data anew, and writes it into the trail', async () => {
      const stopped = await classify('shoe_size', { purposes: ['service'] });
      expect(stopped.body.stops).toEqual([{ campaign: 'shoes', reads: [expect.objectContaining({ kind: 'refused', data: 'contact.shoe_size' })] }]);
      const trail = await app.request('GET', '/api/v1/audit?subjectType=attribute&subjectId=contact.shoe_size');
      expect(trail.body.items[0].details).toMatchObject({ from: { purposes: ['newsletter'] }, to: { purposes: ['service'] }, stops: ['shoes'] });
      const narrowed = await classify('shoe_size', { purposes: ['newsletter'], sensitive: true });
      expect(narrowed.body.stops).toEqual([{ campaign: 'shoes', reads: [expect.objectContaining({ kind: 'sensitive' })] }]);
      expect((await classify('shoe_size', { sensitive: false })).body.stops).toEqual([]);
    });

    it('shows of an attribute where it is from, what for, who said so and who uses it', async () => {
      const { body } = await app.request('GET', '/api/v1/attributes/contact/shoe_size');
      expect(body).toMatchObject({ source: 'webshop', purposes: ['newsletter'], sensitive: false, classified: { actor: 'key:first key' }, users: { segments: ['wearers'], campaigns: ['shoes'] } });
      expect((await app.request('GET', '/api/v1/attributes/contact/hunch')).body).toMatchObject({ unclassified: true, classified: null });
    });

    it('and the gate refuses its people, naming the data, whatever was saved before', async () => {
      const [person] = await world.people(1);
      await app.sql.exec('test.size', `update contacts set attributes = '{"shoe_size": "43"}' where contact_id = $1`, [person]);
      await classify('shoe_size', { purposes: ['service'] });
      const asked = await app.request('GET', `/api/v1/decisions?contact=${person}&campaign=shoes`);
      expect(asked.body.items[0]).toMatchObject({ verdict: 'deny', reasons: expect.arrayContaining(['purpose.data_not_allowed']) });
      expect(JSON.stringify(asked.body.items[0].explanations.en)).toContain('contact.shoe_size');
      await classify('shoe_size', { purposes: ['newsletter'] });
      expect((await app.request('GET', `/api/v1/decisions?contact=${person}&campaign=shoes`)).body.items[0].reasons).not.toContain('purpose.data_not_allowed');
    });
  });
});
