import { Inject, Injectable } from '@nestjs/common';
import { startOfDay } from '../../core/shared/calendar-day.js';
import { contactChange } from '../../customers/contact-input.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { Sql } from '../../platform/database/sql.js';
import { FulfilService } from '../rights/requests/fulfil.service.js';
import { RightsRequestsService } from '../rights/requests/requests.service.js';
import type { AskedKind } from './my-data-texts.js';
import { type MyDataRow, readMyData } from './my-data.queries.js';

export const CORRECTABLE = ['first_name', 'last_name', 'language', 'country', 'time_zone'] as const;
export type Correctable = (typeof CORRECTABLE)[number];

const MAILED_LINK = 'link mailed to the address on file within 24 hours';

/** What a person may do with his own data, once a link that was just mailed to him shows who he is. */
@Injectable()
export class MyDataService {
  constructor(
    private readonly sql: Sql,
    private readonly requests: RightsRequestsService,
    private readonly fulfil: FulfilService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'defaultTimeZone'>,
  ) {}

  read(contactId: number): Promise<MyDataRow | undefined> {
    return readMyData(this.sql, contactId);
  }

  /** Corrects at once, with the trail that every change of a contact has; recipients of the data are told. Gives the fields that cannot be kept. */
  async correct(contactId: number, fields: Readonly<Partial<Record<Correctable, string>>>): Promise<Correctable[]> {
    const given = Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, text.trim() === '' ? null : text.trim()]));
    const parsed = contactChange.safeParse(given);
    if (!parsed.success) return CORRECTABLE.filter((name) => parsed.error.issues.some((issue) => issue.path[0] === name));
    await this.fulfil.correct(contactId, parsed.data);
    return [];
  }

  /** Opens the request of somebody known; what needs nobody's judgement is done at once. Gives by when it is answered. */
  async request(contactId: number, kind: AskedKind, language: 'nl' | 'en', wish: string): Promise<Date | undefined> {
    const wished = wish === '' ? {} : { wish: { note: wish } };
    const opened = await this.requests.open({ who: { contactId }, kind, channel: 'link', language, ...wished, identityHow: MAILED_LINK, actor: 'self' });
    if (!opened.ok) return undefined;
    await this.fulfil.atOnce(opened.value);
    return startOfDay(opened.value.due_on, this.config.defaultTimeZone);
  }
}
