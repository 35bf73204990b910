import { Module } from '@nestjs/common';
import { ConsentModule } from '../../consent/consent.module.js';
import { CustomersModule } from '../../customers/customers.module.js';
import { DecisionsModule } from '../../decisions/decisions.module.js';
import { MessagesModule } from '../../messages/messages.module.js';
import { TasksModule } from '../../tasks/tasks.module.js';
import { AccessExportsService } from './access/access-exports.service.js';
import { AccessReadsService } from './access/access-reads.service.js';
import { AccessService } from './access/access.service.js';
import { ErasureLog } from './erasure/erasure-log.js';
import { ErasureService } from './erasure/erasure.service.js';
import { ReplayService } from './erasure/replay.service.js';
import { LettersService } from './letters/letters.service.js';
import { RequestFormController } from './pages/request-form.controller.js';
import { PrivacyActsController } from './privacy-acts.controller.js';
import { RecipientsService } from './recipients/recipients.service.js';
import { WebhookSender } from './recipients/webhook-sender.js';
import { FulfilService } from './requests/fulfil.service.js';
import { RequestsController } from './requests/requests.controller.js';
import { RightsRequestsService } from './requests/requests.service.js';
import { RightsScheduler } from './rights-scheduler.service.js';

/** What people may ask about their data, and what is done about it. */
@Module({
  imports: [ConsentModule, CustomersModule, DecisionsModule, MessagesModule, TasksModule],
  controllers: [RequestsController, PrivacyActsController, RequestFormController],
  providers: [ErasureLog, ErasureService, ReplayService, RecipientsService, WebhookSender, LettersService, RightsRequestsService, FulfilService, AccessService, AccessExportsService, AccessReadsService, RightsScheduler],
  exports: [ErasureService, ReplayService, RightsRequestsService, FulfilService, AccessService],
})
export class RightsModule {}
