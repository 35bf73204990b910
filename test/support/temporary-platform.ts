import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPlatform } from '../../src/application.js';
import type { Clock } from '../../src/platform/clock/clock.js';
import { type Config, loadConfig } from '../../src/platform/config/config.js';
import { PinoLogger } from '../../src/platform/logging/pino-logger.js';
import type { Platform } from '../../src/platform/platform.module.js';

export interface TemporaryPlatform {
  readonly platform: Platform;
  readonly logger: PinoLogger;
  /** Ends the database and removes its folder; the application that stands on it is closed before. */
  remove(): Promise<void>;
}

/**
 * An embedded database in a temporary folder, durable as in production: for benchmarks and chaos, which leave nothing behind.
 * `keptIn`: a folder of one's own instead, which stays, for data that takes long to make.
 */
export async function startTemporaryPlatform(environment: Record<string, string> = {}, clock?: Clock, keptIn?: string): Promise<TemporaryPlatform> {
  if (keptIn !== undefined) mkdirSync(keptIn, { recursive: true });
  const dataDir = keptIn ?? mkdtempSync(join(tmpdir(), 'tactful-run-'));
  chmodSync(dataDir, 0o755); // the database server may run as another user
  const config: Config = loadConfig({ TACTFUL_DATA_DIR: dataDir, TACTFUL_LOG_LEVEL: 'warn', TACTFUL_PORT: '0', TACTFUL_DATABASE_CONNECTIONS: '12', ...environment });
  const logger = new PinoLogger(config.logLevel);
  const platform = await startPlatform(config, logger, clock);
  return {
    platform,
    logger,
    remove: async () => {
      if (platform.database.source.isInitialized) await platform.database.close();
      if (keptIn === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
