import { Hash64, hash32, sortedJson } from '../shared/hash.js';
import { readCampaign, writeCampaign } from './codec/campaign.js';
import { readConsent, writeConsent } from './codec/consent.js';
import { readPerson, writePerson } from './codec/person.js';
import { readPressure, writePressure } from './codec/pressure.js';
import { readRestraint, writeRestraint } from './codec/restraint.js';
import { type NameNumbers, Reader, Writer } from './codec/words.js';
import { FACT_NAMES, type FactName, type Facts, type RequestFacts } from './facts.js';

export { Dictionary } from './codec/words.js';

// Facts of one decision as smallint[]: about 25 words, 70 bytes in PostgreSQL, where jsonb took 220.
// Layout 2: what was not loaded (its number, and the places of its names in FACT_NAMES), then a section per group of facts (codec/), each
// with flags of its own that leave room. Names are numbers of a dictionary that the batch row holds. Rows of layout 1 are told from their codes.
export const FACTS_LAYOUT = 2;

export function encodeFacts(facts: Facts, names: NameNumbers): number[] {
  const out = new Writer(names);
  writeUnloaded(facts, out);
  writePerson(facts, out);
  writeCampaign(facts, out);
  writeConsent(facts, out);
  writeRestraint(facts, out);
  writePressure(facts, out);
  return out.words;
}

export function decodeFacts(words: readonly number[], names: readonly string[], request: RequestFacts | undefined): Facts {
  const input = new Reader(words, names);
  const unloaded = Array.from({ length: input.word() }, () => FACT_NAMES[input.word()]);
  const facts: Facts = { request, ...readPerson(input), ...readCampaign(input), ...readConsent(input), ...readRestraint(input), ...readPressure(input) };
  return unloaded.length === 0 ? facts : { ...facts, ...(Object.fromEntries(unloaded.map((name) => [name, undefined])) as Partial<Facts>) };
}

function writeUnloaded(facts: Facts, out: Writer): void {
  let unloaded: number[] | undefined;
  for (let place = 0; place < FACT_NAMES.length; place += 1) if (facts[FACT_NAMES[place] as FactName] === undefined) (unloaded ??= []).push(place);
  out.word(unloaded?.length ?? 0);
  for (const place of unloaded ?? []) out.word(place);
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
