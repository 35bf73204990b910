import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { useApp } from '../support/app.js';

const BOUNDARY = '----tactful-test-boundary';

interface Part {
  readonly name: string;
  readonly value: string | Buffer;
  readonly file?: string;
}

function multipart(parts: readonly Part[]): Buffer {
  const pieces = parts.flatMap(({ name, value, file }) => [
    Buffer.from(`--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"${file === undefined ? '' : `; filename="${file}"\r\ncontent-type: text/csv`}\r\n\r\n`),
    Buffer.from(value as string),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...pieces, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

describe('imports over HTTP', () => {
  const app = useApp({ importMaxMb: 4 });
  const MAP = JSON.stringify({ fields: { email: 'mail', first_name: 'name' } });

  const send = (parts: readonly Part[], key?: string | null) =>
    app.request('POST', '/api/v1/imports', { body: multipart(parts), headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` }, ...(key !== undefined && { key }) });
  const parts = (csv: string | Buffer, extra: Record<string, string> = {}): Part[] => [
    ...Object.entries({ kind: 'contacts', map: MAP, source: 'fair', purpose: 'imports_test', ...extra }).map(([name, value]) => ({ name, value })),
    { name: 'file', value: csv, file: 'people.csv' },
  ];

  beforeAll(async () => {
    await app.sql.exec('test.purpose', `insert into purposes (purpose, name_nl, name_en, legal_basis, retention_days) values ('imports_test', 'x', 'x', 'consent', 365)`);
  });

  it('answers with the report, keeps the record, and gives the rejected rows out', async () => {
    const answer = await send(parts('mail,name\na@x.example,A\nwrong,B\n'));
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ kind: 'contacts', file: 'people.csv', rows: 2, inserted: 1, rejected: 1, dryRun: false });
    const id = answer.body.importId as number;
    expect(answer.body.rejectedFile).toBe(`/api/v1/imports/${id}/rejected`);
    const rejected = await app.request('GET', `/api/v1/imports/${id}/rejected`);
    expect(rejected.headers['content-type']).toContain('text/csv');
    expect(rejected.text.split('\n')[1]).toMatch(/^wrong,B,3,/);
    const one = await app.request('GET', `/api/v1/imports/${id}`);
    expect(one.body).toMatchObject({ importId: id, source: 'fair', purposes: ['imports_test'], state: 'done', rows: 2, inserted: 1, rejected: 1, map: { fields: { email: { column: 'mail' } } } });
    expect(one.body.warnings).toEqual(answer.body.warnings);
    expect(one.body.warnings.map(({ message }: { message: string }) => message)).toEqual([expect.stringContaining('no notice version'), expect.stringContaining('names no country')]);
    const list = await app.request('GET', '/api/v1/imports?limit=1');
    expect(list.body.items).toMatchObject([{ importId: id }]);
    expect(readdirSync(join(app.config.dataDir, 'imports')).filter((name) => name.startsWith('upload-'))).toEqual([]);
  });

  it('takes the file before its map, and a map that is a file', async () => {
    const [kind, map, ...rest] = parts('mail,name\nb@x.example,B\n');
    const file = rest.pop()!;
    const answer = await send([file, { ...map!, file: 'map.json' }, ...rest, kind!]);
    expect(answer.body).toMatchObject({ inserted: 1 });
  });

  it('puts everybody of the file into a list', async () => {
    await app.request('POST', '/api/v1/lists', { body: { key: 'fair', name: 'Fair' } });
    const answer = await send(parts('mail,name\nguest@x.example,G\n', { list: 'fair' }));
    expect(answer.body.list).toEqual({ key: 'fair', added: 1 });
    expect((await app.request('GET', '/api/v1/lists/fair/members')).body.items).toMatchObject([{ email: 'guest@x.example' }]);
    expect((await send(parts('mail,name\n', { list: 'nothing' }))).body).toMatchObject({ status: 422, type: 'urn:tactful:problem:import-map-invalid', errors: [{ path: 'map.list' }] });
  });

  it('does a dry run', async () => {
    const answer = await send(parts('mail,name\nnever@x.example,N\n', { dryRun: 'true' }));
    expect(answer.body).toMatchObject({ inserted: 1, dryRun: true });
    expect(await app.sql.many('test.never', `select from contacts where email = 'never@x.example'`)).toEqual([]);
  });

  it.each([
    ['an unknown purpose', parts('mail,name\n', { purpose: 'nothing' }), 422, 'purpose-unknown'],
    ['a map that does not fit', parts('other\nx\n'), 422, 'import-map-invalid'],
    ['a poisoned map', parts('mail\nx\n', { map: '{"fields":{"email":"mail","__proto__":"x"}}' }), 422, 'import-map-invalid'],
    ['an empty file', parts(''), 422, 'import-file-unreadable'],
    ['no source', parts('mail,name\n').filter(({ name }) => name !== 'source'), 422, 'invalid-input'],
    ['no file', parts('mail,name\n').filter(({ name }) => name !== 'file'), 422, 'invalid-input'],
    ['a field nobody knows', [...parts('mail,name\n'), { name: 'colour', value: 'red' }], 422, 'invalid-input'],
  ])('refuses %s with a problem', async (_, sent, status, type) => {
    const answer = await send(sent);
    expect(answer.status).toBe(status);
    expect(answer.body.type).toBe(`urn:tactful:problem:${type}`);
  });

  it('refuses what is larger than the limit, and leaves nothing behind', async () => {
    const row = `${'x'.repeat(100)}@x.example,name\n`;
    const answer = await send(parts(`mail,name\n${row.repeat(45_000)}`));
    expect(answer.status).toBe(413);
    expect(readdirSync(join(app.config.dataDir, 'imports')).filter((name) => name.startsWith('upload-'))).toEqual([]);
  });

  it('takes a file larger than the limit of other requests', async () => {
    const csv = `mail,name\n${Array.from({ length: 40_000 }, (_, index) => `person-${index}@big.example,${'n'.repeat(40)}`).join('\n')}`;
    expect(csv.length).toBeGreaterThan(2_000_000);
    expect((await send(parts(csv))).body).toMatchObject({ inserted: 40_000 });
  });

  it('takes two at a time, and says so to the third', async () => {
    const csv = (name: string) => `mail,name\n${Array.from({ length: 20_000 }, (_, index) => `${name}-${index}@busy.example,x`).join('\n')}`;
    const answers = await Promise.all(['a', 'b', 'c'].map((name) => send(parts(csv(name)))));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 503]);
    expect(answers.find(({ status }) => status === 503)?.body.type).toBe('urn:tactful:problem:imports-busy');
  });

  it('is not open to everybody', async () => {
    expect((await send(parts('mail,name\n'), null)).status).toBe(401);
    expect((await app.request('POST', '/api/v1/imports', { body: { kind: 'contacts' } })).status).toBe(415);
    expect((await app.request('GET', '/api/v1/imports/999999')).status).toBe(404);
    expect((await app.request('GET', '/api/v1/imports/999999/rejected')).status).toBe(404);
  });

  it('gives no file out that did not come in here', async () => {
    await app.sql.exec('test.foreign', `insert into imports (import_id, kind, source, purposes, file_name, mapping, state, rejected_file) values (800, 'contacts', 's', '{}', 'f', '{}', 'done', '/etc/passwd')`);
    const answer = await app.request('GET', '/api/v1/imports/800/rejected');
    expect(answer.status).toBe(404);
    expect(answer.text).not.toContain('root');
  });
});
