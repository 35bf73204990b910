import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { beyondPurposes } from '../../core/attribute/allowed-purposes.js';
import { computationSchema, computedType } from '../../core/attribute/computation.js';
import { type DataUsers, isUsed, NO_USERS } from '../../core/attribute/data-users.js';
import { err, ok, type Result } from '../../core/shared/result.js';
import { Clock } from '../../platform/clock/clock.js';
import { Sql } from '../../platform/database/sql.js';
import { AuditService } from '../../privacy/audit.service.js';
import { descriptionInput, labelInput, purposesInput } from '../attribute-input.js';
import { type AttributeRow, lockAttribute, lockEventDefinition, readAttributeDefinitions } from '../attributes.queries.js';
import { AttributesService, type ClassificationProblem } from '../attributes.service.js';
import { loadDataUsers } from '../data-users.js';
import { lockHistory } from '../history/history.queries.js';
import { ATTRIBUTE_KEY, isPoisoned } from '../import/safe-keys.js';
import * as queries from './computed.queries.js';

/** Every new event is looked at for each of them. */
const MOST_COMPUTED = 100;

export const computedInput = z.strictObject({
  computation: computationSchema,
  /** Left out: what the event may be used for. */
  purposes: purposesInput.optional(),
  sensitive: z.boolean().default(false),
  label: labelInput.optional(),
  description: descriptionInput.optional(),
});
export type ComputedInput = z.output<typeof computedInput>;

export type ComputedProblem =
  | ClassificationProblem
  | { readonly kind: 'key_invalid' }
  | { readonly kind: 'key_taken'; readonly standard: boolean }
  | { readonly kind: 'event_unknown'; readonly event: string }
  | { readonly kind: 'type_in_use'; readonly type: string; readonly users: DataUsers }
  | { readonly kind: 'too_many'; readonly most: number };

/** Attributes whose values follow from events. They are purpose-bound as their events are: computing does not wash anything clean. */
@Injectable()
export class ComputedAttributesService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly attributes: AttributesService,
    private readonly audit: AuditService,
  ) {}

  /** Defines an attribute, or computes it in another way from now on; everybody's value follows in the background. */
  async define(key: string, input: ComputedInput, actor: string): Promise<Result<AttributeRow, ComputedProblem>> {
    if (!ATTRIBUTE_KEY.test(key) || isPoisoned(key)) return err({ kind: 'key_invalid' });
    const unknown = await this.attributes.unknownPurposes(input.purposes ?? []);
    if (unknown.length > 0) return err({ kind: 'purpose_unknown', unknown });
    return this.sql.transaction(async (sql) => {
      await lockHistory(sql);
      const problem = await this.problemOf(sql, key, input);
      if (problem) return err(problem);
      const { computation } = input;
      const event = await lockEventDefinition(sql, computation.event);
      if (!event) return err({ kind: 'event_unknown', event: computation.event });
      const beyond = beyondPurposes(input.purposes ?? [], event.purposes);
      if (beyond.length > 0) return err({ kind: 'beyond_event', event: event.name, beyond });
      const now = this.clock.now();
      await queries.storeComputed(sql, {
        key,
        type: computedType(computation),
        computation,
        purposes: input.purposes ?? event.purposes,
        sensitive: input.sensitive || event.sensitive,
        label_nl: input.label?.nl ?? '',
        label_en: input.label?.en ?? '',
        description: input.description ?? '',
      }, now);
      await queries.forgetComputed(sql, key);
      const { total, until } = await queries.markEverybody(sql, key, computation.event);
      await queries.noteBackfill(sql, key, total, until);
      await this.audit.record(sql, { actor, action: 'attribute.computed', subjectType: 'attribute', subjectId: `contact.${key}`, details: { computation } }, now);
      const [row] = await readAttributeDefinitions(sql, 'contact', [key]);
      return row ? ok(row) : err({ kind: 'missing' });
    });
  }

  /** How far a computation has come after it was set; undefined when there is none. */
  progress(key: string): Promise<{ total: number; remaining: number } | undefined> {
    return queries.readBackfill(this.sql, key);
  }

  private async problemOf(sql: Sql, key: string, { computation }: ComputedInput): Promise<ComputedProblem | undefined> {
    const before = await lockAttribute(sql, 'contact', key);
    if (!before) {
      const [removed] = await readAttributeDefinitions(sql, 'contact', [key]);
      if (removed) return { kind: 'key_taken', standard: false };
      return (await queries.countComputed(sql)) >= MOST_COMPUTED ? { kind: 'too_many', most: MOST_COMPUTED } : undefined;
    }
    if (!before.computation) return { kind: 'key_taken', standard: before.standard };
    if (before.type === computedType(computation)) return undefined;
    const users = (await loadDataUsers(sql)).get(`contact.${key}`) ?? NO_USERS;
    return isUsed(users) ? { kind: 'type_in_use', type: before.type, users } : undefined;
  }
}
