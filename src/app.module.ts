import { type DynamicModule, Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { type Platform, PlatformModule } from './platform/platform.module.js';

@Module({})
export class AppModule {
  static on(platform: Platform): DynamicModule {
    return {
      module: AppModule,
      imports: [PlatformModule.on(platform), ScheduleModule.forRoot()],
    };
  }
}
