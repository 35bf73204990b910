import { type DynamicModule, Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { AccountsModule } from './accounts/accounts.module.js';
import { CampaignsModule } from './campaigns/campaigns.module.js';
import { ConsentModule } from './consent/consent.module.js';
import { OptInModule } from './consent/opt-in/opt-in.module.js';
import { CustomersModule } from './customers/customers.module.js';
import { DecisionsModule } from './decisions/decisions.module.js';
import { MessagesModule } from './messages/messages.module.js';
import { type Platform, PlatformModule } from './platform/platform.module.js';
import { PressureModule } from './pressure/pressure.module.js';
import { PrivacyModule } from './privacy/privacy.module.js';
import { MyDataModule } from './privacy/my-data/my-data.module.js';
import { RetentionModule } from './privacy/retention/retention.module.js';
import { RightsModule } from './privacy/rights/rights.module.js';
import { SegmentsModule } from './segments/segments.module.js';
import { TasksModule } from './tasks/tasks.module.js';
import { SurveysModule } from './surveys/surveys.module.js';
import { TemplatesModule } from './templates/templates.module.js';
import { UsersModule } from './users/users.module.js';

const FEATURES = [CustomersModule, AccountsModule, SegmentsModule, ConsentModule, OptInModule, TemplatesModule, CampaignsModule, DecisionsModule, MessagesModule, SurveysModule, MyDataModule, UsersModule, PrivacyModule, PressureModule, RightsModule, RetentionModule, TasksModule];

/** Lists the feature modules, nothing else. */
@Module({})
export class AppModule {
  static on(platform: Platform): DynamicModule {
    return { module: AppModule, imports: [PlatformModule.on(platform), ScheduleModule.forRoot(), ...FEATURES] };
  }
}
