import { createHash, createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { nextAttempt } from '../../../core/mail/retry.js';
import { err, ok, type Result } from '../../../core/shared/result.js';
import { Clock } from '../../../platform/clock/clock.js';
import { Sql } from '../../../platform/database/sql.js';
import { Secrets } from '../../../platform/secrets.js';
import { AuditService } from '../../audit.service.js';
import { keyFor, seal, unseal } from '../sealed-box.js';
import * as queries from './recipients.queries.js';
import { WebhookSender } from './webhook-sender.js';

/** What names a person at a recipient. */
export interface NamedIdentity {
  readonly contact_id: number;
  readonly kind: string;
  readonly value: string;
}

export interface AboutNotice {
  readonly erasureId?: string | undefined;
  readonly requestId?: number | undefined;
  readonly rectificationId?: number | undefined;
  /** Of a correction: the fields with the values they have now. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
}

const AT_ONCE = 50;

/** Tells whoever got people's data from us of erasures, corrections and restrictions (art. 19): signed, again and again until it was taken. */
@Injectable()
export class RecipientsService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly secrets: Secrets,
    private readonly audit: AuditService,
    private readonly webhooks: WebhookSender,
  ) {}

  list(): Promise<queries.RecipientRow[]> {
    return queries.listRecipients(this.sql);
  }

  /** The secret that signatures are checked with is told here, once. */
  async add(input: { name: string; url: string; toldOf: readonly string[] }, actor: string): Promise<Result<{ row: queries.RecipientRow; secret: string }, { kind: 'name_taken' }>> {
    const now = this.clock.now();
    return this.sql.transaction(async (sql) => {
      const row = await queries.insertRecipient(sql, { ...input, actor }, now);
      if (!row) return err({ kind: 'name_taken' });
      await this.audit.record(sql, { actor, action: 'recipient.added', subjectType: 'recipient', subjectId: String(row.recipient_id), details: { name: row.name, toldOf: row.told_of } }, now);
      return ok({ row, secret: this.secretOf(row.recipient_id) });
    });
  }

  async retire(recipientId: number, actor: string): Promise<queries.RecipientRow | undefined> {
    const now = this.clock.now();
    return this.sql.transaction(async (sql) => {
      const row = await queries.retireRecipient(sql, recipientId, now);
      if (row) await this.audit.record(sql, { actor, action: 'recipient.retired', subjectType: 'recipient', subjectId: String(recipientId) }, now);
      return row;
    });
  }

  /** How many must know of such a thing. */
  async count(sql: Sql, kind: queries.NoticeKind): Promise<number> {
    return (await queries.recipientsToTell(sql, kind)).length;
  }

  /** Queues, in the caller's transaction, what recipients must know; gives how many must. */
  async tell(sql: Sql, kind: queries.NoticeKind, identities: readonly NamedIdentity[], about: AboutNotice, now: Date): Promise<number> {
    const recipientIds = await queries.recipientsToTell(sql, kind);
    if (recipientIds.length === 0) return 0;
    const payload = { event: `person.${kind}`, at: now.toISOString(), people: peopleOf(identities), ...(about.erasureId !== undefined && { erasureId: about.erasureId }), ...(about.fields && { fields: about.fields }) };
    const { erasureId = null, requestId = null, rectificationId = null } = about;
    await queries.insertNotices(sql, { recipientIds, kind, erasureId, requestId, rectificationId, sealed: seal(this.key(), JSON.stringify(payload)) }, now);
    return recipientIds.length;
  }

  /** Delivers what is due. What is refused is tried again after minutes, hours and days, three days long; then a human sees it in the list. */
  async deliverDue(now: Date): Promise<{ delivered: number; failed: number; retried: number }> {
    const due = await queries.leaseNotices(this.sql, now, AT_ONCE);
    const outcomes = await Promise.all(due.map((notice) => this.deliver(notice, now)));
    if (outcomes.length > 0) await queries.storeOutcomes(this.sql, outcomes, now);
    const count = (state: string): number => outcomes.filter((one) => one.state === state).length;
    return { delivered: count('delivered'), failed: count('failed'), retried: count('queued') };
  }

  notices(before: number, limit: number): Promise<queries.NoticeRow[]> {
    return queries.listNotices(this.sql, before, limit);
  }

  private async deliver(notice: queries.DueNotice, now: Date): Promise<queries.NoticeOutcome> {
    const body = unseal(this.key(), notice.sealed);
    const timestamp = String(Math.floor(now.getTime() / 1_000));
    const signature = createHmac('sha256', this.secretOf(notice.recipient_id)).update(`${timestamp}.${body}`).digest('hex');
    const answer = await this.webhooks.post(notice.url, body, { 'tactful-event': `person.${notice.kind}`, 'tactful-delivery': String(notice.notice_id), 'tactful-signature': `t=${timestamp},v1=${signature}` });
    if (answer.ok) return { noticeId: notice.notice_id, state: 'delivered', dueAt: null, response: answer.response };
    const dueAt = answer.forGood ? undefined : nextAttempt(notice.attempts, notice.queued_at, now);
    return { noticeId: notice.notice_id, state: dueAt ? 'queued' : 'failed', dueAt: dueAt ?? null, response: answer.response };
  }

  private secretOf(recipientId: number): string {
    return `whsec_${this.secrets.hmac('recipient', String(recipientId)).toString('base64url')}`;
  }

  private key(): Buffer {
    return keyFor(this.secrets.hmac('seal', 'recipients'), 'recipient-notice');
  }
}

/** The address itself is not sent: who has it finds it by its digest. */
function peopleOf(identities: readonly NamedIdentity[]): object[] {
  return [...Map.groupBy(identities, ({ contact_id: id }) => id).values()].map((own) => {
    const of = (kind: string): string[] => [...new Set(own.filter((one) => one.kind === kind).map((one) => one.value))];
    return { externalIds: of('external_id'), userIds: of('user_id'), emailSha256: of('email').map((address) => createHash('sha256').update(address.toLowerCase()).digest('hex')) };
  });
}
