import { Module } from '@nestjs/common';
import { CustomersModule } from '../../customers/customers.module.js';
import { RightsModule } from '../rights/rights.module.js';
import { DataRetentionService } from './data-retention.service.js';
import { RetentionController } from './retention.controller.js';
import { RetentionScheduler } from './retention-scheduler.service.js';

@Module({ imports: [CustomersModule, RightsModule], controllers: [RetentionController], providers: [DataRetentionService, RetentionScheduler], exports: [DataRetentionService] })
export class RetentionModule {}
