import { isDeepStrictEqual } from 'node:util';
import { accountNameKey } from '../../accounts/name-key.js';
import type { Sql } from '../../platform/database/sql.js';
import { mergeAttributes } from '../custom-attributes.js';
import { type DataDefinitions, fitting } from './data-definitions.js';
import { type GroupAccount, insertAccounts, lockAccounts, updateAccounts } from './group-accounts.queries.js';
import type { Traits } from './read-traits.js';
import type { TrackingProblem } from './tracking-problem.js';

/** What one group call says about an account. */
export interface GroupSaid {
  readonly groupId: string;
  readonly traits: Traits;
  readonly source: string;
  /** From a browser anybody could have said it: it fills what is not known, and changes nothing. */
  readonly trusted: boolean;
  readonly problems: TrackingProblem[];
}

const FIELDS = ['domain', 'sector', 'country', 'city', 'employees'] as const;

/** Keeps the accounts of group calls. Gives the account of each group id. */
export async function storeGroups(sql: Sql, definitions: DataDefinitions, said: readonly GroupSaid[], now: Date): Promise<Map<string, number>> {
  if (said.length === 0) return new Map();
  const defined = await definitions.attributes(sql, 'account', said.map(({ source, traits }) => ({ source, values: traits.attributes })), now);
  const names = said.flatMap((one) => namesFor(one.groupId, nameIn(one.traits))).map(accountNameKey);
  const found = await lockAccounts(sql, [...new Set(said.map(({ groupId }) => groupId))], [...new Set(names)]);
  const book = new AccountBook(found);
  for (const one of said) {
    const { kept, problems } = fitting(one.traits.attributes, defined);
    one.problems.push(...problems);
    book.apply(one, kept);
  }
  const added = book.added();
  const inserted = added.length === 0 ? [] : await insertAccounts(sql, added, now);
  const changed = book.changed();
  if (changed.length > 0) await updateAccounts(sql, changed, now);
  return new Map([...book.existing(), ...inserted.map((row) => [row.external_id, row.account_id] as const)]);
}

function nameIn(traits: Traits): string | undefined {
  const name = traits.fields.get('name');
  return typeof name === 'string' ? name : undefined;
}

/** What an account of this group may be called: no two accounts have one name. */
function namesFor(groupId: string, name: string | undefined): string[] {
  return [name ?? groupId, `${name ?? groupId} (${groupId})`, `${groupId} (${groupId}, 2)`];
}

type Draft = Omit<GroupAccount, 'account_id'> & { account_id?: number; source: string };

/** The accounts of one batch while what is said about them is applied in order. */
class AccountBook {
  private readonly byGroup = new Map<string, Draft>();
  private readonly byName = new Map<string, Draft>();
  private readonly before = new Map<number, GroupAccount>();

  constructor(found: readonly GroupAccount[]) {
    for (const row of found) {
      const draft: Draft = { ...row, source: '' };
      this.before.set(row.account_id, row);
      this.byName.set(row.name_key, draft);
      if (row.external_id !== null) this.byGroup.set(row.external_id, draft);
    }
  }

  apply(said: GroupSaid, attributes: ReadonlyMap<string, unknown>): void {
    const name = nameIn(said.traits);
    const draft = this.byGroup.get(said.groupId) ?? this.open(said, name);
    if (name !== undefined && draft.name !== name && (said.trusted || draft.name === said.groupId)) this.rename(draft, name, said);
    for (const field of FIELDS) {
      const value = said.traits.fields.get(field);
      if (value !== undefined && (said.trusted || draft[field] === null)) Object.assign(draft, { [field]: value });
    }
    const settable = said.trusted ? attributes : new Map([...attributes].filter(([key]) => !Object.hasOwn(draft.attributes, key)));
    draft.attributes = mergeAttributes(draft.attributes, settable as Parameters<typeof mergeAttributes>[1]);
  }

  /** An account that is known by this name and has no id of another system yet is this one, when a secret key says so. */
  private open(said: GroupSaid, name: string | undefined): Draft {
    const names = namesFor(said.groupId, name);
    const namesake = this.byName.get(accountNameKey(names[0] ?? said.groupId));
    if (namesake?.external_id === null && said.trusted) {
      namesake.external_id = said.groupId;
      this.byGroup.set(said.groupId, namesake);
      return namesake;
    }
    if (namesake) said.problems.push({ kind: 'account_name_taken', path: 'traits.name' });
    const own = names.find((candidate) => !this.byName.has(accountNameKey(candidate))) ?? said.groupId;
    const draft: Draft = { external_id: said.groupId, name: own, name_key: accountNameKey(own), domain: null, sector: null, country: null, city: null, employees: null, attributes: {}, source: said.source };
    this.byGroup.set(said.groupId, draft);
    this.byName.set(draft.name_key, draft);
    return draft;
  }

  private rename(draft: Draft, name: string, said: GroupSaid): void {
    const key = accountNameKey(name);
    const namesake = this.byName.get(key);
    if (namesake && namesake !== draft) {
      if (!namesFor(said.groupId, name).includes(draft.name)) said.problems.push({ kind: 'account_name_taken', path: 'traits.name' });
      return;
    }
    this.byName.delete(draft.name_key);
    Object.assign(draft, { name, name_key: key });
    this.byName.set(key, draft);
  }

  added(): Draft[] {
    return [...this.byGroup.values()].filter((draft) => draft.account_id === undefined);
  }

  changed(): GroupAccount[] {
    return [...this.byGroup.values()].flatMap(({ source: _, account_id: accountId, ...draft }) => {
      if (accountId === undefined) return [];
      const after = { ...draft, account_id: accountId };
      return isDeepStrictEqual(after, this.before.get(accountId)) ? [] : [after];
    });
  }

  existing(): [string, number][] {
    return [...this.byGroup].flatMap(([groupId, draft]) => (draft.account_id === undefined ? [] : [[groupId, draft.account_id] as [string, number]]));
  }
}
