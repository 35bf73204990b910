import { ApiKeysService } from '../../src/users/api-keys.service.js';
import { useApp } from '../support/app.js';

describe('API keys', () => {
  const app = useApp();

  async function keyWith(...scopes: string[]): Promise<{ id: number; key: string }> {
    const response = await app.request('POST', '/api/v1/api-keys', { body: { name: `with ${scopes.join()}`, scopes } });
    expect(response.status).toBe(201);
    return response.body;
  }

  it('lets nobody in without a key, or with something that is none', async () => {
    const { key } = await keyWith('audit:read');
    const [, prefix, secret] = /^tk_([0-9a-f]{12})_(.{43})$/.exec(key)!;
    const attempts = [
      null, '', 'nonsense', 'tk__', `tk_${prefix}_`, `tk_${prefix}_${'A'.repeat(43)}`, `tk_${'0'.repeat(12)}_${secret}`, key.slice(0, -1), `${key}A`, key.toUpperCase(), `tk_${prefix}'; drop table api_keys; --`,
    ];
    for (const attempt of attempts) {
      const response = await app.request('GET', '/api/v1/audit', { key: attempt });
      expect([attempt, response.status]).toEqual([attempt, 401]);
      expect(response.body.type).toBe('urn:tactful:problem:unauthenticated');
    }
    expect((await app.request('GET', '/api/v1/audit', { key: null, headers: { authorization: `Basic ${key}` } })).status).toBe(401);
    expect((await app.request('GET', '/api/v1/audit', { key: null, headers: { authorization: `bearer  ${key}` } })).status).toBe(200);
  });

  it('lets a key do what its scopes say, and nothing else', async () => {
    const { key } = await keyWith('audit:read');
    expect((await app.request('GET', '/api/v1/audit', { key })).status).toBe(200);
    for (const [method, path] of [['GET', '/api/v1/api-keys'], ['POST', '/api/v1/api-keys'], ['GET', '/api/v1/purposes'], ['GET', '/api/v1/suppressions'], ['POST', '/api/v1/suppressions']] as const) {
      const response = await app.request(method, path, { key });
      expect([path, response.status, response.body.type]).toEqual([path, 403, 'urn:tactful:problem:forbidden']);
    }
  });

  it('shuts out a revoked key at once, and says so only once in the trail', async () => {
    const { id, key } = await keyWith('audit:read');
    expect((await app.request('DELETE', `/api/v1/api-keys/${id}`)).body.revokedAt).not.toBeNull();
    expect((await app.request('GET', '/api/v1/audit', { key })).status).toBe(401);
    expect((await app.request('DELETE', '/api/v1/api-keys/999999')).status).toBe(404);
    const audit = await app.request('GET', `/api/v1/audit?subjectType=api_key&subjectId=${id}`);
    expect(audit.body.items.map((one: { action: string; actor: string }) => [one.action, one.actor])).toEqual([['api_key.revoked', 'key:first key'], ['api_key.created', 'key:first key']]);
  });

  it('hands out only what the giver may do himself', async () => {
    const { key } = await keyWith('keys:write', 'audit:read');
    const make = (scopes: string[]) => app.request('POST', '/api/v1/api-keys', { key, body: { name: 'child', scopes } });
    expect((await make(['audit:read'])).status).toBe(201);
    for (const scopes of [['*'], ['purposes:write'], ['audit:read', 'consents:write']]) expect((await make(scopes)).body.type).toBe('urn:tactful:problem:scope-not-held');
  });

  it('keeps the hash of a key only, and shows the key only once', async () => {
    const { key } = await keyWith('audit:read');
    const stored = await app.sql.many<{ row: string }>('test.keys', 'select api_keys::text as row from api_keys');
    const listed = await app.request('GET', '/api/v1/api-keys?limit=200');
    for (const text of [...stored.map((one) => one.row), listed.text]) expect(text).not.toContain(key.slice(16));
    expect(listed.body.items.at(-1)).toMatchObject({ prefix: key.slice(0, 15), scopes: ['audit:read'], revokedAt: null, lastUsedAt: null });
  });

  it('notes when a key was last used, to the minute', async () => {
    const { id, key } = await keyWith('audit:read');
    const lastUsed = async (): Promise<string> => (await app.request('GET', '/api/v1/api-keys?limit=200')).body.items.find((one: { id: number }) => one.id === id).lastUsedAt;
    await app.request('GET', '/api/v1/audit', { key });
    const first = await lastUsed();
    app.clock.advance(59_000);
    await app.request('GET', '/api/v1/audit', { key });
    expect(await lastUsed()).toBe(first);
    app.clock.advance(1_000);
    await app.request('GET', '/api/v1/audit', { key });
    expect(await lastUsed()).toBe(app.clock.now().toISOString());
  });

  it('makes the first key once, also when two processes start together', async () => {
    expect(await app.get(ApiKeysService).ensureFirstKey()).toBeUndefined();
    await app.sql.exec('test.noKeys', 'delete from api_keys');
    let starts: Promise<(string | undefined)[]> = Promise.resolve([]);
    await app.sql.transaction(async (sql) => {
      await sql.exec('test.holdInserts', 'lock table api_keys in share mode'); // so that all have looked before the first may write
      starts = Promise.all(Array.from({ length: 6 }, () => app.get(ApiKeysService).ensureFirstKey()));
      await new Promise((resolve) => setTimeout(resolve, 300));
    });
    const made = await starts;
    const keys = made.filter((key) => key !== undefined);
    expect(keys).toHaveLength(1);
    expect((await app.request('GET', '/api/v1/api-keys', { key: keys[0]! })).body.items).toHaveLength(1);
    await app.request('DELETE', '/api/v1/api-keys/1', { key: keys[0]! });
  });
});

describe('API key input', () => {
  const app = useApp();

  it.each([
    ['no name', { scopes: ['audit:read'] }, 'name'],
    ['a name with a line break', { name: 'a\nb', scopes: ['audit:read'] }, 'name'],
    ['no scopes', { name: 'x', scopes: [] }, 'scopes'],
    ['a scope that is none', { name: 'x', scopes: ['everything please'] }, 'scopes.0'],
    ['an extra field', { name: 'x', scopes: ['*'], admin: true }, ''],
  ])('is refused with %s', async (_, body, path) => {
    const response = await app.request('POST', '/api/v1/api-keys', { body });
    expect(response.status).toBe(422);
    expect(response.body.errors.map((one: { path: string }) => one.path)).toContain(path);
  });

  it('pages through keys and the trail without losing or doubling any', async () => {
    for (let number = 0; number < 7; number += 1) await app.request('POST', '/api/v1/api-keys', { body: { name: `key ${number}`, scopes: ['audit:read'] } });
    for (const list of ['/api/v1/api-keys', '/api/v1/audit']) {
      const ids: number[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const page: { body: { items: { id: number }[]; next: string | null } } = await app.request('GET', `${list}?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`);
        ids.push(...page.body.items.map((one) => one.id));
        cursor = page.body.next;
      }
      expect(ids).toHaveLength(8);
      expect(new Set(ids).size).toBe(8);
    }
    expect((await app.request('GET', '/api/v1/audit?cursor=nonsense')).status).toBe(422);
  });

  it.each(['update audit_entries set actor = actor', 'delete from audit_entries', 'truncate audit_entries'])('keeps the trail from "%s"', async (statement) => {
    await expect(app.sql.exec('test.attack', statement)).rejects.toThrow(/append-only/);
  });
});
