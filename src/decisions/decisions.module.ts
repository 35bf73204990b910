import { Module } from '@nestjs/common';
import { SegmentsModule } from '../segments/segments.module.js';
import { TemplatesModule } from '../templates/templates.module.js';
import { DecisionsController } from './decisions.controller.js';
import { DecisionsService } from './decisions.service.js';
import { ExplainService } from './explain.service.js';
import { OpenQuestionsService } from './open-questions.service.js';
import { PoliciesController } from './policies.controller.js';
import { PoliciesService } from './policies.service.js';
import { WorkspaceNameService } from './workspace-name.service.js';

@Module({
  imports: [SegmentsModule, TemplatesModule],
  controllers: [DecisionsController, PoliciesController],
  providers: [DecisionsService, PoliciesService, ExplainService, OpenQuestionsService, WorkspaceNameService],
  exports: [DecisionsService, PoliciesService, ExplainService],
})
export class DecisionsModule {}
