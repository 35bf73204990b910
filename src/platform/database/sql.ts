import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { arrayText } from './array-text.js';

type Row = pg.QueryResultRow;

// bigint and numeric as numbers (ids and amounts stay below 2^53), dates as 'YYYY-MM-DD' text: a date has no zone.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);
pg.types.setTypeParser(pg.types.builtins.NUMERIC, Number);
pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);

/** `broken`: why the connection cannot be used again. */
type Done<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown; readonly broken: Error | undefined };

/** How many statements ran, by label: the benchmark's statements per message, and /metrics. */
export type StatementObserver = (name: string, milliseconds: number) => void;

/**
 * Runs named SQL. The name is a label for logs and metrics; values are always parameters.
 * Inside `transaction` the work gets an Sql bound to one connection; a nested call joins the outer transaction.
 */
export class Sql {
  constructor(
    private readonly pool: pg.Pool,
    private readonly client?: pg.PoolClient,
    private readonly observe?: StatementObserver,
  ) {}

  async many<T extends Row>(name: string, text: string, params: readonly unknown[] = []): Promise<T[]> {
    return (await this.run<T>(name, text, params)).rows;
  }

  async maybe<T extends Row>(name: string, text: string, params: readonly unknown[] = []): Promise<T | undefined> {
    return (await this.run<T>(name, text, params)).rows[0];
  }

  async one<T extends Row>(name: string, text: string, params: readonly unknown[] = []): Promise<T> {
    const row = await this.maybe<T>(name, text, params);
    if (!row) throw new Error(`${name}: expected a row, got none`);
    return row;
  }

  /**
   * Like many, for short statements that run often with the same text: each connection parses it once and may keep its plan, which is a third of what the
   * database does for a small batch. Only where one plan is right for every value: a kept plan expects ten members of a list, so a join of two lists of
   * hundreds is not for it. A plan made while a table was empty lasts half a minute at most.
   */
  async manyKept<T extends Row>(name: string, text: string, params: readonly unknown[] = []): Promise<T[]> {
    return (await this.runKept<T>(name, text, params)).rows;
  }

  /** About so many people: few with a plan that is kept, for whom making one is most of the work; for more one that counts them. */
  manyOf<T extends Row>(people: number, name: string, text: string, params: readonly unknown[] = []): Promise<T[]> {
    return people <= FEW ? this.manyKept<T>(name, text, params) : this.many<T>(name, text, params);
  }

  /** Like exec, under the same terms as manyKept. */
  async execKept(name: string, text: string, params: readonly unknown[] = []): Promise<number> {
    return (await this.runKept(name, text, params)).rowCount ?? 0;
  }

  /** Runs a statement and gives the number of rows it touched. */
  async exec(name: string, text: string, params: readonly unknown[] = []): Promise<number> {
    return (await this.run(name, text, params)).rowCount ?? 0;
  }

  async transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    if (this.client) return work(this);
    return this.onOneConnection(async (client) => {
      try {
        await client.query('begin');
        const value = await work(new Sql(this.pool, client, this.observe));
        await client.query('commit');
        return { ok: true, value };
      } catch (error) {
        return { ok: false, error, broken: await client.query('rollback').then(() => undefined, asError) };
      }
    });
  }

  /** Streams rows into `copy … from stdin`; needs a transaction's connection only if the table is temporary. */
  async copyFrom(name: string, text: string, rows: Readable | AsyncIterable<string | Buffer>): Promise<void> {
    const started = performance.now();
    const client = this.client ?? (await this.pool.connect());
    try {
      await pipeline(rows, client.query(copyFrom(text)));
    } finally {
      if (!this.client) client.release();
      this.observe?.(name, performance.now() - started);
    }
  }

  private async runKept<T extends Row>(name: string, text: string, params: readonly unknown[]): Promise<pg.QueryResult<T>> {
    if (this.client) {
      await renewPlans(this.client);
      return this.run<T>(name, text, params, keptName(text));
    }
    return this.onOneConnection(async (client) => {
      try {
        return { ok: true, value: await new Sql(this.pool, client, this.observe).runKept<T>(name, text, params) };
      } catch (error) {
        return { ok: false, error, broken: asError(error) }; // as the pool does: after an error a connection is not used again
      }
    });
  }

  private async onOneConnection<T>(work: (client: pg.PoolClient) => Promise<Done<T>>): Promise<T> {
    const client = await this.pool.connect();
    const lost = (): void => undefined; // without a listener a connection lost between two statements would end the process
    client.on('error', lost);
    const done = await work(client);
    client.off('error', lost);
    client.release(done.ok ? undefined : done.broken);
    if (!done.ok) throw done.error;
    return done.value;
  }

  private async run<T extends Row>(name: string, text: string, params: readonly unknown[], keptAs?: string): Promise<pg.QueryResult<T>> {
    const started = performance.now();
    try {
      return await (this.client ?? this.pool).query<T>({ text, values: params.map(prepared), ...(keptAs !== undefined && { name: keptAs }) });
    } catch (error) {
      if (error instanceof Error) Object.assign(error, { statement: name });
      throw error;
    } finally {
      this.observe?.(name, performance.now() - started);
    }
  }
}

const FEW = 50;

/** So old a kept plan may be: tables grow, and nobody tells the plans before statistics are made anew. */
const PLANS_MS = 30_000;
const renewedAt = new WeakMap<pg.PoolClient, number>();

async function renewPlans(client: pg.PoolClient): Promise<void> {
  const now = performance.now();
  const last = renewedAt.get(client);
  if (last !== undefined && now - last < PLANS_MS) return;
  renewedAt.set(client, now);
  if (last !== undefined) await client.query('discard plans');
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

const keptNames = new Map<string, string>();

/** The texts are those of the code, so they are few. */
function keptName(text: string): string {
  let name = keptNames.get(text);
  if (name === undefined) {
    name = `kept_${createHash('sha256').update(text).digest('base64url')}`;
    keptNames.set(text, name);
  }
  return name;
}

function prepared(param: unknown): unknown {
  return Array.isArray(param) ? (arrayText(param) ?? param) : param;
}
