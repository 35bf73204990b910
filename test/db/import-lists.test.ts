import { reportText } from '../../src/customers/import/print-report.js';
import { IMPORT_NOW, useImport } from './import-harness.js';

describe('an import into a list', () => {
  const harness = useImport();
  const { run, attempt } = harness;
  const people = { fields: { external_id: 'id', email: 'mail', first_name: 'name' } };
  const CSV = 'id,mail,name\n1,a@l.example,A\n2,b@l.example,B\n3,wrong,C\n2,b@l.example,Bea\n';

  beforeAll(async () => {
    for (const [key, scope, kind, rule] of [['fair', 'contact', 'list', null], ['partners', 'account', 'list', null], ['leads', 'contact', 'rule', '{"kind": "all", "conditions": []}']]) {
      await harness.sql.exec('test.segment', `insert into segments (key, name, scope, kind, rule, created_at, updated_at, updated_by) values ($1, $1, $2, $3, $4, $5, $5, 'test')`, [key, scope, kind, rule, IMPORT_NOW]);
    }
  });
  const members = async (): Promise<string[]> => (await harness.sql.many<{ email: string }>('test.members', `select email from segment_members join segments using (segment_id) join contacts using (contact_id) where key = 'fair' order by 1`)).map(({ email }) => email);

  it('puts in everybody whose row is stored, new or known, and nobody whose row is not', async () => {
    await run('contacts', 'id,mail,name\n1,a@l.example,A\n', people); // known, and unchanged below
    const report = await run('contacts', CSV, people, { list: 'fair' });
    expect(report).toMatchObject({ inserted: 1, unchanged: 1, rejected: 1, duplicates: 1, list: { key: 'fair', added: 2 } });
    expect(reportText(report)).toContain('list “fair”: 2 came in');
    expect(await members()).toEqual(['a@l.example', 'b@l.example']);
  });

  it('changes nothing the second time, nor in a dry run', async () => {
    for (const dryRun of [true, false]) expect(await run('contacts', CSV, people, { list: 'fair', dryRun })).toMatchObject({ inserted: 0, updated: 0, unchanged: 2, list: { added: 0 } });
    expect(await run('contacts', 'id,mail,name\n9,new@l.example,N\n', people, { list: 'fair', dryRun: true })).toMatchObject({ list: { added: 1 } });
    expect(await members()).toHaveLength(2);
  });

  it('takes the list of the map, unless the order names another', async () => {
    expect(await run('accounts', 'name\nAcme\nBolt\n', { list: 'partners', fields: { name: 'name' } })).toMatchObject({ inserted: 2, list: { key: 'partners', added: 2 } });
    expect(await run('accounts', 'name\nAcme\nCity\n', { list: 'partners', fields: { name: 'name' } })).toMatchObject({ inserted: 1, unchanged: 1, list: { added: 1 } });
    expect(await harness.sql.many('test.partners', 'select a.name from segment_account_members join accounts a using (account_id) order by 1')).toEqual([{ name: 'Acme' }, { name: 'Bolt' }, { name: 'City' }]);
    expect(await run('contacts', 'id,mail,name\n1,a@l.example,A\n', { ...people, list: 'nothing' }, { list: 'fair' })).toMatchObject({ list: { key: 'fair' } });
    expect(await run('contacts', 'id,mail,name\n1,a@l.example,A\n', people)).toMatchObject({ list: null });
  });

  it.each([
    ['a list that is not there', 'contacts', 'nothing', 'there is no list "nothing"'],
    ['a segment with a rule', 'contacts', 'leads', 'follows from the rule'],
    ['a list of accounts for people', 'contacts', 'partners', 'is a list of accounts'],
    ['a list for events', 'events', 'fair', 'only for contacts and accounts'],
  ] as const)('is refused for %s, before anything is read', async (_, kind, list, words) => {
    const map = kind === 'events' ? { fields: { email: 'mail', name: 'name', occurred_at: 'id' } } : people;
    expect(await attempt(kind, CSV, map, { list })).toMatchObject({ kind: 'map_invalid', problems: [{ path: 'list', message: expect.stringContaining(words) }] });
  });
});
