import { Injectable } from '@nestjs/common';
import { type ChosenOften, isLess } from '../../core/consent/chosen-settings.js';
import { addDaysTo } from '../../core/shared/moments.js';
import { Clock } from '../../platform/clock/clock.js';
import { Sql } from '../../platform/database/sql.js';
import { PressureFactorsService } from '../../pressure/pressure-factors.service.js';
import { AuditService } from '../../privacy/audit.service.js';
import { LedgerService, type ReadTimelineRow } from '../ledger.service.js';
import { livingContact, lockBucketsOfPerson } from '../person.queries.js';
import { PurposesService } from '../purposes.service.js';
import { type ChosenRow, messageMadeAt, readChosen, readSentSince, readSettings, type SentRow, type SettingsRow, storeFrequencies, storePause, storeSwitches } from './preferences.queries.js';

/** "Lately": as far back as the page tells what was really sent. */
const LATELY_DAYS = 90;
/** More records than anybody's page needs; the newest are looked at first. */
const RECORDS = 200;
const LAST_SEQUENCE = 2_147_483_647;

/** What holds for a person beside his yes and no, with what explains it to him. */
export interface PersonSettings {
  readonly settings: SettingsRow;
  readonly chosen: readonly ChosenRow[];
  readonly sent: readonly SentRow[];
  readonly records: readonly ReadTimelineRow[];
}

/** Less often, not for a while, not followed, not profiled, no machines: what a person asks for short of a no. In force at once, also for mail that waits. */
@Injectable()
export class PreferencesService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly ledger: LedgerService,
    private readonly purposes: PurposesService,
    private readonly pressure: PressureFactorsService,
    private readonly audit: AuditService,
  ) {}

  async load(contactId: number): Promise<PersonSettings | undefined> {
    const settings = await readSettings(this.sql, contactId);
    if (!settings) return undefined;
    const since = addDaysTo(this.clock.now(), -LATELY_DAYS);
    return { settings, chosen: await readChosen(this.sql, contactId), sent: await readSentSince(this.sql, contactId, since), records: await this.ledger.timeline(contactId, LAST_SEQUENCE, RECORDS) };
  }

  /** When the mail was made that an unsubscribe link stood in. */
  mailMadeAt(contactId: number, messageId: number): Promise<Date | undefined> {
    return messageMadeAt(this.sql, contactId, messageId);
  }

  /** How often mail may come: per purpose, or for all mail (purpose ''). Rarer than before is a sign that it was too much. */
  async chooseOften(contactId: number, wanted: readonly { purpose: string; frequency: ChosenOften | null }[]): Promise<void> {
    const known = new Set(['', ...(await this.purposes.all()).map(({ key }) => key)]);
    await this.locked(contactId, async (sql, living, now) => {
      const before = new Map((await readChosen(sql, living)).map((row) => [row.purpose, row.frequency]));
      const changes = [...new Map(wanted.filter(({ purpose }) => known.has(purpose)).map((one) => [one.purpose, one])).values()].filter(({ purpose, frequency }) => (before.get(purpose) ?? null) !== frequency);
      if (changes.length === 0) return;
      await storeFrequencies(sql, living, changes, now);
      if (changes.some(({ purpose, frequency }) => isLess(before.get(purpose) ?? null, frequency))) await this.pressure.adjust(sql, [{ contactId: living, cause: 'less_often', at: now }]);
      await this.note(sql, living, { often: Object.fromEntries(changes.map(({ purpose, frequency }) => [purpose === '' ? '*' : purpose, frequency])) }, now);
    });
  }

  /** No mail for so many days; null: mail goes on now. */
  async pause(contactId: number, days: number | null): Promise<void> {
    await this.locked(contactId, async (sql, living, now) => {
      const paused = (await readChosen(sql, living)).some((row) => row.paused_until !== null && row.paused_until > now);
      if (days === null && !paused) return;
      await storePause(sql, living, days === null ? null : addDaysTo(now, days), now);
      await this.note(sql, living, { pausedForDays: days }, now);
    });
  }

  /** No profiling (GDPR art. 21): generic mail. Prefers a human: no automated mail at all, short of what the contract or the law asks. */
  async switch(contactId: number, wanted: { readonly prefersHuman?: boolean | undefined; readonly profilingOff?: boolean | undefined }): Promise<void> {
    await this.locked(contactId, async (sql, living, now) => {
      const before = await readSettings(sql, living);
      if (!before) return;
      const prefersHuman = wanted.prefersHuman === (before.prefers_human_at !== null) ? undefined : wanted.prefersHuman;
      const profilingOff = wanted.profilingOff === (before.profiling_off_at !== null) ? undefined : wanted.profilingOff;
      if (prefersHuman === undefined && profilingOff === undefined) return;
      await storeSwitches(sql, living, { prefersHuman, profilingOff }, now);
      await this.note(sql, living, { ...(prefersHuman !== undefined && { prefersHuman }), ...(profilingOff !== undefined && { profilingOff }) }, now);
    });
  }

  /** Under the lock of the bucket: what is being planned or leased at this moment is planned before, or sees the choice. */
  private async locked(contactId: number, work: (sql: Sql, living: number, now: Date) => Promise<void>): Promise<void> {
    await this.sql.transaction(async (sql) => {
      const living = await livingContact(sql, contactId);
      await lockBucketsOfPerson(sql, living);
      await work(sql, living, this.clock.now());
    });
  }

  private note(sql: Sql, contactId: number, details: Record<string, unknown>, now: Date): Promise<void> {
    return this.audit.record(sql, { actor: 'self', action: 'preferences.changed', subjectType: 'contact', subjectId: String(contactId), details }, now);
  }
}
