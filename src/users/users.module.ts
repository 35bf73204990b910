import { Global, Module } from '@nestjs/common';
import { Authenticator } from '../platform/http/authenticator.js';
import { ApiKeysController } from './api-keys.controller.js';
import { ApiKeysService } from './api-keys.service.js';

/** Global because the platform's guard asks for an Authenticator on every route. */
@Global()
@Module({
  controllers: [ApiKeysController],
  providers: [ApiKeysService, { provide: Authenticator, useExisting: ApiKeysService }],
  exports: [ApiKeysService, Authenticator],
})
export class UsersModule {}
