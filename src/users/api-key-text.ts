import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const FORMAT = /^tk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;

/** A new key: 48 bits to find its row by, 256 bits that only its holder knows. */
export function newKey(): { text: string; prefix: string; hash: Buffer } {
  const prefix = randomBytes(6).toString('hex');
  const text = `tk_${prefix}_${randomBytes(32).toString('base64url')}`;
  return { text, prefix, hash: hashOf(text) };
}

/** The key in an Authorization header, without looking at whether anybody made it; undefined when there is none. */
export function keyIn(authorization: string | undefined): { text: string; prefix: string } | undefined {
  const text = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
  const prefix = FORMAT.exec(text ?? '')?.[1];
  return text === undefined || prefix === undefined ? undefined : { text, prefix };
}

/** Compares without telling by its duration how much was right. A fast hash will do: the secret is random, not chosen by a person. */
export function isKey(text: string, hash: Buffer): boolean {
  const given = hashOf(text);
  return given.length === hash.length && timingSafeEqual(given, hash);
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
