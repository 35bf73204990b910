import { type BeforeApplicationShutdown, Inject, Injectable, Logger } from '@nestjs/common';
import { createPostgresBackend, createRedisBackend, type JobsOptions, Queue, runMigrations, setDefaultBackendFactory, Worker } from 'bullmq';
import pg from 'pg';
import { CONFIG, type Config } from '../config/config.js';
import { DATABASE_URL } from '../database/tokens.js';

/** A job only wakes a worker: which buckets have work. The tables hold the truth, so a lost job loses nothing. */
export interface WakeUp {
  readonly buckets: readonly number[];
}

export type QueueName = 'plan' | 'deliver';

const JOB_OPTIONS: JobsOptions = { attempts: 5, backoff: { type: 'exponential', delay: 1_000 }, removeOnComplete: true, removeOnFail: { count: 100 } };

/** BullMQ on PostgreSQL, or on Redis where REDIS_URL is set. Queues are opened when first used. */
@Injectable()
export class Queues implements BeforeApplicationShutdown {
  private readonly logger = new Logger('queue');
  private readonly opened = new Map<QueueName, Queue<WakeUp>>();
  private readonly workers: Worker<WakeUp>[] = [];
  private ready: Promise<void> | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(DATABASE_URL) private readonly databaseUrl: string,
  ) {}

  /**
   * Adds wake-ups; one for the same buckets that still waits is not added again.
   * BullMQ: jobs with the id of a waiting job are ignored; removeOnComplete frees the id.
   */
  async wake(name: QueueName, batches: readonly (readonly number[])[]): Promise<void> {
    if (batches.length === 0) return;
    const queue = await this.queue(name);
    await queue.addBulk(batches.map((buckets) => ({ name, data: { buckets }, opts: { ...JOB_OPTIONS, deduplication: { id: `${name}:${buckets.join('.')}` } } })));
  }

  /** How many wake-ups no worker has taken yet. */
  async waiting(name: QueueName): Promise<number> {
    return (await this.queue(name)).getWaitingCount();
  }

  /** Works off a queue until shutdown, which waits for the running jobs. */
  async consume(name: QueueName, concurrency: number, work: (job: WakeUp) => Promise<void>): Promise<void> {
    await this.prepare();
    const worker = new Worker<WakeUp>(name, (job) => work(job.data), { connection: this.connection(), concurrency });
    worker.on('error', (error) => this.logger.warn(`${name}: ${error.message}`));
    worker.on('failed', (_, error) => this.logger.error(error, `${name} job failed, it will be tried again`));
    this.workers.push(worker);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.close()));
    await Promise.all([...this.opened.values()].map((queue) => queue.close()));
  }

  private async queue(name: QueueName): Promise<Queue<WakeUp>> {
    await this.prepare();
    let queue = this.opened.get(name);
    if (!queue) {
      queue = new Queue<WakeUp>(name, { connection: this.connection() });
      queue.on('error', (error) => this.logger.warn(`${name}: ${error.message}`));
      this.opened.set(name, queue);
    }
    return queue;
  }

  private prepare(): Promise<void> {
    this.ready ??= this.config.redisUrl === undefined ? this.preparePostgres() : Promise.resolve(setDefaultBackendFactory(createRedisBackend));
    this.ready.catch(() => (this.ready = undefined)); // a database that was away is tried again
    return this.ready;
  }

  private async preparePostgres(): Promise<void> {
    setDefaultBackendFactory(createPostgresBackend);
    const client = new pg.Client({ connectionString: this.databaseUrl });
    await client.connect();
    try {
      await runMigrations(client);
    } finally {
      await client.end();
    }
  }

  private connection(): object {
    // Each queue and worker has a pool of its own (plus a LISTEN connection per worker): keep it small.
    return this.config.redisUrl === undefined ? { connectionString: this.databaseUrl, max: 4 } : { url: this.config.redisUrl };
  }
}
