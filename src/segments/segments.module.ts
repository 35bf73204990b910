import { Module } from '@nestjs/common';
import { ListsController } from './lists.controller.js';
import { ListsService } from './lists.service.js';
import { BuildService } from './live/build.service.js';
import { EvaluationService } from './live/evaluation.service.js';
import { LiveService } from './live/live.service.js';
import { LiveWorker } from './live/live-worker.js';
import { PreviewService } from './preview.service.js';
import { SegmentsController } from './segments.controller.js';
import { SegmentsService } from './segments.service.js';
import { VersionsController } from './versions.controller.js';
import { VersionsService } from './versions.service.js';

@Module({
  controllers: [SegmentsController, VersionsController, ListsController],
  providers: [SegmentsService, PreviewService, VersionsService, ListsService, BuildService, EvaluationService, LiveService, LiveWorker],
  exports: [SegmentsService, PreviewService, VersionsService, ListsService, LiveService],
})
export class SegmentsModule {}
