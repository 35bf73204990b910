import { Module } from '@nestjs/common';
import { ConsentModule } from '../consent/consent.module.js';
import { ImportFiles } from './import/import-files.js';
import { ImportService } from './import/import.service.js';
import { ImportsController } from './import/imports.controller.js';

@Module({
  imports: [ConsentModule],
  controllers: [ImportsController],
  providers: [ImportService, ImportFiles],
  exports: [ImportService],
})
export class CustomersModule {}
