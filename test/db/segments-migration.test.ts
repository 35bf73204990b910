import { Segments0005 } from '../../migrations/0005-segments.js';
import { migrate } from '../../src/platform/database/database.js';
import { useDatabase } from '../support/database.js';

describe('an installation that had segments before versions were kept', () => {
  const db = useDatabase();
  const { name } = new Segments0005();

  it('has each rule as a version afterwards, and goes back without its lists', async () => {
    const names = db.open.source.migrations.map((migration) => migration.name ?? '');
    const goBack = async (): Promise<void> => {
      for (const _ of names.slice(names.indexOf(name))) await db.open.source.undoLastMigration({ transaction: 'each' });
    };
    await goBack();
    await db.sql.exec('test.old', `insert into segments (key, name, scope, rule, version, created_at, updated_at, updated_by) values ('old', 'Old', 'contact', '{"kind": "all", "conditions": []}', 7, '2026-01-01', '2026-05-01', 'key:anna')`);
    await migrate(db.open);
    expect(await db.sql.many('test.versions', 'select version, rule, sentence_en, created_by, created_at from segment_versions')).toEqual([
      { version: 7, rule: { kind: 'all', conditions: [] }, sentence_en: null, created_by: 'key:anna', created_at: new Date('2026-05-01T00:00:00Z') },
    ]);
    await db.sql.exec('test.list', `insert into segments (key, name, scope, kind, created_at, updated_at, updated_by) values ('list', 'List', 'contact', 'list', now(), now(), 'test')`);
    await goBack();
    expect(await db.sql.many('test.left', 'select key from segments')).toEqual([{ key: 'old' }]);
    await migrate(db.open);
  });

  it.each([
    ['a list with a rule', `'list', '{}'`],
    ['a segment without one', `'rule', null`],
  ])('holds no %s', async (_, kindAndRule) => {
    await expect(db.sql.exec('test.bad', `insert into segments (key, name, scope, kind, rule, created_at, updated_at, updated_by) values ('bad', 'Bad', 'contact', ${kindAndRule}, now(), now(), 'test')`)).rejects.toThrow('segments_rule_or_list');
  });
});
