import { Module } from '@nestjs/common';
import { HandoverPolicyService } from './handover-policy.service.js';
import { HoldsService } from './holds/holds.service.js';
import { TasksService } from './tasks.service.js';

/** A leaf: whoever hands over to humans imports it. */
@Module({
  providers: [HandoverPolicyService, TasksService, HoldsService],
  exports: [HandoverPolicyService, TasksService, HoldsService],
})
export class TasksModule {}
