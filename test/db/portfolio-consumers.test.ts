import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { PortfolioPolicyService } from '../../src/accounts/portfolio/policy.service.js';
import { PortfolioRefreshService } from '../../src/accounts/portfolio/refresh.service.js';
import { DEFAULT_PORTFOLIO_POLICY } from '../../src/core/account/portfolio-policy.js';
import { importCrm } from '../support/accounts.js';
import { TEST_NOW, useApp } from '../support/app.js';

const DAY = 86_400_000;

interface Consumer {
  readonly id: string;
  /** Days since the last order. */
  readonly recency: number;
  readonly orders: number;
  readonly spent: number;
  readonly customerFor: number;
}

/** The real consumers: when they ordered last, how often, for how much, since when. */
async function consumers(): Promise<Consumer[]> {
  const people = new Map<string, Consumer>();
  for await (const row of createReadStream('test/support/data/consumers/marketing_campaign.csv').pipe(parse({ columns: true })) as AsyncIterable<Record<string, string>>) {
    const sum = (...columns: string[]): number => columns.reduce((total, column) => total + Number(row[column]), 0);
    const [day = '', month = '', year = ''] = row['Dt_Customer']!.split('/');
    people.set(row['ID']!, {
      id: row['ID']!,
      recency: Number(row['Recency']),
      orders: sum('NumWebPurchases', 'NumCatalogPurchases', 'NumStorePurchases'),
      spent: sum('MntWines', 'MntFruits', 'MntMeatProducts', 'MntFishProducts', 'MntSweetProducts', 'MntGoldProds'),
      customerFor: (Date.UTC(2014, 9, 1) - Date.UTC(Number(year), Number(month) - 1, Number(day))) / DAY,
    });
  }
  return [...people.values()];
}

const HOUR_MS = 3_600_000;

/** Orders as that person may have placed them: the last when the data says, the others evenly back to the first day, together worth what was spent. */
function ordersOf({ recency, orders, spent, customerFor }: Consumer): { at: Date; value: number }[] {
  const span = Math.max(customerFor - recency, 1);
  return Array.from({ length: orders }, (_, index) => ({ at: new Date(TEST_NOW.getTime() - HOUR_MS - (recency + (span * index) / Math.max(orders - 1, 1)) * DAY), value: spent / orders }));
}

describe('2,240 real consumers with their orders', () => {
  const app = useApp();
  let people: Consumer[] = [];

  beforeAll(async () => {
    people = await consumers();
    await app.sql.exec(
      'test.contacts',
      `insert into contacts (contact_id, bucket, created_at, updated_at) select n, bucket_of(n, null), $2, $2 from generate_series(1, $1::integer) n`,
      [people.length, TEST_NOW],
    );
    const events = people.flatMap((person, index) => ordersOf(person).map((order) => ({ contact: index + 1, ...order })));
    await app.sql.exec(
      'test.events',
      `insert into events (contact_id, occurred_at, idempotency_key, name, properties, source)
       select contact, at, n, 'Order Completed', jsonb_build_object('revenue', value), 'test' from unnest($1::bigint[], $2::timestamptz[], $3::numeric[]) with ordinality as e (contact, at, value, n)`,
      [events.map(({ contact }) => contact), events.map(({ at }) => at), events.map(({ value }) => value.toFixed(4))],
    );
    // Some are customers for more than the usual two years: all their orders count.
    await app.get(PortfolioPolicyService).replace({ ...DEFAULT_PORTFOLIO_POLICY, rfm: { ...DEFAULT_PORTFOLIO_POLICY.rfm, windowDays: 1_000 } }, 'test');
    await app.get(PortfolioRefreshService).refreshAll('test');
  });

  const rows = (columns: string) => app.sql.many<any>('test.rows', `select ${columns} from contacts order by contact_id`);

  it('are spread over the quintiles: a fifth each for money, where few are alike', async () => {
    const scores = await rows('rfm_recency as r, rfm_frequency as f, rfm_monetary as m');
    const scored = scores.filter(({ r }) => r !== null);
    expect(scored).toHaveLength(people.filter(({ orders }) => orders > 0).length);
    const sizes = (score: 'r' | 'f' | 'm') => [1, 2, 3, 4, 5].map((quintile) => scored.filter((row) => row[score] === quintile).length / scored.length);
    for (const size of sizes('m')) expect(size).toBeCloseTo(0.2, 1);
    for (const size of sizes('r')) expect(size).toBeCloseTo(0.2, 1);
    for (const size of sizes('f')) expect(size).toBeGreaterThan(0.1); // many have the same number of orders
  });

  it('have scores that follow what the data says of them: more recent, more often, more money is never a lower score', async () => {
    const scores = (await rows('rfm_recency as r, rfm_frequency as f, rfm_monetary as m, orders_count, orders_value')).map((row, index) => ({ ...row, ...people[index] })).filter(({ r }) => r !== null);
    for (const [measure, score, sign] of [['recency', 'r', -1], ['orders', 'f', 1], ['spent', 'm', 1]] as const) {
      const sorted = scores.toSorted((a, b) => sign * (a[measure] - b[measure]));
      for (let index = 1; index < sorted.length; index += 1) expect(sorted[index][score]).toBeGreaterThanOrEqual(sorted[index - 1][score]);
    }
    for (const row of scores) expect([row.orders_count, Math.round(row.orders_value)]).toEqual([row.orders, row.spent]);
  });

  it('have classes in which marketers find them again', async () => {
    const classed = (await rows('rfm_class as class')).map((row, index) => ({ ...row, ...people[index] }));
    const of = (name: string) => classed.filter((row) => row.class === name);
    const mean = (list: any[], measure: string): number => list.reduce<number>((sum, row) => sum + Number(row[measure]), 0) / list.length;
    for (const name of ['champions', 'loyal', 'at_risk', 'hibernating', 'lost']) expect(of(name).length).toBeGreaterThan(20);
    expect(mean(of('champions'), 'spent')).toBeGreaterThan(3 * mean(of('lost'), 'spent'));
    expect(mean(of('champions'), 'recency')).toBeLessThan(mean(of('at_risk'), 'recency'));
    expect(classed.filter((row) => row.class === null).every((row) => row.orders === 0)).toBe(true);
  });

  it('are prospects without orders and customers with them', async () => {
    const stages = (await rows('lifecycle_stage as stage')).map((row, index) => ({ ...row, ...people[index] }));
    expect(new Set(stages.filter(({ orders }) => orders === 0).map(({ stage }) => stage))).toEqual(new Set(['prospect']));
    expect(new Set(stages.filter(({ orders }) => orders > 0).map(({ stage }) => stage))).toEqual(new Set(['new_customer', 'loyal_customer']));
  });
});

describe('the accounts of a real sales pipeline', () => {
  const app = useApp();

  it('have the stage that their won opportunities say; most were won in 2017', async () => {
    await importCrm(app, ['users', 'accounts', 'opportunities']);
    const stages = async (): Promise<Record<string, number>> => {
      await app.get(PortfolioRefreshService).refreshAll('test');
      return Object.fromEntries((await app.sql.many<{ stage: string; count: number }>('test.stages', 'select lifecycle_stage as stage, count(*)::integer as count from accounts group by 1')).map(({ stage, count }) => [stage, count]));
    };
    app.clock.set(new Date('2018-01-01T00:00:00Z'));
    expect(await stages()).toEqual({ loyal_customer: 85 });
    app.clock.set(TEST_NOW);
    expect(await stages()).toEqual({ former_customer: 85 });
  });
});
