import { Logger } from '@nestjs/common';
import type { Config } from '../../src/platform/config/config.js';
import { Queues, type WakeUp } from '../../src/platform/queue/queues.js';
import { createTestDatabase } from '../support/database.js';
import { hasRedis, startRedis } from '../support/redis.js';

Logger.overrideLogger(false); // the failures below are on purpose

const backends = hasRedis ? ['PostgreSQL', 'Redis'] : ['PostgreSQL'];

describe.each(backends)('the queue on %s', (backend) => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let redis: Awaited<ReturnType<typeof startRedis>> | undefined;
  const opened: Queues[] = [];
  const open = (): Queues => {
    const queues = new Queues({ redisUrl: redis?.url } as Config, database.url);
    opened.push(queues);
    return queues;
  };

  beforeAll(async () => {
    database = await createTestDatabase();
    redis = backend === 'Redis' ? await startRedis() : undefined;
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((queues) => queues.beforeApplicationShutdown()));
  });
  afterAll(async () => {
    redis?.stop();
    await database.drop();
  });

  const until = async (condition: () => boolean): Promise<void> => {
    for (let waited = 0; !condition() && waited < 400; waited += 1) await new Promise((resolve) => setTimeout(resolve, 25));
    expect(condition()).toBe(true);
  };

  it('wakes a worker once for each batch', async () => {
    const seen: WakeUp[] = [];
    await open().consume('plan', 2, (job) => Promise.resolve(void seen.push(job)));
    await open().wake('plan', [[1, 2], [3]]);
    await until(() => seen.length === 2);
    expect(seen.map(({ buckets }) => buckets.join()).sort()).toEqual(['1,2', '3']);
  });

  it('does not pile up wake-ups for buckets that already wait, and takes them again afterwards', async () => {
    const queues = open();
    for (let tick = 0; tick < 5; tick += 1) await queues.wake('deliver', [[7]]);
    let runs = 0;
    await open().consume('deliver', 1, () => Promise.resolve(void (runs += 1)));
    await until(() => runs === 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(runs).toBe(1);
    await queues.wake('deliver', [[7]]);
    await until(() => runs === 2);
  });

  it('tries a job that failed again', async () => {
    let tries = 0;
    await open().consume('plan', 1, () => {
      tries += 1;
      return tries === 1 ? Promise.reject(new Error('the database was away')) : Promise.resolve();
    });
    await open().wake('plan', [[9]]);
    await until(() => tries === 2);
  });

  it('drains before it ends: a running job finishes', async () => {
    let [begun, finished] = [false, false];
    const worker = open();
    await worker.consume('plan', 1, async () => {
      begun = true;
      await new Promise((resolve) => setTimeout(resolve, 300));
      finished = true;
    });
    await open().wake('plan', [[11]]);
    await until(() => begun);
    await worker.beforeApplicationShutdown();
    expect(finished).toBe(true);
  });
});
