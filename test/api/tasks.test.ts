import { TEST_NOW, useApp } from '../support/app.js';
import { HumansWorld } from '../support/humans-world.js';

const daysLater = (days: number) => new Date(TEST_NOW.getTime() + days * 86_400_000);

describe('tasks and holds over the API', () => {
  const app = useApp();
  const world = new HumansWorld(app);
  const get = async (path: string, key?: string) => (await app.request('GET', path, key === undefined ? {} : { key })).body;
  const post = (path: string, body: object = {}, key?: string) => app.request('POST', path, { body, ...(key !== undefined && { key }) });
  beforeEach(() => world.clear());
  afterEach(() => app.clock.set(TEST_NOW));

  const keyOf = async (email: string, region: string | null = null): Promise<string> => {
    await app.request('POST', '/api/v1/users', { body: { email, name: email, role: 'account_manager', region } });
    return (await post('/api/v1/api-keys', { name: `key of ${email}`, user: email })).body.key;
  };

  it('a hold by hand has an owner, a reason, an end rule and a task; the task tells why, in both languages', async () => {
    const account = await world.account('Bakker BV', 'anna@voorbeeld.example');
    const person = await world.person(account);
    await world.event(person, 'Order Completed', { total: 12 }, daysLater(-1));
    const { body } = await post('/api/v1/holds', { kind: 'complaint', contact: person, severe: true, reason: 'Called: the wrong boxes, again' });
    expect(body.holds).toMatchObject([{ kind: 'complaint', isNew: true }, { kind: 'complaint', isNew: true }]);
    const [task] = (await get('/api/v1/tasks')).items;
    expect(task).toMatchObject({ kind: 'complaint', owner: { email: 'anna@voorbeeld.example' }, reason: 'Called: the wrong boxes, again', overdue: false, dueAt: '2026-06-10T08:00:00.000Z' });
    expect(task.why).toEqual({ nl: expect.stringContaining('klacht'), en: expect.stringContaining('complaint') });
    await post(`/api/v1/tasks/${task.id}/notes`, { note: 'Belt morgen terug' });
    const full = await get(`/api/v1/tasks/${task.id}`);
    expect(full.holds).toMatchObject([{ scope: 'contact', inForce: true, waitsFor: [{ en: 'the matter is resolved' }, { nl: 'een mens heeft nagebeld en de taak gesloten' }] }, { scope: 'account' }]);
    expect(full.conversation.map((one: any) => [one.kind, one.what])).toEqual([['note', 'Belt morgen terug'], ['event', 'Order Completed']]);
    expect(full.notes).toMatchObject([{ note: 'Belt morgen terug' }]);
  });

  it('what the machine says of itself is read in the language of whoever asks, and in both', async () => {
    const person = await world.person(await world.account('Bakker BV', 'anna@voorbeeld.example'));
    const { body } = await post('/api/v1/replies', { contact: person, key: 'm1@klant.example' });
    const [{ id, taskId }] = body.holds;
    const told = { nl: 'Antwoordde op een mail', en: 'Answered a mail' };
    const dutch = { 'accept-language': 'nl-NL,nl;q=0.9,en;q=0.8' };
    for (const path of [`/api/v1/tasks/${taskId}`, `/api/v1/holds/${id}`]) {
      expect(await get(path)).toMatchObject({ reason: told.en, told });
      expect(await get(`${path}?language=nl`)).toMatchObject({ reason: told.nl, told });
      expect((await app.request('GET', path, { headers: dutch })).body).toMatchObject({ reason: told.nl });
      expect((await app.request('GET', `${path}?language=en`, { headers: dutch })).body).toMatchObject({ reason: told.en });
    }
    for (const path of ['/api/v1/tasks', '/api/v1/holds']) expect((await get(`${path}?language=nl`)).items[0]).toMatchObject({ reason: told.nl, told });
    expect((await get(`/api/v1/tasks/${taskId}?language=nl`)).holds[0]).toMatchObject({ reason: told.nl });
    expect((await app.request('GET', '/api/v1/tasks?language=fr')).status).toBe(422);
    expect((await app.request('POST', `/api/v1/tasks/${taskId}/assign`, { body: { owner: null }, headers: dutch })).body).toMatchObject({ reason: told.nl });
    expect(await app.sql.one('test.stored', 'select reason, said from tasks where task_id = $1', [taskId])).toEqual({ reason: told.en, said: { code: 'answered', campaign: null } });
  });

  it('closing twice is harmless; handing back ends the hold by its rule', async () => {
    const person = await world.person();
    const { body } = await post('/api/v1/holds', { kind: 'ticket', contact: person, reason: 'x' });
    const [{ taskId, id }] = body.holds;
    expect((await post(`/api/v1/tasks/${taskId}/drop`, { outcome: 'nothing' })).body.type).toBe('urn:tactful:problem:task-holds-somebody');
    expect((await post(`/api/v1/tasks/${taskId}/hand-back`, { outcome: 'all is well' })).body).toMatchObject({ state: 'done', outcome: 'all is well' });
    app.clock.set(daysLater(2));
    expect((await post(`/api/v1/tasks/${taskId}/close`, { outcome: 'again' })).body).toMatchObject({ state: 'done', outcome: 'all is well' });
    expect(await get(`/api/v1/holds/${id}`)).toMatchObject({ inForce: true, endsAt: daysLater(7).toISOString(), waitsFor: [] });
    expect((await get(`/api/v1/holds?contact=${person}`)).items).toHaveLength(1);
    app.clock.set(daysLater(7));
    expect((await get(`/api/v1/holds?contact=${person}`)).items).toEqual([]);
    expect((await get(`/api/v1/holds?contact=${person}&inForce=false`)).items).toHaveLength(1);
  });

  it('a legal hold ends by hand only', async () => {
    const account = await world.account('Bakker BV');
    const [{ id }] = (await post('/api/v1/holds', { kind: 'legal', account, reason: 'in court' })).body.holds;
    expect((await post(`/api/v1/holds/${id}/close`, { step: 'resolved' })).body).toMatchObject({ inForce: true, endsAt: null });
    expect((await post(`/api/v1/holds/${id}/close`, { step: 'lifted' })).body).toMatchObject({ inForce: false, endsAt: TEST_NOW.toISOString() });
  });

  it('a hold that was a mistake is retracted, with a word why, in the audit', async () => {
    const [{ id }] = (await post('/api/v1/holds', { kind: 'reply', contact: await world.person(), reason: 'x' })).body.holds;
    expect((await post(`/api/v1/holds/${id}/retract`, { why: 'another Jansen' })).body).toMatchObject({ inForce: false });
    expect((await get('/api/v1/audit?action=hold.retracted')).items[0]).toMatchObject({ subjectId: id, details: { why: 'another Jansen' } });
  });

  it.each([
    ['without anybody', { kind: 'complaint', reason: 'x' }, 422],
    ['of a meeting without a day', { kind: 'meeting', account: 1, reason: 'x' }, 422],
    ['of a kind that is none', { kind: 'anger', contact: 1, reason: 'x' }, 422],
    ['on somebody who is not here', { kind: 'complaint', contact: 99_999_999, reason: 'x' }, 404],
  ])('a hold %s is refused', async (_, body, status) => {
    expect((await post('/api/v1/holds', body)).status).toBe(status);
  });

  it('the same reply told twice holds once; an automatic one holds nobody', async () => {
    const person = await world.person();
    expect((await post('/api/v1/replies', { contact: person, key: '<1@mail>', automatic: true })).body.holds).toEqual([]);
    await post('/api/v1/replies', { contact: person, key: '<2@mail>', text: 'Bel mij' });
    await post('/api/v1/replies', { contact: person, key: '<2@mail>', text: 'Bel mij' });
    expect((await get(`/api/v1/holds?contact=${person}`)).items).toHaveLength(1);
    expect((await get('/api/v1/tasks')).items).toMatchObject([{ kind: 'reply', details: { text: 'Bel mij' } }]);
  });

  it('a meeting written down counts, holds until a week after it, and is asked of nobody', async () => {
    const account = await world.account('Bakker BV');
    const person = await world.person(account);
    expect((await post(`/api/v1/contacts/${person}/touches`, { kind: 'meeting', at: daysLater(-1).toISOString(), note: 'Goed gesprek' })).status).toBe(201);
    expect((await get(`/api/v1/contacts/${person}/touches`)).items).toMatchObject([{ kind: 'meeting', note: 'Goed gesprek' }]);
    expect((await get(`/api/v1/holds?account=${account}`)).items).toMatchObject([{ endsAt: daysLater(6).toISOString() }, { endsAt: daysLater(6).toISOString() }]);
    expect((await get('/api/v1/tasks')).items).toEqual([]);
    expect(await app.sql.many('test.factor', 'select cause from pressure_factors')).toEqual([{ cause: 'meeting' }]);
  });

  it('tasks page by due time, and can be asked for by owner', async () => {
    await world.user('anna@voorbeeld.example');
    for (let index = 0; index < 5; index += 1) await post('/api/v1/tasks', { contact: await world.person(), reason: `task ${index}`, dueAt: daysLater(5 - index).toISOString(), key: `k${index}` });
    await post('/api/v1/tasks', { contact: await world.person(), reason: 'again', key: 'k0' });
    const first = await get('/api/v1/tasks?limit=3');
    const second = await get(`/api/v1/tasks?limit=3&cursor=${first.next}`);
    expect([...first.items, ...second.items].map((task) => task.reason)).toEqual(['task 4', 'task 3', 'task 2', 'task 1', 'task 0']);
    expect(second.next).toBeNull();
    await post(`/api/v1/tasks/${first.items[0].id}/assign`, { owner: 'anna@voorbeeld.example' });
    expect((await get('/api/v1/tasks?owner=anna@voorbeeld.example')).items).toHaveLength(1);
    expect((await get('/api/v1/tasks?owner=nobody')).items).toHaveLength(4);
    expect((await post(`/api/v1/tasks/${first.items[0].id}/assign`, { owner: 'nobody@voorbeeld.example' })).body.type).toBe('urn:tactful:problem:owner-unknown');
    expect((await post(`/api/v1/tasks/${first.items[0].id}/assign`, { owner: 'me' })).status).toBe(422);
  });

  describe('an account manager', () => {
    it('sees, takes over, notes and closes tasks of his own accounts, and nobody else’s', async () => {
      const [anna, bert] = [await keyOf('anna@voorbeeld.example'), await keyOf('bert@voorbeeld.example')];
      const [hers, his] = [await world.account('Bakker BV', 'anna@voorbeeld.example'), await world.account('Slager BV', 'bert@voorbeeld.example')];
      const [own, other] = [await world.person(hers), await world.person(his)];
      expect((await post('/api/v1/holds', { kind: 'complaint', contact: own, reason: 'x' }, anna)).status).toBe(200);
      expect((await post('/api/v1/holds', { kind: 'complaint', contact: other, reason: 'x' }, anna)).status).toBe(404);
      const [{ id, taskId }] = (await post('/api/v1/holds', { kind: 'complaint', contact: other, reason: 'x' }, bert)).body.holds;
      expect((await get('/api/v1/tasks?owner=me', anna)).items).toHaveLength(1);
      expect((await get('/api/v1/tasks', anna)).items).toHaveLength(1);
      expect((await get('/api/v1/holds', anna)).items).toHaveLength(1);
      for (const [method, path, body] of [
        ['GET', `tasks/${taskId}`, undefined], ['POST', `tasks/${taskId}/close`, { outcome: 'x' }], ['POST', `tasks/${taskId}/notes`, { note: 'x' }], ['POST', `tasks/${taskId}/assign`, { owner: 'me' }], ['GET', `holds/${id}`, undefined],
        ['POST', `holds/${id}/close`, { step: 'resolved' }], ['POST', `holds/${id}/retract`, { why: 'x' }], ['POST', 'replies', { contact: other, key: 'x' }], ['GET', `contacts/${other}/touches`, undefined],
        ['POST', `contacts/${other}/touches`, { kind: 'call', at: TEST_NOW.toISOString() }],
      ] as const) {
        const response = await app.request(method, `/api/v1/${path}`, { key: anna, ...(body && { body }) });
        expect([path, response.status]).toEqual([path, 404]);
      }
      expect((await app.request('PUT', '/api/v1/tasks/policy', { key: anna, body: {} })).status).toBe(403);
      const [task] = (await get('/api/v1/tasks', anna)).items;
      expect((await post(`/api/v1/tasks/${task.id}/close`, { outcome: 'gebeld' }, anna)).body).toMatchObject({ state: 'done', outcome: 'gebeld' });
    });

    it('of the same region sees a colleague’s task and takes it over', async () => {
      const [anna] = [await keyOf('anna@voorbeeld.example', 'Noord'), await keyOf('bert@voorbeeld.example', 'Noord')];
      const [{ taskId }] = (await post('/api/v1/holds', { kind: 'complaint', contact: await world.person(await world.account('Slager BV', 'bert@voorbeeld.example')), reason: 'x' })).body.holds;
      expect((await post(`/api/v1/tasks/${taskId}/assign`, { owner: 'me' }, anna)).body).toMatchObject({ owner: { email: 'anna@voorbeeld.example' } });
      expect((await get('/api/v1/tasks?owner=me', anna)).items).toHaveLength(1);
      expect(await app.sql.many('test.owner', 'select email from contact_holds h join users u on u.user_id = h.owner_id')).toEqual([{ email: 'anna@voorbeeld.example' }]);
    });
  });

  it('every act of a person is in the audit', async () => {
    const [{ id, taskId }] = (await post('/api/v1/holds', { kind: 'complaint', contact: await world.person(), reason: 'x' })).body.holds;
    await post(`/api/v1/tasks/${taskId}/notes`, { note: 'x' });
    await post(`/api/v1/holds/${id}/close`, { step: 'resolved' });
    await post(`/api/v1/tasks/${taskId}/close`, { outcome: 'x' });
    const actions = (await get('/api/v1/audit?limit=20')).items.map((entry: any) => entry.action);
    expect(actions.slice(0, 4)).toEqual(['task.closed', 'hold.step', 'task.noted', 'hold.opened']);
  });

  it('the rules of handing over can be read and replaced', async () => {
    const policy = await get('/api/v1/tasks/policy');
    expect(policy).toMatchObject({ openDeals: true, sequence: { touches: 3, then: 'task' } });
    expect((await app.request('PUT', '/api/v1/tasks/policy', { body: { ...policy, openDeals: false } })).body).toMatchObject({ openDeals: false });
    expect((await app.request('PUT', '/api/v1/tasks/policy', { body: { ...policy, mood: 1 } })).status).toBe(422);
  });
});
