import { createHmac, hkdfSync } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from './config/config.js';

/** Keyed hashes, one derived key a use, so that a token of one use can never serve another. */
@Injectable()
export class Secrets {
  private readonly keys = new Map<string, Buffer>();

  constructor(@Inject(CONFIG) private readonly config: Pick<Config, 'secret'>) {}

  /** HMAC-SHA-256 (32 bytes) of the text under the key of this use, e.g. 'address' or 'unsubscribe-link'. */
  hmac(use: string, text: string | Buffer): Buffer {
    return createHmac('sha256', this.key(use)).update(text).digest();
  }

  private key(use: string): Buffer {
    let key = this.keys.get(use);
    if (!key) {
      key = Buffer.from(hkdfSync('sha256', this.config.secret, '', `tactful/${use}`, 32));
      this.keys.set(use, key);
    }
    return key;
  }
}
