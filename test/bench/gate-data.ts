import type { Sql } from '../../src/platform/database/sql.js';

/**
 * People of whom a third work at accounts of about eight; nine in ten confirmed the newsletter; 2 % are suppressed; with mails of the last two
 * years behind them, so that few of them press now.
 */
export async function populateGate(sql: Sql, contacts: number, messages: number, now: Date): Promise<void> {
  const accounts = Math.max(1, Math.round(contacts / 24));
  await sql.exec('bench.purpose', `insert into purposes (purpose, name_nl, name_en, legal_basis, retention_days) values ('newsletter', 'Nieuwsbrief', 'Newsletter', 'consent', 730)`);
  await sql.exec('bench.accounts', `insert into accounts (name, name_key, country, source, created_at, updated_at) select 'A' || n, 'a' || n, 'NL', 'bench', $2, $2 from generate_series(1, $1::int) n`, [accounts, now]);
  await sql.exec(
    'bench.contacts',
    `insert into contacts (contact_id, bucket, account_id, email, address_hash, first_name, last_name, language, country, city, time_zone, source, source_at, notice_version, collected_for, created_at, updated_at)
     select n, bucket_of(n, account_id), account_id, 'p' || n || '@klant.example', decode(md5(n::text) || md5('x' || n), 'hex'), 'Anna', 'de Vries', 'nl', 'NL', 'Utrecht',
       case when n % 4 > 0 then 'Europe/Amsterdam' end, 'bench', $3::timestamptz - interval '90 days', '1', '{newsletter}', $3::timestamptz - interval '90 days', $3
     from (select n::bigint, case when n % 3 = 0 then (n / 3 % $2 + 1)::bigint end as account_id from generate_series(1, $1::int) n) people`,
    [contacts, accounts, now],
  );
  await sql.exec(
    'bench.consents',
    `insert into consents (contact_id, purpose, state, legal_basis, given_at, confirmed_at, sequence)
     select contact_id, 'newsletter', 'confirmed', 'consent', $1::timestamptz - interval '80 days', $1::timestamptz - interval '80 days', 2 from contacts where contact_id % 10 > 0`,
    [now],
  );
  await sql.exec('bench.suppressions', `insert into suppressions (address_hash, reason, suppressed_at, source) select address_hash, 'hard_bounce', $1, 'bench' from contacts where contact_id % 50 = 1`, [now]);
  // In the order in which they were sent, as a real outbox grew: a person's mails lie far apart.
  await sql.exec(
    'bench.messages',
    `insert into messages (contact_id, campaign_id, campaign_version, step, occurrence, bucket, account_id, purpose, class, language, state, due_at, expires_at, queued_at, sent_at)
     select c.contact_id, 1000 + n / $1::int, 1, 0, 1, c.bucket, c.account_id, 'newsletter', 'marketing', 'nl', 'sent', at, at, at, at
     from (select n, $3::timestamptz - (1 - n::float8 / $2) * interval '700 days' as at from generate_series(0, $2::int - 1) n) mails join contacts c on c.contact_id = n::bigint * 7919 % $1 + 1
     order by n on conflict do nothing`,
    [contacts, messages, now],
  );
  for (const table of ['contacts', 'consents', 'suppressions', 'messages', 'accounts']) await sql.exec('bench.vacuum', `vacuum analyze ${table}`);
}

/** What waits in the outbox has been delivered. */
export async function letLeave(sql: Sql): Promise<void> {
  await sql.exec('bench.letLeave', `update messages set state = 'sent', sent_at = queued_at where state = 'queued'`);
  for (const table of ['messages', 'enrollments', 'decisions']) await sql.exec('bench.vacuum', `vacuum analyze ${table}`);
  await sql.exec('bench.checkpoint', 'checkpoint');
}

/** Everybody is due at once for the first step of a campaign. */
export async function enrollAll(sql: Sql, campaignId: number, now: Date): Promise<void> {
  await sql.exec(
    'bench.enroll',
    `insert into enrollments (contact_id, campaign_id, campaign_version, bucket, account_id, due_at, step_since, entered_at, entry_cause)
     select contact_id, $1, 1, bucket, account_id, $2, $2, $2, 'bench' from contacts`,
    [campaignId, now],
  );
  await sql.exec('bench.analyzeEnrollments', 'analyze enrollments');
}
