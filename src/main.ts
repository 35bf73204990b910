import type { INestApplicationContext } from '@nestjs/common';
import { createApplicationContext, createHttpApplication, loggerOf, startPlatform } from './application.js';
import { type Config, ConfigError } from './platform/config/config.js';
import { startWarnings } from './platform/config/start-warnings.js';
import { giveBackMemory } from './platform/give-back-memory.js';
import type { PinoLogger } from './platform/logging/pino-logger.js';
import type { Platform } from './platform/platform.module.js';
import { ApiKeysService } from './users/api-keys.service.js';

/** Boots the roles that the configuration asks for; `api` listens, `worker` and `scheduler` start by themselves. */
export async function startTactful(config: Config): Promise<INestApplicationContext> {
  const logger = loggerOf(config);
  const platform = await startPlatform(config, logger);
  try {
    const app = config.roles.includes('api') ? await listening(platform, config, logger) : await createApplicationContext(platform, logger);
    giveBackMemory();
    for (const warning of startWarnings(config)) logger.warn(warning, 'tactful');
    logger.log(`ready: ${config.roles.join(', ')}${config.roles.includes('api') ? ` at http://${config.host}:${config.port}` : ''}`, 'tactful');
    return app;
  } catch (error) {
    if (platform.database.source.isInitialized) await platform.database.close();
    throw error;
  }
}

async function listening(platform: Platform, config: Config, logger: PinoLogger): Promise<INestApplicationContext> {
  const app = await createHttpApplication(platform, logger);
  try {
    await app.listen(config.port, config.host);
  } catch (error) {
    await app.close(); // ends what already ticks, and the database
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new ConfigError(`Port ${config.port} of ${config.host} is in use: is Tactful running already? Set TACTFUL_PORT to another one.`);
  }
  await printFirstKey(app);
  return app;
}

/** Only now can the key be told: afterwards just its hash is known. */
async function printFirstKey(app: INestApplicationContext): Promise<void> {
  const key = await app.get(ApiKeysService, { strict: false }).ensureFirstKey();
  if (key !== undefined) console.log(`\nYour first API key, with all rights. It is shown only this once:\n\n  ${key}\n`);
}
