import type { AccountFacts, EventFact, MessageFact, PermissionFact, PersonFacts } from '../../core/rule/evaluate-rule.js';
import type { FactNeeds } from '../../core/rule/fact-needs.js';
import { loadPermissions } from '../../decisions/load-permissions.js';
import type { Sql } from '../../platform/database/sql.js';
import {
  type AccountFactRow, type ContactFactRow, listAccountFacts, listContactFacts, listEventFacts, listGroupIds, listListFacts, listMessageFacts, listPeopleOfAccounts, listRoleFacts, STANDARD_COLUMNS,
} from './load-facts.queries.js';

export interface LoadedFacts {
  readonly people: ReadonlyMap<number, PersonFacts>;
  readonly accounts: ReadonlyMap<number, AccountFacts>;
}

/** What is filled in while loading. */
type Person = { -readonly [Key in keyof PersonFacts]: PersonFacts[Key] } & { events: EventFact[]; messages: MessageFact[]; roles: PersonFacts['roles'][number][]; lists: string[] };
type Account = { -readonly [Key in keyof AccountFacts]: AccountFacts[Key] } & { people: Person[]; subsidiaries: Account[]; lists: string[] };

/**
 * Everything rules ask of these people or accounts, as of one statement each: a fixed number of queries, however many people and rules.
 * Who does not exist is left out.
 */
export async function loadFacts(sql: Sql, asked: { readonly contactIds?: readonly number[]; readonly accountIds?: readonly number[] }, needs: FactNeeds, now: Date): Promise<LoadedFacts> {
  const { contactIds = [], accountIds = [] } = asked;
  const contactRows = new Map((contactIds.length === 0 ? [] : await listContactFacts(sql, contactIds)).map((row) => [row.contact_id, row]));
  const employers = needs.account ? [...contactRows.values()].flatMap(({ account_id }) => account_id ?? []) : [];
  const accounts = await loadAccounts(sql, [...new Set([...accountIds, ...employers])], needs);
  if (needs.people && accounts.size > 0) for (const row of await listPeopleOfAccounts(sql, [...accounts.keys()])) contactRows.set(row.contact_id, row);
  const people = new Map<number, Person>();
  for (const row of contactRows.values()) {
    const account = row.account_id === null ? undefined : accounts.get(row.account_id);
    const person = personOf(row, account);
    people.set(row.contact_id, person);
    account?.people.push(person);
  }
  await fillPeople(sql, people, contactRows, needs, now);
  await fillLists(sql, people, accounts, needs);
  await fillPermissions(sql, people, needs, now);
  return { people, accounts };
}

/** The accounts, with those of their groups that are asked about. */
async function loadAccounts(sql: Sql, asked: readonly number[], { above, below }: FactNeeds): Promise<Map<number, Account>> {
  if (asked.length === 0) return new Map();
  const rows = await listAccountFacts(sql, above || below ? await listGroupIds(sql, asked, above, below) : asked);
  const accounts = new Map(rows.map((row) => [row.account_id, accountOf(row)]));
  for (const { account_id, parent_account_id } of rows) {
    const [account, parent] = [accounts.get(account_id), parent_account_id === null ? undefined : accounts.get(parent_account_id)];
    if (!account || !parent) continue;
    account.parent = parent;
    parent.subsidiaries.push(account);
  }
  return accounts;
}

async function fillPeople(sql: Sql, people: ReadonlyMap<number, Person>, rows: ReadonlyMap<number, ContactFactRow>, needs: FactNeeds, now: Date): Promise<void> {
  if (people.size === 0) return;
  const ids = [...people.keys()];
  const withProperties = [...needs.events].filter(([, { properties }]) => properties).map(([name]) => name);
  // Two queries: what is asked about lately must not be read from the beginning because something else is.
  const ever = [...needs.events].filter(([, { since }]) => since === undefined).map(([name]) => name);
  const lately = [...needs.events].filter(([, { since }]) => since !== undefined);
  if (ever.length > 0) addEvents(people, await listEventFacts(sql, ids, ever, null, withProperties));
  if (lately.length > 0) {
    const since = new Date(Math.min(...lately.map(([, need]) => need.since?.getTime() ?? 0)));
    addEvents(people, await listEventFacts(sql, ids, lately.map(([name]) => name), since, withProperties));
  }
  if (needs.messages) for (const { contact_id, campaign, sent_at } of await listMessageFacts(sql, ids, needs.messages.since ?? null)) people.get(contact_id)?.messages.push({ campaign, sentAt: sent_at });
  if (!needs.roles) return;
  for (const { contact_id, account_id, role, valid_from, valid_to } of await listRoleFacts(sql, ids, now)) {
    const person = people.get(contact_id);
    if (!person || rows.get(contact_id)?.account_id !== account_id) continue;
    if (valid_from <= now) person.roles.push(role);
    const next = valid_from > now ? valid_from : valid_to;
    if (next !== null && (person.rolesUntil === undefined || next < person.rolesUntil)) person.rolesUntil = next;
  }
}

function addEvents(people: ReadonlyMap<number, Person>, rows: Awaited<ReturnType<typeof listEventFacts>>): void {
  for (const { contact_id, name, occurred_at, properties } of rows) people.get(contact_id)?.events.push({ name, occurredAt: occurred_at, properties: properties ?? {} });
}

async function fillLists(sql: Sql, people: ReadonlyMap<number, Person>, accounts: ReadonlyMap<number, Account>, { lists }: FactNeeds): Promise<void> {
  if (lists.length === 0) return;
  if (people.size > 0) for (const { id, key } of await listListFacts(sql, 'contact', [...people.keys()], lists)) people.get(id)?.lists.push(key);
  if (accounts.size > 0) for (const { id, key } of await listListFacts(sql, 'account', [...accounts.keys()], lists)) accounts.get(id)?.lists.push(key);
}

/** Purposes are few: what is loaded for each of them is a fixed number of statements. */
async function fillPermissions(sql: Sql, people: ReadonlyMap<number, Person>, { purposes }: FactNeeds, now: Date): Promise<void> {
  if (people.size === 0 || purposes.length === 0) return;
  const permissions = new Map([...people.keys()].map((id) => [id, new Map<string, PermissionFact>()]));
  for (const purpose of purposes) for (const [id, permission] of await loadPermissions(sql, [...people.keys()], purpose, now)) permissions.get(id)?.set(purpose, permission);
  for (const [id, person] of people) person.permissions = permissions.get(id) ?? new Map();
}

function personOf(row: ContactFactRow, account: Account | undefined): Person {
  return { contactId: row.contact_id, attributes: together(row, STANDARD_COLUMNS.contact), events: [], messages: [], account, roles: [], lists: [] };
}

function accountOf(row: AccountFactRow): Account {
  return { accountId: row.account_id, attributes: together(row, STANDARD_COLUMNS.account), people: [], parent: undefined, subsidiaries: [], lists: [] };
}

/** Typed columns over custom attributes: a custom one called like a column is never asked. */
function together(row: { readonly custom: Record<string, unknown>; readonly [column: string]: unknown }, columns: readonly string[]): Record<string, unknown> {
  const attributes = row.custom;
  for (const column of columns) attributes[column] = row[column];
  return attributes;
}
