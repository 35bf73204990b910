import { fc } from '../../support/generated.js';
import type { AccountFacts, PersonFacts } from '../../../src/core/rule/evaluate-rule.js';
import { ENGAGEMENT_EVENTS, GOT_STATES } from '../../../src/core/rule/relation-conditions.js';
import { MESSAGE_STATES } from '../../../src/messages/message-state.js';
import { PEOPLE_ROLES, type Scope } from '../../../src/core/rule/rule.js';
import { randomMailing, type RandomMailing } from '../decision/random-mailing.js';
import { CAMPAIGNS, DAYS, EVENTS, ITEMS, LISTS, MAILED, MOMENTS, NOW, NUMBERS, PROPERTIES, TEXTS } from './random-rules.js';

type Json = Record<string, unknown>;

/** What stands in the tables; the facts are made of it, so that both sides of a comparison come from one source. */
export interface RandomAccount {
  /** May be any account, also itself: data goes in circles. */
  readonly parent: number | undefined;
  readonly columns: Json;
  readonly attributes: Json;
  readonly lists: readonly string[];
}
export interface RandomPerson {
  readonly account: number | undefined;
  readonly columns: Json;
  readonly attributes: Json;
  readonly lists: readonly string[];
  readonly mailing: RandomMailing;
  readonly events: readonly { name: string; occurredAt: Date; properties: Json }[];
  readonly messages: readonly { campaign: string; state: string; sentAt: string | null }[];
  /** `account` may be another than the person's own: somebody who changed employers keeps the old row. */
  readonly roles: readonly { role: Exclude<(typeof PEOPLE_ROLES)[number], 'any'>; account: number; validFrom: string; validTo: string | null }[];
}
export interface Population {
  readonly accounts: readonly RandomAccount[];
  readonly people: readonly RandomPerson[];
}

const ACCOUNTS = 8;
const PEOPLE = 60;

const pick = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const orNull = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { freq: 4 });

/** Values of a type, and what dirty sources put in its place. */
const custom = {
  plan: pick<unknown>([...TEXTS, '', null, 5, true, ['NL'], { a: 1 }]),
  score: pick<unknown>([...NUMBERS, null, '5', 'five', [5]]),
  vip: pick<unknown>([true, false, null, 'true', 1]),
  renewal: pick<unknown>([...DAYS, null, '', '2026-02-31', '2026-1-1', 'soon', 'now', '٢٠٢٦-٠٦-٠٩', '2026-06-09\n', 20260609]),
  last_seen: pick<unknown>([...MOMENTS, null, '', '2026-06-09', '2026-06-09T10:00:00Z', '2026-06-09T10:00:00.000+02:00', 'infinity', 1_780_000_000]),
  tags: fc.oneof(
    { weight: 4, arbitrary: pick<unknown>([['NL', 'BE'], ['100%'], [5], [], ['NL', 5, null], ['Zoë', 5], ['ZOE\u0308', '', 'be', '100%'], [['NL']], 'NL', null, { NL: 1 }]) },
    { weight: 3, arbitrary: fc.subarray<unknown>([...ITEMS], { minLength: 5 }) },
    { weight: 1, arbitrary: pick<unknown>(ITEMS.map((item) => [item])) },
  ),
};

/** A property such as __proto__ must become data, as JSON.parse makes it, not a prototype. */
function json(entries: readonly (readonly [string, unknown])[]): Json {
  return JSON.parse(`{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`) as Json;
}

function attributes(extra: readonly string[]): fc.Arbitrary<Json> {
  const keys = [...Object.entries(custom), ...extra.map((key) => [key, custom.plan] as const)];
  return fc.tuple(...keys.map(([key, value]) => fc.option(value.map((one) => [key, one] as const), { freq: 5, nil: undefined }))).map((entries) => json(entries.filter((entry) => entry !== undefined)));
}

const listsOf = (scope: Scope): fc.Arbitrary<string[]> => fc.subarray([...LISTS].flatMap(([key, list]) => (list.scope === scope ? [key] : [])));

const account: fc.Arbitrary<RandomAccount> = fc.record({
  parent: fc.option(fc.nat(ACCOUNTS - 1), { freq: 3, nil: undefined }),
  columns: fc.record({
    name: pick(TEXTS),
    sector: orNull(pick([...TEXTS, ''])),
    employees: orNull(pick([0, 1, 5, 1500])),
    revenue: orNull(pick(NUMBERS)),
    last_won_on: orNull(pick(DAYS)),
    created_at: pick(MOMENTS),
  }),
  attributes: attributes([`it's a "key"; drop table contacts --`]),
  lists: listsOf('account'),
});

const event = fc.record({
  name: pick(EVENTS),
  occurredAt: pick(MOMENTS).map((moment) => new Date(moment)),
  properties: fc
    .array(fc.oneof({ weight: 1, arbitrary: fc.tuple(fc.constant('amount'), custom.score) }, { weight: 2, arbitrary: fc.tuple(pick(PROPERTIES), fc.oneof(custom.plan, custom.score, custom.tags, custom.vip, pick<unknown>(['', null, []]))) }), { maxLength: 3 })
    .map((entries) => json([...new Map(entries)])),
});

/** What was done with mail, by people and by machines. */
const mailEvent = fc.record({
  name: pick(Object.values(ENGAGEMENT_EVENTS)),
  occurredAt: pick(MOMENTS).map((moment) => new Date(moment)),
  properties: fc.record({ campaign: pick<unknown>([...CAMPAIGNS.keys(), ['spring'], null]), machine: pick<unknown>([true, false, 'true']) }, { requiredKeys: [] }),
});

const message = fc.record({ campaign: pick([...CAMPAIGNS.keys()]), state: pick(MESSAGE_STATES), sentAt: orNull(pick(MOMENTS)) });

const person: fc.Arbitrary<RandomPerson> = fc.record({
  account: fc.option(fc.nat(ACCOUNTS - 1), { freq: 5, nil: undefined }),
  columns: fc.record({ first_name: orNull(pick([...TEXTS, ''])), country: orNull(pick(['NL', 'BE', 'nl', 'ÑL', ''])), birth_date: orNull(pick(DAYS)), created_at: pick(MOMENTS) }),
  attributes: attributes(['__proto__', 'constructor']),
  lists: listsOf('contact'),
  mailing: randomMailing(NOW),
  events: fc.tuple(fc.array(event, { maxLength: 9 }), fc.array(mailEvent, { maxLength: 4 })).map((both) => both.flat()),
  messages: fc.array(message, { maxLength: 5 }),
  roles: fc.array(
    fc.record({ role: pick(PEOPLE_ROLES.filter((role) => role !== 'any')), account: fc.nat(ACCOUNTS - 1), validFrom: pick(MOMENTS), validTo: orNull(pick(MOMENTS)) }),
    { maxLength: 4 },
  ),
});

export const population: fc.Arbitrary<Population> = fc
  .record({
    accounts: fc.array(account, { minLength: ACCOUNTS, maxLength: ACCOUNTS }),
    people: fc.array(person, { minLength: PEOPLE, maxLength: PEOPLE }),
  })
  .map(({ accounts, people }) => ({ accounts, people: people.map((one) => ({ ...one, roles: mostlyAtWork(one) })) }));

/** People play their parts mostly where they work; the same part from the same moment is one row. */
function mostlyAtWork({ account: work, roles }: RandomPerson): RandomPerson['roles'] {
  const rows = roles.map((row, index) => ({ ...row, account: index > 0 ? row.account : (work ?? row.account) }));
  return [...new Map(rows.map((row) => [`${row.role} ${row.account} ${row.validFrom}`, row])).values()];
}

/** The same population as the evaluator takes it; whether people may be mailed is what the gate said, or else anything. */
export function factsOf({ accounts, people }: Population, permissions?: ReadonlyMap<number, NonNullable<PersonFacts['permissions']>>): { people: PersonFacts[]; accounts: AccountFacts[] } {
  const accountFacts = accounts.map((row, index) => ({ accountId: index + 1, attributes: together(row), people: [] as PersonFacts[], parent: undefined as AccountFacts | undefined, subsidiaries: [] as AccountFacts[], lists: row.lists }));
  for (const [index, { parent }] of accounts.entries()) {
    const [own, above] = [accountFacts[index], parent === undefined ? undefined : accountFacts[parent]];
    if (!own || !above) continue;
    own.parent = above;
    above.subsidiaries.push(own);
  }
  const personFacts = people.map((row, index): PersonFacts => {
    const mine = row.account === undefined ? undefined : accountFacts[row.account];
    const validNow = row.roles.filter((part) => part.account === row.account && part.validFrom <= NOW.toISOString() && (part.validTo === null || part.validTo > NOW.toISOString()));
    const messages = row.messages.flatMap(({ campaign, state, sentAt }) => (sentAt !== null && (GOT_STATES as readonly string[]).includes(state) ? [{ campaign, sentAt: new Date(sentAt) }] : []));
    const facts: PersonFacts = { contactId: index + 1, attributes: together(row), events: row.events, messages, account: mine, roles: validNow.map((part) => part.role), lists: row.lists, permissions: permissions?.get(index + 1) ?? anyPermissions(row) };
    mine?.people.push(facts);
    return facts;
  });
  return { people: personFacts, accounts: accountFacts };
}

function anyPermissions({ mailing }: RandomPerson): NonNullable<PersonFacts['permissions']> {
  return new Map(MAILED.map((purpose, index) => [purpose, { reason: (mailing.consents.length + index) % 2 === 0 ? null : 'legal.withdrawn' }]));
}

function together({ columns, attributes: own }: { columns: Json; attributes: Json }): Json {
  const moments = Object.fromEntries(Object.entries(columns).map(([key, value]) => [key, key === 'created_at' ? new Date(String(value)) : value]));
  return Object.assign(json(Object.entries(own)), moments);
}
