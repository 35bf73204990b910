import { ROLE_LOCAL_PARTS } from '../../src/core/decision/gates/suppression.js';
import type { Scope } from '../../src/core/rule/rule.js';
import { drawOf } from '../../src/core/rule/sample.js';

export interface BenchRule {
  readonly name: string;
  readonly scope: Scope;
  readonly rule: unknown;
  /** The fastest SQL we could write by hand for the same question; its one column is called id. */
  readonly hand: string;
}

const is = (attribute: string, operator: string, rest: object = {}) => ({ kind: 'attribute', attribute, operator, ...rest });
const all = (...conditions: object[]) => ({ kind: 'all', conditions });
const any = (...conditions: object[]) => ({ kind: 'any', conditions });
const not = (condition: object) => ({ kind: 'not', condition });
const did = (event: string, times: number, days?: number, where?: object[]) => ({ kind: 'event', event, count: { operator: 'at_least', value: times }, ...(days !== undefined && { within: { kind: 'last_days', days } }), ...(where && { where }) });
const people = (times: number, role: string | undefined, rule: object) => ({ kind: 'people', count: { operator: 'at_least', value: times }, ...(role !== undefined && { role }), rule });

/** Segments that other rules use. */
export const BENCH_SEGMENTS = [
  { key: 'warm', name: 'Warm', scope: 'contact', rule: all(is('lifecycle_stage', 'equals', { value: 'lead' }), did('Pricing Viewed', 1, 60)) },
  { key: 'buyers', name: 'Buyers', scope: 'contact', rule: did('Order Completed', 1) },
] as const;

const ROLE_LOCAL_PARTS_SQL = [...ROLE_LOCAL_PARTS].map((part) => `'${part}'`).join(', ');
/** Folded by hand too: item by item with jsonb_array_elements takes four times as long. */
const INTERESTS = `case when jsonb_typeof(attributes -> 'interests') = 'array' then fold_text(attributes ->> 'interests')::jsonb end`;
const LOT = drawOf({ kind: 'sample', percent: 10, seed: 'bench' }, 'contact').seed;
const NOW = `timestamptz '2026-09-15T12:00:00Z'`;

/** Rules that cover every operator family. */
export const BENCH_RULES: readonly BenchRule[] = [
  {
    name: 'text equals, in, not set',
    scope: 'contact',
    rule: all(is('lifecycle_stage', 'equals', { value: 'lead' }), is('country', 'in', { value: ['DE', 'FR', 'IT'] }), is('phone', 'not_set')),
    hand: `select contact_id as id from contacts where lifecycle_stage = 'lead' and country in ('DE', 'FR', 'IT') and (phone is null or phone = '')`,
  },
  {
    name: 'text contains, starts with',
    scope: 'contact',
    rule: all(is('job_title', 'contains', { value: 'MARKETING' }), is('first_name', 'starts_with', { value: 'fírst12' })),
    hand: `select contact_id as id from contacts where fold_text(job_title) like '%marketing%' and fold_text(first_name) like 'first12%'`,
  },
  {
    name: 'own attributes: equals, number range, boolean',
    scope: 'contact',
    rule: all(is('plan', 'in', { value: ['Enterprise', 'team'] }), is('score', 'at_least', { value: 900 }), is('vip', 'not_equals', { value: true })),
    hand: `select contact_id as id from contacts where fold_text(attributes ->> 'plan') in ('enterprise', 'team') and (attributes ->> 'score')::numeric >= 900 and not attributes @> '{"vip":true}'`,
  },
  {
    name: 'own attributes: list contains',
    scope: 'contact',
    rule: all(is('interests', 'list_contains', { value: 'topic7' }), is('interests', 'list_contains', { value: 'topic11' })),
    hand: `select contact_id as id from contacts where ${INTERESTS} ?& array['topic7', 'topic11']`,
  },
  {
    name: 'relative dates',
    scope: 'contact',
    rule: all(is('created_at', 'more_than_days_ago', { days: 365 }), is('renewal', 'in_next_days', { days: 30 }), is('birth_date', 'between', { from: '1970-01-01', to: '1990-01-01' })),
    hand: `select contact_id as id from contacts where created_at < ${NOW} - interval '365 days' and attributes ->> 'renewal' > '2026-09-15' and attributes ->> 'renewal' <= '2026-10-15' and birth_date >= '1970-01-01' and birth_date < '1990-01-01'`,
  },
  {
    name: 'lead, twice on pricing in 30 days, never bought',
    scope: 'contact',
    rule: all(is('lifecycle_stage', 'equals', { value: 'lead' }), is('country', 'in', { value: ['NL', 'BE', 'DE'] }), did('Pricing Viewed', 2, 30), not(did('Order Completed', 1))),
    hand: `with keen as materialized (select contact_id from events where name = 'Pricing Viewed' and occurred_at >= ${NOW} - interval '30 days' and occurred_at <= ${NOW} group by contact_id having count(*) >= 2)
      select contact_id as id from contacts c join keen using (contact_id) where lifecycle_stage = 'lead' and country in ('NL', 'BE', 'DE')
      and not exists (select from events e where e.contact_id = c.contact_id and e.name = 'Order Completed' and e.occurred_at <= ${NOW})`,
  },
  {
    name: 'event with property filters',
    scope: 'contact',
    rule: did('Order Completed', 1, 90, [{ property: 'amount', operator: 'greater_than', value: 800 }, { property: 'page', operator: 'not_equals', value: 'page1' }]),
    hand: `select distinct contact_id as id from events where name = 'Order Completed' and occurred_at >= ${NOW} - interval '90 days' and occurred_at <= ${NOW} and (properties ->> 'amount')::numeric > 800 and fold_text(properties ->> 'page') is distinct from 'page1'`,
  },
  {
    name: 'spent so much in a year',
    scope: 'contact',
    rule: { kind: 'event_value', event: 'Order Completed', property: 'amount', aggregate: 'sum', is: { operator: 'at_least', value: 1500 }, within: { kind: 'last_days', days: 365 } },
    hand: `select contact_id as id from events where name = 'Order Completed' and occurred_at >= ${NOW} - interval '365 days' and occurred_at <= ${NOW} and jsonb_typeof(properties -> 'amount') = 'number'
       group by contact_id having sum((properties -> 'amount')::numeric) >= 1500`,
  },
  {
    name: 'leads who spent at most so much: also those who spent nothing',
    scope: 'contact',
    rule: all(is('lifecycle_stage', 'equals', { value: 'lead' }), { kind: 'event_value', event: 'Order Completed', property: 'amount', aggregate: 'sum', is: { operator: 'at_most', value: 500 }, within: { kind: 'last_days', days: 90 } }),
    hand: `with more as materialized (select contact_id from events where name = 'Order Completed' and occurred_at >= ${NOW} - interval '90 days' and occurred_at <= ${NOW} and jsonb_typeof(properties -> 'amount') = 'number'
         group by contact_id having sum((properties -> 'amount')::numeric) > 500)
      select c.contact_id as id from contacts c left join more m on m.contact_id = c.contact_id where c.lifecycle_stage = 'lead' and m.contact_id is null`,
  },
  {
    name: 'bought last more than half a year ago',
    scope: 'contact',
    rule: { kind: 'event_time', event: 'Order Completed', which: 'last', operator: 'more_than_days_ago', days: 180 },
    hand: `select contact_id as id from events where name = 'Order Completed' and occurred_at < ${NOW} - interval '180 days'
      except select contact_id from events where name = 'Order Completed' and occurred_at >= ${NOW} - interval '180 days' and occurred_at <= ${NOW}`,
  },
  {
    name: 'on pricing, a demo within two weeks, then never bought',
    scope: 'contact',
    rule: { kind: 'sequence', first: { event: 'Pricing Viewed' }, then: [{ event: 'Demo Requested', withinDays: 14 }], never: { event: 'Order Completed' }, within: { kind: 'last_days', days: 90 } },
    hand: `select a.contact_id as id from events a where a.name = 'Pricing Viewed' and a.occurred_at >= ${NOW} - interval '90 days' and a.occurred_at <= ${NOW} and exists (
        select from events b where b.contact_id = a.contact_id and b.name = 'Demo Requested' and b.occurred_at >= ${NOW} - interval '90 days' and b.occurred_at <= ${NOW} and b.occurred_at > a.occurred_at and b.occurred_at <= a.occurred_at + interval '14 days'
          and not exists (select from events d where d.contact_id = b.contact_id and d.name = 'Order Completed' and d.occurred_at >= ${NOW} - interval '90 days' and d.occurred_at <= ${NOW} and d.occurred_at > b.occurred_at))
      group by a.contact_id`,
  },
  {
    name: 'at most so often',
    scope: 'contact',
    rule: all(is('country', 'equals', { value: 'NL' }), { kind: 'event', event: 'Page Viewed', count: { operator: 'at_most', value: 1 }, within: { kind: 'last_days', days: 180 } }),
    hand: `with often as materialized (select contact_id from events where name = 'Page Viewed' and occurred_at >= ${NOW} - interval '180 days' and occurred_at <= ${NOW} group by contact_id having count(*) >= 2)
      select c.contact_id as id from contacts c left join often e on e.contact_id = c.contact_id where c.country = 'NL' and e.contact_id is null`,
  },
  {
    name: 'any of several events, or an attribute',
    scope: 'contact',
    rule: any(did('Pricing Viewed', 3, 90), did('Demo Requested', 1, 14), is('lifecycle_stage', 'equals', { value: 'loyal_customer' })),
    hand: `select contact_id as id from events where name = 'Pricing Viewed' and occurred_at >= ${NOW} - interval '90 days' and occurred_at <= ${NOW} group by contact_id having count(*) >= 3
      union select contact_id from events where name = 'Demo Requested' and occurred_at >= ${NOW} - interval '14 days' and occurred_at <= ${NOW}
      union select contact_id from contacts where lifecycle_stage = 'loyal_customer'`,
  },
  {
    name: 'the account and colleagues of a contact',
    scope: 'contact',
    rule: all(
      is('job_title', 'starts_with', { value: 'Head' }),
      { kind: 'account', rule: all(is('sector', 'equals', { value: 'software' }), is('employees', 'at_least', { value: 1000 }), people(2, undefined, did('Pricing Viewed', 1, 60))) },
    ),
    hand: `with keen as materialized (
        select p.account_id from contacts p join accounts a using (account_id)
         where fold_text(a.sector) = 'software' and a.employees >= 1000 and p.contact_id in (select contact_id from events where name = 'Pricing Viewed' and occurred_at >= ${NOW} - interval '60 days' and occurred_at <= ${NOW})
         group by p.account_id having count(*) >= 2)
      select c.contact_id as id from contacts c join keen using (account_id) where fold_text(c.job_title) like 'head%'`,
  },
  {
    name: 'three of the buying group on pricing, one of them a decider',
    scope: 'account',
    rule: all(people(3, 'any', did('Pricing Viewed', 1, 180)), people(1, 'decider', did('Pricing Viewed', 1, 180))),
    hand: `with member as materialized (
        select contact_id, account_id, role from buying_group_members where valid_from <= ${NOW} and (valid_to is null or valid_to > ${NOW})
           and contact_id in (select contact_id from events where name = 'Pricing Viewed' and occurred_at >= ${NOW} - interval '180 days' and occurred_at <= ${NOW}))
      select p.account_id as id from member m join contacts p on p.contact_id = m.contact_id and p.account_id = m.account_id
       group by p.account_id having count(distinct p.contact_id) >= 3 and bool_or(role = 'decider')`,
  },
  {
    name: 'customers who may be mailed now',
    scope: 'contact',
    rule: all(is('lifecycle_stage', 'in', { value: ['new_customer', 'loyal_customer'] }), { kind: 'mailable', purpose: 'newsletter' }),
    hand: `select c.contact_id as id from contacts c join consents k on k.contact_id = c.contact_id and k.purpose = 'newsletter' and k.channel = 'email'
      where c.lifecycle_stage in ('new_customer', 'loyal_customer') and c.email is not null and c.address_state = 'ok' and c.source is not null and c.source_at is not null and c.notice_version is not null and c.address_hash is not null
        and c.restricted_at is null and (c.birth_date > '2010-09-15') is not true and k.state = 'confirmed' and k.legal_basis = 'consent' and k.evidence_complete and (k.valid_until is null or k.valid_until > ${NOW})
        and split_part(split_part(c.email, '@', 1), '+', 1) not in (${ROLE_LOCAL_PARTS_SQL})
        and not exists (select from suppressions s where s.address_hash = c.address_hash and s.purpose in ('', 'newsletter') and (s.ends_at is null or s.ends_at > ${NOW}))
        and (greatest(c.created_at, c.source_at, k.given_at, k.confirmed_at) >= ${NOW} - interval '730 days'
          or exists (select from accounts a where a.account_id = c.account_id and a.last_won_on >= date '2024-09-15') or exists (select from events e where e.contact_id = c.contact_id and e.occurred_at >= ${NOW} - interval '730 days'))`,
  },
  {
    name: 'in one segment and not in another',
    scope: 'contact',
    rule: all({ kind: 'segment', operator: 'in', segment: 'warm' }, { kind: 'segment', operator: 'not_in', segment: 'buyers' }),
    hand: `select contact_id as id from contacts c where lifecycle_stage = 'lead'
      and contact_id in (select contact_id from events where name = 'Pricing Viewed' and occurred_at >= ${NOW} - interval '60 days' and occurred_at <= ${NOW})
      and not exists (select from events e where e.contact_id = c.contact_id and e.name = 'Order Completed' and e.occurred_at <= ${NOW})`,
  },
  {
    name: 'clicked in mail lately; a list with any of several; a birthday this week',
    scope: 'contact',
    rule: all({ kind: 'engagement', did: 'clicked', within: { kind: 'last_days', days: 30 } }, is('interests', 'list_contains_any', { value: ['topic7', 'topic11', 'topic13'] }), is('birth_date', 'anniversary', { days: 3 })),
    hand: `select contact_id as id from contacts where ${INTERESTS} ?| array['topic7', 'topic11', 'topic13']
      and extract(month from birth_date) = 9 and extract(day from birth_date) between 12 and 18
      and contact_id in (select contact_id from events where name = 'Email Link Clicked' and occurred_at >= ${NOW} - interval '30 days' and occurred_at <= ${NOW} and not properties @> '{"machine":true}')`,
  },
  {
    name: 'groups with two subsidiaries in software',
    scope: 'account',
    rule: { kind: 'subsidiaries', count: { operator: 'at_least', value: 2 }, rule: is('sector', 'equals', { value: 'software' }) },
    hand: `select parent_account_id as id from accounts where parent_account_id is not null and fold_text(sector) = 'software' group by parent_account_id having count(*) >= 2`,
  },
  {
    name: 'a tenth by lot, of accounts anywhere below a large one',
    scope: 'contact',
    rule: all({ kind: 'sample', percent: 10, seed: 'bench' }, { kind: 'account', rule: { kind: 'parent', depth: 'any', rule: is('employees', 'at_least', { value: 2990 }) } }),
    hand: `with recursive below as (select account_id, 1 as level from accounts where parent_account_id in (select account_id from accounts where employees >= 2990)
        union select a.account_id, level + 1 from below b join accounts a on a.parent_account_id = b.account_id where level < 20)
      select contact_id as id from contacts where (hashint8extended(contact_id, ${LOT}) & 4294967295) < 429496730 and account_id in (select account_id from below)`,
  },
];
