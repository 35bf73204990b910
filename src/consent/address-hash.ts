import { canonicalAddress } from '../core/mail/address.js';
import type { Secrets } from '../platform/secrets.js';

/** The keyed hash under which a mailbox is suppressed: the same for all spellings of an address, and no way back to it. */
export function addressHash(secrets: Secrets, address: string): Buffer {
  return secrets.hmac('address', canonicalAddress(address));
}
