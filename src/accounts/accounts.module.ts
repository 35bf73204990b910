import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.js';
import { AccountsController } from './accounts.controller.js';
import { AccountsService } from './accounts.service.js';
import { MatchDecisionsService } from './matching/match-decisions.service.js';
import { MatchingController } from './matching/matching.controller.js';
import { MatchingScheduler } from './matching/matching-scheduler.service.js';
import { MatchingService } from './matching/matching.service.js';
import { PortfolioPolicyService } from './portfolio/policy.service.js';

@Module({
  imports: [CustomersModule],
  controllers: [MatchingController, AccountsController],
  providers: [AccountsService, MatchingService, MatchDecisionsService, MatchingScheduler, PortfolioPolicyService],
  exports: [AccountsService, MatchingService, MatchDecisionsService, PortfolioPolicyService],
})
export class AccountsModule {}
