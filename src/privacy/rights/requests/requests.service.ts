import { Inject, Injectable } from '@nestjs/common';
import { SuppressionsService } from '../../../consent/suppressions.service.js';
import { normaliseAddress } from '../../../core/mail/address.js';
import { dueOn, mayExtend } from '../../../core/privacy/due-date.js';
import type { LetterKind } from '../../../core/privacy/letter-texts.js';
import { moveRequest, type RequestChannel, type RequestKind, type RequestState } from '../../../core/privacy/request.js';
import { dayAt } from '../../../core/shared/calendar-day.js';
import { err, ok, type Result } from '../../../core/shared/result.js';
import { Clock } from '../../../platform/clock/clock.js';
import { CONFIG, type Config } from '../../../platform/config/config.js';
import { Sql } from '../../../platform/database/sql.js';
import { AuditService } from '../../audit.service.js';
import { LettersService } from '../letters/letters.service.js';
import { newToken, readToken } from '../one-time-token.js';
import * as queries from './requests.queries.js';

export interface OpenRequest {
  readonly who: { readonly contactId: number } | { readonly email: string };
  readonly kind: RequestKind;
  readonly channel: RequestChannel;
  readonly language?: 'nl' | 'en' | undefined;
  /** What exactly is asked: the fields to correct, what is objected to. */
  readonly wish?: Readonly<Record<string, unknown>> | undefined;
  /** How an officer made sure who asks; left out: a single-use link is mailed to the address on file. */
  readonly identityHow?: string | undefined;
  readonly actor: string;
}

export type OpenProblem = { readonly kind: 'contact_missing' | 'no_address' | 'too_many_mails' };
export type StepProblem = { readonly kind: 'missing' } | { readonly kind: 'transition_refused'; readonly from: RequestState; readonly to: RequestState } | { readonly kind: 'too_late_to_extend'; readonly dueOn: string } | { readonly kind: 'no_address' };

const IDENTITY_DAYS = 7;
const LAPSED_AT_ONCE = 500;
const NEVER_CONFIRMED = 'never confirmed';
const DAY = 86_400_000;
/** Confirmations to one mailbox in a day: nobody can fill somebody else's. */
const MAILS_A_DAY = 3;
const TOKEN_USE = 'request-identity';

/** Requests of people about their data: from the asking to the answer, each step with its letter and its entry in the trail. What carries them out: FulfilService. */
@Injectable()
export class RightsRequestsService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly letters: LettersService,
    private readonly suppressions: SuppressionsService,
    private readonly audit: AuditService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'publicUrl' | 'defaultTimeZone' | 'defaultCountry'>,
  ) {}

  /** The month begins now. A wish that is open already is not opened again: its confirmation is mailed once more. */
  async open(input: OpenRequest): Promise<Result<queries.RequestRow, OpenProblem>> {
    const now = this.clock.now();
    return this.sql.transaction(async (sql) => {
      const person = await this.find(sql, input.who);
      if (!person) return err({ kind: 'contact_missing' });
      const hash = person.address_hash ?? (person.email === null ? null : this.suppressions.hashOf(person.email));
      if (input.identityHow === undefined) {
        if (person.email === null || hash === null) return err({ kind: 'no_address' });
        if ((await this.letters.sentToLately(sql, hash, new Date(now.getTime() - DAY))) >= MAILS_A_DAY) return err({ kind: 'too_many_mails' });
      }
      const language = input.language ?? person.language ?? 'nl';
      const due = dueOn(dayAt(now, this.config.defaultTimeZone), this.config.defaultCountry);
      const standing = await queries.findOpenRequest(sql, person.contact_id, input.kind);
      const reused = standing && (standing.state === 'received' || standing.state === 'identity_pending') ? standing : undefined;
      const request = reused ?? (await queries.insertRequest(sql, { ...input, contactId: person.contact_id, addressHash: hash, language, wish: input.wish ?? {}, dueOn: due }, now));
      if (!reused) await this.note(sql, request, 'received', input.actor, input.channel, now);
      if (input.identityHow !== undefined) return ok(await this.identify(sql, request, input.identityHow, input.actor, person.email, now));
      // What somebody tells a colleague is no longer what anybody could have typed into a form: it does not lapse.
      const taken = reused?.channel === 'form' && input.actor !== 'self' ? await queries.changeRequest(sql, request.request_id, { channel: input.channel }) : request;
      return ok(await this.askWho(sql, taken, person.email ?? '', input.actor, now));
    });
  }

  /** What a mailed link is about, without using it. */
  async peek(token: string): Promise<queries.RequestRow | undefined> {
    const read = readToken(TOKEN_USE, token);
    return read && queries.findByToken(this.sql, read.hash, this.clock.now());
  }

  /** The person pressed the button: the link is used up, and it is known who asks. */
  async confirm(token: string): Promise<queries.RequestRow | undefined> {
    const read = readToken(TOKEN_USE, token);
    if (!read) return undefined;
    const now = this.clock.now();
    return this.sql.transaction(async (sql) => {
      const request = await queries.findByToken(sql, read.hash, now, true);
      if (!request) return undefined;
      return this.identify(sql, request, 'mailed link to the address on file', 'self', (await this.addressOf(sql, request)) ?? null, now);
    });
  }

  /** An officer made sure in another way, and says how. */
  recordIdentity(requestId: number, how: string, actor: string): Promise<Result<queries.RequestRow, StepProblem>> {
    return this.stepped(requestId, 'verified', async (sql, request, now) => ok(await this.identify(sql, request, how, actor, (await this.addressOf(sql, request)) ?? null, now)));
  }

  start(requestId: number, actor: string): Promise<Result<queries.RequestRow, StepProblem>> {
    return this.stepped(requestId, 'in_progress', async (sql, request, now) => {
      await this.note(sql, request, 'in_progress', actor, '', now);
      return ok(await queries.changeRequest(sql, request.request_id, { state: 'in_progress' }));
    });
  }

  /** Two months more, with the reason, told while the first month lasts (art. 12(3)). */
  extend(requestId: number, reason: string, actor: string): Promise<Result<queries.RequestRow, StepProblem>> {
    return this.stepped(requestId, 'extended', async (sql, request, now) => {
      if (!mayExtend(dayAt(now, this.config.defaultTimeZone), request.due_on)) return err({ kind: 'too_late_to_extend', dueOn: request.due_on });
      const due = dueOn(dayAt(request.received_at, this.config.defaultTimeZone), this.config.defaultCountry, true);
      await this.note(sql, request, 'extended', actor, reason, now);
      const extended = await queries.changeRequest(sql, requestId, { state: 'extended', dueOn: due, extended: { at: now, reason } });
      await this.letter(sql, extended, 'extended', { reason }, now);
      return ok(extended);
    });
  }

  /** The person is told why, and where to complain (art. 12(4)). */
  refuse(requestId: number, reason: string, actor: string): Promise<Result<queries.RequestRow, StepProblem>> {
    return this.stepped(requestId, 'refused', async (sql, request, now) => {
      await this.note(sql, request, 'refused', actor, reason, now);
      await this.letter(sql, request, 'refused', { reason }, now);
      return ok(await queries.changeRequest(sql, requestId, { state: 'refused', token: null, closed: { at: now, by: actor, outcome: reason } }));
    });
  }

  /** Closes what was carried out, in the transaction that did it; the letter is queued before anything of the person goes. */
  async close(sql: Sql, request: queries.RequestRow, actor: string, outcome: string, letter: { kind: LetterKind; link?: string; validDays?: number }, now: Date): Promise<queries.RequestRow> {
    await this.letter(sql, request, letter.kind, letter, now);
    await this.note(sql, request, 'done', actor, outcome, now);
    return queries.changeRequest(sql, request.request_id, { state: 'done', token: null, closed: { at: now, by: actor, outcome } });
  }

  /** Requests by form whose mail was never answered are over with their link; gives how many. Asked again, it is a request of its own with a month of its own. */
  async lapse(): Promise<number> {
    for (let lapsed = 0; ; ) {
      const now = this.clock.now();
      const over = await this.sql.transaction(async (sql) => {
        const rows = await queries.lapseRequests(sql, NEVER_CONFIRMED, now, LAPSED_AT_ONCE);
        await queries.insertSteps(sql, rows.map((row) => row.request_id), { actor: 'system', state: 'lapsed', note: NEVER_CONFIRMED }, now);
        const entries = rows.map((row) => ({ actor: 'system', action: 'privacy.request_lapsed', subjectType: 'privacy_request', subjectId: String(row.request_id), details: { kind: row.kind, state: 'lapsed' } }));
        await this.audit.record(sql, entries, now);
        return rows.length;
      });
      lapsed += over;
      if (over < LAPSED_AT_ONCE) return lapsed;
    }
  }

  lock(sql: Sql, requestId: number): Promise<queries.RequestRow | undefined> {
    return queries.lockRequest(sql, requestId);
  }

  find(sql: Sql, who: OpenRequest['who']): Promise<queries.RequesterRow | undefined> {
    if ('contactId' in who) return queries.findRequester(sql, who);
    const address = normaliseAddress(who.email);
    return address.ok ? queries.findRequester(sql, { email: address.value, addressHash: this.suppressions.hashOf(address.value) }) : Promise.resolve(undefined);
  }

  /** The number of whoever this is today. */
  async whoIs(who: OpenRequest['who']): Promise<number | undefined> {
    return (await this.find(this.sql, who))?.contact_id;
  }

  async get(requestId: number): Promise<{ request: queries.RequestRow; steps: queries.StepRow[]; letters: Awaited<ReturnType<LettersService['of']>> } | undefined> {
    const request = await queries.findRequest(this.sql, requestId);
    return request && { request, steps: await queries.stepsOf(this.sql, requestId), letters: await this.letters.of(requestId) };
  }

  /** By number of the contact, or by address: that also finds the requests of somebody who was erased. */
  list(filter: Omit<queries.RequestFilter, 'addressHash' | 'dueBefore'> & { email?: string | undefined; overdue?: boolean | undefined }, before: number, limit: number): Promise<queries.RequestRow[]> {
    const { email, overdue, ...rest } = filter;
    return queries.listRequests(this.sql, { ...rest, ...(email !== undefined && { addressHash: this.suppressions.hashOf(email) }), ...(overdue === true && { dueBefore: this.today() }) }, before, limit);
  }

  openDueBy(day: string, limit: number): Promise<queries.RequestRow[]> {
    return queries.openRequestsDueBy(this.sql, day, limit);
  }

  today(): string {
    return dayAt(this.clock.now(), this.config.defaultTimeZone);
  }

  private async stepped(requestId: number, to: RequestState, step: (sql: Sql, request: queries.RequestRow, now: Date) => Promise<Result<queries.RequestRow, StepProblem>>): Promise<Result<queries.RequestRow, StepProblem>> {
    const now = this.clock.now();
    return this.sql.transaction(async (sql) => {
      const request = await queries.lockRequest(sql, requestId);
      if (!request) return err({ kind: 'missing' });
      const moved = moveRequest(request.state, to);
      return moved.ok ? step(sql, request, now) : moved;
    });
  }

  private async askWho(sql: Sql, request: queries.RequestRow, address: string, actor: string, now: Date): Promise<queries.RequestRow> {
    const token = newToken(TOKEN_USE);
    const link = `${this.config.publicUrl}/my-data/confirm/${token.text}?lang=${request.language}`;
    await this.letters.queue(sql, 'identity', address, request.language, { ...this.factsOf(request), link, validDays: IDENTITY_DAYS, lapses: request.channel === 'form' }, now);
    if (request.state !== 'identity_pending') await this.note(sql, request, 'identity_pending', actor, 'link mailed to the address on file', now);
    return queries.changeRequest(sql, request.request_id, { state: 'identity_pending', token: { hash: token.hash, expiresAt: new Date(now.getTime() + IDENTITY_DAYS * DAY) } });
  }

  private async identify(sql: Sql, request: queries.RequestRow, how: string, by: string, address: string | null, now: Date): Promise<queries.RequestRow> {
    await this.note(sql, request, 'verified', by, how, now);
    if (address !== null) await this.letters.queue(sql, 'received', address, request.language, this.factsOf(request), now);
    return queries.changeRequest(sql, request.request_id, { state: 'verified', identity: { how, by, at: now }, token: null });
  }

  private async letter(sql: Sql, request: queries.RequestRow, kind: LetterKind, about: { reason?: string; link?: string; validDays?: number }, now: Date): Promise<void> {
    const address = await this.addressOf(sql, request);
    if (address) await this.letters.queue(sql, kind, address, request.language, { ...this.factsOf(request), ...about }, now);
  }

  private async addressOf(sql: Sql, request: queries.RequestRow): Promise<string | undefined> {
    return request.contact_id === null ? undefined : ((await queries.findRequester(sql, { contactId: request.contact_id }))?.email ?? undefined);
  }

  private factsOf(request: queries.RequestRow) {
    return { requestId: request.request_id, request: request.kind, receivedOn: dayAt(request.received_at, this.config.defaultTimeZone), dueOn: request.due_on };
  }

  /** A step stands with the request, and in the trail of whoever did it. Reasons stay with the request. */
  private async note(sql: Sql, request: queries.RequestRow, state: RequestState, actor: string, note: string, now: Date): Promise<void> {
    await queries.insertStep(sql, { requestId: request.request_id, actor, state, note }, now);
    const details = { kind: request.kind, state, ...(state === 'received' && { contactId: request.contact_id }) };
    await this.audit.record(sql, { actor, action: `privacy.request_${state}`, subjectType: 'privacy_request', subjectId: String(request.request_id), details }, now);
  }
}
