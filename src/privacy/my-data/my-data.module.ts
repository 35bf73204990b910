import { Module } from '@nestjs/common';
import { ConsentModule } from '../../consent/consent.module.js';
import { RightsModule } from '../rights/rights.module.js';
import { MyDataController } from './my-data.controller.js';
import { MyDataService } from './my-data.service.js';
import { OldLinksController } from './old-links.controller.js';

@Module({ imports: [ConsentModule, RightsModule], controllers: [MyDataController, OldLinksController], providers: [MyDataService] })
export class MyDataModule {}
