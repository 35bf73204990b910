import type { INestApplicationContext } from '@nestjs/common';
import { createApplicationContext, createHttpApplication, loggerOf, startPlatform } from './application.js';
import type { Config } from './platform/config/config.js';
import { ApiKeysService } from './users/api-keys.service.js';

/** Boots the roles that the configuration asks for; `api` listens, `worker` and `scheduler` start by themselves. */
export async function startTactful(config: Config): Promise<INestApplicationContext> {
  const logger = loggerOf(config);
  const platform = await startPlatform(config, logger);
  try {
    if (!config.roles.includes('api')) {
      const app = await createApplicationContext(platform, logger);
      logger.log(`ready: ${config.roles.join(', ')}`, 'tactful');
      return app;
    }
    const app = await createHttpApplication(platform, logger);
    await app.listen(config.port, config.host);
    await printFirstKey(app);
    logger.log(`ready: ${config.roles.join(', ')} at ${await app.getUrl()}`, 'tactful');
    return app;
  } catch (error) {
    await platform.database.close().catch(() => undefined);
    throw error;
  }
}

/** Only now can the key be told: afterwards just its hash is known. */
async function printFirstKey(app: INestApplicationContext): Promise<void> {
  const key = await app.get(ApiKeysService, { strict: false }).ensureFirstKey();
  if (key !== undefined) console.log(`\nYour first API key, with all rights. It is shown only this once:\n\n  ${key}\n`);
}
