import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiKeysService } from '../../src/users/api-keys.service.js';

/** The first key of a fresh installation: it may do everything. */
export async function createTestKey(app: NestFastifyApplication): Promise<string> {
  const key = await app.get(ApiKeysService, { strict: false }).ensureFirstKey();
  if (key === undefined) throw new Error('A fresh database must not have an API key yet.');
  return key;
}
