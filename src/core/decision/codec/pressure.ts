import { CHOICES_OF_FREQUENCY } from '../../consent/chosen-settings.js';
import type { ContactPressure } from '../../pressure/contact-pressure.js';
import type { Facts } from '../facts.js';
import { at, bit, isSet, placeIn, type Reader, type Writer } from './words.js';

/**
 * flags · [contact: 3 caps, gap, [paused until: 2], [chosen: wait], [saturation: index, limit, wait], [lost: campaign, wait]] · [account: 3 caps].
 * The chosen frequency stands in the flags. Waits are minutes: 16 bits hold 45 days.
 */
export function writePressure({ contactPressure: contact, accountPressure: account }: Facts, out: Writer): void {
  out.word(
    bit(contact !== undefined, 0) | bit(account != null, 1) | bit(contact?.pausedUntil != null, 2) | bit(contact?.chosen != null, 3) | bit(contact?.saturation != null, 4) | bit(contact?.lost != null, 5) |
      bit(contact?.lost?.upcoming, 6) | (contact?.chosen ? placeIn(CHOICES_OF_FREQUENCY, contact.chosen.frequency) << 7 : 0),
  );
  if (contact) writeContact(contact, out);
  if (account) out.usage(account.messages).usage(account.people).usage(account.campaignPeople);
}

function writeContact({ channel, total, purpose, gapMinutes, pausedUntil, chosen, saturation, lost }: ContactPressure, out: Writer): void {
  out.usage(channel).usage(total).usage(purpose).word(gapMinutes).optionalLong(pausedUntil);
  if (chosen) out.word(chosen.freesInMinutes);
  if (saturation) out.word(saturation.index).word(saturation.limit).word(saturation.waitMinutes);
  if (lost) out.name(lost.campaign).word(lost.waitMinutes);
}

export function readPressure(input: Reader): Pick<Facts, 'contactPressure' | 'accountPressure'> {
  const flags = input.word();
  return {
    contactPressure: isSet(flags, 0) ? readContact(flags, input) : undefined,
    accountPressure: isSet(flags, 1) ? { messages: input.usage(), people: input.usage(), campaignPeople: input.usage() } : null,
  };
}

function readContact(flags: number, input: Reader): ContactPressure {
  return {
    channel: input.usage(),
    total: input.usage(),
    purpose: input.usage(),
    gapMinutes: input.word(),
    pausedUntil: input.optionalLong(isSet(flags, 2)),
    chosen: isSet(flags, 3) ? { frequency: CHOICES_OF_FREQUENCY[at(flags, 7, 3)] ?? 'monthly', freesInMinutes: input.word() } : null,
    saturation: isSet(flags, 4) ? { index: input.word(), limit: input.word(), waitMinutes: input.word() } : null,
    lost: isSet(flags, 5) ? { campaign: input.name() ?? '', upcoming: isSet(flags, 6), waitMinutes: input.word() } : null,
  };
}
