import { Module } from '@nestjs/common';
import { ConsentModule } from '../consent/consent.module.js';
import { SegmentsModule } from '../segments/segments.module.js';
import { TasksModule } from '../tasks/tasks.module.js';
import { NpsController } from './nps.controller.js';
import { NpsService } from './nps.service.js';
import { SurveyAnswersService } from './survey-answers.service.js';
import { SurveyController } from './survey.controller.js';

@Module({
  imports: [ConsentModule, SegmentsModule, TasksModule],
  controllers: [SurveyController, NpsController],
  providers: [SurveyAnswersService, NpsService],
})
export class SurveysModule {}
