import { Inject, Injectable } from '@nestjs/common';
import { dayAt, startOfDay } from '../../core/shared/calendar-day.js';
import { dueOn } from '../../core/privacy/due-date.js';
import { contactChange } from '../../customers/contact-input.js';
import { ContactsService } from '../../customers/contacts.service.js';
import { Clock } from '../../platform/clock/clock.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { Sql } from '../../platform/database/sql.js';
import { TasksService } from '../../tasks/tasks.service.js';
import { AuditService } from '../audit.service.js';
import type { AskedKind } from './my-data-texts.js';
import { findOpenRequest, insertVerifiedRequest, lockAsker, type MyDataRow, readMyData } from './my-data.queries.js';

export const CORRECTABLE = ['first_name', 'last_name', 'language', 'country', 'time_zone'] as const;
export type Correctable = (typeof CORRECTABLE)[number];

/** What a person may do with his own data, once a link that was just mailed to him shows who he is. */
@Injectable()
export class MyDataService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly contacts: ContactsService,
    private readonly tasks: TasksService,
    private readonly audit: AuditService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'defaultTimeZone' | 'defaultCountry'>,
  ) {}

  read(contactId: number): Promise<MyDataRow | undefined> {
    return readMyData(this.sql, contactId);
  }

  /** Corrects at once, with the trail that every change of a contact has. Gives the fields that cannot be kept. */
  async correct(contactId: number, fields: Readonly<Partial<Record<Correctable, string>>>): Promise<Correctable[]> {
    const given = Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, text.trim() === '' ? null : text.trim()]));
    const parsed = contactChange.safeParse(given);
    if (!parsed.success) return CORRECTABLE.filter((name) => parsed.error.issues.some((issue) => issue.path[0] === name));
    await this.contacts.change(contactId, parsed.data, 'self');
    return [];
  }

  /** Opens the request, with a task for whoever answers it. Asked again while it is open, it is the same request. Gives by when it is answered. */
  async request(contactId: number, kind: AskedKind, language: 'nl' | 'en', wish: string): Promise<Date | undefined> {
    const now = this.clock.now();
    const { defaultTimeZone: zone, defaultCountry: country } = this.config;
    return this.sql.transaction(async (sql) => {
      const person = await readMyData(sql, contactId);
      if (!person) return undefined;
      await lockAsker(sql, person.contact_id);
      const open = await findOpenRequest(sql, person.contact_id, kind);
      if (open) return startOfDay(open.due_on, zone);
      const due = dueOn(dayAt(now, zone), country);
      const { request_id: requestId } = await insertVerifiedRequest(sql, { contactId: person.contact_id, addressHash: person.address_hash, kind, language, wish: wish === '' ? {} : { note: wish }, dueOn: due }, now);
      await this.tasks.open(sql, [{ kind: 'rights_request', cause: `request:${requestId}`, contactId: person.contact_id, reason: `Asks for ${kind} of his data; the answer is due on ${due}.`, details: { requestId, request: kind }, by: 'self' }], now);
      await this.audit.record(sql, { actor: 'self', action: 'privacy_request.received', subjectType: 'privacy_request', subjectId: String(requestId), details: { kind, channel: 'link' } }, now);
      return startOfDay(due, zone);
    });
  }
}
