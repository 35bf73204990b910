import type { ChosenOften } from '../../core/consent/chosen-settings.js';
import type { Sql } from '../../platform/database/sql.js';

export interface SettingsRow {
  source: string | null;
  source_at: Date | null;
  obtained_from: 'person' | 'third_party' | 'public';
  prefers_human_at: Date | null;
  profiling_off_at: Date | null;
}

/** What holds for a person beside his consents, and where his data came from. */
export function readSettings(sql: Sql, contactId: number): Promise<SettingsRow | undefined> {
  return sql.maybe<SettingsRow & Record<string, unknown>>(
    'preferences.readSettings',
    'select source, source_at, obtained_from, prefers_human_at, profiling_off_at from contacts where contact_id = $1',
    [contactId],
  );
}

export interface ChosenRow {
  /** '' stands for all mail. */
  purpose: string;
  frequency: ChosenOften | null;
  paused_until: Date | null;
}

export function readChosen(sql: Sql, contactId: number): Promise<ChosenRow[]> {
  return sql.many<ChosenRow & Record<string, unknown>>('preferences.readChosen', 'select purpose, frequency, paused_until from contact_preferences where contact_id = $1', [contactId]);
}

export interface SentRow {
  purpose: string;
  mails: number;
  last_sent_at: Date;
}

/** What really went out since a moment, by purpose: one range of messages_contact. */
export function readSentSince(sql: Sql, contactId: number, since: Date): Promise<SentRow[]> {
  return sql.many<SentRow & Record<string, unknown>>(
    'preferences.readSentSince',
    `select purpose, count(*)::int as mails, max(sent_at) as last_sent_at from messages
      where contact_id = $1 and coalesce(sent_at, 'infinity'::timestamptz) >= $2 and sent_at is not null and state in ('queued', 'sending', 'sent', 'uncertain', 'complained', 'replied')
      group by purpose`,
    [contactId, since],
  );
}

/** When the mail that a link stood in was made; undefined when it is not kept any more. Also after its person was merged into another. */
export async function messageMadeAt(sql: Sql, contactId: number, messageId: number): Promise<Date | undefined> {
  const row = await sql.maybe<{ queued_at: Date }>('preferences.messageMadeAt', 'select queued_at from messages where contact_id = any(array[$1, living_contact($1)]) and message_id = $2', [contactId, messageId]);
  return row?.queued_at;
}

export async function storeFrequencies(sql: Sql, contactId: number, chosen: readonly { purpose: string; frequency: ChosenOften | null }[], now: Date): Promise<void> {
  await sql.exec(
    'preferences.storeFrequencies',
    `insert into contact_preferences (contact_id, purpose, frequency, changed_at) select $1, u.purpose, u.frequency, $4 from unnest($2::text[], $3::text[]) as u (purpose, frequency)
     on conflict (contact_id, purpose) do update set frequency = excluded.frequency, changed_at = excluded.changed_at`,
    [contactId, chosen.map(({ purpose }) => purpose), chosen.map(({ frequency }) => frequency), now],
  );
}

/** Pauses all mail until then; null: goes on. Whatever single topics were paused for goes on with it. */
export async function storePause(sql: Sql, contactId: number, until: Date | null, now: Date): Promise<void> {
  await sql.exec(
    'preferences.storePause',
    `with ended as (update contact_preferences set paused_until = null, changed_at = $3 where contact_id = $1 and purpose <> '' and paused_until is not null and $2::timestamptz is null)
     insert into contact_preferences (contact_id, purpose, paused_until, changed_at) values ($1, '', $2, $3)
     on conflict (contact_id, purpose) do update set paused_until = excluded.paused_until, changed_at = excluded.changed_at`,
    [contactId, until, now],
  );
}

/** Sets or clears the two switches; undefined leaves one as it is. What is set already keeps its date. */
export async function storeSwitches(sql: Sql, contactId: number, { prefersHuman, profilingOff }: { prefersHuman: boolean | undefined; profilingOff: boolean | undefined }, now: Date): Promise<void> {
  await sql.exec(
    'preferences.storeSwitches',
    `update contacts set updated_at = $4,
       prefers_human_at = case when $2::boolean is null then prefers_human_at when $2 then coalesce(prefers_human_at, $4) end,
       profiling_off_at = case when $3::boolean is null then profiling_off_at when $3 then coalesce(profiling_off_at, $4) end
      where contact_id = $1`,
    [contactId, prefersHuman ?? null, profilingOff ?? null, now],
  );
}
