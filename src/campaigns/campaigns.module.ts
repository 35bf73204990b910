import { Module } from '@nestjs/common';
import { ConsentModule } from '../consent/consent.module.js';
import { DecisionsModule } from '../decisions/decisions.module.js';
import { SegmentsModule } from '../segments/segments.module.js';
import { TasksModule } from '../tasks/tasks.module.js';
import { TemplatesModule } from '../templates/templates.module.js';
import { CampaignEntriesService } from './campaign-entries.service.js';
import { CampaignProblemsService } from './campaign-problems.service.js';
import { CampaignReportService } from './campaign-report.service.js';
import { CampaignsController } from './campaigns.controller.js';
import { CampaignsService } from './campaigns.service.js';
import { DefinitionCheckService } from './definition-check.service.js';
import { DryRunService } from './dry-run.service.js';
import { HandOversService } from './hand-overs.service.js';
import { ListStepsService } from './list-steps.service.js';
import { PlanBatchService } from './plan-batch.service.js';
import { PlanProcessor } from './plan.processor.js';
import { PlannerService } from './planner.service.js';
import { RivalsService } from './rivals.service.js';
import { SimulationController } from './simulation/simulation.controller.js';
import { SimulationService } from './simulation/simulation.service.js';
import { SchedulerService } from './scheduler.service.js';
import { SteeringService } from './steering.service.js';
import { StepPlansService } from './step-plans.service.js';
import { StoppedEnrollmentsService } from './stopped-enrollments.service.js';

@Module({
  imports: [ConsentModule, DecisionsModule, SegmentsModule, TasksModule, TemplatesModule],
  controllers: [CampaignsController, SimulationController],
  providers: [
    CampaignsService, SteeringService, DefinitionCheckService, CampaignEntriesService, CampaignProblemsService, StepPlansService, ListStepsService, PlanBatchService, PlannerService, RivalsService,
    PlanProcessor, SchedulerService, StoppedEnrollmentsService, DryRunService, CampaignReportService, HandOversService, SimulationService,
  ],
  exports: [HandOversService, CampaignsService, SteeringService, CampaignEntriesService, StepPlansService, PlannerService, DryRunService, CampaignReportService, SimulationService],
})
export class CampaignsModule {}
