import { Module } from '@nestjs/common';
import { CampaignsModule } from '../campaigns/campaigns.module.js';
import { ConsentModule } from '../consent/consent.module.js';
import { DecisionsModule } from '../decisions/decisions.module.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { smtpTargetOf } from '../platform/mail/smtp-target.js';
import { SmtpTransport } from '../platform/mail/smtp-transport.js';
import { MailTransport } from '../platform/mail/transport.js';
import { SegmentsModule } from '../segments/segments.module.js';
import { TasksModule } from '../tasks/tasks.module.js';
import { TemplatesModule } from '../templates/templates.module.js';
import { ClaimService } from './claim.service.js';
import { ComposeMailService } from './compose-mail.service.js';
import { DeliverProcessor } from './deliver.processor.js';
import { DeliveryScheduler } from './delivery-scheduler.service.js';
import { DeliveryService } from './delivery.service.js';
import { DraftsController } from './drafts/drafts.controller.js';
import { DraftsService } from './drafts/drafts.service.js';
import { LinkMailsScheduler } from './link-mails/link-mails-scheduler.service.js';
import { LinkMailsService } from './link-mails/link-mails.service.js';
import { MailboxController } from './mailbox/mailbox.controller.js';
import { MailboxPages } from './mailbox/mailbox-pages.js';
import { MailboxServer } from './mailbox/mailbox-server.js';
import { MailboxService } from './mailbox/mailbox.service.js';
import { MessagesController } from './messages.controller.js';
import { MessagesService } from './messages.service.js';
import { PersonalMailController } from './personal/personal-mail.controller.js';
import { PersonalMailService } from './personal/personal-mail.service.js';
import { SendingDomainsController } from './sending/sending-domains.controller.js';
import { SendingDomainsService } from './sending/sending-domains.service.js';

/** SMTP_URL's server, or the mailbox of this process. */
function transportOf({ smtpUrl, smtpConnections, mailDomain }: Config, mailbox: MailboxServer): MailTransport {
  const target = smtpUrl === undefined ? undefined : smtpTargetOf(smtpUrl);
  return new SmtpTransport(() => (target ? Promise.resolve(target) : mailbox.target()), smtpConnections, mailDomain);
}

@Module({
  imports: [CampaignsModule, ConsentModule, DecisionsModule, SegmentsModule, TasksModule, TemplatesModule],
  controllers: [MessagesController, DraftsController, PersonalMailController, SendingDomainsController, MailboxController],
  providers: [
    MessagesService, DraftsService, PersonalMailService, SendingDomainsService, DeliveryService, ClaimService, ComposeMailService, DeliverProcessor, DeliveryScheduler, MailboxServer, MailboxService, MailboxPages, LinkMailsService, LinkMailsScheduler,
    { provide: MailTransport, useFactory: transportOf, inject: [CONFIG, MailboxServer] },
  ],
  exports: [DeliveryService, MailboxService, MailTransport],
})
export class MessagesModule {}
