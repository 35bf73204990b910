import { useApp } from '../support/app.js';
import { routesOf } from '../support/routes.js';

describe('the edge of the API', () => {
  const app = useApp();

  it('answers liveness, readiness and metrics without a key', async () => {
    expect((await app.request('GET', '/health/live', { key: null })).body).toEqual({ status: 'ok' });
    expect(await app.request('GET', '/health/ready', { key: null })).toMatchObject({ status: 200, body: { status: 'ok', checks: { database: true } } });
    expect((await app.request('GET', '/metrics', { key: null })).text).toContain('tactful_sql_seconds');
  });

  it('refuses every API route without a key, with a problem that says what to do', async () => {
    const document = (await app.request('GET', '/docs/openapi.json', { key: null })).body as { paths: Record<string, Record<string, unknown>> };
    const routes = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => [method.toUpperCase(), path] as const));
    const api = routes.filter(([, path]) => path.startsWith('/api/'));
    expect(api.length).toBeGreaterThan(3);
    for (const [method, path] of api) {
      const response = await app.request(method as 'GET', path.replace(/\{\w+\}/g, '1'), { key: null });
      expect({ route: `${method} ${path}`, status: response.status, type: response.body?.type }).toEqual({ route: `${method} ${path}`, status: 401, type: 'urn:tactful:problem:unauthenticated' });
    }
  });

  it('lets a key without any scope reach nothing', async () => {
    const made = await app.request('POST', '/api/v1/api-keys', { body: { name: 'reads audit only', scopes: ['audit:read'] } });
    const { key } = made.body as { key: string };
    expect((await app.request('GET', '/api/v1/audit', { key })).status).toBe(200);
    const document = (await app.request('GET', '/docs/openapi.json', { key: null })).body as { paths: Record<string, Record<string, unknown>> };
    for (const [path, methods] of Object.entries(document.paths)) {
      if (!path.startsWith('/api/') || path.startsWith('/api/v1/audit')) continue;
      for (const method of Object.keys(methods)) {
        const response = await app.request(method.toUpperCase() as 'GET', path.replace(/\{\w+\}/g, '1'), { key });
        expect({ route: `${method} ${path}`, status: response.status }).toEqual({ route: `${method} ${path}`, status: 403 });
      }
    }
  });

  it.each([
    ['an unknown address', 'GET', '/api/v1/nothing-here', undefined, 404],
    ['a body that is not JSON', 'POST', '/api/v1/api-keys', '{"name":', 400],
    ['a body of the wrong shape', 'POST', '/api/v1/api-keys', '{"name":7}', 422],
    ['a body that is too large', 'POST', '/api/v1/api-keys', `{"name":"${'x'.repeat(2 * 1024 * 1024)}"}`, 413],
    ['a body that names __proto__', 'POST', '/api/v1/api-keys', '{"__proto__":{"name":"x"},"name":"x","scopes":["*"]}', 400],
  ] as const)('answers %s with a problem', async (_, method, path, body, status) => {
    const response = await app.request(method, path, { ...(body !== undefined && { body, headers: { 'content-type': 'application/json' } }) });
    expect(response.status).toBe(status);
    expect(response.headers['content-type']).toContain('application/problem+json');
    expect(response.body).toMatchObject({ status, title: expect.any(String), type: expect.stringMatching(/^urn:tactful:problem:/) });
  });

  it.each([
    ['a name', 'POST', '/api/v1/segments', { key: 'nul', name: 'a\0b', scope: 'contact', rule: { kind: 'all', conditions: [] } }],
    ['a name within a name', 'POST', '/api/v1/purposes', { key: 'nul', name: { nl: 'a\0', en: 'x' }, legalBasis: 'consent', retentionDays: 3 }],
    ['a setting kept as JSON', 'POST', '/api/v1/lists', { key: 'nul', name: 'ok', description: '\0' }],
    ['an address', 'GET', '/api/v1/campaigns/a%00b', undefined],
  ] as const)('says that a NUL cannot be stored, in %s', async (_, method, path, body) => {
    const response = await app.request(method, path, { ...(body && { body }) });
    expect(response.body).toMatchObject({ status: 422, type: 'urn:tactful:problem:text-unusable' });
  });

  it('takes a JSON header with nothing behind it as no body, and says where a body is needed', async () => {
    const headers = { 'content-type': 'application/json' };
    const missing = await app.request('POST', '/api/v1/campaigns/nobody/start', { headers });
    expect([missing.status, missing.body.type]).toEqual([404, 'urn:tactful:problem:not-found']);
    const needed = await app.request('POST', '/api/v1/segments/preview', { headers });
    expect([needed.status, needed.body.type]).toEqual([400, 'urn:tactful:problem:body-missing']);
    expect(needed.body.title).toBe('This request needs a body.');
  });

  it('describes every route of the API in OpenAPI, with a summary', async () => {
    const document = (await app.request('GET', '/docs/openapi.json', { key: null })).body as { paths: Record<string, Record<string, { summary?: string }>> };
    const silent = Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).filter(([, about]) => !about.summary).map(([method]) => `${method} ${path}`));
    expect(silent).toEqual([]);
  });

  it('refuses a filter that a list does not know, by name: passed over, it would show everybody to whoever asked for one', async () => {
    const asksFor = (handler: object): unknown[] => (Reflect.getMetadata('swagger/apiParameters', handler) as { in: string; name: string }[] | undefined ?? []).filter((one) => one.in === 'query').map(({ name }) => name);
    const lists = routesOf(app).filter(({ method, path, handler }) => method === 'GET' && path.startsWith('/api/v1/') && !path.includes(':') && asksFor(handler).includes('limit'));
    expect(lists.length).toBeGreaterThan(20);
    for (const { path } of lists) {
      const response = await app.request('GET', `${path}?limit=1&somebody=7`);
      expect([path, response.status, JSON.stringify(response.body.errors)]).toEqual([path, 422, expect.stringContaining('somebody')]);
    }
  });
});
