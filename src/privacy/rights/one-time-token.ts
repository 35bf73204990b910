import { createHash, randomBytes } from 'node:crypto';

const BYTES = 32;

export interface OneTimeToken {
  /** Stands in the link, and nowhere else. */
  readonly text: string;
  /** What the database finds it by. */
  readonly hash: Buffer;
  readonly secret: Buffer;
}

/** 256 bits of chance. A hash is kept, so that whoever reads the database holds no links; `use` keeps a token of one page from opening another. */
export function newToken(use: string): OneTimeToken {
  return tokenOf(use, randomBytes(BYTES));
}

/** What the text of a link stands for; undefined when it cannot be one of ours. Only one spelling counts. */
export function readToken(use: string, text: string): OneTimeToken | undefined {
  const secret = text.length <= 64 ? Buffer.from(text, 'base64url') : Buffer.alloc(0);
  return secret.length === BYTES && secret.toString('base64url') === text ? tokenOf(use, secret) : undefined;
}

function tokenOf(use: string, secret: Buffer): OneTimeToken {
  return { text: secret.toString('base64url'), hash: createHash('sha256').update(`${use}\0`).update(secret).digest(), secret };
}
