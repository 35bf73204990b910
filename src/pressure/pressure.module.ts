import { Module } from '@nestjs/common';
import { PressureFactorsService } from './pressure-factors.service.js';
import { PressureScheduler } from './pressure-scheduler.service.js';

@Module({ providers: [PressureFactorsService, PressureScheduler], exports: [PressureFactorsService] })
export class PressureModule {}
