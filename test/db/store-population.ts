import type { Sql } from '../../src/platform/database/sql.js';
import type { Population } from '../unit/rule/random-people.js';
import { PURPOSES } from '../unit/decision/random-mailing.js';
import { CAMPAIGNS, LISTS, NOW } from '../unit/rule/random-rules.js';
import { storeMailing } from './store-mailing.js';

/** What random people may have said something about; of those, rules ask about MAILED. */
async function storePurposes(sql: Sql): Promise<void> {
  await sql.exec(
    'test.purposes',
    `insert into purposes (purpose, name_nl, name_en, legal_basis, double_opt_in, retention_days, balancing_assessment, controller)
     select purpose, purpose, purpose, legal_basis, coalesce(double_opt_in, true), 730, balancing_assessment, controller
     from jsonb_to_recordset($1) as row (purpose text, legal_basis text, double_opt_in boolean, balancing_assessment text, controller text) on conflict do nothing`,
    [JSON.stringify(PURPOSES)],
  );
}

/** Puts a random population into the tables; ids begin at 1, in its order. */
export async function store(sql: Sql, { accounts, people }: Population): Promise<void> {
  await sql.exec('test.clear', 'truncate events, messages, campaigns, buying_group_members, contacts, accounts, segments, segment_members, segment_account_members, consents, suppressions cascade');
  // No account gets to be its own ancestor; should one be all the same, rules still end.
  await sql.exec('test.circles', 'alter table accounts disable trigger accounts_parent_inserted, disable trigger accounts_parent_updated');
  await sql.exec(
    'test.accounts',
    `insert into accounts (account_id, parent_account_id, name, name_key, sector, employees, revenue, last_won_on, created_at, updated_at, attributes, source)
     select number, parent, name, number::text, sector, employees, revenue, last_won_on, created_at, created_at, attributes, 'test'
     from jsonb_to_recordset($1) as row (number bigint, parent bigint, name text, sector text, employees integer, revenue numeric, last_won_on date, created_at timestamptz, attributes jsonb)`,
    [JSON.stringify(accounts.map((row, index) => ({ number: index + 1, parent: row.parent === undefined ? null : row.parent + 1, ...row.columns, attributes: row.attributes })))],
  );
  await sql.exec(
    'test.contacts',
    `insert into contacts (contact_id, bucket, account_id, first_name, country, birth_date, created_at, updated_at, attributes)
     select number, bucket_of(number, account), account, first_name, country, birth_date, created_at, created_at, attributes
     from jsonb_to_recordset($1) as row (number bigint, account bigint, first_name text, country text, birth_date date, created_at timestamptz, attributes jsonb)`,
    [JSON.stringify(people.map((row, index) => ({ number: index + 1, account: row.account === undefined ? null : row.account + 1, ...row.columns, attributes: row.attributes })))],
  );
  await storePurposes(sql);
  await storeMailing(sql, people.map((_, index) => index + 1), people.map((row) => row.mailing));
  await sql.exec(
    'test.events',
    `insert into events (contact_id, occurred_at, idempotency_key, name, properties, source)
     select contact, occurred_at, key, name, properties, 'test' from jsonb_to_recordset($1) as row (contact bigint, occurred_at timestamptz, key text, name text, properties jsonb)`,
    [JSON.stringify(people.flatMap((row, index) => row.events.map((event, key) => ({ contact: index + 1, occurred_at: event.occurredAt, key: String(key), name: event.name, properties: event.properties }))))],
  );
  await sql.exec('test.campaigns', `insert into campaigns (campaign_id, key, name, scope, created_at, updated_at) select id, key, key, 'contact', now(), now() from unnest($1::text[], $2::int[]) as row (key, id)`, [[...CAMPAIGNS.keys()], [...CAMPAIGNS.values()]]);
  await sql.exec(
    'test.messages',
    `insert into messages (contact_id, campaign_id, campaign_version, step, occurrence, bucket, purpose, class, language, state, due_at, expires_at, queued_at, sent_at)
     select contact, campaign, 1, 0, number, 0, 'news', 'marketing', 'nl', state, queued_at, queued_at, queued_at, sent_at
     from jsonb_to_recordset($1) as row (contact bigint, campaign int, number int, state text, queued_at timestamptz, sent_at timestamptz)`,
    [JSON.stringify(people.flatMap((row, index) => row.messages.map((message, number) => ({ contact: index + 1, campaign: CAMPAIGNS.get(message.campaign), number, state: message.state, queued_at: NOW, sent_at: message.sentAt }))))],
  );
  await sql.exec(
    'test.roles',
    `insert into buying_group_members (contact_id, account_id, role, source, valid_from, valid_to)
     select contact, account, role, 'test', valid_from, valid_to from jsonb_to_recordset($1) as row (contact bigint, account bigint, role text, valid_from timestamptz, valid_to timestamptz)`,
    [JSON.stringify(people.flatMap((row, index) => row.roles.map((part) => ({ contact: index + 1, account: part.account + 1, role: part.role, valid_from: part.validFrom, valid_to: part.validTo }))))],
  );
  await sql.exec(
    'test.lists',
    `insert into segments (segment_id, key, name, scope, kind, created_at, updated_at, updated_by) select id, key, key, scope, 'list', $4, $4, 'test' from unnest($1::integer[], $2::text[], $3::text[]) list (id, key, scope)`,
    [[...LISTS.values()].map(({ list }) => list), [...LISTS.keys()], [...LISTS.values()].map(({ scope }) => scope), NOW],
  );
  for (const [scope, table, rows] of [['contact', 'segment_members', people], ['account', 'segment_account_members', accounts]] as const) {
    const members = rows.flatMap((row, index) => row.lists.map((key) => ({ id: index + 1, list: LISTS.get(key)?.list })));
    await sql.exec('test.members', `insert into ${table} (${scope}_id, segment_id, entered_at) select id, list, $2 from jsonb_to_recordset($1) as row (id bigint, list integer)`, [JSON.stringify(members), NOW]);
  }
}
