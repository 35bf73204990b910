import { Module } from '@nestjs/common';
import { PressureModule } from '../pressure/pressure.module.js';
import { HandoverPolicyService } from './handover-policy.service.js';
import { DealsService } from './holds/deals.service.js';
import { HoldDeskService } from './holds/hold-desk.service.js';
import { HoldTriggersService } from './holds/hold-triggers.service.js';
import { HoldsController } from './holds/holds.controller.js';
import { HoldsService } from './holds/holds.service.js';
import { HoldsViewService } from './holds/holds-view.service.js';
import { TasksController } from './tasks.controller.js';
import { TasksScheduler } from './tasks-scheduler.service.js';
import { TasksService } from './tasks.service.js';
import { TouchesController } from './touches/touches.controller.js';
import { TouchesService } from './touches/touches.service.js';
import { TaskViewService } from './work/task-view.service.js';
import { TaskWorkService } from './work/task-work.service.js';

/** Near the ground: whoever hands over to humans imports it. */
@Module({
  imports: [PressureModule],
  controllers: [TasksController, HoldsController, TouchesController],
  providers: [HandoverPolicyService, TasksService, TaskViewService, TaskWorkService, TouchesService, HoldsService, HoldsViewService, HoldDeskService, HoldTriggersService, DealsService, TasksScheduler],
  exports: [HandoverPolicyService, TasksService, TaskViewService, TaskWorkService, TouchesService, HoldsService, HoldTriggersService, DealsService],
})
export class TasksModule {}
