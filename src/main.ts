import type { INestApplicationContext } from '@nestjs/common';
import { createApplicationContext, createHttpApplication, loggerOf, startPlatform } from './application.js';
import type { Config } from './platform/config/config.js';

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
    logger.log(`ready: ${config.roles.join(', ')} at ${await app.getUrl()}`, 'tactful');
    return app;
  } catch (error) {
    await platform.database.close().catch(() => undefined);
    throw error;
  }
}
