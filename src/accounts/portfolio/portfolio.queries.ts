import type { PortfolioPolicy } from '../../core/account/portfolio-policy.js';
import type { StageRules } from '../../core/account/stage.js';
import type { Cuts } from '../../core/insight/rfm.js';
import { compileOrders } from '../../core/insight/compile-orders.js';
import { Parameters } from '../../core/rule/parameters.js';
import type { Sql } from '../../platform/database/sql.js';

/** Where the quintiles begin, of everybody who ordered within the window. Moments as milliseconds since 1970. */
export interface RfmCuts {
  readonly recency: Cuts;
  readonly frequency: Cuts;
  readonly monetary: Cuts;
}

/** Which contacts: a stretch of ids, from (out) and to (in), or a list. */
export type Extent = { readonly after: number; readonly upTo: number } | { readonly contactIds: readonly number[] };

const MILLISECONDS = (moment: string): string => `floor(extract(epoch from ${moment}) * 1000)`;

/** Orders of events that are still there. What lies before the closed moment was added to order_residues when it went. */
function orders(policy: PortfolioPolicy, now: string, params: Parameters, within: string): string {
  return compileOrders(policy.orders, params, `and e.occurred_at <= ${now} and e.occurred_at >= (select closed_before from event_history) ${within}`);
}

/**
 * The cuts of the three scores over all orders of the window. A value with L people below it and E at it is in quintile ⌊5 · (2L + E) / 2n⌋ + 1, as in
 * core/insight/rfm.ts; a property test holds both together.
 */
export async function readCuts(sql: Sql, policy: PortfolioPolicy, now: Date): Promise<RfmCuts> {
  const params = new Parameters();
  const moment = params.add(now, 'timestamptz');
  const since = `and e.occurred_at > ${moment} - make_interval(days => ${params.add(policy.rfm.windowDays, 'integer')})`;
  const rows = await sql.many<{ measure: keyof RfmCuts; quintile: number; cut: number }>(
    'portfolio.readCuts',
    `with people as (
       select ${MILLISECONDS('max(occurred_at)')} as recency, count(*)::numeric as frequency, round(sum(value), 2) as monetary from (${orders(policy, moment, params, since)}) o group by contact_id
     ), counts as (
       select measure, value, count(*) as people from people cross join lateral (values ('recency', recency), ('frequency', frequency), ('monetary', monetary)) as m (measure, value) group by 1, 2
     ), placed as (
       select measure, value, 5 * (2 * coalesce(sum(people) over (partition by measure order by value rows between unbounded preceding and 1 preceding), 0) + people)
                              / (2 * sum(people) over (partition by measure)) as fifths from counts
     )
     select measure, quintile, min(value) as cut from placed cross join generate_series(2, 5) as q (quintile) where floor(fifths) + 1 >= quintile group by 1, 2`,
    params.values,
  );
  const cuts = (measure: keyof RfmCuts): Cuts => [2, 3, 4, 5].map((quintile) => rows.find((row) => row.measure === measure && row.quintile === quintile)?.cut ?? null) as unknown as Cuts;
  return { recency: cuts('recency'), frequency: cuts('frequency'), monetary: cuts('monetary') };
}

function quintile(value: string, cuts: Cuts, params: Parameters): string {
  const steps = cuts.flatMap((cut) => (cut === null ? [] : [`(${value} >= ${params.add(cut, 'numeric')})::integer`]));
  return `case when ${value} is not null then ${[1, ...steps].join(' + ')} end`;
}

function rfmClass({ rfm: { classes } }: PortfolioPolicy, params: Parameters): string {
  const between = (column: string, [from, to]: readonly [number, number]): string => `${column} between ${params.add(from, 'integer')} and ${params.add(to, 'integer')}`;
  const cases = classes.map(({ name, recency, frequency, monetary }) => `when ${between('r', recency)} and ${between('f', frequency)} and ${between('m', monetary)} then ${params.add(name, 'text')}`);
  return `case ${cases.join(' ')} end`;
}

/** The cases of core's deriveStage. Without orders: `count` is null or 0. */
function stageCase(rules: StageRules, now: string, params: Parameters, columns: { accountStage?: string; interest: string; openOpportunity: string }): string {
  const daysAgo = (days: number): string => `${now} - make_interval(days => ${params.add(days, 'integer')})`;
  const account = columns.accountStage;
  return `case
    when order_count > 0 then case
      when last_order < ${daysAgo(rules.formerCustomer.noOrderForDays)} then 'former_customer'
      when recent_orders >= ${params.add(rules.loyalCustomer.minOrders, 'integer')} then 'loyal_customer'
      when order_count <= ${params.add(rules.newCustomer.maxOrders, 'integer')} or first_order >= ${daysAgo(rules.newCustomer.firstOrderWithinDays)} then 'new_customer'
      else ${params.add(rules.otherwise, 'text')} end
    ${account === undefined ? '' : `when ${account} in ('new_customer', 'loyal_customer', 'former_customer') then ${account}`}
    when ${columns.interest} ${rules.lead.openOpportunity ? `or ${columns.openOpportunity}` : ''} then 'lead'
    else 'prospect' end`;
}

/** A stage that was given stays: only what was derived before, or nothing, gives way. */
const BECOMES = (row: string, derived: string): string => `case when ${row}.lifecycle_stage is null or ${row}.lifecycle_stage = ${row}.derived_stage then ${derived} else ${row}.lifecycle_stage end`;

/** Every account with its derived stage: account_id, derived. */
function derivedAccounts({ accounts: rules }: PortfolioPolicy, now: string, params: Parameters): string {
  const recent = `closed_on >= ${now} - make_interval(days => ${params.add(rules.loyalCustomer.withinDays, 'integer')})`;
  return `select account_id, ${stageCase(rules, now, params, { interest: 'interested', openOpportunity: 'open_opportunities > 0' })} as derived
    from (
      select a.account_id, a.open_opportunities, w.*, i.account_id is not null as interested from accounts a
      left join (
        select account_id as won_by, count(*) as order_count, min(closed_on)::timestamptz as first_order, max(closed_on)::timestamptz as last_order, count(*) filter (where ${recent}) as recent_orders
        from opportunities where stage = 'won' and account_id is not null and closed_on <= ${now} group by account_id
      ) w on w.won_by = a.account_id
      left join (
        select distinct c.account_id from events e join contacts c using (contact_id)
        where e.name = any(${params.add(rules.lead.events, 'text[]')}) and e.occurred_at <= ${now}
          and e.occurred_at > ${now} - make_interval(days => ${params.add(rules.lead.withinDays, 'integer')}) and c.account_id is not null
      ) i on i.account_id = a.account_id
    ) facts`;
}

interface Compiled {
  readonly text: string;
  readonly params: Parameters;
  readonly now: string;
}

/** Every contact of the extent with what it becomes. `accounts` is a relation of (account_id, open_opportunities, lifecycle_stage). */
function derivedContacts(policy: PortfolioPolicy, cuts: RfmCuts, extent: Extent | undefined, accounts: string, { params, now }: Omit<Compiled, 'text'>): string {
  const rules = policy.contacts;
  const bounds = extentOf(extent, params);
  const ago = (days: number): string => `${now} - make_interval(days => ${params.add(days, 'integer')})`;
  const inWindow = `filter (where occurred_at > ${ago(policy.rfm.windowDays)})`;
  return `select contact_id, order_count::integer, order_value, first_order, last_order, r, f, m, ${rfmClass(policy, params)} as class, derived
    from (
      select *, ${quintile('recency', cuts.recency, params)} as r, ${quintile('frequency', cuts.frequency, params)} as f, ${quintile('monetary', cuts.monetary, params)} as m,
        ${stageCase(rules, now, params, { accountStage: 'account_stage', interest: 'interested', openOpportunity: 'open_opportunities > 0' })} as derived
      from (
        select c.contact_id, coalesce(o.raw_count, 0) + coalesce(kept.orders, 0) as order_count, coalesce(o.raw_value, 0) + coalesce(kept.value, 0) as order_value,
          least(o.raw_first, kept.first_at) as first_order, greatest(o.raw_last, kept.last_at) as last_order, o.recent_orders, o.recency, o.frequency, o.monetary,
          i.interested_id is not null as interested, a.lifecycle_stage as account_stage, a.open_opportunities
        from contacts c
        left join (
          select r.contact_id as kept_by, sum(r.orders) as orders, sum(r.value) as value, min(r.first_at) as first_at, max(r.last_at) as last_at from order_residues r where true ${bounds('r')} group by 1
        ) kept on kept.kept_by = c.contact_id
        left join (
          select contact_id as ordered_by, count(*) as raw_count, round(sum(value), 2) as raw_value, min(occurred_at) as raw_first, max(occurred_at) as raw_last,
            count(*) filter (where occurred_at >= ${ago(rules.loyalCustomer.withinDays)}) as recent_orders,
            ${MILLISECONDS(`(max(occurred_at) ${inWindow})`)} as recency, nullif(count(*) ${inWindow}, 0) as frequency, round(sum(value) ${inWindow}, 2) as monetary
          from (${orders(policy, now, params, bounds('e'))}) o group by contact_id
        ) o on o.ordered_by = c.contact_id
        left join (
          select distinct e.contact_id as interested_id from events e
          where e.name = any(${params.add(rules.lead.events, 'text[]')}) and e.occurred_at <= ${now} and e.occurred_at > ${ago(rules.lead.withinDays)} ${bounds('e')}
        ) i on i.interested_id = c.contact_id
        left join ${accounts} a on a.account_id = c.account_id
        where true ${bounds('c')}
      ) facts
    ) scored`;
}

function extentOf(extent: Extent | undefined, params: Parameters): (row: string) => string {
  if (extent === undefined) return () => '';
  if ('contactIds' in extent) {
    const ids = params.add(extent.contactIds, 'bigint[]');
    return (row) => `and ${row}.contact_id = any(${ids})`;
  }
  const [after, upTo] = [params.add(extent.after, 'bigint'), params.add(extent.upTo, 'bigint')];
  return (row) => `and ${row}.contact_id > ${after} and ${row}.contact_id <= ${upTo}`;
}

function begin(now: Date): Omit<Compiled, 'text'> {
  const params = new Parameters();
  return { params, now: params.add(now, 'timestamptz') };
}

/** Writes what differs; gives how many contacts. */
export function refreshContacts(sql: Sql, policy: PortfolioPolicy, cuts: RfmCuts, extent: Extent, now: Date): Promise<number> {
  const start = begin(now);
  const stage = BECOMES('c', 'd.derived');
  const text = `update contacts c set orders_count = d.order_count, orders_value = d.order_value, first_order_at = d.first_order, last_order_at = d.last_order,
      rfm_recency = d.r, rfm_frequency = d.f, rfm_monetary = d.m, rfm_class = d.class, derived_stage = d.derived, lifecycle_stage = ${stage}
    from (${derivedContacts(policy, cuts, extent, 'accounts', start)}) d
    where c.contact_id = d.contact_id
      and (c.orders_count, c.orders_value, c.first_order_at, c.last_order_at, c.rfm_recency, c.rfm_frequency, c.rfm_monetary, c.rfm_class, c.derived_stage, c.lifecycle_stage)
        is distinct from (d.order_count, d.order_value, d.first_order, d.last_order, d.r::smallint, d.f::smallint, d.m::smallint, d.class, d.derived, ${stage})`;
  return sql.exec('portfolio.refreshContacts', text, start.params.values);
}

/** Writes what differs; gives how many accounts. */
export function refreshAccounts(sql: Sql, policy: PortfolioPolicy, now: Date): Promise<number> {
  const { params, now: moment } = begin(now);
  const stage = BECOMES('a', 'd.derived');
  return sql.exec(
    'portfolio.refreshAccounts',
    `update accounts a set derived_stage = d.derived, lifecycle_stage = ${stage} from (${derivedAccounts(policy, moment, params)}) d
     where a.account_id = d.account_id and (a.derived_stage, a.lifecycle_stage) is distinct from (d.derived, ${stage})`,
    params.values,
  );
}

export interface Change {
  what: 'contact_stage' | 'contact_rfm_class' | 'account_stage';
  from: string | null;
  to: string | null;
  count: number;
}

/** What a refresh under this policy would change: how many from what to what. Writes nothing. */
export function previewChanges(sql: Sql, policy: PortfolioPolicy, cuts: RfmCuts, now: Date): Promise<Change[]> {
  const start = begin(now);
  const accounts = derivedAccounts(policy, start.now, start.params);
  const accountRows = `select a.account_id, a.open_opportunities, a.lifecycle_stage as old_stage, ${BECOMES('a', 'd.derived')} as lifecycle_stage from accounts a join (${accounts}) d using (account_id)`;
  return sql.many<Change>(
    'portfolio.previewChanges',
    `with account_rows as materialized (${accountRows}),
       contact_rows as (
         select c.lifecycle_stage as old_stage, ${BECOMES('c', 'd.derived')} as new_stage, c.rfm_class as old_class, d.class as new_class
         from contacts c join (${derivedContacts(policy, cuts, undefined, 'account_rows', start)}) d using (contact_id)
       ), changes as (
         select 'contact_stage' as what, old_stage as "from", new_stage as "to", count(*) from contact_rows where old_stage is distinct from new_stage group by 2, 3
         union all
         select 'contact_rfm_class', old_class, new_class, count(*) from contact_rows where old_class is distinct from new_class group by 2, 3
         union all
         select 'account_stage', old_stage, lifecycle_stage, count(*) from account_rows where old_stage is distinct from lifecycle_stage group by 2, 3
       )
     select * from changes order by what, count desc, "from", "to"`,
    start.params.values,
  );
}

/** The last id of the next stretch of contacts; undefined at the end. */
export async function stretchEnd(sql: Sql, after: number, people: number): Promise<number | undefined> {
  const row = await sql.one<{ last: number | null }>('portfolio.stretchEnd', 'select max(contact_id) as last from (select contact_id from contacts where contact_id > $1 order by contact_id limit $2) stretch', [after, people]);
  return row.last ?? undefined;
}

/** Who did one of these in what was received from `from` (in) to `to` (out). */
export async function listActive(sql: Sql, names: readonly string[], from: number, to: number): Promise<number[]> {
  const rows = await sql.many<{ contact_id: number }>('portfolio.listActive', 'select distinct contact_id from events where name = any($1) and received_xid >= $2 and received_xid < $3 order by contact_id', [names, from, to]);
  return rows.map((row) => row.contact_id);
}
