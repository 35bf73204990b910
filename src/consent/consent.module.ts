import { Module } from '@nestjs/common';
import { PoliciesService } from '../decisions/policies.service.js';
import { PressureModule } from '../pressure/pressure.module.js';
import { TasksModule } from '../tasks/tasks.module.js';
import { AnchorService } from './anchor.service.js';
import { BalancingController } from './balancing.controller.js';
import { ConsentService } from './consent.service.js';
import { ContactConsentsController } from './contact-consents.controller.js';
import { CountryProfilesController } from './country-profiles.controller.js';
import { CountryProfilesService } from './country-profiles.service.js';
import { LedgerCheckService } from './ledger-check.service.js';
import { LedgerService } from './ledger.service.js';
import { LinkTokens } from './link-tokens.js';
import { PersonKeys } from './person-keys.js';
import { PreferenceLinks } from './preference-links.js';
import { LinkHolders } from './link-holders.js';
import { PersonController } from './person/person.controller.js';
import { PersonRequestsService } from './person/person-requests.service.js';
import { LinkRequestsController } from './preferences/link-requests.controller.js';
import { LinkRequestsService } from './preferences/link-requests.service.js';
import { PreferencesService } from './preferences/preferences.service.js';
import { PreferencesController } from './preferences.controller.js';
import { PublicPages } from './public-pages.js';
import { PurposesController } from './purposes.controller.js';
import { PurposesService } from './purposes.service.js';
import { RequestLimits } from './request-limits.js';
import { SuppressionsController } from './suppressions.controller.js';
import { SuppressionsService } from './suppressions.service.js';
import { TextsController } from './texts/texts.controller.js';
import { TextsService } from './texts/texts.service.js';
import { UnsubscribeController } from './unsubscribe.controller.js';

@Module({
  imports: [PressureModule, TasksModule],
  controllers: [PurposesController, BalancingController, CountryProfilesController, ContactConsentsController, SuppressionsController, UnsubscribeController, PreferencesController, LinkRequestsController, PersonController, TextsController],
  providers: [PoliciesService, PersonKeys, LedgerService, AnchorService, LedgerCheckService, PurposesService, CountryProfilesService, SuppressionsService, ConsentService, TextsService, LinkTokens, PreferenceLinks, PublicPages, RequestLimits, PreferencesService, LinkHolders, LinkRequestsService, PersonRequestsService],
  exports: [LedgerService, AnchorService, LedgerCheckService, PurposesService, CountryProfilesService, SuppressionsService, ConsentService, TextsService, LinkTokens, PreferenceLinks, LinkHolders, PublicPages, RequestLimits],
})
export class ConsentModule {}
