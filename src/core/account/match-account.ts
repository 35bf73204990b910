import { assertNever } from '../shared/assert-never.js';
import { companyWords, wordSimilarity } from './company-name.js';
import { type RegistrationNumber, sameNumber } from './registration-number.js';

/** In the order in which they are asked; the first that points at one account decides. */
export const MATCH_RULES = ['pinned', 'address', 'host', 'domain', 'number', 'name'] as const;
export type MatchRule = (typeof MATCH_RULES)[number];

/** Below it a human decides. */
export const REVIEW_BELOW = 0.75;
/** Names less alike than this are two companies. */
export const NAMES_ALIKE = 0.92;

const CONFIDENCE = { pinned: 1, address: 0.97, host: 0.95, domain: 0.9, vat: 0.95, coc: 0.9 } as const;
/** What nobody verified, what a name alone says, what a human refused on weaker grounds: worth a look, never enough. */
const HINT = { unverified: 0.6, noCountry: 0.6, refusedBefore: 0.7 } as const;
const BY_NAME = { least: 0.76, most: 0.88 } as const;

/** The person who is to be matched, as far as matching looks. Host and address are in ASCII, country is ISO 3166-1 alpha-2. */
export interface Lead {
  /** The part of the address behind the @; null without an address. */
  readonly host: string | null;
  readonly country: string | null;
  readonly companyName: string | null;
  readonly numbers: readonly RegistrationNumber[];
}

/** What is known about accounts that could be this person's. May hold too much: the rules themselves decide what fits. */
export interface Candidates {
  readonly pinned: number | null;
  /** Accounts of other contacts with the same mailbox. */
  readonly byAddress: readonly number[];
  readonly domains: readonly { readonly accountId: number; readonly domain: string; readonly verified: boolean }[];
  readonly numbers: readonly { readonly accountId: number; readonly country: string | null; readonly number: RegistrationNumber }[];
  readonly names: readonly { readonly accountId: number; readonly name: string; readonly country: string | null }[];
  /** What a human undid or refused for this person: that account, by that rule. */
  readonly refused: readonly { readonly accountId: number; readonly rule: MatchRule }[];
}

/** What matching knows about domains: lists and the public suffix list come in as arguments. */
export interface DomainKnowledge {
  /** The part somebody registered: example.co.uk of mail.example.co.uk; null when the host is a public suffix itself or an address. */
  registrable(host: string): string | null;
  /** Free-mail, disposable and shared domains: whoever has an address there says nothing about an employer. */
  isPublic(domain: string): boolean;
}

/** What the decision rests on, for the explanation. */
export interface MatchInputs {
  readonly host?: string;
  readonly domain?: string;
  readonly number?: string;
  readonly companyName?: string;
  readonly accountName?: string;
  readonly similarity?: number;
  readonly country?: string;
  /** Why a human is asked: nobody verified the domain, no country to compare, several accounts fit, or a human refused this account before. */
  readonly doubt?: 'unverified' | 'no_country' | 'several' | 'refused_before';
  /** The accounts that fit, when there are several. */
  readonly candidates?: readonly number[];
}

export type MatchResult =
  | { readonly kind: 'none' }
  | { readonly kind: 'matched' | 'review'; readonly accountId: number; readonly rule: MatchRule; readonly confidence: number; readonly inputs: MatchInputs };

interface Hit {
  readonly accountId: number;
  readonly confidence: number;
  readonly inputs: MatchInputs;
}

/**
 * The account a person belongs to, by the first rule that points at exactly one with enough confidence. A rule that points at several narrows: a later
 * rule may decide between those, and only between those. What is not enough for any rule goes to a human, with the best hint first.
 */
export function matchAccount(lead: Lead, candidates: Candidates, domains: DomainKnowledge): MatchResult {
  let hint: Exclude<MatchResult, { kind: 'none' }> | undefined;
  let narrowed: readonly number[] | undefined;
  for (const rule of MATCH_RULES) {
    const hits = onePerAccount(unlessRefused(rule, hitsOf(rule, lead, candidates, domains), candidates));
    const strong = hits.filter(({ accountId, confidence }) => confidence >= REVIEW_BELOW && (narrowed?.includes(accountId) ?? true));
    const [first] = strong;
    if (first && strong.length === 1) return { kind: 'matched', rule, ...first, confidence: rounded(first.confidence) };
    if (strong.length > 1) narrowed = strong.map(({ accountId }) => accountId);
    hint ??= strong.length > 1 ? severalOf(rule, strong) : hintOf(rule, hits);
  }
  return hint ?? { kind: 'none' };
}

function hitsOf(rule: MatchRule, lead: Lead, candidates: Candidates, domains: DomainKnowledge): Hit[] {
  switch (rule) {
    case 'pinned':
      return candidates.pinned === null ? [] : [{ accountId: candidates.pinned, confidence: CONFIDENCE.pinned, inputs: {} }];
    case 'address':
      return candidates.byAddress.map((accountId) => ({ accountId, confidence: CONFIDENCE.address, inputs: {} }));
    case 'host':
      return byHost(lead, candidates, domains);
    case 'domain':
      return byDomain(lead, candidates, domains);
    case 'number':
      return byNumber(lead, candidates);
    case 'name':
      return byName(lead, candidates);
    default:
      return assertNever(rule);
  }
}

/** The longest account domain that is the lead's host or stands above it: sub.example.com goes to the subsidiary that has it, not to the parent. */
function byHost({ host }: Lead, { domains: known }: Candidates, domains: DomainKnowledge): Hit[] {
  if (host === null || registrableOf(host, domains) === null) return [];
  const above = known.filter(({ domain }) => (host === domain || host.endsWith(`.${domain}`)) && registrableOf(domain, domains) !== null);
  const longest = Math.max(0, ...above.map(({ domain }) => domain.length));
  return above.filter(({ domain }) => domain.length === longest).map(({ accountId, domain, verified }) => domainHit(accountId, verified, CONFIDENCE.host, { host, domain }));
}

/** The registered domain they have in common, whatever stands before it: mail at example.com and an account at www.shop.example.com. */
function byDomain({ host }: Lead, { domains: known }: Candidates, domains: DomainKnowledge): Hit[] {
  const registered = host === null ? null : registrableOf(host, domains);
  if (host === null || registered === null) return [];
  return known.filter(({ domain }) => registrableOf(domain, domains) === registered).map(({ accountId, verified }) => domainHit(accountId, verified, CONFIDENCE.domain, { host, domain: registered }));
}

function domainHit(accountId: number, verified: boolean, confidence: number, inputs: MatchInputs): Hit {
  return verified ? { accountId, confidence, inputs } : { accountId, confidence: HINT.unverified, inputs: { ...inputs, doubt: 'unverified' } };
}

/** The registered domain, unless everybody can have an address there. */
function registrableOf(host: string, domains: DomainKnowledge): string | null {
  const registered = domains.registrable(host);
  return registered === null || domains.isPublic(registered) || domains.isPublic(host) ? null : registered;
}

function byNumber({ numbers, country }: Lead, candidates: Candidates): Hit[] {
  return candidates.numbers.flatMap(({ accountId, country: accountCountry, number }): Hit[] => {
    if (!numbers.some((own) => sameNumber(own, number))) return [];
    const inputs: MatchInputs = { number: number.value };
    // A VAT number begins with its country. Registers of companies count for themselves: the same number in two countries is two companies.
    if (number.kind === 'vat') return [{ accountId, confidence: CONFIDENCE.vat, inputs }];
    if (country === null || accountCountry === null) return [{ accountId, confidence: HINT.noCountry, inputs: { ...inputs, doubt: 'no_country' } }];
    return country === accountCountry ? [{ accountId, confidence: CONFIDENCE.coc, inputs: { ...inputs, country } }] : [];
  });
}

/** The names that are most alike, when they are alike enough. */
function byName({ companyName, country }: Lead, { names }: Candidates): Hit[] {
  if (companyName === null) return [];
  const words = companyWords(companyName);
  const alike = names
    .map((account) => ({ ...account, similarity: rounded(wordSimilarity(words, companyWords(account.name))) }))
    .filter((account) => account.similarity >= NAMES_ALIKE && (country === null || account.country === null || account.country === country));
  // A name spelt as the account's own is not in doubt because another one is nearly the same.
  const exact = alike.filter(({ similarity }) => similarity === 1);
  return (exact.length > 0 ? exact : alike).map(({ accountId, name, country: accountCountry, similarity }) => {
    const inputs: MatchInputs = { companyName, accountName: name, similarity };
    if (country === null || accountCountry === null) return { accountId, confidence: HINT.noCountry, inputs: { ...inputs, doubt: 'no_country' } };
    return { accountId, confidence: BY_NAME.least + ((similarity - NAMES_ALIKE) / (1 - NAMES_ALIKE)) * (BY_NAME.most - BY_NAME.least), inputs: { ...inputs, country } };
  });
}

/** What a human refused does not come back on the same or weaker grounds; on stronger grounds he is asked again. */
function unlessRefused(rule: MatchRule, hits: readonly Hit[], { refused }: Candidates): Hit[] {
  if (rule === 'pinned') return [...hits];
  return hits.flatMap((hit): Hit[] => {
    const before = refused.filter(({ accountId }) => accountId === hit.accountId);
    if (before.length === 0) return [hit];
    if (before.some((one) => MATCH_RULES.indexOf(one.rule) <= MATCH_RULES.indexOf(rule))) return [];
    return [{ ...hit, confidence: Math.min(hit.confidence, HINT.refusedBefore), inputs: { ...hit.inputs, doubt: 'refused_before' } }];
  });
}

/** The best hit of each account, the surest first; equally sure ones by id, so that the order in which candidates came does not matter. */
function onePerAccount(hits: readonly Hit[]): Hit[] {
  const best = new Map<number, Hit>();
  for (const hit of hits) {
    const other = best.get(hit.accountId);
    if (!other || isBetter(hit, other)) best.set(hit.accountId, hit);
  }
  return [...best.values()].sort((a, b) => b.confidence - a.confidence || a.accountId - b.accountId);
}

function isBetter(hit: Hit, other: Hit): boolean {
  return hit.confidence > other.confidence || (hit.confidence === other.confidence && JSON.stringify(hit.inputs) < JSON.stringify(other.inputs));
}

function severalOf(rule: MatchRule, hits: readonly Hit[]): MatchResult & { kind: 'review' } {
  const [first] = hits as [Hit];
  const candidates = hits.map(({ accountId }) => accountId);
  return { kind: 'review', rule, accountId: first.accountId, confidence: rounded(Math.min(first.confidence, REVIEW_BELOW) / hits.length), inputs: { ...first.inputs, doubt: 'several', candidates } };
}

function hintOf(rule: MatchRule, hits: readonly Hit[]): (MatchResult & { kind: 'review' }) | undefined {
  const weak = hits.filter(({ confidence }) => confidence < REVIEW_BELOW);
  const [first] = weak;
  if (!first) return undefined;
  if (weak.length === 1) return { kind: 'review', rule, ...first, confidence: rounded(first.confidence) };
  return { kind: 'review', rule, ...first, confidence: rounded(first.confidence / weak.length), inputs: { ...first.inputs, candidates: weak.map(({ accountId }) => accountId) } };
}

function rounded(confidence: number): number {
  return Math.round(confidence * 1_000) / 1_000;
}
