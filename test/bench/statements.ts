import type { Metrics } from '../../src/platform/metrics/metrics.js';

export interface Spent {
  readonly seconds: number;
  readonly count: number;
}

/** What the statements took so far, by name. */
export async function spent({ registry }: Metrics): Promise<Map<string, Spent>> {
  const metric = (await registry.getSingleMetric('tactful_sql_seconds')?.get())?.values ?? [];
  const of = (suffix: string): Map<string, number> => new Map(metric.flatMap((value) => ('metricName' in value && String(value.metricName).endsWith(suffix) ? [[String(value.labels['statement']), value.value] as const] : [])));
  const counts = of('_count');
  return new Map([...of('_sum')].map(([name, seconds]) => [name, { seconds, count: counts.get(name) ?? 0 }]));
}

/** Where the time of the statements went between two moments. */
export function slowest(before: ReadonlyMap<string, Spent>, after: ReadonlyMap<string, Spent>, most = 40): string[] {
  const since = [...after].map(([name, { seconds, count }]) => ({ name, seconds: seconds - (before.get(name)?.seconds ?? 0), count: count - (before.get(name)?.count ?? 0) }));
  const total = since.reduce((sum, { count }) => sum + count, 0);
  const lines = since.filter(({ count }) => count > 0).sort((left, right) => right.seconds - left.seconds).slice(0, most);
  return [`${total} statements`, ...lines.map(({ name, seconds, count }) => `${name}: ${seconds.toFixed(1)} s in ${count}, ${((1_000 * seconds) / count).toFixed(1)} ms each`)];
}
