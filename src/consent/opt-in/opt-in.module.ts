import { Module } from '@nestjs/common';
import { CampaignsModule } from '../../campaigns/campaigns.module.js';
import { CustomersModule } from '../../customers/customers.module.js';
import { DecisionsModule } from '../../decisions/decisions.module.js';
import { SegmentsModule } from '../../segments/segments.module.js';
import { ConsentModule } from '../consent.module.js';
import { ConsentUpkeepService } from './consent-upkeep.service.js';
import { ConfirmController } from './confirm.controller.js';
import { OptInCampaignsService } from './opt-in-campaigns.service.js';
import { OptInController } from './opt-in.controller.js';
import { OptInService } from './opt-in.service.js';
import { ReConfirmationController } from './re-confirmation.controller.js';
import { ReConfirmationService } from './re-confirmation.service.js';
import { SubscribeController } from './subscribe.controller.js';

/** A module of its own: asking by mail needs campaigns and customers, which both need consent. */
@Module({
  imports: [ConsentModule, CustomersModule, CampaignsModule, DecisionsModule, SegmentsModule],
  controllers: [OptInController, ReConfirmationController, SubscribeController, ConfirmController],
  providers: [OptInService, OptInCampaignsService, ReConfirmationService, ConsentUpkeepService],
  exports: [OptInService, ReConfirmationService, ConsentUpkeepService],
})
export class OptInModule {}
