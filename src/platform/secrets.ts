import { hash, hkdfSync } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from './config/config.js';

const BLOCK_BYTES = 64;
const HASH_BYTES = 32;

/** Keyed hashes, one derived key a use, so that a token of one use can never serve another. */
@Injectable()
export class Secrets {
  private readonly keys = new Map<string, HmacKey>();

  constructor(@Inject(CONFIG) private readonly config: Pick<Config, 'secret'>) {}

  /** HMAC-SHA-256 (32 bytes) of the text under the key of this use, e.g. 'address' or 'unsubscribe-link'. */
  hmac(use: string, text: string | Buffer): Buffer {
    return this.key(use).hmac(typeof text === 'string' ? Buffer.from(text) : text);
  }

  private key(use: string): HmacKey {
    let key = this.keys.get(use);
    if (!key) {
      key = new HmacKey(Buffer.from(hkdfSync('sha256', this.config.secret, '', `tactful/${use}`, HASH_BYTES)));
      this.keys.set(use, key);
    }
    return key;
  }
}

/**
 * HMAC (RFC 2104) as two plain hashes: 2.8 µs each, against 21.8 µs with createHmac, which sets OpenSSL up anew every time.
 * An import hashes a million addresses.
 */
class HmacKey {
  private readonly inner: Buffer;
  private readonly outer: Buffer;

  constructor(key: Buffer) {
    this.inner = pad(key, 0x36);
    this.outer = pad(key, 0x5c);
  }

  hmac(text: Buffer): Buffer {
    const inner = hash('sha256', Buffer.concat([this.inner, text]), 'buffer');
    return hash('sha256', Buffer.concat([this.outer, inner]), 'buffer');
  }
}

function pad(key: Buffer, byte: number): Buffer {
  const padded = Buffer.alloc(BLOCK_BYTES, byte);
  for (const [index, value] of key.entries()) padded[index] = value ^ byte;
  return padded;
}
