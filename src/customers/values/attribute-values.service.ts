import { Injectable } from '@nestjs/common';
import { type DataUsers, isUsed, NO_USERS } from '../../core/attribute/data-users.js';
import { err, ok, type Result } from '../../core/shared/result.js';
import { Clock } from '../../platform/clock/clock.js';
import { Sql } from '../../platform/database/sql.js';
import { AuditService } from '../../privacy/audit.service.js';
import { type AttributeRow, lockAttribute, readAttributeDefinitions } from '../attributes.queries.js';
import type { AttributeType } from '../custom-attributes.js';
import { loadDataUsers } from '../data-users.js';
import { lockHistory, waitForHistory } from '../history/history.queries.js';
import { ATTRIBUTE_KEY, isPoisoned } from '../import/safe-keys.js';
import { unwantIndex, wantAgain } from './attribute-indexes.queries.js';
import * as queries from './attribute-values.queries.js';

type Scope = 'contact' | 'account';

export type ValuesProblem =
  | { readonly kind: 'missing' }
  | { readonly kind: 'standard' }
  | { readonly kind: 'computed' }
  | { readonly kind: 'in_use'; readonly users: DataUsers }
  | { readonly kind: 'not_convertible'; readonly from: AttributeType; readonly to: AttributeType }
  | { readonly kind: 'values_do_not_fit'; readonly to: AttributeType; readonly total: number; readonly unfit: number }
  | { readonly kind: 'key_invalid' }
  | { readonly kind: 'key_taken'; readonly key: string };

/** Changes to an attribute that reach into its values. Each is refused while somebody uses the attribute, with who that is. */
@Injectable()
export class AttributeValuesService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly audit: AuditService,
  ) {}

  /** Gives an attribute another type, and all its values with it; refused when a single one does not fit. Gives how many were converted. */
  retype(scope: Scope, key: string, to: AttributeType, actor: string): Promise<Result<{ converted: number }, ValuesProblem>> {
    return this.unused(scope, key, async (sql, before) => {
      if (before.computation) return err({ kind: 'computed' });
      if (before.type === to) return ok({ converted: 0 });
      const { total, fitting } = queries.isConvertible(before.type, to) ? await queries.countFitting(sql, scope, key, before.type, to) : { total: await this.countValues(sql, scope, before), fitting: 0 };
      if (total > 0 && !queries.isConvertible(before.type, to)) return err({ kind: 'not_convertible', from: before.type, to });
      if (fitting < total) return err({ kind: 'values_do_not_fit', to, total, unfit: total - fitting });
      const now = this.clock.now();
      const converted = total === 0 ? 0 : await queries.convertValues(sql, scope, key, before.type, to, now);
      await queries.storeType(sql, scope, key, to);
      await wantAgain(sql, scope, key);
      await this.audit.record(sql, { actor, action: 'attribute.retyped', subjectType: 'attribute', subjectId: `${scope}.${key}`, details: { from: before.type, to, converted } }, now);
      return ok({ converted });
    });
  }

  rename(scope: Scope, key: string, to: string, actor: string): Promise<Result<{ renamed: number }, ValuesProblem>> {
    return this.unused(scope, key, async (sql) => {
      if (!ATTRIBUTE_KEY.test(to) || isPoisoned(to)) return err({ kind: 'key_invalid' });
      const [taken] = await readAttributeDefinitions(sql, scope, [to]);
      if (taken) return err({ kind: 'key_taken', key: to });
      const renamed = await queries.renameValues(sql, scope, key, to);
      await unwantIndex(sql, scope, key);
      await this.audit.record(sql, { actor, action: 'attribute.renamed', subjectType: 'attribute', subjectId: `${scope}.${to}`, details: { from: key, renamed } }, this.clock.now());
      return ok({ renamed });
    });
  }

  /** Nobody sees the attribute from here on; its values are taken out in the background. */
  remove(scope: Scope, key: string, actor: string): Promise<Result<undefined, ValuesProblem>> {
    return this.unused(scope, key, async (sql) => {
      await queries.markRemoving(sql, scope, key);
      await unwantIndex(sql, scope, key);
      await this.audit.record(sql, { actor, action: 'attribute.deleted', subjectType: 'attribute', subjectId: `${scope}.${key}` }, this.clock.now());
      return ok(undefined);
    });
  }

  private unused<T>(scope: Scope, key: string, work: (sql: Sql, row: AttributeRow) => Promise<Result<T, ValuesProblem>>): Promise<Result<T, ValuesProblem>> {
    return this.sql.transaction(async (sql) => {
      await waitForHistory(sql); // nobody is computing it meanwhile
      await lockHistory(sql);
      const row = await lockAttribute(sql, scope, key);
      if (!row) return err({ kind: 'missing' });
      if (row.standard) return err({ kind: 'standard' });
      const users = (await loadDataUsers(sql)).get(`${scope}.${key}`) ?? NO_USERS;
      return isUsed(users) ? err({ kind: 'in_use', users }) : work(sql, row);
    });
  }

  private async countValues(sql: Sql, scope: Scope, { key, type }: AttributeRow): Promise<number> {
    return (await queries.countFitting(sql, scope, key, type, type === 'text' ? 'list' : 'text')).total;
  }
}
