import type { Sql } from '../../src/platform/database/sql.js';
import type { Secrets } from '../../src/platform/secrets.js';

export const PURPOSE = 'newsletter';

/**
 * People with a confirmed consent, a third of them at accounts of five. Set-based: a million take a minute.
 * Addresses follow the contact's number, so that a witness can tell who got a mail.
 */
export async function populate(sql: Sql, secrets: Secrets, people: number, now: Date): Promise<void> {
  await sql.exec('population.purpose', `insert into purposes (purpose, name_nl, name_en, legal_basis, double_opt_in, retention_days) values ($1, 'Nieuwsbrief', 'Newsletter', 'consent', false, 730) on conflict do nothing`, [PURPOSE]);
  await sql.exec(
    'population.accounts',
    `insert into accounts (name, name_key, source, created_at, updated_at) select 'Account ' || n, 'account ' || n, 'generated', $2, $2 from generate_series(1, greatest(($1::int + 14) / 15, 1)) n`,
    [people, now],
  );
  const hashes = Array.from({ length: people }, (_, index) => secrets.hmac('address', `p${index + 1}@klant.example`));
  for (let from = 0; from < people; from += 50_000) {
    await sql.exec(
      'population.contacts',
      `insert into contacts (contact_id, bucket, account_id, email, address_hash, first_name, language, country, time_zone, lifecycle_stage, source, source_at, collected_for, notice_version, created_at, updated_at)
       select n, bucket_of(n, account_id), account_id, 'p' || n || '@klant.example', hash, 'Anna', 'nl', 'NL', 'Europe/Amsterdam', 'lead', 'generated', $2, array[$3], '1', $2, $2
       from (select n, hash, case when n % 3 = 0 then ((n / 3) % greatest(($4::int + 14) / 15, 1)) + 1 end as account_id from unnest($1::int[], $5::bytea[]) as given (n, hash)) people`,
      [Array.from({ length: Math.min(50_000, people - from) }, (_, index) => from + index + 1), now, PURPOSE, people, hashes.slice(from, from + 50_000)],
    );
  }
  await sql.exec(
    'population.identities',
    `insert into identities (kind, value, contact_id) select 'email', email, contact_id from contacts on conflict do nothing`,
  );
  await sql.exec(
    'population.consents',
    `insert into consents (contact_id, purpose, state, legal_basis, given_at, confirmed_at, evidence_complete, sequence)
     select contact_id, $1, 'confirmed', 'consent', $2::timestamptz - interval '30 days', $2::timestamptz - interval '30 days', true, 1 from contacts on conflict do nothing`,
    [PURPOSE, now],
  );
  await sql.exec('population.sequence', `select setval(pg_get_serial_sequence('contacts', 'contact_id'), $1)`, [people]);
  await sql.exec('population.analyze', 'analyze contacts, consents, accounts, identities');
}
