import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { openDatabase, type OpenDatabase } from '../../src/platform/database/database.js';
import { Sql } from '../../src/platform/database/sql.js';

export interface TestDatabase {
  readonly url: string;
  readonly sql: Sql;
  readonly open: OpenDatabase;
}

/** Makes a database of its own for a test file, as a copy of the migrated template. */
export async function createTestDatabase(): Promise<TestDatabase & { drop(): Promise<void> }> {
  const template = process.env['TACTFUL_TEST_SERVER'];
  if (template === undefined) throw new Error('The test database is not running: start tests through "npm test".');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administer(template, `create database ${name} template tactful`);
  const url = template.replace(/\/tactful$/, `/${name}`);
  const open = await openDatabase({ url, connections: 12 });
  return {
    url,
    open,
    sql: open.sql,
    drop: async () => {
      if (open.source.isInitialized) await open.source.destroy();
      await administer(template, `drop database if exists ${name} with (force)`);
    },
  };
}

/** Gives the describe around it a database of its own; use `db.sql` inside tests and hooks. */
export function useDatabase(): TestDatabase {
  let created: Awaited<ReturnType<typeof createTestDatabase>> | undefined;
  beforeAll(async () => {
    created = await createTestDatabase();
  });
  afterAll(async () => {
    await created?.drop();
  });
  const get = (): TestDatabase => {
    if (!created) throw new Error('The database exists only inside tests and hooks.');
    return created;
  };
  return {
    get url() {
      return get().url;
    },
    get sql() {
      return get().sql;
    },
    get open() {
      return get().open;
    },
  };
}

/** Copying a template fails while anybody else is connected to it or copies it: wait for the other test file's turn. */
async function administer(template: string, statement: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const client = new pg.Client({ connectionString: template.replace(/\/tactful$/, '/postgres') });
    await client.connect();
    try {
      await client.query(statement);
      return;
    } catch (error) {
      if (attempt > 100 || (error as { code?: string }).code !== '55006') throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      await client.end();
    }
  }
}
