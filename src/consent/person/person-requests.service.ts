import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { Sql } from '../../platform/database/sql.js';
import { HoldsService } from '../../tasks/holds/holds.service.js';
import { TasksService } from '../../tasks/tasks.service.js';
import type { PageLanguage } from '../page-texts.js';
import { dueOf, livingWithCampaign } from './person-requests.queries.js';

/** Somebody asks for a human: a task for the owner of his account, or for the team, and no automated marketing until it is followed up. */
@Injectable()
export class PersonRequestsService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly holds: HoldsService,
    private readonly tasks: TasksService,
  ) {}

  /** By when somebody answers; undefined when there is nobody behind the link any more. The same words sent twice are one message. */
  async ask(request: { readonly contactId: number; readonly messageId: number | null; readonly message: string; readonly language: PageLanguage }): Promise<{ due: Date } | undefined> {
    const now = this.clock.now();
    const { message, language, messageId } = request;
    return this.sql.transaction(async (sql) => {
      const person = await livingWithCampaign(sql, request.contactId, messageId);
      if (!person) return undefined;
      const cause = `link:${person.contact_id}:${createHash('sha256').update(message).digest('hex').slice(0, 24)}:${now.toISOString().slice(0, 10)}`;
      const details = { message, language, ...(messageId !== null && { messageId }), ...(person.campaign_id !== null && { campaignId: person.campaign_id }) };
      const [hold] = await this.holds.open(sql, [{ kind: 'conversation', contactId: person.contact_id, cause, reason: { code: 'asks_for_person' }, by: 'self', details }], now);
      const taskId = hold?.taskId ?? undefined;
      if (taskId === undefined) return undefined;
      const task = await dueOf(sql, taskId);
      // Somebody who says more while his first words wait: it stands with the same task.
      if (hold?.isNew && task && task.cause !== cause) await this.tasks.note(sql, [{ taskId, author: 'self', note: message }], now);
      return { due: task?.due_at ?? now };
    });
  }
}
