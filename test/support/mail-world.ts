import { CampaignEntriesService } from '../../src/campaigns/campaign-entries.service.js';
import { PlannerService } from '../../src/campaigns/planner.service.js';
import { addressHash } from '../../src/consent/address-hash.js';
import { PurposesService } from '../../src/consent/purposes.service.js';
import { Secrets } from '../../src/platform/secrets.js';
import type { TestApp } from './app.js';

type World = Pick<TestApp, 'sql' | 'clock' | 'get' | 'request'>;

/** A purpose that rests on consent, a segment of everybody, no holdout: what a campaign needs to mail whoever said yes. */
export async function prepareMailWorld(app: World): Promise<void> {
  const now = app.clock.now();
  await app.sql.exec(
    'test.purpose',
    `insert into purposes (purpose, name_nl, name_en, legal_basis, double_opt_in, retention_days) values ('newsletter', 'Nieuwsbrief', 'Newsletter', 'consent', true, 3650)`,
  );
  app.get(PurposesService).forget();
  await app.sql.exec('test.policies', `insert into settings (key, value) values ('policies', '{"holdoutPercent": 0, "duplicateContentDays": 0}') on conflict (key) do update set value = excluded.value`);
  await app.sql.exec(
    'test.segment',
    `insert into segments (key, name, scope, rule, created_at, updated_at, updated_by) values ('everybody', 'Everybody', 'contact', '{"kind": "attribute", "attribute": "email", "operator": "is_set"}', $1, $1, 'test')`,
    [now],
  );
}

export interface PersonToBe {
  readonly email: string;
  readonly firstName?: string | null;
  readonly lastName?: string | null;
  readonly language?: 'nl' | 'en';
}

/** People who confirmed that they want the newsletter; addresses, provenance and consent as an import and a double opt-in leave them. */
export async function addReaders(app: World, people: readonly PersonToBe[]): Promise<number[]> {
  const now = app.clock.now();
  const secrets = app.get(Secrets);
  const rows = await app.sql.many<{ contact_id: number }>(
    'test.readers',
    `insert into contacts (contact_id, bucket, email, address_hash, first_name, last_name, language, country, time_zone, source, source_at, notice_version, collected_for, created_at, updated_at)
     overriding system value
     select id, bucket_of(id, null), email, address_hash, first_name, last_name, language, 'NL', 'Europe/Amsterdam', 'test', $6, '1', '{*}', $6, $6
       from (select nextval(pg_get_serial_sequence('contacts', 'contact_id')) as id, u.* from unnest($1::text[], $2::bytea[], $3::text[], $4::text[], $5::text[]) u (email, address_hash, first_name, last_name, language)) person
     returning contact_id`,
    [people.map(({ email }) => email), people.map(({ email }) => addressHash(secrets, email)), people.map(({ firstName }) => (firstName === undefined ? 'Anna' : firstName)), people.map(({ lastName }) => lastName ?? null), people.map(({ language }) => language ?? 'en'), now],
  );
  const ids = rows.map((row) => row.contact_id);
  await app.sql.exec('test.identities', `insert into identities (kind, value, contact_id) select 'email', email, contact_id from contacts where contact_id = any($1)`, [ids]);
  await app.sql.exec(
    'test.consents',
    `insert into consents (contact_id, purpose, state, legal_basis, given_at, confirmed_at, sequence) select id, 'newsletter', 'confirmed', 'consent', $2, $2, 1 from unnest($1::bigint[]) id`,
    [ids, now],
  );
  return ids;
}

export const readers = (count: number, prefix = 'p'): PersonToBe[] => Array.from({ length: count }, (_, index) => ({ email: `${prefix}${index}@readers.example` }));

/** Starts a one-mail campaign over the API, lets everybody in and plans it: afterwards its messages are queued. */
export async function queueCampaign(app: World, key: string, template = 'newsletter', sender: 'workspace' | 'account_owner' = 'workspace', change: Record<string, unknown> = {}): Promise<void> {
  const definition = { audience: { segment: 'everybody', scope: 'contact' }, entry: { kind: 'now' }, purpose: 'newsletter', sender, steps: [{ kind: 'send', template }], ...change };
  const made = await app.request('POST', '/api/v1/campaigns', { body: { key, name: key, definition } });
  if (made.status !== 201) throw new Error(made.text);
  const started = await app.request('POST', `/api/v1/campaigns/${key}/start`);
  if (started.status >= 300) throw new Error(started.text);
  await app.get(CampaignEntriesService).enterDue(app.clock.now());
  await app.get(PlannerService).planDue(app.clock.now());
}

/** How many messages stand in which state. */
export async function messageStates(app: World): Promise<Record<string, number>> {
  const rows = await app.sql.many<{ state: string; count: number }>('test.states', 'select state, count(*) from messages group by state order by state');
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}

/** Empties what a test leaves behind, so that the next begins with nobody. */
export async function forgetEverybody(app: World): Promise<void> {
  for (const table of ['messages', 'enrollments', 'campaign_entries', 'campaign_versions', 'campaigns', 'consents', 'suppressions', 'identities', 'decisions', 'decision_batches', 'contacts', 'mailbox_mails']) {
    await app.sql.exec('test.forget', `delete from ${table}`);
  }
}
