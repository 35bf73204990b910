import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { INestApplicationContext } from '@nestjs/common';
import { createApplicationContext, startPlatform } from '../../src/application.js';
import { SteppedClock } from '../../src/platform/clock/clock.js';
import { loadConfig } from '../../src/platform/config/config.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/platform/database/embedded-postgres.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { PinoLogger } from '../../src/platform/logging/pino-logger.js';
import { TEST_NOW } from '../support/app.js';
import { CampaignWorld, DAY } from '../support/campaign-world.js';

/** A whole process's work on a database of its own, which can be killed without harm to other tests. */
class RunningTactful {
  private constructor(
    readonly database: EmbeddedPostgres,
    readonly app: INestApplicationContext,
    readonly sql: Sql,
    readonly clock: SteppedClock,
    readonly log: () => string[],
    private readonly dataDir: string,
  ) {}

  static async start(): Promise<RunningTactful> {
    const dataDir = mkdtempSync(join(tmpdir(), 'tactful-scheduler-'));
    chmodSync(dataDir, 0o755);
    const database = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } }); // it is killed; the machine is not
    const env = { DATABASE_URL: database.url, TACTFUL_DATA_DIR: dataDir, TACTFUL_ROLES: 'worker,scheduler', TACTFUL_BATCH_SIZE: '20', TACTFUL_LEASE_SECONDS: '5', TACTFUL_SECRET: 'a-secret-of-thirty-two-characters!' };
    const lines: string[] = [];
    const destination = new PassThrough();
    destination.on('data', (chunk: Buffer) => lines.push(...chunk.toString().split('\n').filter((line) => line !== '')));
    const logger = new PinoLogger('info', destination);
    const clock = new SteppedClock(TEST_NOW);
    const platform = await startPlatform(loadConfig(env), logger, clock);
    const app = await createApplicationContext(platform, logger);
    return new RunningTactful(database, app, platform.database.sql, clock, () => lines, dataDir);
  }

  get world(): CampaignWorld {
    return new CampaignWorld({ sql: this.sql, clock: this.clock, get: (type) => this.app.get(type as never, { strict: false }) });
  }

  count(text: string): Promise<number> {
    return this.sql.one<{ count: number }>('test.count', `select count(*) as count from ${text}`).then(({ count }) => count);
  }

  async until(condition: () => Promise<boolean>, seconds = 90): Promise<void> {
    const deadline = Date.now() + seconds * 1_000;
    while (!(await condition().catch(() => false))) {
      if (Date.now() > deadline) throw new Error(`Not within ${seconds} s. The log:\n${this.log().slice(-20).join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async end(): Promise<void> {
    await this.app.close();
    await this.database.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

describe('the scheduler and its workers', () => {
  let running: RunningTactful;
  beforeAll(async () => {
    running = await RunningTactful.start();
    await running.world.prepare();
    await running.world.people(150);
  });
  afterAll(async () => {
    await running.end();
  });

  it('run a campaign by themselves, from start to finish, over its waits', async () => {
    const { world, clock } = running;
    await world.started('by-itself', { steps: [{ kind: 'send', template: 'june' }, { kind: 'wait', days: 2 }, { kind: 'send', template: 'reminder' }] });
    await running.until(async () => (await running.count(`messages where state = 'sent'`)) === 150);
    clock.advance(2 * DAY);
    await running.until(async () => (await world.state('by-itself')).state === 'finished');
    expect(await world.report('by-itself')).toMatchObject({ audience: 150, messages: 300, sent: 300 });
    expect(await running.count('mailbox_mails')).toBe(300);
  });

  it('find the work again when every job was lost', async () => {
    const { world, clock, sql } = running;
    clock.advance(14 * DAY);
    await world.started('lost-jobs');
    await running.until(async () => (await running.count(`messages m join campaigns c using (campaign_id) where c.key = 'lost-jobs'`)) > 0);
    await sql.exec('test.lose', 'truncate bullmq.job, bullmq.dedup, bullmq.dedup_next cascade');
    await running.until(async () => (await world.state('lost-jobs')).state === 'finished');
    expect(await world.report('lost-jobs')).toMatchObject({ audience: 150, messages: 150, sent: 150 });
  });

  it('live through a database that is killed in the middle, say so in few lines, lose nothing and double nothing', async () => {
    const { world, clock, database } = running;
    clock.advance(14 * DAY);
    const before = await running.count('mailbox_mails');
    const lines = running.log().length;
    await world.started('killed');
    await running.until(async () => (await running.count(`messages m join campaigns c using (campaign_id) where c.key = 'killed'`)) > 0);
    process.kill(database.pid, 'SIGKILL');
    const complaints = (): string[] => running.log().slice(lines).filter((line) => line.includes('"context":"scheduler"')).map((line) => (JSON.parse(line) as { msg: string }).msg);
    await running.until(() => Promise.resolve(['entering campaigns', 'planning wake-ups', 'finding due mail'].every((work) => complaints().some((complaint) => complaint.includes(work)))));
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(complaints()).toEqual([...new Set(complaints())]); // each recurring work says it once, not every second
    expect(running.log().slice(lines).length).toBeLessThan(45);
    while (!(await database.revive().catch(() => false))) await new Promise((resolve) => setTimeout(resolve, 200));

    await running.until(async () => (await world.state('killed')).state === 'finished');
    const report = await world.report('killed');
    expect(report).toMatchObject({ audience: 150, messages: 150, enrollments: { active: 0, done: 150 } });
    // What was between "handed over" and "recorded" when the database died is uncertain: listed, never sent twice.
    expect(report.sent + report.uncertain).toBe(150);
    const mails = (await running.count('mailbox_mails')) - before;
    expect(mails).toBeGreaterThanOrEqual(report.sent);
    expect(mails).toBeLessThanOrEqual(150);
    expect(await running.count(`(select from mailbox_mails where mail_id > ${before} group by envelope_to having count(*) > 1) doubled`)).toBe(0);
    expect(running.log().join('\n')).toContain('works again');
  });
});
