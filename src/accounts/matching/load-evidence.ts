import { companyWords } from '../../core/account/company-name.js';
import { type Candidates, type DomainKnowledge, type Lead, matchAccount, type MatchResult, type MatchRule } from '../../core/account/match-account.js';
import { readRegistrationNumber, type RegistrationNumber } from '../../core/account/registration-number.js';
import type { Sql } from '../../platform/database/sql.js';
import { hostsOf } from './domain-knowledge.js';
import * as queries from './evidence.queries.js';

/** A person without an account, what stands about him, and what the rules say now. */
export interface Judged {
  readonly contactId: number;
  readonly standing: queries.EarlierRow | undefined;
  readonly result: MatchResult;
}

interface Known {
  readonly lead: Lead;
  candidates: Candidates;
  readonly standing: queries.EarlierRow | undefined;
}

/**
 * Decides for a batch of people with eight statements, however many they are. Names are looked up last and only for those whom nothing else placed:
 * of all look-ups it is the dearest.
 */
export async function judgeBatch(sql: Sql, contactIds: readonly number[], from: queries.LeadAttributes, domains: DomainKnowledge): Promise<Judged[]> {
  const rows = await queries.readLeads(sql, contactIds, from);
  const ids = rows.map((row) => row.contact_id);
  if (ids.length === 0) return [];
  const earlier = grouped(await queries.readEarlier(sql, ids), (row) => row.contact_id);
  const addresses = grouped(await queries.findByAddress(sql, ids), (row) => row.contact_id);
  const leads = new Map(rows.map((row) => [row.contact_id, leadOf(row)]));
  const byDomain = await domainsOf(sql, [...leads.values()], domains);
  const byNumber = await numbersOf(sql, [...leads.values()]);
  const known = new Map(ids.map((contactId): [number, Known] => {
    const lead = leads.get(contactId) as Lead;
    const before = earlier.get(contactId) ?? [];
    const standing = before.find((row) => row.standing);
    const candidates: Candidates = {
      pinned: standing?.state === 'pinned' ? standing.account_id : null,
      byAddress: (addresses.get(contactId) ?? []).map((row) => row.account_id),
      domains: byDomain(lead),
      numbers: byNumber(lead),
      names: [],
      refused: before.flatMap(refusalsOf),
    };
    return [contactId, { lead, candidates, standing }];
  }));
  await addNames(sql, known, domains);
  return ids.map((contactId) => {
    const { lead, candidates, standing } = known.get(contactId) as Known;
    return { contactId, standing, result: matchAccount(lead, candidates, domains) };
  });
}

function leadOf(row: queries.LeadRow): Lead {
  const at = row.email?.lastIndexOf('@') ?? -1;
  const numbers = [row.vat_number === null ? undefined : readRegistrationNumber('vat', row.vat_number), row.coc_number === null ? undefined : readRegistrationNumber('coc', row.coc_number)];
  return {
    host: row.email === null || at < 0 ? null : row.email.slice(at + 1),
    country: row.country,
    companyName: row.company_name,
    numbers: numbers.filter((number): number is RegistrationNumber => number !== undefined),
  };
}

/** Refused and undone matches; also one that still stands although its person was taken out of the account by other means: that too was a no. */
function refusalsOf(row: queries.EarlierRow): { accountId: number; rule: MatchRule }[] {
  if (row.standing && row.state !== 'matched') return [];
  const accounts = row.state === 'rejected' ? (row.inputs.candidates ?? []) : [];
  return [...new Set([row.account_id, ...accounts])].map((accountId) => ({ accountId, rule: row.rule }));
}

async function domainsOf(sql: Sql, leads: readonly Lead[], domains: DomainKnowledge): Promise<(lead: Lead) => Candidates['domains']> {
  const hosts = new Map([...new Set(leads.flatMap(({ host }) => (host === null ? [] : [host])))].map((host) => [host, hostsOf(host, domains)]));
  const all = [...new Set([...hosts.values()].flat())];
  const registered = [...new Set([...hosts.values()].flatMap((list) => list.at(-1) ?? []))];
  const rows = all.length === 0 ? [] : await queries.findByDomain(sql, all, registered);
  const found = grouped(rows, (row) => domains.registrable(row.domain) ?? '');
  return ({ host }) => {
    const own = host === null ? undefined : hosts.get(host)?.at(-1);
    return own === undefined ? [] : (found.get(own) ?? []).map((row) => ({ accountId: row.account_id, domain: row.domain, verified: row.verified }));
  };
}

async function numbersOf(sql: Sql, leads: readonly Lead[]): Promise<(lead: Lead) => Candidates['numbers']> {
  const of = (kind: RegistrationNumber['kind']): string[] => [...new Set(leads.flatMap(({ numbers }) => numbers.filter((number) => number.kind === kind).map(({ value }) => value)))];
  const [vat, coc] = [of('vat'), of('coc')];
  const rows = vat.length + coc.length === 0 ? [] : await queries.findByNumber(sql, vat, coc);
  const known = rows.flatMap((row) => [
    ...(row.vat_number === null ? [] : [{ accountId: row.account_id, country: row.country, number: { kind: 'vat', value: row.vat_number } as const }]),
    ...(row.coc_number === null ? [] : [{ accountId: row.account_id, country: row.country, number: { kind: 'coc', value: row.coc_number } as const }]),
  ]);
  const found = grouped(known, ({ number }) => `${number.kind} ${number.value}`);
  return ({ numbers }) => numbers.flatMap(({ kind, value }) => found.get(`${kind} ${value}`) ?? []);
}

/** Exactly the same words first: where an account has them, one that is nearly the same does not matter, and most names are typed right. */
async function addNames(sql: Sql, known: ReadonlyMap<number, Known>, domains: DomainKnowledge): Promise<void> {
  const wanted = new Map<string, Known[]>();
  for (const one of known.values()) {
    if (one.lead.companyName === null || matchAccount(one.lead, one.candidates, domains).kind === 'matched') continue;
    const name = one.lead.companyName;
    if (companyWords(name).length > 0) wanted.set(name, [...(wanted.get(name) ?? []), one]);
  }
  if (wanted.size === 0) return;
  const names = [...wanted.keys()].map(nameKeys);
  const same = grouped(await queries.findByWords(sql, names.map(({ words }) => words)), (row) => row.place);
  give(wanted, names, same);
  const left = names.filter((_, index) => !same.has(index + 1));
  if (left.length === 0) return;
  await queries.setNameThreshold(sql);
  give(wanted, left, grouped(await queries.findByTrigrams(sql, left.map(({ trigrams }) => trigrams)), (row) => row.place));
}

function give(wanted: ReadonlyMap<string, Known[]>, names: readonly queries.NameKeys[], found: ReadonlyMap<number, queries.NameRow[]>): void {
  names.forEach(({ name }, index) => {
    const accounts = (found.get(index + 1) ?? []).map((row) => ({ accountId: row.account_id, name: row.name, country: row.country }));
    for (const one of wanted.get(name) ?? []) one.candidates = { ...one.candidates, names: accounts };
  });
}

/** What a name is looked up by, in the table as in a question. */
export function nameKeys(name: string): queries.NameKeys {
  const words = companyWords(name);
  const joined = words.join('');
  const trigrams = /^[\x00-\x7f]*$/.test(joined) ? joined : Buffer.from(joined).toString('hex');
  return { name, words: [...new Set(words)].sort().join(' '), trigrams };
}

function grouped<Row, Key>(rows: readonly Row[], keyOf: (row: Row) => Key): Map<Key, Row[]> {
  return Map.groupBy(rows, keyOf);
}
