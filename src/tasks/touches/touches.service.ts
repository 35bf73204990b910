import { Injectable } from '@nestjs/common';
import type { Reach } from '../../core/shared/reach.js';
import { Clock } from '../../platform/clock/clock.js';
import { Sql } from '../../platform/database/sql.js';
import { PressureFactorsService } from '../../pressure/pressure-factors.service.js';
import { AuditService } from '../../privacy/audit.service.js';
import { HoldsService } from '../holds/holds.service.js';
import { reachesSubject } from '../holds/reach.queries.js';
import { insertTouch, listTouches, type TouchRow } from './touches.queries.js';

export interface Touch {
  readonly contactId: number;
  readonly kind: 'mail' | 'call' | 'meeting';
  readonly at: Date;
  readonly note: string;
  readonly userId: number | null;
}

/** What colleagues did: it counts against the person's pressure too, and a meeting keeps the machine quiet. */
@Injectable()
export class TouchesService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly holds: HoldsService,
    private readonly pressure: PressureFactorsService,
    private readonly audit: AuditService,
  ) {}

  list(contactId: number, before: readonly [Date, number], limit: number): Promise<TouchRow[]> {
    return listTouches(this.sql, contactId, before, limit);
  }

  /** Undefined when the person is not one the caller may see. */
  async log(touch: Touch, actor: string, reach: Reach): Promise<number | undefined> {
    const now = this.clock.now();
    return this.sql.transaction(async (sql) => {
      if (!(await reachesSubject(sql, reach, touch.contactId, null))) return undefined;
      // The hold first: it takes the bucket's lock, and nothing else may be locked before.
      if (touch.kind === 'meeting') {
        const cause = `touch:${touch.contactId}:${touch.at.toISOString()}`;
        await this.holds.open(sql, [{ kind: 'meeting', contactId: touch.contactId, momentAt: touch.at, cause, reason: { code: 'meets_colleague' }, by: actor, ...(touch.at <= now && { task: false as const }) }], now);
      }
      const logged = await insertTouch(sql, touch);
      if (!logged) return undefined;
      if (touch.kind === 'meeting') await this.pressure.adjust(sql, [{ contactId: logged.contact_id, cause: 'meeting', at: now }]);
      await this.audit.record(sql, { actor, action: 'touch.logged', subjectType: 'contact', subjectId: String(logged.contact_id), details: { kind: touch.kind } }, now);
      return logged.touch_id;
    });
  }
}
