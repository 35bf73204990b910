import type { CountryProfiles } from '../core/consent/country-profiles.js';
import type { Sql } from '../platform/database/sql.js';

/** The operator's profiles; undefined when the built-in ones hold. */
export async function readCountryProfiles(sql: Sql): Promise<unknown> {
  return (await sql.maybe<{ value: unknown }>('consent.readCountryProfiles', `select value from settings where key = 'country-profiles'`))?.value;
}

/** Keeps the profiles where decisions read them; undefined: the built-in ones. Gives whether that changed anything. */
export async function saveCountryProfiles(sql: Sql, profiles: CountryProfiles | undefined, now: Date): Promise<boolean> {
  if (!profiles) return (await sql.exec('consent.forgetCountryProfiles', `delete from settings where key = 'country-profiles'`)) > 0;
  const changed = await sql.exec(
    'consent.saveCountryProfiles',
    `insert into settings (key, value, updated_at) values ('country-profiles', $1::jsonb, $2)
     on conflict (key) do update set value = excluded.value, version = settings.version + 1, updated_at = excluded.updated_at where settings.value <> excluded.value`,
    [JSON.stringify(profiles), now],
  );
  return changed > 0;
}
