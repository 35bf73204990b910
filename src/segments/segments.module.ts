import { Module } from '@nestjs/common';
import { BuildService } from './live/build.service.js';
import { EvaluationService } from './live/evaluation.service.js';
import { LiveService } from './live/live.service.js';
import { LiveWorker } from './live/live-worker.js';
import { PreviewService } from './preview.service.js';
import { SegmentsController } from './segments.controller.js';
import { SegmentsService } from './segments.service.js';

@Module({
  controllers: [SegmentsController],
  providers: [SegmentsService, PreviewService, BuildService, EvaluationService, LiveService, LiveWorker],
  exports: [SegmentsService, PreviewService, LiveService],
})
export class SegmentsModule {}
