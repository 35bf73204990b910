import { Module } from '@nestjs/common';
import { CampaignsModule } from '../../campaigns/campaigns.module.js';
import { CustomersModule } from '../../customers/customers.module.js';
import { SegmentsModule } from '../../segments/segments.module.js';
import { ConsentModule } from '../consent.module.js';
import { ConfirmController } from './confirm.controller.js';
import { OptInCampaignsService } from './opt-in-campaigns.service.js';
import { OptInController } from './opt-in.controller.js';
import { OptInService } from './opt-in.service.js';
import { SubscribeController } from './subscribe.controller.js';

/** A module of its own: asking by mail needs campaigns and customers, which both need consent. */
@Module({
  imports: [ConsentModule, CustomersModule, CampaignsModule, SegmentsModule],
  controllers: [OptInController, SubscribeController, ConfirmController],
  providers: [OptInService, OptInCampaignsService],
  exports: [OptInService, OptInCampaignsService],
})
export class OptInModule {}
