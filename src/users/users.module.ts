import { Global, Module } from '@nestjs/common';
import { Authenticator } from '../platform/http/authenticator.js';
import { ApiKeysController } from './api-keys.controller.js';
import { ApiKeysService } from './api-keys.service.js';
import { UsersController } from './users.controller.js';
import { UsersService } from './users.service.js';

/** Global because the platform's guard asks for an Authenticator on every route. */
@Global()
@Module({
  controllers: [ApiKeysController, UsersController],
  providers: [ApiKeysService, UsersService, { provide: Authenticator, useExisting: ApiKeysService }],
  exports: [ApiKeysService, Authenticator],
})
export class UsersModule {}
