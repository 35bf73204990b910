import { Injectable } from '@nestjs/common';
import { err, ok, type Result } from '../core/shared/result.js';
import { Clock } from '../platform/clock/clock.js';
import { Sql } from '../platform/database/sql.js';
import { AuditService } from '../privacy/audit.service.js';
import { findMessageState, listMessages, requeueUncertain, type MessageFilter, type MessageRow } from './messages.queries.js';
import type { MessageState } from './message-state.js';

export type ResendFailure = { readonly kind: 'message_missing' } | { readonly kind: 'not_uncertain'; readonly state: MessageState };

/** The outbox as people look at it. */
@Injectable()
export class MessagesService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly audit: AuditService,
  ) {}

  list(filter: MessageFilter, before: number, limit: number): Promise<MessageRow[]> {
    return listMessages(this.sql, filter, before, limit);
  }

  /** Sends an uncertain message again: somebody decided that twice is better than not at all. Any other would surely be twice. */
  async resend(contactId: number, messageId: number, by: string): Promise<Result<undefined, ResendFailure>> {
    const now = this.clock.now();
    const queued = await this.sql.transaction(async (sql) => {
      const done = await requeueUncertain(sql, contactId, messageId, now);
      if (done) await this.audit.record(sql, { actor: by, action: 'message.resent', subjectType: 'message', subjectId: `${contactId}/${messageId}` }, now);
      return done;
    });
    if (queued) return ok(undefined);
    const found = await findMessageState(this.sql, contactId, messageId);
    return err(found ? { kind: 'not_uncertain', state: found.state } : { kind: 'message_missing' });
  }
}
