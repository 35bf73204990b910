import { createCipheriv, createDecipheriv, createSecretKey, hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { ConsentProof } from '../core/consent/consent-event.js';

/**
 * A proof as it is stored since migration 0012: what says nothing about the person stays readable (which text, by which form, under which notice: the gate and
 * the fold ask for it); the rest is one text sealed with AES-256-GCM under the person's key. Older proofs have no `sealed` and are plain: they stay valid as
 * they are, since the chain covers them as they were written. Shredding the key leaves the readable part, and the chain whole.
 */
export type StoredProof = Partial<ConsentProof> & { readonly sealed?: string };

/** A proof as people read it: whole, or what is left of it after the key was destroyed. */
export type ReadProof = ConsentProof & { readonly shredded?: true };

const READABLE = ['actor', 'method', 'controller', 'noticeVersion', 'wordingVersion', 'wordingHash', 'formVersion', 'policyVersion', 'similarProducts', 'optOutOffered', 'doubleOptInTokenId', 'carriedFrom'] as const;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const MARK = '"sealed":""';

/** A proof split for sealing; the same for everybody of an import, so it is made once. */
export interface ProofParts {
  readonly readable: Partial<ConsentProof>;
  readonly secret: string;
  /** The canonical JSON of the readable part before and after the sealed text. */
  readonly before: string;
  readonly after: string;
}

export function partsOf(proof: ConsentProof): ProofParts {
  // The name of an import is no person's; that of a colleague is.
  const names: readonly string[] = proof.actor === 'import' ? [...READABLE, 'actorName'] : READABLE;
  const of = (readable: boolean): object => Object.fromEntries(Object.entries(proof).filter(([name, value]) => value !== undefined && names.includes(name) === readable));
  const readable = of(true);
  const text = canonical({ ...readable, sealed: '' });
  const at = text.indexOf(MARK) + MARK.length - 1; // inside a text the quotes would have backslashes
  return { readable, secret: canonical(of(false)), before: text.slice(0, at), after: text.slice(at) };
}

/** What the seal is bound to: a sealed text cannot be put under another act, or beside another wording. */
export interface BoundTo {
  readonly purpose: string;
  readonly channel: string;
  readonly event: string;
  readonly occurredAt: Date;
  readonly validUntil: Date | null;
  readonly legalBasis: string;
}

/**
 * The stored proof and its hash. The initialisation vector is drawn from key and contents, so that an import that runs twice makes the same proof twice and
 * is recognised; under one key it repeats only for the very same contents.
 */
export function sealProof(parts: ProofParts, bound: BoundTo, key: Buffer): { proof: StoredProof; proofHash: Buffer } {
  const binding = bindingOf(bound, parts.before + parts.after);
  const iv = hash('sha256', Buffer.concat([IV_USE, key, binding, Buffer.from(parts.secret)]), 'buffer').subarray(0, IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', createSecretKey(key), iv).setAAD(binding); // a bare Buffer costs 11 µs more: Node finds out by exceptions that it is no key object
  const sealed = Buffer.concat([iv, cipher.update(parts.secret, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
  return { proof: { ...parts.readable, sealed }, proofHash: hash('sha256', parts.before + sealed + parts.after, 'buffer') };
}

/** The whole proof again; undefined when it does not open: another key, another act, or somebody wrote it who does not have the secret. */
export function openProof({ sealed, ...readable }: StoredProof, bound: BoundTo, key: Buffer): ConsentProof | undefined {
  if (sealed === undefined) return readable as ConsentProof;
  try {
    const bytes = Buffer.from(sealed, 'base64');
    const text = canonical({ ...readable, sealed: '' });
    const decipher = createDecipheriv('aes-256-gcm', createSecretKey(key), bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES }).setAAD(bindingOf(bound, text)).setAuthTag(bytes.subarray(-TAG_BYTES));
    const secret = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
    return { ...readable, ...(JSON.parse(secret.toString('utf8')) as object) } as ConsentProof;
  } catch {
    return undefined;
  }
}

/** For people: the whole proof, or the readable part with the word that the rest was destroyed. */
export function readProof(stored: StoredProof, bound: BoundTo, key: Buffer | undefined): ReadProof {
  const opened = stored.sealed === undefined ? (stored as ConsentProof) : key && openProof(stored, bound, key);
  if (opened) return opened;
  const { sealed: _, ...readable } = stored;
  return { ...readable, shredded: true } as ReadProof;
}

const IV_USE = Buffer.from('tactful/proof-iv');

function bindingOf({ purpose, channel, event, occurredAt, validUntil, legalBasis }: BoundTo, readable: string): Buffer {
  return Buffer.from(JSON.stringify([purpose, channel, event, occurredAt.getTime(), validUntil?.getTime() ?? null, legalBasis]) + readable);
}

function canonical(value: object): string {
  const text = canonicalize(value);
  if (text === undefined) throw new Error('An object always has a canonical form.');
  return text;
}
