import multipart from '@fastify/multipart';
import { type INestApplicationContext, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { trackingPaths } from './customers/ingest/tracking-docs.js';
import { type Clock, RealClock } from './platform/clock/clock.js';
import type { Config } from './platform/config/config.js';
import { startDatabase } from './platform/database/lifecycle.js';
import { serveDocs } from './platform/http/docs.js';
import { takeEmptyBodies } from './platform/http/empty-body.js';
import { PinoLogger } from './platform/logging/pino-logger.js';
import { Metrics } from './platform/metrics/metrics.js';
import type { Platform } from './platform/platform.module.js';

const MAX_BODY_BYTES = 1024 * 1024;

/** Starts what the application stands on: database (embedded or given) with its migrations, clock, metrics. */
export async function startPlatform(config: Config, logger: LoggerService, clock: Clock = new RealClock()): Promise<Platform> {
  const metrics = new Metrics();
  const database = await startDatabase(config, {
    observe: metrics.observeStatement,
    onConnectionLost: () => {
      logger.warn('a database connection was lost; a new one is made when needed', 'database');
    },
    onRevived: () => {
      logger.warn('the built-in database had stopped and was started again', 'database');
    },
    onCatchingUp: (left) => {
      logger.log(`a dump was put back: ${left} numbers of transactions are used up before anything new is written`, 'database');
    },
  });
  return { config, clock, database, metrics };
}

/** The application with HTTP, ready to listen or to be asked by `inject` in tests. */
export async function createHttpApplication(platform: Platform, logger: LoggerService): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({ bodyLimit: MAX_BODY_BYTES, trustProxy: 'loopback', routerOptions: { maxParamLength: 1_024 } });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.on(platform), adapter, { logger, abortOnError: false });
  takeEmptyBodies(app, MAX_BODY_BYTES);
  await app.register(multipart, { limits: { fileSize: platform.config.importMaxMb * 1024 * 1024, files: 2, fields: 20 } });
  serveDocs(app, trackingPaths());
  app.enableShutdownHooks();
  return app;
}

/** The application without HTTP: for commands and for processes that only work or schedule. */
export async function createApplicationContext(platform: Platform, logger: LoggerService): Promise<INestApplicationContext> {
  const app = await NestFactory.createApplicationContext(AppModule.on(platform), { logger, abortOnError: false });
  app.enableShutdownHooks();
  return app;
}

export function loggerOf(config: Config): PinoLogger {
  return new PinoLogger(config.logLevel);
}
