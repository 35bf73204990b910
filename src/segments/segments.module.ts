import { Module } from '@nestjs/common';
import { PreviewService } from './preview.service.js';
import { SegmentsController } from './segments.controller.js';
import { SegmentsService } from './segments.service.js';

@Module({
  controllers: [SegmentsController],
  providers: [SegmentsService, PreviewService],
  exports: [SegmentsService, PreviewService],
})
export class SegmentsModule {}
