import { Hash64, hash32, sortedJson } from '../shared/hash.js';
import type { CapUsage } from '../pressure/caps.js';
import type { Holdout } from '../pressure/holdout.js';
import type { ConsentStanding } from '../consent/fold-ledger.js';
import type { LegalBasis } from '../consent/purpose.js';
import type { SuppressionReason } from '../consent/suppression-reasons.js';
import { type AddressState, type ConsentFact, FACT_NAMES, type FactName, type Facts, type PersonFacts, type RequestFacts, type Seconds } from './facts.js';

// Facts of one decision as smallint[]: about 20 words, 62 bytes in PostgreSQL, where jsonb took 220.
// Layout 1, in this order: flags · consent flags · suppressions · [facts that were not loaded: 2] · zone · country · relation day ·
// step since: 2 · [restricted: 2] · [consent: sequence 2, since 2] · [valid until: 2] · [soft bounce: 2] · [last sale] · missing fields: n, names ·
// contact pressure: 3 caps, gap · [account pressure: 3 caps]. Names are numbers of a dictionary that the batch row holds.

export const FACTS_LAYOUT = 1;

/** Turns names into numbers: of the batch's dictionary for storage, of the name itself for hashing. */
export interface NameNumbers {
  numberOf(name: string): number;
}

export class Dictionary implements NameNumbers {
  private readonly numbers: Map<string, number>;

  constructor(private readonly list: string[] = []) {
    this.numbers = new Map(list.map((name, index) => [name, index]));
  }

  get names(): readonly string[] {
    return this.list;
  }

  numberOf(name: string): number {
    let number = this.numbers.get(name);
    if (number === undefined) {
      number = this.list.push(name) - 1;
      this.numbers.set(name, number);
    }
    return number;
  }
}

// Stored by their place in these lists: only ever add at the end.
const ADDRESS_STATES: readonly AddressState[] = ['ok', 'unverified', 'invalid', 'missing'];
const CONSENT_STATES: readonly ConsentStanding[] = ['requested', 'given', 'confirmed', 'refused', 'withdrawn', 'objected', 'expired'];
const LEGAL_BASES: readonly LegalBasis[] = ['consent', 'soft_opt_in', 'contract', 'legal_duty', 'legitimate_interest'];
const SUPPRESSION_REASONS: readonly SuppressionReason[] = ['unsubscribed_all', 'unsubscribed_topic', 'complaint', 'hard_bounce', 'soft_bounce', 'manual', 'erased', 'objected'];
const HOLDOUTS: readonly Holdout[] = ['none', 'engine', 'campaign'];
const NONE = 0xffff;

const bit = (value: boolean | undefined, place: number): number => (value === true ? 1 << place : 0);
const at = (value: number, place: number, mask = 1): number => (value >> place) & mask;
const index = <Value>(list: readonly Value[], value: Value): number => Math.max(0, list.indexOf(value));

export function encodeFacts(facts: Facts, names: NameNumbers): number[] {
  const out = new Writer();
  const unknown = unknownMask(facts);
  const { consent, suppressions } = facts;
  out.word(personFlags(facts, unknown !== 0));
  out.word(consentFlags(facts));
  out.word(suppressions ? suppressions.reasons.reduce((mask, reason) => mask | (1 << index(SUPPRESSION_REASONS, reason)), 0) | bit(suppressions.softBounceUntil !== null, 8) : 0);
  if (unknown !== 0) out.long(unknown);
  out.word(facts.timeZone == null ? NONE : names.numberOf(facts.timeZone));
  out.word(facts.country == null ? NONE : names.numberOf(facts.country));
  out.word(facts.relationDay ?? 0);
  out.long(facts.stepSince ?? 0);
  if (facts.restrictedSince != null) out.long(facts.restrictedSince);
  if (consent) out.long(consent.sequence).long(consent.since ?? 0);
  if (consent && consent.validUntil !== null) out.long(consent.validUntil);
  if (suppressions && suppressions.softBounceUntil !== null) out.long(suppressions.softBounceUntil);
  if (facts.sale && facts.sale.lastOn !== null) out.word(facts.sale.lastOn);
  out.word(facts.missingFields?.length ?? 0);
  for (const field of facts.missingFields ?? []) out.word(names.numberOf(field));
  const contact = facts.contactPressure;
  if (contact) out.usage(contact.channel).usage(contact.total).usage(contact.purpose).word(contact.gapMinutes);
  const account = facts.accountPressure;
  if (account) out.usage(account.messages).usage(account.people).usage(account.campaignPeople);
  return out.words;
}

function personFlags(facts: Facts, incomplete: boolean): number {
  return (
    bit(facts.person === 'known', 0) | (index(ADDRESS_STATES, facts.address ?? 'ok') << 1) | bit(facts.roleAddress, 3) | bit(facts.provenanceComplete, 4) | bit(facts.collectedForPurpose, 5) |
    bit(facts.minor, 6) | bit(facts.consentForOtherChannel, 7) | bit(facts.sale?.bought, 8) | bit(facts.sale?.lastOn != null, 9) | bit(facts.alreadySent, 10) | bit(facts.exited, 11) |
    (index(HOLDOUTS, facts.holdout ?? 'none') << 12) | bit(incomplete, 14) | bit(facts.restrictedSince != null, 15)
  );
}

function consentFlags(facts: Facts): number {
  const pressure = bit(facts.contactPressure !== undefined, 13) | bit(facts.accountPressure != null, 14);
  const consent = facts.consent;
  if (!consent) return pressure;
  return (
    pressure | bit(true, 0) | (index(CONSENT_STATES, consent.state) << 1) | (index(LEGAL_BASES, consent.legalBasis) << 4) | bit(consent.evidenceComplete, 7) | bit(consent.validUntil !== null, 8) |
    bit(consent.similarProducts, 9) | bit(consent.optOutOffered, 10) | bit(consent.sameController, 11)
  );
}

export function decodeFacts(words: readonly number[], names: readonly string[], request: RequestFacts | undefined): Facts {
  const input = new Reader(words);
  const flags = input.word();
  const proof = input.word();
  const suppressed = input.word();
  const unknown = at(flags, 14) === 1 ? input.long() : 0;
  const name = (): string | null => {
    const number = input.word();
    return number === NONE ? null : (names[number] ?? null);
  };
  const timeZone = name();
  const country = name();
  const relationDay = input.signed();
  const stepSince = input.long();
  const restrictedSince = at(flags, 15) === 1 ? input.long() : null;
  const consent = at(proof, 0) === 1 ? readConsent(proof, input) : null;
  const softBounceUntil = at(suppressed, 8) === 1 ? input.long() : null;
  const lastOn = at(flags, 9) === 1 ? input.signed() : null;
  const missingFields = Array.from({ length: input.word() }, () => names[input.word()] ?? '');
  const contactPressure = at(proof, 13) === 1 ? { channel: input.usage(), total: input.usage(), purpose: input.usage(), gapMinutes: input.word() } : undefined;
  const accountPressure = at(proof, 14) === 1 ? { messages: input.usage(), people: input.usage(), campaignPeople: input.usage() } : null;
  const loaded: Omit<PersonFacts, 'contactPressure'> & { contactPressure: Facts['contactPressure'] } = {
    person: at(flags, 0) === 1 ? 'known' : 'unknown',
    address: ADDRESS_STATES[at(flags, 1, 3)] ?? 'invalid',
    roleAddress: at(flags, 3) === 1,
    provenanceComplete: at(flags, 4) === 1,
    collectedForPurpose: at(flags, 5) === 1,
    restrictedSince,
    minor: at(flags, 6) === 1,
    suppressions: { reasons: SUPPRESSION_REASONS.filter((_, place) => at(suppressed, place) === 1), softBounceUntil },
    consent,
    consentForOtherChannel: at(flags, 7) === 1,
    relationDay,
    sale: { bought: at(flags, 8) === 1, lastOn },
    alreadySent: at(flags, 10) === 1,
    exited: at(flags, 11) === 1,
    holdout: HOLDOUTS[at(flags, 12, 3)] ?? 'engine',
    timeZone,
    country,
    missingFields,
    stepSince,
    contactPressure,
    accountPressure,
  };
  return withoutUnknown({ request, ...loaded }, unknown);
}

function readConsent(proof: number, input: Reader): ConsentFact {
  const sequence = input.long();
  const since: Seconds = input.long();
  return {
    state: CONSENT_STATES[at(proof, 1, 7)] ?? 'withdrawn',
    legalBasis: LEGAL_BASES[at(proof, 4, 7)] ?? 'consent',
    sequence,
    since: since === 0 ? null : since,
    validUntil: at(proof, 8) === 1 ? input.long() : null,
    evidenceComplete: at(proof, 7) === 1,
    similarProducts: at(proof, 9) === 1,
    optOutOffered: at(proof, 10) === 1,
    sameController: at(proof, 11) === 1,
  };
}

function unknownMask(facts: Facts): number {
  let mask = 0;
  for (let place = 0; place < FACT_NAMES.length; place += 1) if (facts[FACT_NAMES[place] as FactName] === undefined) mask |= 1 << place;
  return mask;
}

function withoutUnknown(facts: Facts, mask: number): Facts {
  if (mask === 0) return facts;
  const unloaded = FACT_NAMES.filter((_, place) => at(mask, place) === 1).map((name) => [name, undefined]);
  return { ...facts, ...(Object.fromEntries(unloaded) as Partial<Facts>) };
}

class Writer {
  readonly words: number[] = [];

  word(value: number): this {
    this.words.push((value << 16) >> 16);
    return this;
  }

  long(value: number): this {
    return this.word(value >>> 16).word(value & 0xffff);
  }

  usage(usage: CapUsage): this {
    const full = usage.freesInMinutes > 0;
    this.word((Math.min(usage.count, 0x7fff) << 1) | (full ? 1 : 0));
    return full ? this.word(usage.freesInMinutes) : this;
  }
}

class Reader {
  private position = 0;

  constructor(private readonly words: readonly number[]) {}

  signed(): number {
    return this.words[this.position++] ?? 0;
  }

  word(): number {
    return this.signed() & 0xffff;
  }

  long(): number {
    return this.word() * 0x1_0000 + this.word();
  }

  usage(): CapUsage {
    const word = this.word();
    return { count: word >> 1, freesInMinutes: (word & 1) === 1 ? this.word() : 0 };
  }
}

const byName: NameNumbers = { numberOf: nameNumber };
const numbersOfNames = new Map<string, number>();

function nameNumber(name: string): number {
  let number = numbersOfNames.get(name);
  if (number === undefined) {
    number = hash32(name) & 0x7fff;
    if (numbersOfNames.size > 5_000) numbersOfNames.clear();
    numbersOfNames.set(name, number);
  }
  return number;
}

const requestHashes = new WeakMap<RequestFacts, number>();

/** Digest of the facts, the same whatever batch they were decided in. */
export function hashFacts(facts: Facts): string {
  const hash = new Hash64();
  const { request } = facts;
  if (request) {
    let shared = requestHashes.get(request);
    if (shared === undefined) {
      shared = hash32(sortedJson(request));
      requestHashes.set(request, shared);
    }
    hash.word(shared >>> 16).word(shared & 0xffff);
  }
  for (const word of encodeFacts(facts, byName)) hash.word(word);
  return hash.hex();
}
