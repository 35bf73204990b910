import type { INestApplicationContext } from '@nestjs/common';
import { CampaignsService } from '../../src/campaigns/campaigns.service.js';
import { SteeringService } from '../../src/campaigns/steering.service.js';
import { WriteKeysService } from '../../src/customers/ingest/write-keys.service.js';
import { writeKeyInput } from '../../src/customers/ingest/write-key-input.js';
import { DEFAULT_POLICIES } from '../../src/core/decision/policies.js';
import type { Rule, Scope } from '../../src/core/rule/rule.js';
import { PoliciesService } from '../../src/decisions/policies.service.js';
import { Secrets } from '../../src/platform/secrets.js';
import { Sql } from '../../src/platform/database/sql.js';
import { LiveService } from '../../src/segments/live/live.service.js';
import { SegmentsService } from '../../src/segments/segments.service.js';
import { populate } from '../chaos/population.js';

export interface BenchSegment {
  readonly key: string;
  readonly scope: Scope;
  readonly rule: Rule;
  /** Of segments that count one event: which, and how many make a member. Others are compared at the end only. */
  readonly counts?: { readonly event: string; readonly times: number };
}

const within = (days: number): { kind: 'last_days'; days: number } => ({ kind: 'last_days', days });
const did = (event: string, value: number, days: number): Rule => ({ kind: 'event', event, count: { operator: 'at_least', value }, within: within(days) });
const upTo = <T>(count: number, make: (number: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index + 1));

/** Fifty, of every family: counts over windows, with attributes, "not lately", accounts, buying groups. */
export const BENCH_SEGMENTS: readonly BenchSegment[] = [
  ...upTo(20, (n): BenchSegment => ({ key: `did-${n}`, scope: 'contact', rule: did(`Event ${n}`, 1, 7), counts: { event: `Event ${n}`, times: 1 } })),
  ...upTo(10, (n): BenchSegment => ({ key: `twice-${n}`, scope: 'contact', rule: { kind: 'all', conditions: [{ kind: 'attribute', attribute: 'country', operator: 'equals', value: 'NL' }, did(`Event ${n}`, 2, 30)] }, counts: { event: `Event ${n}`, times: 2 } })),
  ...upTo(5, (n): BenchSegment => ({ key: `reader-${n}`, scope: 'contact', rule: did('Page Viewed', 2 + n, 30), counts: { event: 'Page Viewed', times: 2 + n } })),
  ...upTo(5, (n): BenchSegment => ({ key: `browsing-${n}`, scope: 'contact', rule: { kind: 'all', conditions: [did('Product Viewed', n, 14), { kind: 'event', event: `Event ${n}`, count: { operator: 'at_most', value: 0 }, within: within(30) }] } })),
  ...upTo(5, (n): BenchSegment => ({ key: `of-firm-${n}`, scope: 'contact', rule: { kind: 'all', conditions: [did('Signed In', 1, 7), { kind: 'account', rule: { kind: 'attribute', attribute: 'employees', operator: 'at_least', value: n * 100 } }] } })),
  ...upTo(5, (n): BenchSegment => ({ key: `warm-${n}`, scope: 'account', rule: { kind: 'people', count: { operator: 'at_least', value: 2 }, rule: did(`Event ${n}`, 1, 7) } })),
];

/** People, fifty live segments, five campaigns that start when somebody comes into one of five of them. Gives the write key. */
export async function prepareLiveWorld(app: INestApplicationContext, contacts: number, now: Date): Promise<string> {
  const sql = app.get(Sql);
  await populate(sql, app.get(Secrets), contacts, now);
  await sql.exec('bench.users', `insert into identities (kind, value, contact_id) select 'user_id', 'u' || contact_id, contact_id from contacts`);
  await sql.exec('bench.firms', 'update accounts set employees = 1 + (account_id * 37) % 800');
  await sql.exec('bench.events', `insert into event_definitions (name, purposes) select name, '{*}' from unnest(array['Page Viewed', 'Product Viewed', 'Signed In'] || array(select 'Event ' || n from generate_series(1, 20) n)) name on conflict do nothing`);
  // The bench may run at night, and measures the way of a mail, not its restraint; the gate is asked all the same.
  const always = { from: '00:00', to: '24:00', closedWeekdays: [], publicHolidays: false };
  await app.get(PoliciesService, { strict: false }).replace({ ...DEFAULT_POLICIES, holdoutPercent: 0, duplicateContentDays: 0, accountCaps: { messages: null, people: null }, openHours: always }, 'bench', now);
  for (const { key, scope, rule } of BENCH_SEGMENTS) expectOk(await app.get(SegmentsService, { strict: false }).create({ key, name: key, scope, rule }, 'bench'));
  await app.get(LiveService, { strict: false }).settle();
  for (const n of [1, 2, 3, 4, 5]) {
    const definition = { audience: { segment: `did-${n}`, scope: 'contact' }, entry: { kind: 'segment_entered' }, purpose: 'newsletter', steps: [{ kind: 'send', template: 'newsletter' }] };
    expectOk(await app.get(CampaignsService, { strict: false }).create(`follow-${n}`, `Follow ${n}`, definition, 'bench'));
    expectOk(await app.get(SteeringService, { strict: false }).start(`follow-${n}`, 'bench'));
  }
  const made = await app.get(WriteKeysService, { strict: false }).create(writeKeyInput.parse({ source: 'bench', kind: 'server', purposes: ['newsletter'], noticeVersion: '1', eventsPerSecond: 100_000 }), 'bench');
  if (!made.ok) throw new Error(JSON.stringify(made.error));
  await sql.exec('bench.analyze', 'analyze');
  return made.value.key;
}

function expectOk(result: { readonly ok: boolean; readonly error?: unknown }): void {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
}
