import { compilePermissionChecks } from '../decision/compile-permission-checks.js';
import type { PurposeCatalogue } from '../decision/permission.js';
import { assertNever } from '../shared/assert-never.js';
import { DAY, type Moment } from './bounds.js';
import type { Campaigns } from './check-rule.js';
import { joinGroup } from './compile-group.js';
import { engagementRows, eventRows, needed } from './compile-rows.js';
import type { CompiledRule } from './compile-rule.js';
import { Parameters } from './parameters.js';
import { type EventRule, eventsMeant, type EventStep } from './event-conditions.js';
import type { Field, FieldCatalogue } from './fields.js';
import { PAST_THE_END, pastWindow, quietDays } from './moments.js';
import { engagementAsEvent } from './relation-conditions.js';
import type { AttributeCondition, EngagementCondition, Rule, Scope, SegmentRule } from './rule.js';
import { leavesOf, type LeafVisit, type Step } from './walk-rule.js';

export interface ChecksOptions extends Moment {
  readonly fields: FieldCatalogue;
  readonly segments: (key: string) => SegmentRule | undefined;
  readonly purposes?: PurposeCatalogue | undefined;
  readonly campaigns?: Campaigns | undefined;
}

/**
 * One SELECT of (id, at): when each person's or account's answer may change first by the clock alone, for all of them at once. It looks at each
 * condition by itself, so that it names people whom the rest of the rule rules out, or a moment at which nothing changes yet: then outlook.ts
 * is asked and knows better. It never names a moment too late. Undefined when the clock changes nothing.
 */
export function compileChecks(rule: Rule, scope: Scope, options: ChecksOptions): CompiledRule | undefined {
  const params = new Parameters();
  const now = params.add(options.now.toISOString(), 'timestamptz');
  const selects = leavesOf(rule, scope, options.segments).flatMap((visit) => momentsOfLeaf(visit, options, params, now).map((select) => followed(select, visit.path)));
  if (selects.length === 0) return undefined;
  const text = `select id, min(at) as at from (${[...new Set(selects)].join(' union all ')}) moment where at > ${now} group by id`;
  return { text, params: params.values };
}

function momentsOfLeaf({ leaf, scope }: LeafVisit, options: ChecksOptions, params: Parameters, now: string): string[] {
  switch (leaf.kind) {
    case 'event':
    case 'event_value':
    case 'event_time':
    case 'sequence':
      return momentsOfEvents(leaf, options, params, now);
    case 'attribute': {
      const field = options.fields.find(scope, leaf.attribute);
      return field && 'days' in leaf ? [momentsOfAttribute(leaf, field, scope, options.timeZone, params, now)] : [];
    }
    case 'mailable': {
      const terms = options.purposes?.terms(leaf.purpose, options.now);
      return terms ? compilePermissionChecks(terms, options.now, params) : [];
    }
    case 'people':
      if (leaf.role === undefined) return [];
      return [`select m.account_id as id, period.at from buying_group_members m cross join lateral (values (m.valid_from), (m.valid_to)) period (at) where period.at > ${now}`];
    case 'engagement': {
      if (leaf.did !== 'got') return momentsOfEvents(engagementAsEvent(leaf), options, params, now);
      return momentsOfMessages(leaf, options, params, now);
    }
    case 'account':
    case 'parent':
    case 'subsidiaries':
    case 'list':
      return [];
    default:
      return assertNever(leaf);
  }
}

/** When an event that lies ahead happens; and when one of the past is so far away that the answer may change. */
function momentsOfEvents(rule: EventRule, options: ChecksOptions, params: Parameters, now: string): string[] {
  const ahead = [...new Set(eventsMeant(rule).map(({ event }) => event))].map(
    (event) => `select e.contact_id as id, min(e.occurred_at) as at from events e where e.name = ${params.add(event, 'text')} and e.occurred_at > ${now} group by e.contact_id`,
  );
  const past = (meant: EventStep, distance: number | undefined, atLeast = 1): string[] => {
    if (distance === undefined) return [];
    const { from, where } = eventRows(meant, 'e', params, options);
    const since = `e.occurred_at > ${params.add(new Date(options.now.getTime() - distance).toISOString(), 'timestamptz')}`;
    const enough = atLeast > 1 ? ` having count(*) >= ${params.add(atLeast, 'bigint')}` : '';
    return [`select e.contact_id as id, min(e.occurred_at) + ${params.add(distance, 'bigint')} * interval '1 millisecond' as at from ${from} where ${[...where, since].join(' and ')} group by e.contact_id${enough}`];
  };
  switch (rule.kind) {
    case 'event': // only whoever has enough events for the count to fall
      return [...ahead, ...past({ event: rule.event, where: rule.where }, pastWindow(rule.within), needed(rule.count).count.value)];
    case 'event_value':
      return [...ahead, ...past({ event: rule.event, where: rule.where }, pastWindow(rule.within))];
    case 'event_time':
      return [...ahead, ...past(rule, 'days' in rule ? rule.days * DAY + PAST_THE_END : undefined)];
    case 'sequence': // a chain falls when its first event leaves
      return [...ahead, ...past(rule.first, pastWindow(rule.within)), ...past(rule.then.at(-1) ?? rule.first, quietDays(rule))];
    default:
      return assertNever(rule);
  }
}

/** When a message of a rolling window leaves it. */
function momentsOfMessages(rule: EngagementCondition, options: ChecksOptions, params: Parameters, now: string): string[] {
  const distance = pastWindow(rule.within);
  const { from, where } = engagementRows({ ...rule, within: undefined }, 'm', params, { ...options, now: LATEST }, options.campaigns);
  const ahead = `select m.contact_id as id, min(m.sent_at) as at from ${from} where ${[...where, `m.sent_at > ${now}`].join(' and ')} group by m.contact_id`;
  if (distance === undefined) return [ahead];
  const since = `m.sent_at > ${params.add(new Date(options.now.getTime() - distance).toISOString(), 'timestamptz')}`;
  return [ahead, `select m.contact_id as id, min(m.sent_at) + ${params.add(distance, 'bigint')} * interval '1 millisecond' as at from ${from} where ${[...where, since].join(' and ')} group by m.contact_id`];
}

const LATEST = new Date(Date.UTC(9999, 11, 31));

const SHAPES = { date: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$', timestamp: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z$' } as const;

function momentsOfAttribute(condition: Extract<AttributeCondition, { days: number }>, field: Field, scope: Scope, timeZone: string, params: Parameters, now: string): string {
  const [table, id] = scope === 'contact' ? ['contacts', 'contact_id'] : ['accounts', 'account_id'];
  const type = field.type === 'date' ? 'date' : 'timestamp';
  const days = params.add(condition.days, 'integer');
  // Only where it is used: a parameter that no part of a statement names has no type, and the statement is refused.
  const zone = (): string => params.add(timeZone, 'text');
  // A year has its anniversary at the end of February when it has no 29th. A day more to each side: zone tables differ about the distant past.
  const celebrated = (year: number): string => `((${type === 'date' ? 'v.value' : `(v.value at time zone ${zone()})::date`} + make_interval(years => extract(year from ${now} at time zone ${zone()})::integer + ${year} - extract(year from v.value)::integer))::date`;
  const moments = condition.operator === 'anniversary'
    ? [-1, 0, 1, 2].flatMap((year) => ['- 1', '- 0', '+ 0', '+ 1', '+ 2'].map((more) => `((${celebrated(year)} ${more.startsWith('-') ? '-' : '+'} ${days}) ${more})::timestamp at time zone ${zone()})`))
    : type === 'date'
      ? ['-', '+'].flatMap((sign) => [`((v.value ${sign} ${days})::timestamp at time zone ${zone()})`, `((v.value ${sign} ${days} + 1)::timestamp at time zone ${zone()})`]).concat(['0', '1'].map((more) => `((v.value + ${more})::timestamp at time zone ${zone()})`))
      : [`v.value - ${days} * interval '24 hours'`, `v.value - ${days} * interval '24 hours' + interval '1 millisecond'`, 'v.value', `v.value + interval '1 millisecond'`, `v.value + ${days} * interval '24 hours'`, `v.value + ${days} * interval '24 hours' + interval '1 millisecond'`];
  const each = `cross join lateral (select min(m.at) as at from (values ${moments.map((moment) => `(${moment})`).join(', ')}) m (at) where m.at > ${now}) first`;
  if (field.column !== undefined) return `select t.${id} as id, first.at from ${table} t cross join lateral (select t.${field.column} as value) v ${each} where t.${field.column} is not null and first.at is not null`;
  // A text of the right shape that is no day or moment after all: asked about at once, by the one who can compare texts.
  const text = `t.attributes ->> ${params.add(field.key, 'text')}`;
  const sqlType = type === 'date' ? 'date' : 'timestamptz';
  const value = `case when pg_input_is_valid(${text}, '${sqlType}') then (${text})::${sqlType} end`;
  return `select t.${id} as id, case when v.value is null then ${now} + interval '1 millisecond' else first.at end as at
            from ${table} t cross join lateral (select ${value} as value) v ${each} where ${text} ~ '${SHAPES[type]}' and (v.value is null or first.at is not null)`;
}

/** From whose data it is to those whom the rule selects. */
function followed(select: string, path: readonly Step[]): string {
  return path.reduce((inner, step) => {
    switch (step) {
      case 'account':
        return `select c.account_id as id, min(inside.at) as at from (${inner}) inside join contacts c on c.contact_id = inside.id where c.account_id is not null group by c.account_id`;
      case 'people':
        return `select c.contact_id as id, inside.at from (${inner}) inside join contacts c on c.account_id = inside.id`;
      default:
        return `select a.account_id as id, min(inside.at) as at from (${inner}) inside ${joinGroup(step, 'a', 'inside.id')} group by a.account_id`;
    }
  }, select);
}
