import { Module } from '@nestjs/common';
import { MessagesModule } from '../messages/messages.module.js';
import { CampaignsModule } from './campaigns.module.js';
import { PlanProcessor } from './plan.processor.js';
import { SchedulerService } from './scheduler.service.js';

/** What runs by itself: finding due work, and planning it. Apart from CampaignsModule, because delivery builds on that and is woken from here. */
@Module({
  imports: [CampaignsModule, MessagesModule],
  providers: [SchedulerService, PlanProcessor],
})
export class SchedulerModule {}
