import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { type BuyingGroupPolicy, buyingGroupPolicy, coverageOf, DEFAULT_BUYING_GROUP_POLICY, type GroupCoverage } from '../../core/account/buying-group.js';
import { err, ok, type Result } from '../../core/shared/result.js';
import { Clock } from '../../platform/clock/clock.js';
import { retryConflicts } from '../../platform/database/retry-conflicts.js';
import { readSetting, type Setting, writeSetting } from '../../platform/database/settings.queries.js';
import { Sql } from '../../platform/database/sql.js';
import { AuditService } from '../../privacy/audit.service.js';
import { accountNameKey } from '../name-key.js';
import type { BuyingGroupInput } from './buying-group-input.js';
import * as queries from './buying-group.queries.js';

const POLICY: Setting = { owner: 'buyingGroup', key: 'buying_group_policy' };

export type BuyingGroupProblem =
  | { readonly kind: 'missing' }
  | { readonly kind: 'not_of_account'; readonly contactIds: readonly number[] }
  | { readonly kind: 'colleague_unknown'; readonly emails: readonly string[] };

export interface BuyingGroup {
  readonly account: { readonly account_id: number; readonly name: string; readonly tier: string | null };
  readonly members: readonly queries.MemberRow[];
  readonly coverage: GroupCoverage;
  /** Undefined when nobody asked. */
  readonly ended: readonly queries.MemberRow[] | undefined;
}

const MOST_ENDED = 200;

/** Takes a refusal out of the transaction, so that nothing of it stays. */
class Refused extends Error {
  constructor(readonly problem: BuyingGroupProblem) {
    super(problem.kind);
  }
}

/** Who decides for an account, in which part, and who of us is paired with whom. */
@Injectable()
export class BuyingGroupService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly audit: AuditService,
  ) {}

  async get(accountId: number, withEnded = false): Promise<BuyingGroup | undefined> {
    const account = await queries.findAccount(this.sql, accountId);
    if (!account) return undefined;
    const members = await queries.listMembers(this.sql, accountId);
    const assigned = members.map(({ contact_id: contactId, role, confidence }) => ({ contactId, role, confidence }));
    const ended = withEnded ? await queries.listEnded(this.sql, accountId, MOST_ENDED) : undefined;
    return { account, members, coverage: coverageOf(assigned, await this.policy(), account.tier), ended };
  }

  /** The account that somebody means: by id, external id or name. */
  async find(key: string): Promise<number | undefined> {
    const found = await queries.findByKey(this.sql, /^[1-9]\d{0,15}$/.test(key) ? Number(key) : null, key, accountNameKey(key));
    return found?.account_id;
  }

  /** Sets the whole group: parts not named end, new ones begin, the rest keeps its beginning. */
  async set(accountId: number, { members, source }: BuyingGroupInput, actor: string): Promise<Result<undefined, BuyingGroupProblem>> {
    try {
      await retryConflicts(() => this.sql.transaction(async (sql) => {
        const now = this.clock.now();
        if (!(await queries.lockAccount(sql, accountId))) throw new Refused({ kind: 'missing' });
        const strangers = await queries.strangers(sql, accountId, [...new Set(members.map(({ contactId }) => contactId))]);
        if (strangers.length > 0) throw new Refused({ kind: 'not_of_account', contactIds: strangers });
        const emails = [...new Set(members.flatMap(({ colleague }) => colleague ?? []))];
        const colleagues = emails.length === 0 ? new Map<string, number>() : await queries.findColleagues(sql, emails);
        const unknown = emails.filter((email) => !colleagues.has(email));
        if (unknown.length > 0) throw new Refused({ kind: 'colleague_unknown', emails: unknown });
        const parts = members.map((member) => ({ ...member, source: member.source ?? source, colleagueId: member.colleague === null ? null : (colleagues.get(member.colleague) ?? null) }));
        const ended = await queries.endOtherRoles(sql, accountId, parts, now);
        const added = await queries.addRoles(sql, accountId, parts, now);
        if (ended + added > 0) await this.audit.record(sql, { actor, action: 'account.buying_group_changed', subjectType: 'account', subjectId: String(accountId), details: { ended, added } }, now);
      }));
      return ok(undefined);
    } catch (error) {
      if (error instanceof Refused) return err(error.problem);
      throw error;
    }
  }

  /** Which roles are required: the workspace's choice, else the defaults. */
  async policy(sql: Sql = this.sql): Promise<BuyingGroupPolicy> {
    const stored = await readSetting(sql, POLICY);
    return stored === null ? DEFAULT_BUYING_GROUP_POLICY : buyingGroupPolicy.parse(stored);
  }

  async replacePolicy(policy: BuyingGroupPolicy, actor: string): Promise<BuyingGroupPolicy> {
    return this.sql.transaction(async (sql) => {
      const before = await this.policy(sql);
      if (isDeepStrictEqual(before, policy)) return before;
      const now = this.clock.now();
      await writeSetting(sql, POLICY, policy, actor, now);
      await this.audit.record(sql, { actor, action: 'buying_group_policy.changed', subjectType: 'buying_group_policy', details: { from: before, to: policy } }, now);
      return policy;
    });
  }
}
