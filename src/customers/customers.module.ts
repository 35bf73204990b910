import { Module } from '@nestjs/common';
import { ConsentModule } from '../consent/consent.module.js';
import { AccountMovesService } from './account-moves.service.js';
import { AttributesController } from './attributes.controller.js';
import { AttributesService } from './attributes.service.js';
import { ContactsController } from './contacts.controller.js';
import { ContactsService } from './contacts.service.js';
import { EventsController } from './events.controller.js';
import { EventsService } from './events.service.js';
import { ImportFiles } from './import/import-files.js';
import { ImportService } from './import/import.service.js';
import { ImportsController } from './import/imports.controller.js';

@Module({
  imports: [ConsentModule],
  controllers: [ImportsController, ContactsController, AttributesController, EventsController],
  providers: [ImportService, ImportFiles, ContactsService, AttributesService, EventsService, AccountMovesService],
  exports: [ImportService, ContactsService, AttributesService, EventsService, AccountMovesService],
})
export class CustomersModule {}
