import type { Facts } from '../facts.js';
import { bit, isSet, type Reader, type Writer } from './words.js';

/** flags · [contact: 3 caps, gap] · [account: 3 caps] */
export function writePressure({ contactPressure: contact, accountPressure: account }: Facts, out: Writer): void {
  out.word(bit(contact !== undefined, 0) | bit(account != null, 1));
  if (contact) out.usage(contact.channel).usage(contact.total).usage(contact.purpose).word(contact.gapMinutes);
  if (account) out.usage(account.messages).usage(account.people).usage(account.campaignPeople);
}

export function readPressure(input: Reader): Pick<Facts, 'contactPressure' | 'accountPressure'> {
  const flags = input.word();
  return {
    contactPressure: isSet(flags, 0) ? { channel: input.usage(), total: input.usage(), purpose: input.usage(), gapMinutes: input.word() } : undefined,
    accountPressure: isSet(flags, 1) ? { messages: input.usage(), people: input.usage(), campaignPeople: input.usage() } : null,
  };
}
