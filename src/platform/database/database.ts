import pg from 'pg';
import { DataSource, type EntitySchema } from 'typeorm';
import { MIGRATIONS } from './migrations.js';
import { Sql, type StatementObserver } from './sql.js';

export interface OpenDatabase {
  readonly source: DataSource;
  readonly sql: Sql;
  readonly pool: pg.Pool;
}

export type EntityClass = new (...args: never[]) => object;

export interface DatabaseOptions {
  readonly url: string;
  readonly connections: number;
  readonly entities?: (EntityClass | EntitySchema)[];
  readonly observe?: StatementObserver;
  /** Called when an idle connection is lost (the server restarted): the pool makes new ones by itself. */
  readonly onConnectionLost?: (error: Error) => void;
}

/** Two processes that start together must not both migrate: an advisory lock lets one do it. Any fixed number serves. */
const MIGRATION_LOCK = 7_417_001;

/** Opens one pool, shared by TypeORM (entities, migrations) and Sql (everything else). */
export async function openDatabase(options: DatabaseOptions): Promise<OpenDatabase> {
  const source = new DataSource({
    type: 'postgres',
    url: options.url,
    entities: options.entities ?? [],
    migrations: MIGRATIONS,
    migrationsTableName: 'migrations',
    poolSize: options.connections,
    synchronize: false,
    logging: false,
    poolErrorHandler: (error: unknown) => options.onConnectionLost?.(error instanceof Error ? error : new Error(String(error))),
    extra: { application_name: 'tactful', options: '-c timezone=UTC' },
  });
  await source.initialize();
  const pool = (source.driver as unknown as { master: pg.Pool }).master;
  return { source, pool, sql: new Sql(pool, undefined, options.observe) };
}

/** Applies what is missing; gives the names of what was applied. */
export async function migrate({ source, pool }: Pick<OpenDatabase, 'source' | 'pool'>): Promise<string[]> {
  const client = await pool.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const applied = await source.runMigrations({ transaction: 'each' });
    return applied.map(({ name }) => name);
  } finally {
    await client.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]).finally(() => client.release());
  }
}
