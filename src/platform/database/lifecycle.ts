import { join } from 'node:path';
import type { EntitySchema } from 'typeorm';
import type { Config } from '../config/config.js';
import { type EntityClass, migrate, openDatabase, type OpenDatabase } from './database.js';
import { startEmbeddedPostgres } from './embedded-postgres.js';
import type { StatementObserver } from './sql.js';

export interface RunningDatabase extends OpenDatabase {
  readonly url: string;
  readonly embedded: boolean;
  readonly migrated: readonly string[];
  close(): Promise<void>;
}

export interface StartOptions {
  readonly entities?: (EntityClass | EntitySchema)[];
  readonly observe?: StatementObserver;
  readonly onConnectionLost?: (error: Error) => void;
}

/** The database the configuration names, or the embedded one; migrated and ready. Closing ends the embedded server too. */
export async function startDatabase(config: Config, options: StartOptions = {}): Promise<RunningDatabase> {
  const embedded = config.databaseUrl === undefined ? await startEmbeddedPostgres({ dataDir: join(config.dataDir) }) : undefined;
  const url = config.databaseUrl ?? embedded?.url ?? '';
  try {
    const open = await openDatabase({ url, connections: config.databaseConnections, ...options });
    const migrated = await migrate(open);
    return {
      ...open,
      url,
      embedded: embedded !== undefined,
      migrated,
      close: async () => {
        await open.source.destroy();
        await embedded?.stop();
      },
    };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}
