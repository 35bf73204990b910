import { Module } from '@nestjs/common';
import { ConsentModule } from '../../consent/consent.module.js';
import { ErasureLog } from './erasure/erasure-log.js';
import { ErasureService } from './erasure/erasure.service.js';
import { ReplayService } from './erasure/replay.service.js';
import { RecipientsService } from './recipients/recipients.service.js';
import { WebhookSender } from './recipients/webhook-sender.js';

/** What people may ask about their data, and what is done about it. */
@Module({
  imports: [ConsentModule],
  providers: [ErasureLog, ErasureService, ReplayService, RecipientsService, WebhookSender],
  exports: [ErasureService, ReplayService],
})
export class RightsModule {}
