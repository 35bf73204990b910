import { Module } from '@nestjs/common';
import { ConsentModule } from '../consent/consent.module.js';
import { AccountMovesService } from './account-moves.service.js';
import { AttributesModule } from './attributes.module.js';
import { ContactsController } from './contacts.controller.js';
import { ContactsService } from './contacts.service.js';
import { EventsController } from './events.controller.js';
import { EventsService } from './events.service.js';
import { ImportFiles } from './import/import-files.js';
import { ImportService } from './import/import.service.js';
import { ImportsController } from './import/imports.controller.js';
import { IngestService } from './ingest/ingest.service.js';
import { TrackingController } from './ingest/tracking.controller.js';
import { TrackingProblemsService } from './ingest/tracking-problems.service.js';
import { TrackingRoutes } from './ingest/tracking-routes.js';
import { TrackingService } from './ingest/tracking.service.js';
import { TrackingTidyService } from './ingest/tracking-tidy.service.js';
import { WriteKeysService } from './ingest/write-keys.service.js';
import { MergeService } from './merge/merge.service.js';
import { MergesController } from './merge/merges.controller.js';
import { ContactsTableService } from './table/contacts-table.service.js';

@Module({
  imports: [ConsentModule, AttributesModule],
  controllers: [ImportsController, ContactsController, EventsController, MergesController, TrackingController],
  providers: [
    ImportService, ImportFiles, ContactsService, ContactsTableService, EventsService, AccountMovesService,
    MergeService, IngestService, WriteKeysService, TrackingService, TrackingProblemsService, TrackingRoutes, TrackingTidyService,
  ],
  exports: [AttributesModule, ImportService, ContactsService, EventsService, AccountMovesService, MergeService, WriteKeysService],
})
export class CustomersModule {}
