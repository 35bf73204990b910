import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const FORMAT = /^wk_([0-9a-f]{12})_[A-Za-z0-9_-]{32}$/;

/** A new write key: 48 bits to find its row by, 192 that only its holder knows. Without a colon, so that it can be a user name. */
export function newWriteKey(): { text: string; prefix: string; hash: Buffer } {
  const prefix = randomBytes(6).toString('hex');
  const text = `wk_${prefix}_${randomBytes(24).toString('base64url')}`;
  return { text, prefix, hash: hashOf(text) };
}

/** The write key of a request: the user name of Basic authentication, else what the body says. undefined for any other text: an API key is none. */
export function writeKeyIn(authorization: string | undefined, inBody: unknown): { text: string; prefix: string } | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/_=-]{1,400}) *$/i.exec(authorization ?? '')?.[1];
  const text = encoded === undefined ? inBody : Buffer.from(encoded, 'base64').toString('latin1').split(':')[0];
  const prefix = typeof text === 'string' ? FORMAT.exec(text)?.[1] : undefined;
  return typeof text === 'string' && prefix !== undefined ? { text, prefix } : undefined;
}

/** Compares without telling by its duration how much was right. A fast hash will do: the secret is random. */
export function isWriteKey(text: string, hash: Buffer): boolean {
  const given = hashOf(text);
  return given.length === hash.length && timingSafeEqual(given, hash);
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
