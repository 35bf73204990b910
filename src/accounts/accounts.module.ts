import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.js';
import { AccountsController } from './accounts.controller.js';
import { AccountsService } from './accounts.service.js';
import { AccountsTableService } from './accounts-table.service.js';
import { BuyingGroupController } from './buying-group/buying-group.controller.js';
import { BuyingGroupService } from './buying-group/buying-group.service.js';
import { AccountMergesController } from './merge/account-merges.controller.js';
import { AccountMergesService } from './merge/account-merges.service.js';
import { MatchDecisionsService } from './matching/match-decisions.service.js';
import { MatchingController } from './matching/matching.controller.js';
import { MatchingScheduler } from './matching/matching-scheduler.service.js';
import { MatchingService } from './matching/matching.service.js';
import { TriggersController } from './triggers/triggers.controller.js';
import { TriggersScheduler } from './triggers/triggers-scheduler.service.js';
import { TriggersService } from './triggers/triggers.service.js';
import { WatchService } from './triggers/watch.service.js';
import { TasksModule } from '../tasks/tasks.module.js';
import { PortfolioController } from './portfolio/portfolio.controller.js';
import { PortfolioPolicyService } from './portfolio/policy.service.js';
import { PortfolioScheduler } from './portfolio/portfolio-scheduler.service.js';
import { PortfolioRefreshService } from './portfolio/refresh.service.js';
import { ScorePolicyService } from './scores/score-policy.service.js';
import { ScoresController } from './scores/scores.controller.js';
import { ScoresScheduler } from './scores/scores-scheduler.service.js';
import { ScoresService } from './scores/scores.service.js';
import { ScoresViewService } from './scores/scores-view.service.js';
import { ScorePreviewService } from './scores/score-preview.service.js';

@Module({
  imports: [CustomersModule, TasksModule],
  controllers: [TriggersController, MatchingController, PortfolioController, AccountMergesController, BuyingGroupController, ScoresController, AccountsController],
  providers: [AccountsService, BuyingGroupService, TriggersService, TriggersScheduler, WatchService, AccountsTableService, AccountMergesService, MatchingService, MatchDecisionsService, MatchingScheduler, PortfolioPolicyService, PortfolioRefreshService, PortfolioScheduler, ScorePolicyService, ScoresService, ScoresScheduler, ScoresViewService, ScorePreviewService],
  exports: [AccountsService, BuyingGroupService, TriggersService, WatchService, AccountMergesService, MatchingService, MatchDecisionsService, PortfolioPolicyService, PortfolioRefreshService, ScorePolicyService, ScoresService, ScoresViewService],
})
export class AccountsModule {}
