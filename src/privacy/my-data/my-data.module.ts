import { Module } from '@nestjs/common';
import { ConsentModule } from '../../consent/consent.module.js';
import { CustomersModule } from '../../customers/customers.module.js';
import { TasksModule } from '../../tasks/tasks.module.js';
import { MyDataController } from './my-data.controller.js';
import { MyDataService } from './my-data.service.js';

@Module({ imports: [ConsentModule, CustomersModule, TasksModule], controllers: [MyDataController], providers: [MyDataService] })
export class MyDataModule {}
