import { Global, Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { AuditController } from './audit.controller.js';
import { AuditService } from './audit.service.js';
import { ReadTrailInterceptor } from './read-trail.interceptor.js';
import { ReadTrailService } from './read-trail.service.js';
import { RegisterController } from './register/register.controller.js';
import { RegisterService } from './register/register.service.js';

/** Global: every feature that changes something writes its audit entry. */
@Global()
@Module({
  controllers: [AuditController, RegisterController],
  providers: [AuditService, ReadTrailService, RegisterService, { provide: APP_INTERCEPTOR, useClass: ReadTrailInterceptor }],
  exports: [AuditService, ReadTrailService],
})
export class PrivacyModule {}
