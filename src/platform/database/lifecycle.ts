import type { EntitySchema } from 'typeorm';
import type { Config } from '../config/config.js';
import { type EntityClass, migrate, openDatabase, type OpenDatabase } from './database.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js';
import type { StatementObserver } from './sql.js';
import { catchUpTransactionNumbers } from './transaction-numbers.js';

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
  readonly onRevived?: () => void;
  /** Told while the numbers of transactions are brought past those of a dump that was put back, with how many are left. */
  readonly onCatchingUp?: (left: number) => void;
}

const SUPERVISION_MS = 1_000;

/** The database the configuration names, or the embedded one; migrated and ready. Closing ends the embedded server too. */
export async function startDatabase(config: Config, options: StartOptions = {}): Promise<RunningDatabase> {
  const embedded = config.databaseUrl === undefined ? await startEmbeddedPostgres({ dataDir: config.dataDir }) : undefined;
  const url = config.databaseUrl ?? embedded?.url ?? '';
  try {
    const open = await openDatabase({ url, connections: config.databaseConnections, ...options });
    const migrated = await migrate(open);
    await catchUpTransactionNumbers(open.sql, options.onCatchingUp);
    const supervision = embedded && supervise(embedded, options.onRevived);
    return {
      ...open,
      url,
      embedded: embedded !== undefined,
      migrated,
      close: async () => {
        clearInterval(supervision);
        await open.source.destroy();
        await embedded?.stop();
      },
    };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

/** The embedded server has nobody else to restart it when it is killed. Work that failed meanwhile is found again in the tables. */
function supervise(embedded: EmbeddedPostgres, onRevived?: () => void): NodeJS.Timeout {
  let busy = false;
  const look = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    try {
      if (await embedded.revive()) onRevived?.();
    } catch {
      // it may still be letting go of its port: the next look tries again
    } finally {
      busy = false;
    }
  };
  return setInterval(() => void look(), SUPERVISION_MS).unref();
}
