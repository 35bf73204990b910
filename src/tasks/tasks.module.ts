import { Module } from '@nestjs/common';
import { PressureModule } from '../pressure/pressure.module.js';
import { HandoverPolicyService } from './handover-policy.service.js';
import { DealsService } from './holds/deals.service.js';
import { HoldTriggersService } from './holds/hold-triggers.service.js';
import { HoldsService } from './holds/holds.service.js';
import { TasksScheduler } from './tasks-scheduler.service.js';
import { TasksService } from './tasks.service.js';

/** Near the ground: whoever hands over to humans imports it. */
@Module({
  imports: [PressureModule],
  providers: [HandoverPolicyService, TasksService, HoldsService, HoldTriggersService, DealsService, TasksScheduler],
  exports: [HandoverPolicyService, TasksService, HoldsService, HoldTriggersService, DealsService],
})
export class TasksModule {}
