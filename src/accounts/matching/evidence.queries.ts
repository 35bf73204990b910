import type { MatchRule } from '../../core/account/match-account.js';
import type { Sql } from '../../platform/database/sql.js';

export interface LeadRow {
  contact_id: number;
  email: string | null;
  country: string | null;
  company_name: string | null;
  vat_number: string | null;
  coc_number: string | null;
}

export interface LeadAttributes {
  readonly companyNameAttributes: readonly string[];
  readonly vatNumberAttributes: readonly string[];
  readonly cocNumberAttributes: readonly string[];
}

/** The first of these attributes that holds a text or a number. */
const FIRST_OF = (parameter: string): string =>
  `(select left(c.attributes ->> k, 500) from unnest(${parameter}::text[]) with ordinality as named (k, place)
     where jsonb_typeof(c.attributes -> k) in ('string', 'number') and c.attributes ->> k <> '' order by place limit 1)`;

/** Those of the contacts that have no account. */
export function readLeads(sql: Sql, contactIds: readonly number[], from: LeadAttributes): Promise<LeadRow[]> {
  return sql.many<LeadRow>(
    'matching.readLeads',
    `select c.contact_id, c.email, c.country, ${FIRST_OF('$2')} as company_name, ${FIRST_OF('$3')} as vat_number, ${FIRST_OF('$4')} as coc_number
     from contacts c where c.contact_id = any($1) and c.account_id is null order by c.contact_id`,
    [contactIds, from.companyNameAttributes, from.vatNumberAttributes, from.cocNumberAttributes],
  );
}

export interface EarlierRow {
  match_id: number;
  contact_id: number;
  account_id: number;
  rule: MatchRule;
  state: 'matched' | 'review' | 'rejected' | 'pinned' | 'undone';
  standing: boolean;
  inputs: { candidates?: number[] };
}

/** What was found, and said, about these people before. */
export function readEarlier(sql: Sql, contactIds: readonly number[]): Promise<EarlierRow[]> {
  return sql.many<EarlierRow>(
    'matching.readEarlier',
    `select match_id, contact_id, account_id, rule, state, ended_at is null as standing, inputs from account_matches
     where contact_id = any($1) and (ended_at is null or state in ('rejected', 'undone'))`,
    [contactIds],
  );
}

/** Accounts of others with the same mailbox: the same address, or one that differs by a plus tag. */
export function findByAddress(sql: Sql, contactIds: readonly number[]): Promise<{ contact_id: number; account_id: number }[]> {
  return sql.many(
    'matching.findByAddress',
    `select distinct l.contact_id, c.account_id from contacts l join contacts c on c.address_hash = l.address_hash and c.contact_id <> l.contact_id
     where l.contact_id = any($1) and l.address_hash is not null and c.account_id is not null`,
    [contactIds],
  );
}

export interface DomainRow {
  account_id: number;
  domain: string;
  verified: boolean;
}

/** More hosts than this below one registered domain are no evidence for any of them. */
const MOST_HOSTS = 50;

/** Accounts that have one of the hosts, and those with a host below one of the registered domains: '.' and '/' are neighbours, so that is one range. */
export function findByDomain(sql: Sql, hosts: readonly string[], registered: readonly string[]): Promise<DomainRow[]> {
  return sql.many<DomainRow>(
    'matching.findByDomain',
    `select account_id, domain, verified_at is not null as verified from account_domains where domain = any($1)
     union
     select d.account_id, d.domain, d.verified_at is not null from unnest($2::text[]) as r (registered)
     cross join lateral (
       select * from account_domains a
       where reverse(a.domain) collate "C" > reverse(r.registered) || '.' and reverse(a.domain) collate "C" < reverse(r.registered) || '/' limit ${MOST_HOSTS}
     ) d`,
    [hosts, registered],
  );
}

export interface NumberRow {
  account_id: number;
  country: string | null;
  vat_number: string | null;
  coc_number: string | null;
}

export function findByNumber(sql: Sql, vatNumbers: readonly string[], cocNumbers: readonly string[]): Promise<NumberRow[]> {
  return sql.many<NumberRow>(
    'matching.findByNumber',
    `select account_id, country, vat_number, coc_number from accounts where vat_number = any($1)
     union select account_id, country, vat_number, coc_number from accounts where coc_number = any($2)`,
    [vatNumbers, cocNumbers],
  );
}

export interface NameRow {
  place: number;
  account_id: number;
  name: string;
  country: string | null;
}

export interface NameKeys {
  readonly name: string;
  readonly words: string;
  readonly trigrams: string;
}

/** Accounts whose name is not the one that their keys were made of. */
export function listUnkeyed(sql: Sql, limit: number): Promise<{ account_id: number; name: string }[]> {
  return sql.many('matching.listUnkeyed', 'select account_id, name from accounts where match_name is distinct from name order by account_id limit $1', [limit]);
}

export async function keyNames(sql: Sql, accountIds: readonly number[], keys: readonly NameKeys[]): Promise<void> {
  await sql.exec(
    'matching.keyNames',
    `update accounts a set match_name = k.name, match_words = k.words, match_trigrams = k.trigrams
     from unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) as k (account_id, name, words, trigrams) where a.account_id = k.account_id and a.name = k.name`,
    [accountIds, keys.map(({ name }) => name), keys.map(({ words }) => words), keys.map(({ trigrams }) => trigrams)],
  );
}

/** Accounts that have one of these names but for legal form, order of the words, case, accents and punctuation. */
export function findByWords(sql: Sql, words: readonly string[]): Promise<NameRow[]> {
  return sql.many<NameRow>(
    'matching.findByWords',
    `select n.place::integer as place, a.account_id, a.name, a.country from unnest($1::text[]) with ordinality as n (words, place) join accounts a on a.match_words = n.words`,
    [words],
  );
}

/**
 * Accounts whose names have most trigrams of one of these, a few for each: what is worth comparing letter by letter. 1–4 ms a name among 10,000 whose names
 * share their words (word_similarity over an expression: 10–16 ms).
 */
export function findByTrigrams(sql: Sql, trigrams: readonly string[]): Promise<NameRow[]> {
  return sql.many<NameRow>(
    'matching.findByTrigrams',
    `select n.place::integer as place, a.account_id, a.name, a.country from unnest($1::text[]) with ordinality as n (trigrams, place)
     cross join lateral (
       select account_id, name, country from accounts where match_trigrams % n.trigrams order by similarity(match_trigrams, n.trigrams) desc, account_id limit 20
     ) a`,
    [trigrams],
  );
}

/** How alike the trigrams must be. One wrong letter in a name of 13 letters (less is no match) leaves 0.64. */
export async function setNameThreshold(sql: Sql): Promise<void> {
  await sql.exec('matching.setNameThreshold', `select set_config('pg_trgm.similarity_threshold', '0.55', true)`);
}
