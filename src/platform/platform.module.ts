import { type DynamicModule, Global, Inject, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { Clock } from './clock/clock.js';
import { CONFIG, type Config } from './config/config.js';
import type { RunningDatabase } from './database/lifecycle.js';
import { Sql } from './database/sql.js';
import { DATABASE_URL } from './database/tokens.js';
import { HealthController } from './health.controller.js';
import { ProblemFilter } from './http/problem.filter.js';
import { ScopesGuard } from './http/scopes.guard.js';
import { Metrics } from './metrics/metrics.js';
import { Queues } from './queue/queues.js';
import { Rhythms } from './schedule/rhythms.js';
import { Secrets } from './secrets.js';

/** What the process stands on, made before the application: tests and the demo give their own clock and database. */
export interface Platform {
  readonly config: Config;
  readonly clock: Clock;
  readonly database: RunningDatabase;
  readonly metrics: Metrics;
}

const RUNNING_DATABASE = Symbol('RUNNING_DATABASE');

/** Shutdown order: workers and queues drain first (beforeApplicationShutdown), the database goes last. */
@Injectable()
class DatabaseShutdown implements OnApplicationShutdown {
  constructor(@Inject(RUNNING_DATABASE) private readonly database: RunningDatabase) {}

  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}

@Global()
@Module({})
export class PlatformModule {
  static on({ config, clock, database, metrics }: Platform): DynamicModule {
    return {
      module: PlatformModule,
      controllers: [HealthController],
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: Clock, useValue: clock },
        { provide: RUNNING_DATABASE, useValue: database },
        { provide: DATABASE_URL, useValue: database.url },
        { provide: DataSource, useValue: database.source },
        { provide: Sql, useValue: database.sql },
        { provide: Metrics, useValue: metrics },
        Secrets,
        Queues,
        Rhythms,
        DatabaseShutdown,
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_GUARD, useClass: ScopesGuard },
      ],
      exports: [CONFIG, Clock, DATABASE_URL, DataSource, Sql, Metrics, Secrets, Queues, Rhythms],
    };
  }
}
