import { Module } from '@nestjs/common';
import { AttributesModule } from '../customers/attributes.module.js';
import { InsightController } from './insight.controller.js';
import { ListIndexesService } from './list-indexes.service.js';
import { ListsController } from './lists.controller.js';
import { ListsService } from './lists.service.js';
import { BuildService } from './live/build.service.js';
import { EvaluationService } from './live/evaluation.service.js';
import { HistoryController } from './live/history.controller.js';
import { HistoryService } from './live/history.service.js';
import { LiveService } from './live/live.service.js';
import { LiveWorker } from './live/live-worker.js';
import { ReconcileService } from './live/reconcile.service.js';
import { OverlapService } from './overlap.service.js';
import { PreviewService } from './preview.service.js';
import { SegmentsController } from './segments.controller.js';
import { SegmentsService } from './segments.service.js';
import { SnapshotsController } from './snapshots.controller.js';
import { SnapshotsService } from './snapshots.service.js';
import { VersionsController } from './versions.controller.js';
import { VersionsService } from './versions.service.js';
import { WhyService } from './why.service.js';

@Module({
  imports: [AttributesModule],
  controllers: [InsightController, SegmentsController, VersionsController, ListsController, SnapshotsController, HistoryController],
  providers: [
    SegmentsService, PreviewService, OverlapService, WhyService, VersionsService, ListsService, ListIndexesService, SnapshotsService,
    BuildService, EvaluationService, ReconcileService, LiveService, LiveWorker, HistoryService,
  ],
  exports: [SegmentsService, PreviewService, OverlapService, WhyService, VersionsService, ListsService, SnapshotsService, LiveService],
})
export class SegmentsModule {}
