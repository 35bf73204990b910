/** Signs a text: keyed, at least 10 bytes. The key stays outside the core. */
export type Sign = (text: string) => Uint8Array;

export interface MessageKey {
  readonly contactId: number;
  readonly messageId: number;
}

/**
 * The return path of one message (VERP): a bounce to it says which message bounced, and the signature that it was ours.
 * Everything is lower case and base 32 or 36: some servers lower-case what stands before the @.
 */
export function verpAddress(key: MessageKey, mailDomain: string, sign: Sign, prefix: 'bounce' | 'unsubscribe' = 'bounce'): string {
  const ids = `${key.contactId.toString(36)}.${key.messageId.toString(36)}`;
  return `${prefix}+${ids}.${signatureOf(prefix, ids, sign)}@${mailDomain}`;
}

/** The message that a return path names, or undefined when it was not made by us. A report without a valid token suppresses nobody. */
export function readVerpAddress(address: string, sign: Sign, prefix: 'bounce' | 'unsubscribe' = 'bounce'): MessageKey | undefined {
  const match = /^([a-z]+)\+([0-9a-z]{1,12})\.([0-9a-z]{1,12})\.([a-z2-7]{16})@/i.exec(address);
  if (match?.[1]?.toLowerCase() !== prefix) return undefined;
  const [contact = '', message = '', signature = ''] = match.slice(2).map((piece) => piece.toLowerCase());
  if (!equalInConstantTime(signature, signatureOf(prefix, `${contact}.${message}`, sign))) return undefined;
  return { contactId: parseInt(contact, 36), messageId: parseInt(message, 36) };
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

function signatureOf(prefix: string, ids: string, sign: Sign): string {
  const bytes = sign(`${prefix}+${ids}`);
  let bits = 0n;
  for (const byte of bytes.subarray(0, 10)) bits = (bits << 8n) | BigInt(byte);
  let text = '';
  for (let index = 15n; index >= 0n; index -= 1n) text += ALPHABET.charAt(Number((bits >> (index * 5n)) & 31n));
  return text;
}

function equalInConstantTime(left: string, right: string): boolean {
  let difference = left.length ^ right.length;
  for (let index = 0; index < left.length; index += 1) difference |= left.charCodeAt(index) ^ right.charCodeAt(index % right.length);
  return difference === 0;
}
