import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createHttpApplication } from '../../src/application.js';
import { SteppedClock } from '../../src/platform/clock/clock.js';
import { type Config, loadConfig } from '../../src/platform/config/config.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { PinoLogger } from '../../src/platform/logging/pino-logger.js';
import { Metrics } from '../../src/platform/metrics/metrics.js';
import { createTestDatabase } from './database.js';
import { createTestKey } from './api-key.js';

export interface TestResponse {
  readonly status: number;
  readonly headers: Record<string, string | string[] | number | undefined>;
  readonly text: string;
  // What an API answers is checked by the test itself.
  readonly body: any;
}

export interface RequestOptions {
  readonly body?: unknown;
  /** An API key; the one with all scopes when left out, none when null. */
  readonly key?: string | null;
  readonly headers?: Record<string, string>;
}

export interface TestApp {
  readonly http: NestFastifyApplication;
  readonly sql: Sql;
  readonly clock: SteppedClock;
  readonly config: Config;
  readonly url: string;
  readonly key: string;
  get<T>(type: Type<T> | (abstract new (...args: never[]) => T)): T;
  request(method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, options?: RequestOptions): Promise<TestResponse>;
}

/** A Tuesday morning in Amsterdam: inside sending hours, no holiday. */
export const TEST_NOW = new Date('2026-06-09T08:00:00Z');

/** Gives the describe around it the whole application on a database of its own, without workers and scheduler. */
export function useApp(overrides: Partial<Config> = {}): TestApp {
  let started: (TestApp & { close(): Promise<void> }) | undefined;
  beforeAll(async () => {
    started = await startTestApp(overrides);
  });
  afterAll(async () => {
    await started?.close();
  });
  return new Proxy({} as TestApp, {
    get(_, property) {
      if (!started) throw new Error('The application exists only inside tests and hooks.');
      return started[property as keyof TestApp];
    },
  });
}

export async function startTestApp(overrides: Partial<Config> = {}): Promise<TestApp & { close(): Promise<void> }> {
  const database = await createTestDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), 'tactful-app-'));
  const config: Config = {
    ...loadConfig({ DATABASE_URL: database.url, TACTFUL_ROLES: 'api', TACTFUL_PORT: '0', TACTFUL_SECRET: 'a-secret-of-thirty-two-characters!', TACTFUL_DATA_DIR: dataDir }),
    publicUrl: 'https://mail.voorbeeld.example',
    roles: [],
    ...overrides,
  };
  const clock = new SteppedClock(TEST_NOW);
  const running = { ...database.open, url: database.url, embedded: false, migrated: [], close: () => database.open.source.destroy() };
  const logger = new PinoLogger(process.env['TEST_LOG_LEVEL'] ?? 'silent');
  const http = await createHttpApplication({ config, clock, database: running, metrics: new Metrics() }, logger);
  await http.init();
  await http.getHttpAdapter().getInstance().ready();
  const key = await createTestKey(http);
  return {
    http,
    sql: database.sql,
    clock,
    config,
    url: database.url,
    key,
    get: (type) => http.get(type as Type, { strict: false }),
    request: async (method, path, options = {}) => {
      const authorization = options.key === null ? undefined : `Bearer ${options.key ?? key}`;
      const response = await http.inject({
        method,
        url: path,
        headers: { ...(authorization !== undefined && { authorization }), ...options.headers },
        ...(options.body !== undefined && { payload: options.body as object }),
      });
      const json = (response.headers['content-type'] ?? '').includes('json');
      return { status: response.statusCode, headers: response.headers, text: response.payload, body: json && response.payload !== '' ? JSON.parse(response.payload) : undefined };
    },
    close: async () => {
      await http.close();
      await database.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
