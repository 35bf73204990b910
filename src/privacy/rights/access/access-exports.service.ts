import { Inject, Injectable } from '@nestjs/common';
import { stringify } from 'csv-stringify/sync';
import { type AccessDocument, portablePart } from '../../../core/privacy/access-document.js';
import { accessHtml, valueText } from '../../../core/privacy/access-html.js';
import type { LetterLanguage } from '../../../core/privacy/letter-texts.js';
import { Clock } from '../../../platform/clock/clock.js';
import { CONFIG, type Config } from '../../../platform/config/config.js';
import { Sql } from '../../../platform/database/sql.js';
import { AuditService } from '../../audit.service.js';
import { newToken, readToken } from '../one-time-token.js';
import { keyFor, seal, unseal } from '../sealed-box.js';
import * as queries from './access.queries.js';
import { AccessService } from './access.service.js';

export const EXPORT_FORMS = ['html', 'json', 'csv'] as const;
export type ExportForm = (typeof EXPORT_FORMS)[number];

export interface ExportFile {
  readonly name: string;
  readonly type: string;
  readonly content: string;
}

export const EXPORT_DAYS = 7;
const DAY = 86_400_000;
const TOKEN_USE = 'access-export';

/** Copies that wait to be fetched: sealed with a key that stands only in the mailed link, each form given out once, gone after a week. */
@Injectable()
export class AccessExportsService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly access: AccessService,
    private readonly audit: AuditService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'publicUrl' | 'defaultTimeZone'>,
  ) {}

  /** Makes the copy and gives the link to it: whoever holds the link, and nobody else, can read it. */
  async make(sql: Sql, contactId: number, requestId: number, language: LetterLanguage, now: Date): Promise<string> {
    const document = await this.access.collect(contactId, language);
    if (!document) throw new Error('the contact was there a moment ago');
    const token = newToken(TOKEN_USE);
    const sealed = seal(keyFor(token.secret, TOKEN_USE), JSON.stringify(document));
    await queries.insertExport(sql, { contactId, requestId, tokenHash: token.hash, sealed, expiresAt: new Date(now.getTime() + EXPORT_DAYS * DAY) }, now);
    return `${this.config.publicUrl}/my-data/export/${token.text}?lang=${language}`;
  }

  /** Which forms can still be fetched with this link; undefined for one that is no link of ours, or over. */
  async peek(text: string): Promise<readonly ExportForm[] | undefined> {
    const token = readToken(TOKEN_USE, text);
    const found = token && (await queries.findExport(this.sql, token.hash, this.clock.now()));
    const left = found && EXPORT_FORMS.filter((form) => !found.fetched.includes(form));
    return left && left.length > 0 ? left : undefined;
  }

  /** Gives a form out, once. */
  async take(text: string, form: ExportForm): Promise<ExportFile | undefined> {
    const token = readToken(TOKEN_USE, text);
    if (!token) return undefined;
    const now = this.clock.now();
    return this.sql.transaction(async (sql) => {
      const found = await queries.takeExport(sql, token.hash, form, now);
      if (!found) return undefined;
      await this.audit.record(sql, { actor: 'self', action: 'privacy.export_fetched', subjectType: 'privacy_request', subjectId: String(found.request_id), details: { form } }, now);
      return exportFile(JSON.parse(unseal(keyFor(token.secret, TOKEN_USE), found.sealed)) as AccessDocument, form, this.config.defaultTimeZone);
    });
  }
}

export function exportFile(document: AccessDocument, form: ExportForm, timeZone?: string): ExportFile {
  switch (form) {
    case 'html':
      return { name: 'my-data.html', type: 'text/html; charset=utf-8', content: accessHtml(document, timeZone) };
    case 'json':
      return { name: 'my-data.json', type: 'application/json; charset=utf-8', content: JSON.stringify(document, null, 2) };
    case 'csv':
      return { name: 'my-data.csv', type: 'text/csv; charset=utf-8', content: portableCsv(document) };
  }
}

/** What the person gave or did, one value a row. A value that a spreadsheet would take for a formula is escaped. */
function portableCsv(document: AccessDocument): string {
  const rows = Object.entries(portablePart(document).sections).flatMap(([section, list]) => list.flatMap((row, index) => Object.entries(row).map(([field, value]) => [section, String(index + 1), field, valueText(value)])));
  return stringify([['section', 'row', 'field', 'value'], ...rows], { escape_formulas: true });
}
