import { Module } from '@nestjs/common';
import { MergeValuesService } from './merge-values.service.js';
import { TemplatePreviewService } from './template-preview.service.js';
import { TemplatesController } from './templates.controller.js';
import { TemplatesService } from './templates.service.js';

@Module({
  controllers: [TemplatesController],
  providers: [TemplatesService, TemplatePreviewService, MergeValuesService],
  exports: [TemplatesService, MergeValuesService],
})
export class TemplatesModule {}
