import { addressHash } from '../../src/consent/address-hash.js';
import { LedgerService } from '../../src/consent/ledger.service.js';
import { Secrets } from '../../src/platform/secrets.js';
import type { TestApp } from './app.js';
import { addPurpose } from './people.js';

type World = Pick<TestApp, 'sql' | 'clock' | 'get' | 'request'>;

export interface PersonOnFile {
  readonly email: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly language?: 'nl' | 'en';
  readonly accountId?: number | null;
}

/** A purpose, a campaign, an account with its manager, a colleague: what a person's data hangs on. */
export async function prepareRightsWorld(app: TestApp): Promise<{ accountId: number; userId: number }> {
  const now = app.clock.now();
  await addPurpose(app, { key: 'newsletter', name: { nl: 'Nieuwsbrief', en: 'Newsletter' } });
  await app.sql.exec('test.campaign', `insert into campaigns (key, name, scope, state, current_version, created_at, updated_at) values ('spring', 'Lente', 'contact', 'running', 1, $1, $1)`, [now]);
  await app.sql.exec('test.segments', `insert into segments (key, name, scope, kind, created_at, updated_at, updated_by) values ('fair', 'Beurs 2026', 'contact', 'list', $1, $1, 'test')`, [now]);
  await app.sql.exec('test.event', `insert into event_definitions (name, purposes) values ('Product Viewed', '{newsletter}') on conflict do nothing`);
  const { user_id: userId } = await app.sql.one<{ user_id: number }>('test.user', `insert into users (email, name) values ('bert.bakker@voorbeeld.example', 'Bert Bakker') returning user_id`);
  const { account_id: accountId } = await app.sql.one<{ account_id: number }>(
    'test.account',
    `insert into accounts (name, name_key, domain, owner_id, source, created_at, updated_at) values ('Molen B.V.', 'molen', 'molen.example', $1, 'test', $2, $2) returning account_id`,
    [userId, now],
  );
  return { accountId, userId };
}

/** Somebody with something in every table that is about people, as the features leave it. */
export async function addFullPerson(app: World, given: PersonOnFile): Promise<number> {
  const person = { firstName: 'Anna', lastName: 'Zonnebloem', ...given };
  const contactId = await addPersonOnFile(app, person);
  const now = app.clock.now();
  const proof = { actor: 'self' as const, method: 'web_form', controller: 'Voorbeeld & Co', wording: 'Ja, stuur mij de nieuwsbrief.', note: `${person.firstName ?? 'Anna'} belde zelf`, language: 'nl' as const };
  await app.get(LedgerService).append(app.sql, (['given', 'confirmed'] as const).map((event) => ({ contactId, purpose: 'newsletter', event, legalBasis: 'consent' as const, proof })), now);
  const insert = (statement: string, ...values: unknown[]): Promise<number> => app.sql.exec('test.fill', statement, [contactId, ...values]);
  const { campaign_id: campaignId } = await app.sql.one<{ campaign_id: number }>('test.campaign', `select campaign_id from campaigns where key = 'spring'`);
  await insert(`insert into identities (kind, value, contact_id) values ('user_id', 'u-' || $1::bigint, $1::bigint), ('external_id', 'crm-' || $1::bigint, $1::bigint), ('anonymous_id', 'device-' || $1::bigint, $1::bigint)`);
  await insert(`insert into events (contact_id, occurred_at, idempotency_key, name, properties, source) values ($1, $2, 'k1', 'Product Viewed', $3, 'site'), ($1, $2::timestamptz - interval '40 days', 'k2', 'Product Viewed', '{}', 'site')`, now, { query: `for ${person.email}` });
  await insert(`insert into event_days (contact_id, event_id, day, count) select $1, event_id, '2026-05-01', 3 from event_definitions where name = 'Product Viewed'`);
  await insert(`insert into contact_preferences (contact_id, purpose, frequency, changed_at) values ($1, '', 'monthly', $2)`, now);
  await insert(`insert into tasks (kind, contact_id, account_id, reason, details, due_at, opened_at, opened_by) select 'complaint', $1, account_id, $3, $4, $2, $2, 'test' from contacts where contact_id = $1`, now, `${person.firstName} belt over de levering`, { text: person.email });
  await insert(`insert into contact_holds (contact_id, kind, reason, cause, opened_at, opened_by) values ($1, 'complaint', $3, 'by hand', $2, 'test')`, now, `${person.lastName} is boos; Bert Bakker belt terug`);
  await insert(`insert into human_touches (contact_id, touched_at, kind, note) values ($1, $2, 'call', $3)`, now, `Gebeld met ${person.firstName}; collega Willem Kok (w.kok@molen.example) luisterde mee`);
  await insert(`insert into pressure_factors (contact_id, factor, factor_at, cause) values ($1, 0.5, $2, 'less_often')`, now);
  await insert(`insert into engagement_days (contact_id, kind, day, count, mass) values ($1, 'visit', $2::date, 2, 2.1)`, now);
  await insert(`insert into contact_engagement (contact_id, half_life_days, sum) values ($1, 5, 1e9)`);
  await insert(`insert into order_residues (contact_id, orders, value, first_at, last_at) values ($1, 3, 250, $2, $2)`, now);
  await insert(`insert into segment_members (contact_id, segment_id, entered_at) select $1, segment_id, $2 from segments where key = 'fair'`, now);
  await insert(`insert into segment_changes (contact_id, segment_id, at, kind, cause) select $1, segment_id, $2, 'entered', 'list' from segments where key = 'fair'`, now);
  await insert(`insert into enrollments (contact_id, campaign_id, campaign_version, bucket, account_id, due_at, step_since, entered_at, entry_cause) select $1, $3, 1, bucket, account_id, $2, $2, $2, 'start' from contacts where contact_id = $1`, now, campaignId);
  await insert(
    `insert into messages (contact_id, campaign_id, campaign_version, step, occurrence, bucket, account_id, purpose, class, language, state, due_at, expires_at, queued_at, sent_at, response)
     select $1, $3, 1, step, 1, bucket, account_id, 'newsletter', 'marketing', 'nl', state, $2, $2::timestamptz + interval '3 days', $2, case when state = 'sent' then $2::timestamptz end, response
     from contacts, (values (0::smallint, 'sent', '250 ok ' || $4::text), (1::smallint, 'queued', null)) as m (step, state, response) where contact_id = $1`,
    now, campaignId, person.email,
  );
  const { batch_id: batchId } = await app.sql.one<{ batch_id: number }>(
    'test.batch',
    `insert into decision_batches (decided_at, phase, campaign_id, campaign_version, purpose, class, policy_version, shared) values ($1, 'plan', $2, 1, 'newsletter', 'marketing', 'p1', '{"layout": 0, "names": []}') returning batch_id`,
    [now, campaignId],
  );
  await insert(`insert into decisions (contact_id, decided_at, batch_id, campaign_id, step, occurrence, verdict, reasons, basis, evidence, facts) values ($1, $2, $3, $4, 0, 1, 1, null, 1, 2, '{1,2,3}'), ($1, $2, $3, $4, 1, 1, 4, '{20}', null, null, '{1,2,3}')`, now, batchId, campaignId);
  await insert(`insert into buying_group_members (contact_id, account_id, role, source, valid_from) select $1, account_id, 'decider', 'crm', $2 from contacts where contact_id = $1 and account_id is not null`, now);
  await insert(`insert into account_matches (contact_id, account_id, rule, inputs, confidence, state, matched_at, matched_by) select $1, account_id, 'domain', $3, 1, 'matched', $2, 'system' from contacts where contact_id = $1 and account_id is not null`, now, { address: person.email });
  await insert(`insert into mailbox_mails (received_at, envelope_from, envelope_to, subject, source) select $2, 'bounce@voorbeeld.example', email, 'Nieuws', convert_to('To: ' || email, 'UTF8') from contacts where contact_id = $1`, now);
  await insert(`insert into imports (kind, source, purposes, file_name, mapping, warnings) select 'contacts', 'crm', '{newsletter}', 'people.csv', '{}', jsonb_build_array(jsonb_build_object('line', 2, 'message', 'the address ' || $2::text || ' belongs to another contact'), jsonb_build_object('line', 3, 'message', 'no country')) where $1::bigint > 0`, person.email);
  await insert(`insert into account_holds (account_id, kind, reason, cause, opened_at, opened_by) select account_id, 'opportunity', $3, 'by hand ' || $1::bigint, $2, 'test' from contacts where contact_id = $1 and account_id is not null`, now, `${person.firstName} ${person.lastName} beslist in juni, zegt Bert`);
  return contactId;
}

/** A contact with provenance, as an import leaves it. */
export async function addPersonOnFile(app: World, { email, firstName = 'Anna', lastName = 'Zonnebloem', language = 'nl', accountId = null }: PersonOnFile): Promise<number> {
  const { contact_id: contactId } = await app.sql.one<{ contact_id: number }>(
    'test.person',
    `insert into contacts (contact_id, bucket, account_id, email, address_hash, first_name, last_name, language, country, city, phone, job_title, attributes, source, source_at, notice_version, collected_for, created_at, updated_at)
     select id, bucket_of(id, $7), $7, $1, $2, $3, $4, $5, 'NL', 'Utrecht', '+31612345678', 'Inkoper', '{"shoe_size": 39}', 'crm', $6, '2026-01', '{newsletter}', $6, $6 from nextval(pg_get_serial_sequence('contacts', 'contact_id')) as id returning contact_id`,
    [email, addressHash(app.get(Secrets), email), firstName, lastName, language, app.clock.now(), accountId],
  );
  await app.sql.exec('test.identity', `insert into identities (kind, value, contact_id) values ('email', $1, $2)`, [email, contactId]);
  return contactId;
}

/** The tables in which one of these texts, or a row about one of these ids, still stands. */
export async function tracesOf(app: World, texts: readonly string[], contactIds: readonly number[] = []): Promise<string[]> {
  const tables = await app.sql.many<{ name: string; ids: string[] }>(
    'test.tables',
    `select t.table_name as name, coalesce(array_agg(c.column_name::text) filter (where c.column_name ~ 'contact_id$|^survivor_id$'), '{}') as ids
     from information_schema.tables t join information_schema.columns c using (table_schema, table_name)
     where table_schema = 'public' and table_type = 'BASE TABLE' and t.table_name not like 'events\\_%' and t.table_name not like 'decisions\\_%' group by 1 order by 1`,
  );
  const found = await Promise.all(
    tables.map(async ({ name, ids }) => {
      const about = ids.map((column) => `${column} = any($2::bigint[])`).join(' or ');
      const { count } = await app.sql.one<{ count: number }>(
        'test.traces',
        `select count(*) from ${name} t where exists (select from unnest($1::text[]) needle where strpos(lower(t::text), lower(needle)) > 0 or strpos(lower(encode(convert_to(t::text, 'UTF8'), 'hex')), encode(convert_to(encode(convert_to(needle, 'UTF8'), 'hex'), 'UTF8'), 'hex')) > 0)${about === '' ? ' or $2::bigint[] is null' : ` or ${about}`}`,
        [texts, contactIds],
      );
      return count > 0 ? name : undefined;
    }),
  );
  return found.filter((name) => name !== undefined);
}
