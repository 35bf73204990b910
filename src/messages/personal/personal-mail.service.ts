import { Inject, Injectable } from '@nestjs/common';
import type { Decision } from '../../core/decision/decision.js';
import { cleanValue, isPlainAddress, type MailHeaders, rfc5322Date } from '../../core/mail/headers.js';
import { NOTHING_TOUCHED } from '../../core/rule/touched-data.js';
import { err, ok, type Result } from '../../core/shared/result.js';
import { lockBuckets } from '../../decisions/buckets.queries.js';
import type { DecisionRequest } from '../../decisions/decision-request.js';
import { DecisionsService } from '../../decisions/decisions.service.js';
import { Clock } from '../../platform/clock/clock.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { Sql } from '../../platform/database/sql.js';
import { buildMime } from '../../platform/mail/mime.js';
import { MailTransport } from '../../platform/mail/transport.js';
import { AuditService } from '../../privacy/audit.service.js';
import { TasksService } from '../../tasks/tasks.service.js';
import { TaskViewService } from '../../tasks/work/task-view.service.js';
import type { Worker } from '../../tasks/work/task-work.service.js';
import { deleteSending, findLetter, findWriter, insertSending, type LetterRow } from './personal-mail.queries.js';

export interface Letter {
  readonly subject: string;
  readonly text: string;
  /** Left out: that of the campaign the task came from. */
  readonly purpose?: string | undefined;
}

export type LetterProblem =
  | { readonly kind: 'missing' | 'no_contact' | 'no_writer' | 'no_purpose' | 'closed' }
  | { readonly kind: 'stopped'; readonly decision: Decision }
  | { readonly kind: 'not_sent'; readonly reason: string };

/** No campaign's: personal mail is decided on by itself. */
const NO_CAMPAIGN = 0;
const TIME_TO_LIVE_HOURS = 1;

interface Addressed {
  readonly letter: LetterRow & { contact_id: number; bucket: number; email: string };
  readonly writer: { user_id: number; email: string; name: string };
  readonly touchId: number;
}

/**
 * A human writes to one person in his own name. A decision of its own is taken, as for any mail: what the law, the basis or a suppression forbids
 * nobody can approve; that a human is asked for, or talking already, stops no human.
 */
@Injectable()
export class PersonalMailService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly decisions: DecisionsService,
    private readonly tasks: TasksService,
    private readonly views: TaskViewService,
    private readonly transport: MailTransport,
    private readonly audit: AuditService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'mailDomain' | 'mailFrom'>,
  ) {}

  async write(taskId: number, letter: Letter, worker: Worker): Promise<Result<undefined, LetterProblem>> {
    if (!(await this.views.row(taskId, worker.reach))) return err({ kind: 'missing' });
    const addressed = await this.sql.transaction((sql) => this.decideOn(sql, taskId, letter, worker));
    if (!addressed.ok) return addressed;
    const { writer, touchId, letter: to } = addressed.value;
    const html = `<html><body>${letter.text.split('\n').map((line) => `<p>${escaped(line)}</p>`).join('')}</body></html>`;
    const outcome = await this.transport.send({ from: writer.email, to: to.email }, buildMime(this.headers(addressed.value, letter.subject), { html, text: `${letter.text}\n` }));
    if (outcome.kind === 'accepted' || outcome.kind === 'unknown') return ok(undefined); // one that may have arrived is not sent again
    const reason = outcome.kind === 'refused' ? outcome.response : outcome.reason;
    await this.sql.transaction(async (sql) => {
      await deleteSending(sql, to.contact_id, touchId);
      await this.tasks.note(sql, [{ taskId, author: 'system', note: `Not sent: ${reason}` }], this.clock.now());
    });
    return err({ kind: 'not_sent', reason });
  }

  private async decideOn(sql: Sql, taskId: number, { subject, text, purpose: chosen }: Letter, { actor, userId }: Worker): Promise<Result<Addressed, LetterProblem>> {
    const now = this.clock.now();
    const found = await findLetter(sql, taskId);
    if (found?.state !== 'open') return err({ kind: found ? 'closed' : 'missing' });
    const { contact_id: contactId, bucket, email, account_id: accountId } = found;
    if (contactId === null || bucket === null || email === null || !isPlainAddress(email)) return err({ kind: 'no_contact' });
    const writer = await findWriter(sql, taskId, userId ?? null);
    if (!writer) return err({ kind: 'no_writer' });
    const purpose = chosen ?? found.purpose;
    if (purpose === null) return err({ kind: 'no_purpose' });
    await lockBuckets(sql, [bucket]);
    const request = requestFor(contactId, accountId, taskId, purpose, now);
    const decided = await this.decisions.decide(sql, request, now);
    await this.decisions.store(sql, [{ request, decided }], now);
    const decision = decided[0]?.decision;
    if (decision?.verdict !== 'send') return decision ? err({ kind: 'stopped', decision }) : err({ kind: 'no_contact' });
    const { touch_id: touchId } = await insertSending(sql, contactId, accountId, writer.user_id, subject, now);
    await this.tasks.note(sql, [{ taskId, author: actor, note: `${subject}\n\n${text}` }], now);
    await this.audit.record(sql, { actor, action: 'task.written', subjectType: 'task', subjectId: String(taskId), details: { purpose, touchId } }, now);
    return ok({ letter: { ...found, contact_id: contactId, bucket, email }, writer, touchId });
  }

  private headers({ letter, writer, touchId }: Addressed, subject: string): MailHeaders {
    const messageId = `<h${touchId.toString(36)}.${letter.contact_id.toString(36)}@${this.config.mailDomain}>`;
    return {
      from: { name: cleanValue(writer.name), address: writer.email },
      replyTo: { address: writer.email },
      to: { ...(letter.name !== null && { name: cleanValue(letter.name) }), address: letter.email },
      subject: cleanValue(subject),
      messageId,
      plain: [['Date', rfc5322Date(this.clock.now())], ['Message-ID', messageId]],
    };
  }
}

function requestFor(contactId: number, accountId: number | null, taskId: number, purpose: string, now: Date): DecisionRequest {
  return {
    phase: 'plan', campaignId: NO_CAMPAIGN, campaignKey: `task ${taskId}`, campaignVersion: 1, campaignState: 'running', step: 0, purpose, messageClass: 'personal', channel: 'email', template: null,
    touches: NOTHING_TOUCHED, holdout: { percent: 0, unit: 'contact' }, timeToLiveHours: TIME_TO_LIVE_HOURS,
    candidates: [{ contactId, accountId, occurrence: taskId, stepSince: now, exited: false, goalMet: false, missingFields: [] }],
  };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
