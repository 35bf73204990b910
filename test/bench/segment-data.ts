import type { Sql } from '../../src/platform/database/sql.js';

/** When the rules are asked; the events lie in the year before. */
export const BENCH_NOW = new Date('2026-09-15T12:00:00Z');
export const EVENTS_PER_CONTACT = 10;
const CONTACTS_PER_ACCOUNT = 12;
const DAY = 86_400_000;

/**
 * Fills an empty database with contacts, accounts (twelve contacts each, a fifth of the contacts has none), buying groups, consents and ten
 * events a contact. Values are hashes of the ids: the same for every run, and spread without pattern.
 */
export async function fillForSegments(sql: Sql, contacts: number, tell: (line: string) => void): Promise<void> {
  const accounts = Math.ceil(contacts / CONTACTS_PER_ACCOUNT);
  const copy = (table: string, columns: string, rows: Iterable<string>): Promise<void> => sql.copyFrom(`bench.${table}`, `copy ${table} (${columns}) from stdin`, inPieces(rows));
  await copy('accounts', 'account_id, name, name_key, domain, sector, country, employees, revenue, parent_account_id, source, created_at, updated_at', accountRows(accounts));
  await copy('contacts', 'contact_id, bucket, account_id, email, first_name, last_name, language, country, job_title, birth_date, lifecycle_stage, attributes, address_hash, source, notice_version, collected_for, source_at, created_at, updated_at', contactRows(contacts, accounts));
  await sql.exec('bench.purpose', `insert into purposes (purpose, name_nl, name_en, legal_basis, retention_days) values ('newsletter', 'Nieuwsbrief', 'Newsletter', 'consent', 730)`);
  await copy('consents', 'contact_id, purpose, state, legal_basis, given_at, confirmed_at, sequence', consentRows(contacts));
  await copy('suppressions', 'address_hash, reason, suppressed_at, source', suppressionRows(contacts));
  await copy('buying_group_members', 'contact_id, account_id, role, source, valid_from', memberRows(contacts, accounts));
  await sql.exec(
    'bench.definitions',
    `insert into attribute_definitions (scope, key, type, purposes) values ('contact', 'plan', 'text', '{*}'), ('contact', 'score', 'number', '{*}'),
       ('contact', 'vip', 'boolean', '{*}'), ('contact', 'renewal', 'date', '{*}'), ('contact', 'interests', 'list', '{*}')`,
  );
  tell(`${contacts} contacts, ${accounts} accounts`);
  await copy('events', 'contact_id, occurred_at, idempotency_key, name, properties, source', eventRows(contacts));
  tell(`${contacts * EVENTS_PER_CONTACT} events`);
  // What autovacuum does in the hours after a load: statistics, and the visibility map that index-only scans need.
  await sql.exec('bench.vacuum', 'vacuum analyze');
}

/** 0 ≤ … < below, by id and question; two rounds of a 32-bit mixer. */
function hash(id: number, question: number, below: number): number {
  let x = Math.imul(id ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(question + 1, 0xc2b2ae35);
  for (let round = 0; round < 2; round += 1) {
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  }
  return ((x ^ (x >>> 15)) >>> 0) % below;
}

function oneOf(id: number, question: number, values: readonly string[]): string {
  return values[hash(id, question, values.length)] ?? '';
}

const ago = (milliseconds: number): string => new Date(BENCH_NOW.getTime() - milliseconds).toISOString();
const line = (...values: (string | number)[]): string => `${values.join('\t')}\n`;

const SECTORS = ['software', 'retail', 'medical', 'finance', 'marketing', 'services', 'telecommunications', 'entertainment', 'employment'];
const COUNTRIES = ['NL', 'NL', 'NL', 'BE', 'DE', 'FR', 'IT', 'ES', 'PL', 'SE'];
const TITLES = ['Director', 'Head of marketing', 'Marketing manager', 'Buyer', 'Engineer', 'Head of purchasing', 'Assistant', 'Consultant', 'Owner', 'Analyst'];
const STAGES = ['prospect', 'prospect', 'prospect', 'lead', 'new_customer', 'loyal_customer', 'former_customer'];
const PLANS = ['free', 'free', 'free', 'free', 'free', 'free', 'pro', 'pro', 'team', 'enterprise'];
const ROLES = ['initiator', 'user', 'user', 'user', 'influencer', 'decider', 'buyer', 'gatekeeper'];
const EVENTS = [
  ...Array.from({ length: 9 }, () => 'Page Viewed'),
  ...['Pricing Viewed', 'Pricing Viewed', 'Order Completed', 'Demo Requested', 'Email Link Clicked', 'Email Link Clicked', 'Form Submitted', 'Signed In', 'Signed In', 'Signed In', 'Product Viewed'],
];

const NONE = '\\N';

/** A quarter belong to an account before them. */
function parentOf(id: number): number | undefined {
  return id === 1 || hash(id, 60, 4) > 0 ? undefined : 1 + hash(id, 61, id - 1);
}

function* accountRows(accounts: number): Generator<string> {
  for (let id = 1; id <= accounts; id += 1) {
    yield line(id, `Account ${id}`, `account ${id}`, `account${id}.example`, oneOf(id, 1, SECTORS), oneOf(id, 2, COUNTRIES), 5 + hash(id, 3, 3_000), hash(id, 4, 10_000) / 10, parentOf(id) ?? NONE, 'bench', ago(hash(id, 5, 1_500) * DAY), ago(0));
  }
}

function accountOf(id: number, accounts: number): number | undefined {
  return hash(id, 24, 5) === 0 ? undefined : 1 + hash(id, 25, accounts);
}

function* contactRows(contacts: number, accounts: number): Generator<string> {
  for (let id = 1; id <= contacts; id += 1) {
    const attributes = {
      plan: oneOf(id, 17, PLANS),
      score: hash(id, 18, 1_000),
      vip: hash(id, 19, 50) === 0,
      renewal: ago((hash(id, 20, 730) - 365) * DAY).slice(0, 10),
      interests: [`topic${hash(id, 21, 25)}`, `topic${hash(id, 22, 25)}`],
    };
    const came = ago(hash(id, 23, 1_500) * DAY);
    const born = new Date(Date.UTC(1950, 0, 1) + hash(id, 15, 20_000) * DAY).toISOString().slice(0, 10);
    yield line(
      ...[id, hash(id, 9, 256), accountOf(id, accounts) ?? NONE, `p${id}@bench.example`, `First${hash(id, 10, 5_000)}`, `Last${hash(id, 11, 50_000)}`, oneOf(id, 12, ['nl', 'nl', 'en'])],
      ...[oneOf(id, 13, COUNTRIES), oneOf(id, 14, TITLES), born, oneOf(id, 16, STAGES), JSON.stringify(attributes), addressHash(id), 'bench', '1', '{newsletter}'],
      ...[came, came, ago(0)],
    );
  }
}

function addressHash(id: number): string {
  return `\\\\x${id.toString(16).padStart(64, '0')}`;
}

/** Seven in ten confirmed the newsletter, up to three years ago; one in twenty took it back. */
function* consentRows(contacts: number): Generator<string> {
  for (let id = 1; id <= contacts; id += 1) {
    const said = hash(id, 50, 20);
    const at = ago(hash(id, 51, 1_000) * DAY);
    if (said < 15) yield line(id, 'newsletter', said === 0 ? 'withdrawn' : 'confirmed', 'consent', at, at, 2);
  }
}

function* suppressionRows(contacts: number): Generator<string> {
  for (let id = 1; id <= contacts; id += 1) if (hash(id, 52, 50) === 0) yield line(addressHash(id), 'hard_bounce', ago(30 * DAY), 'bench');
}

function* memberRows(contacts: number, accounts: number): Generator<string> {
  for (let id = 1; id <= contacts; id += 1) {
    const account = accountOf(id, accounts);
    if (account !== undefined && hash(id, 31, 3) === 0) yield line(id, account, oneOf(id, 30, ROLES), 'bench', ago(365 * DAY));
  }
}

/** In the order they would have come in: by time, mixed over the contacts. */
function* eventRows(contacts: number): Generator<string> {
  const events = contacts * EVENTS_PER_CONTACT;
  for (let number = 1; number <= events; number += 1) {
    const properties = `{"page":"page${hash(number, 42, 200)}","amount":${hash(number, 43, 1_000)}}`;
    yield line(1 + hash(number, 44, contacts), ago(Math.floor((365 * DAY * (events - number)) / events)), number, oneOf(number, 41, EVENTS), properties, 'bench');
  }
}

const PIECE = 65_536;

/** COPY takes few large pieces faster than many lines. */
function* pieces(rows: Iterable<string>): Generator<string> {
  let piece = '';
  for (const row of rows) {
    piece += row;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

// eslint-disable-next-line @typescript-eslint/require-await -- a source of COPY is asynchronous by contract
async function* inPieces(rows: Iterable<string>): AsyncGenerator<string> {
  yield* pieces(rows);
}
