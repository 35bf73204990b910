import { Injectable } from '@nestjs/common';
import { ConsentService } from '../../../consent/consent.service.js';
import { CARRIED_OUT_AT_ONCE, isClosed, isIdentified, type RequestState } from '../../../core/privacy/request.js';
import { assertNever } from '../../../core/shared/assert-never.js';
import { err, ok, type Result } from '../../../core/shared/result.js';
import { type ContactChange, contactChange } from '../../../customers/contact-input.js';
import { type ContactProblem, ContactsService } from '../../../customers/contacts.service.js';
import { Clock } from '../../../platform/clock/clock.js';
import { retryConflicts } from '../../../platform/database/retry-conflicts.js';
import { Sql } from '../../../platform/database/sql.js';
import { AuditService } from '../../audit.service.js';
import { AccessExportsService, EXPORT_DAYS } from '../access/access-exports.service.js';
import { ErasureService } from '../erasure/erasure.service.js';
import { identitiesOfPeople } from '../erasure/erasure.queries.js';
import { RecipientsService } from '../recipients/recipients.service.js';
import * as queries from './requests.queries.js';
import { RightsRequestsService } from './requests.service.js';

export type FulfilProblem =
  | { readonly kind: 'missing' | 'contact_gone' | 'no_address' }
  | { readonly kind: 'not_identified'; readonly state: RequestState }
  | { readonly kind: 'closed'; readonly state: RequestState }
  | { readonly kind: 'nothing_to_correct' }
  | { readonly kind: 'correction_refused'; readonly problem: ContactProblem };

/** What somebody may object to (art. 21): advertising, being profiled for it, or both. */
export const OBJECTIONS = ['marketing', 'profiling', 'both'] as const;

/** Carries requests out, once it is known who asks. */
@Injectable()
export class FulfilService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly requests: RightsRequestsService,
    private readonly exports: AccessExportsService,
    private readonly erasures: ErasureService,
    private readonly consent: ConsentService,
    private readonly contacts: ContactsService,
    private readonly recipients: RecipientsService,
    private readonly audit: AuditService,
  ) {}

  /** The person confirmed: what needs nobody's judgement is done at once. */
  async confirmed(token: string): Promise<queries.RequestRow | undefined> {
    const request = await this.requests.confirm(token);
    return request && this.atOnce(request);
  }

  /** Of somebody known: what needs nobody's judgement is carried out, the rest waits for an officer. */
  async atOnce(request: queries.RequestRow): Promise<queries.RequestRow> {
    if (!CARRIED_OUT_AT_ONCE.has(request.kind)) return request;
    const done = await this.fulfil(request.request_id, 'self');
    return done.ok ? done.value : request;
  }

  /** `correction`: of a rectification, the fields as an officer decided them; without it, those the person asked for. */
  async fulfil(requestId: number, actor: string, correction?: ContactChange): Promise<Result<queries.RequestRow, FulfilProblem>> {
    const done = await retryConflicts(() => this.sql.transaction((sql) => this.within(sql, requestId, actor, correction)));
    if (done.ok && done.value.kind === 'erasure') await this.erasures.keepOutside();
    return done;
  }

  private async within(sql: Sql, requestId: number, actor: string, correction?: ContactChange): Promise<Result<queries.RequestRow, FulfilProblem>> {
    const request = await this.requests.lock(sql, requestId);
    if (!request) return err({ kind: 'missing' });
    if (isClosed(request.state)) return err({ kind: 'closed', state: request.state });
    if (!isIdentified(request.state)) return err({ kind: 'not_identified', state: request.state });
    const person = request.contact_id === null ? undefined : await queries.findRequester(sql, { contactId: request.contact_id });
    if (!person) return err({ kind: 'contact_gone' });
    const now = this.clock.now();
    switch (request.kind) {
      case 'access':
      case 'portability':
        return this.giveData(sql, request, person, actor, now);
      case 'erasure': {
        const closed = await this.requests.close(sql, request, actor, 'erased', { kind: 'done' }, now);
        await this.erasures.eraseContacts(sql, [person.contact_id], { kind: 'request', actor, requestId }, now);
        return ok(closed);
      }
      case 'restriction':
        await this.setRestricted(sql, person.contact_id, true, actor, request.request_id, now);
        return ok(await this.requests.close(sql, request, actor, 'restricted', { kind: 'done' }, now));
      case 'objection':
        return ok(await this.requests.close(sql, request, actor, await this.object(sql, person.contact_id, request, actor, now), { kind: 'done' }, now));
      case 'rectification':
        return this.rectify(sql, request, person.contact_id, actor, correction, now);
      default:
        return assertNever(request.kind);
    }
  }

  /** On or off, by an officer, with effect from the commit on. False: it stood so already, or there is nobody. */
  async restrict(contactId: number, on: boolean, actor: string): Promise<boolean> {
    return this.sql.transaction(async (sql) => {
      const person = await queries.findRequester(sql, { contactId });
      return person !== undefined && this.setRestricted(sql, person.contact_id, on, actor, undefined, this.clock.now());
    });
  }

  private async giveData(sql: Sql, request: queries.RequestRow, person: queries.RequesterRow, actor: string, now: Date): Promise<Result<queries.RequestRow, FulfilProblem>> {
    if (person.email === null) return err({ kind: 'no_address' });
    const link = await this.exports.make(sql, person.contact_id, request.request_id, request.language, now);
    return ok(await this.requests.close(sql, request, actor, 'data made ready', { kind: 'access', link, validDays: EXPORT_DAYS }, now));
  }

  private async setRestricted(sql: Sql, contactId: number, on: boolean, actor: string, requestId: number | undefined, now: Date): Promise<boolean> {
    if (!(await queries.setRestriction(sql, contactId, on ? now : null, now))) return false;
    await this.recipients.tell(sql, on ? 'restricted' : 'unrestricted', await identitiesOfPeople(sql, [contactId]), { requestId }, now);
    await this.audit.record(sql, { actor, action: on ? 'contact.restricted' : 'contact.unrestricted', subjectType: 'contact', subjectId: String(contactId), details: { requestId } }, now);
    return true;
  }

  private async object(sql: Sql, contactId: number, request: queries.RequestRow, actor: string, now: Date): Promise<string> {
    const to = (request.wish['to'] as (typeof OBJECTIONS)[number] | undefined) ?? 'marketing';
    // First: it is a transaction of its own, and locks the contact.
    if (to !== 'profiling') {
      const proof = { actor: 'self' as const, method: 'rights_request', language: request.language, note: `request ${request.request_id}` };
      await this.consent.objectToAll(contactId, proof, actor);
    }
    if (to !== 'marketing' && (await queries.setProfilingOff(sql, contactId, now))) {
      await this.audit.record(sql, { actor, action: 'contact.profiling_off', subjectType: 'contact', subjectId: String(contactId), details: { requestId: request.request_id } }, now);
    }
    return `objection to ${to === 'both' ? 'marketing and profiling' : to} carried out`;
  }

  private async rectify(sql: Sql, request: queries.RequestRow, contactId: number, actor: string, correction: ContactChange | undefined, now: Date): Promise<Result<queries.RequestRow, FulfilProblem>> {
    const asked = correction ?? contactChange.safeParse({ ...(request.wish['fields'] as object | undefined) }).data;
    const fields = asked === undefined ? [] : [...Object.keys(asked).filter((name) => name !== 'attributes'), ...Object.keys(asked.attributes)];
    if (asked === undefined || fields.length === 0) return err({ kind: 'nothing_to_correct' });
    const changed = await this.contacts.change(contactId, asked, actor);
    if (!changed.ok) return err({ kind: 'correction_refused', problem: changed.error });
    await this.noteRectified(sql, contactId, asked, fields, request.request_id, actor, now);
    return ok(await this.requests.close(sql, request, actor, `corrected: ${fields.join(', ')}`, { kind: 'done' }, now));
  }

  /** The person corrected it himself: it counts at once, and who got the data from us is told as of any correction (art. 16, 19). */
  correct(contactId: number, correction: ContactChange): Promise<Result<{ contactId: number }, ContactProblem>> {
    return this.contacts.change(contactId, correction, 'self', async (sql, fields) => {
      const told = Object.fromEntries(Object.entries(correction).filter(([name]) => fields.includes(name)));
      if (Object.keys(told).length > 0) await this.noteRectified(sql, contactId, { ...told, attributes: {} }, Object.keys(told), null, 'self', this.clock.now());
    });
  }

  private async noteRectified(sql: Sql, contactId: number, change: ContactChange, fields: readonly string[], requestId: number | null, actor: string, now: Date): Promise<void> {
    const rectificationId = await queries.insertRectification(sql, { contactId, requestId, actor, fields }, now);
    const { attributes, ...standard } = change;
    await this.recipients.tell(sql, 'rectified', await identitiesOfPeople(sql, [contactId]), { requestId: requestId ?? undefined, rectificationId, fields: { ...standard, ...attributes } }, now);
  }

  /** What was corrected of somebody, and who was told. */
  rectifications(contactId: number): Promise<queries.RectificationRow[]> {
    return queries.rectificationsOf(this.sql, contactId);
  }
}
