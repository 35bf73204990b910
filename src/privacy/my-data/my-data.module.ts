import { Module } from '@nestjs/common';
import { ConsentModule } from '../../consent/consent.module.js';
import { CustomersModule } from '../../customers/customers.module.js';
import { RightsModule } from '../rights/rights.module.js';
import { MyProfileController } from './my-data.controller.js';
import { MyDataService } from './my-data.service.js';

@Module({ imports: [ConsentModule, CustomersModule, RightsModule], controllers: [MyProfileController], providers: [MyDataService] })
export class MyDataModule {}
