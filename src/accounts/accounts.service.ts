import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { err, ok, type Result } from '../core/shared/result.js';
import { AttributesService } from '../customers/attributes.service.js';
import { type AttributeProblem, mergeAttributes } from '../customers/custom-attributes.js';
import { Clock } from '../platform/clock/clock.js';
import { Sql } from '../platform/database/sql.js';
import { AuditService } from '../privacy/audit.service.js';
import type { AccountChange, DomainsInput } from './account-input.js';
import { type AccountDomainRow, listDomains, setDomains } from './account-domains.queries.js';
import * as queries from './accounts.queries.js';
import { accountNameKey } from './name-key.js';

export type AccountProblem =
  | { readonly kind: 'missing' }
  | { readonly kind: 'taken'; readonly same: 'name' | 'external_id'; readonly accountId: number }
  | { readonly kind: 'parent_unknown' }
  | { readonly kind: 'parent_circular' }
  | { readonly kind: 'owner_unknown' }
  | { readonly kind: 'attributes_invalid'; readonly problems: readonly AttributeProblem[] };

/** Takes a refusal out of the transaction, so that nothing of it stays. */
class Refused extends Error {
  constructor(readonly problem: AccountProblem) {
    super(problem.kind);
  }
}

const ATTEMPTS = 3;
const RETRIED = new Set(['23505', '40P01']); // somebody made the same account, or waits for this one

@Injectable()
export class AccountsService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly attributes: AttributesService,
    private readonly audit: AuditService,
  ) {}

  get(accountId: number): Promise<queries.AccountRow | undefined> {
    return queries.readAccount(this.sql, accountId);
  }

  people(accountId: number, after: number, limit: number): Promise<queries.PersonRow[]> {
    return queries.listPeople(this.sql, accountId, after, limit);
  }

  async create(input: AccountChange & { name: string; source: string }, actor: string): Promise<Result<number, AccountProblem>> {
    return this.undone(async (sql) => {
      const now = this.clock.now();
      const blank = { ...Object.fromEntries(queries.ACCOUNT_COLUMNS.map((column) => [column, null])), parent_account_id: null, owner_id: null, attributes: {}, source: input.source, created_at: now, updated_at: now };
      const account = await this.changed(sql, null, blank as unknown as queries.StoredAccount, input, now);
      const accountId = await queries.insertAccount(sql, account);
      await this.audit.record(sql, { actor, action: 'account.created', subjectType: 'account', subjectId: String(accountId) }, now);
      return accountId;
    });
  }

  async change(accountId: number, input: AccountChange, actor: string): Promise<Result<number, AccountProblem>> {
    return this.undone(async (sql) => {
      const now = this.clock.now();
      const before = await queries.lockAccount(sql, accountId);
      if (!before) throw new Refused({ kind: 'missing' });
      const after = await this.changed(sql, accountId, before, input, now);
      const fields = Object.keys(after).filter((field) => field !== 'updated_at' && !isDeepStrictEqual(after[field as keyof queries.StoredAccount], before[field as keyof queries.AccountRow]));
      if (fields.length === 0) return accountId;
      await queries.updateAccount(sql, accountId, after);
      await this.audit.record(sql, { actor, action: 'account.changed', subjectType: 'account', subjectId: String(accountId), details: { fields } }, now);
      return accountId;
    });
  }

  domains(accountId: number): Promise<AccountDomainRow[]> {
    return listDomains(this.sql, accountId);
  }

  /** Sets the whole list of domains and hosts. The account's own domain stays: it is changed with the account. */
  async setDomains(accountId: number, { domains }: DomainsInput, actor: string): Promise<Result<number, AccountProblem>> {
    return this.undone(async (sql) => {
      const now = this.clock.now();
      if (!(await queries.lockAccount(sql, accountId))) throw new Refused({ kind: 'missing' });
      const changed = await setDomains(sql, accountId, domains, actor, now);
      if (changed > 0) await this.audit.record(sql, { actor, action: 'account.domains_changed', subjectType: 'account', subjectId: String(accountId), details: { domains } }, now);
      return accountId;
    });
  }

  private async changed(sql: Sql, accountId: number | null, before: queries.StoredAccount, input: AccountChange & { source?: string }, now: Date): Promise<queries.StoredAccount> {
    const { parent, owner, attributes, source: _, ...fields } = input;
    const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<queries.StoredAccount>;
    const { name_key: __, ...kept } = before;
    const named = { ...kept, ...given };
    const after: queries.StoredAccount = { ...named, name_key: accountNameKey(named.name), updated_at: now };
    const [namesake] = await queries.findNamesakes(sql, accountId, after.name_key, after.external_id);
    if (namesake) throw new Refused({ kind: 'taken', same: namesake.same, accountId: namesake.account_id });
    if (parent !== undefined) after.parent_account_id = parent && (await this.parentOf(sql, accountId, parent));
    if (owner !== undefined) after.owner_id = owner && (await this.ownerOf(sql, owner.email));
    const read = await this.attributes.read(sql, 'account', attributes, [], input.source ?? null);
    if (!read.ok) throw new Refused({ kind: 'attributes_invalid', problems: read.error });
    after.attributes = mergeAttributes(before.attributes, read.value);
    return after;
  }

  private async parentOf(sql: Sql, accountId: number | null, { id, externalId, name }: NonNullable<AccountChange['parent']>): Promise<number> {
    const found = await queries.findByReference(sql, { id, externalId, nameKey: name === undefined ? undefined : accountNameKey(name) });
    if (!found) throw new Refused({ kind: 'parent_unknown' });
    if (accountId !== null && (await queries.isAncestor(sql, accountId, found.account_id))) throw new Refused({ kind: 'parent_circular' });
    return found.account_id;
  }

  private async ownerOf(sql: Sql, email: string): Promise<number> {
    const owner = await queries.findOwner(sql, email);
    if (!owner) throw new Refused({ kind: 'owner_unknown' });
    return owner.user_id;
  }

  /** One transaction, undone when the answer is no; taken again when somebody made the same account meanwhile, to say so. */
  private async undone<T>(work: (sql: Sql) => Promise<T>): Promise<Result<T, AccountProblem>> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return ok(await this.sql.transaction(work));
      } catch (error) {
        if (error instanceof Refused) return err(error.problem);
        // Two who would each become the other's parent: the database lets one of them.
        if ((error as { constraint?: string }).constraint === 'accounts_parent_circular') return err({ kind: 'parent_circular' });
        if (attempt === ATTEMPTS || !RETRIED.has((error as { code?: string }).code ?? '')) throw error;
      }
    }
  }
}
