import { Module } from '@nestjs/common';
import { ConsentModule } from '../consent/consent.module.js';
import { AttributesController } from './attributes.controller.js';
import { AttributesService } from './attributes.service.js';
import { ComputedAttributesController } from './computed/computed-attributes.controller.js';
import { ComputedAttributesService } from './computed/computed-attributes.service.js';
import { ClosingService } from './history/closing.service.js';
import { EventReportController } from './history/event-report.controller.js';
import { EventReportService } from './history/event-report.service.js';
import { HistoryScheduler } from './history/history-scheduler.service.js';
import { HistoryService } from './history/history.service.js';
import { NightlyService } from './history/nightly.service.js';
import { RetentionService } from './history/retention.service.js';
import { AttributeIndexesService } from './values/attribute-indexes.service.js';
import { AttributeValuesController } from './values/attribute-values.controller.js';
import { AttributeValuesService } from './values/attribute-values.service.js';
import { UpkeepService } from './values/upkeep.service.js';

/** What attributes and events mean, and what is kept of them. */
@Module({
  imports: [ConsentModule],
  controllers: [AttributesController, ComputedAttributesController, AttributeValuesController, EventReportController],
  providers: [
    AttributesService, ComputedAttributesService, AttributeValuesService, AttributeIndexesService, UpkeepService,
    HistoryService, ClosingService, RetentionService, NightlyService, EventReportService, HistoryScheduler,
  ],
  exports: [AttributesService, AttributeIndexesService, ComputedAttributesService, HistoryService, ClosingService, RetentionService],
})
export class AttributesModule {}
