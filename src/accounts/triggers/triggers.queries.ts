import { type Reach, reachParams, reachText } from '../../core/shared/reach.js';
import type { Sql } from '../../platform/database/sql.js';

export type TriggerRunState = 'active' | 'paused';

export interface TriggerRow {
  trigger_id: number;
  key: string;
  name: string;
  definition: unknown;
  state: TriggerRunState;
  active_since: Date;
  created_at: Date;
  updated_at: Date;
  updated_by: string;
  firings: number;
  last_fired_at: Date | null;
}

const TRIGGER = `select t.*, f.firings, f.last_fired_at from account_triggers t
  cross join lateral (select count(*)::int as firings, max(fired_at) as last_fired_at from account_trigger_firings f where f.trigger_id = t.trigger_id) f`;

export function listTriggers(sql: Sql): Promise<TriggerRow[]> {
  return sql.many<TriggerRow & Record<string, unknown>>('accountTriggers.list', `${TRIGGER} order by t.key`);
}

export function findTrigger(sql: Sql, key: string): Promise<TriggerRow | undefined> {
  return sql.maybe<TriggerRow & Record<string, unknown>>('accountTriggers.find', `${TRIGGER} where t.key = $1`, [key]);
}

export interface StoredTrigger {
  readonly key: string;
  readonly name: string;
  readonly definition: object;
  readonly by: string;
  readonly now: Date;
}

/** Undefined when the key is taken. */
export function insertTrigger(sql: Sql, { key, name, definition, by, now }: StoredTrigger): Promise<{ trigger_id: number } | undefined> {
  return sql.maybe(
    'accountTriggers.insert',
    `insert into account_triggers (key, name, definition, active_since, created_at, updated_at, updated_by) values ($1, $2, $3, $4, $4, $4, $5) on conflict (key) do nothing returning trigger_id`,
    [key, name, JSON.stringify(definition), now, by],
  );
}

/** What happened before the change fires nothing by the new definition. */
export async function updateTrigger(sql: Sql, { key, name, definition, by, now }: StoredTrigger): Promise<void> {
  await sql.exec('accountTriggers.update', `update account_triggers set name = $2, definition = $3, active_since = $4, updated_at = $4, updated_by = $5 where key = $1`, [key, name, JSON.stringify(definition), now, by]);
}

/** False when it is in this state already. */
export async function setState(sql: Sql, key: string, state: TriggerRunState, by: string, now: Date): Promise<boolean> {
  const rows = await sql.exec(
    'accountTriggers.setState',
    `update account_triggers set state = $2, active_since = case when $2 = 'active' then $4 else active_since end, updated_at = $4, updated_by = $3 where key = $1 and state <> $2`,
    [key, state, by, now],
  );
  return rows === 1;
}

export interface FiringRow {
  trigger_id: number;
  account_id: number;
  account_name: string;
  owner_email: string | null;
  fired_at: Date;
  people: number;
  rearms_at: Date;
  noticed_at: Date;
  task_id: number | null;
  task_state: string | null;
}

/** Newest first, before the given one. */
export function listFirings(sql: Sql, triggerId: number, accountId: number | null, reach: Reach, before: readonly [Date, number], limit: number): Promise<FiringRow[]> {
  return sql.many<FiringRow & Record<string, unknown>>(
    'accountTriggers.listFirings',
    `select f.trigger_id, f.account_id, a.name as account_name, u.email as owner_email, f.fired_at, f.people, f.rearms_at, f.noticed_at, f.task_id, t.state as task_state
       from account_trigger_firings f join accounts a using (account_id) left join users u on u.user_id = a.owner_id left join tasks t on t.task_id = f.task_id
      where f.trigger_id = $1 and ($2::bigint is null or f.account_id = $2) and (f.fired_at, f.account_id) < ($3, $4) and ${reachText('f.account_id', '$6', '$7')}
      order by f.fired_at desc, f.account_id desc limit $5`,
    [triggerId, accountId, before[0], before[1], limit, ...reachParams(reach)],
  );
}
