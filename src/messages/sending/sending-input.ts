import { getDomain } from 'tldts';
import { z } from 'zod';
import { normaliseAddress } from '../../core/mail/address.js';

/** As addresses have it: lower case, in ASCII. */
export const host = z.string().max(253).transform((text, context) => {
  const address = normaliseAddress(`x@${text.trim().toLowerCase()}`);
  if (address.ok) return address.value.slice(2);
  context.addIssue({ code: 'custom', message: 'must be a domain such as example.com' });
  return z.NEVER;
});
// A whole top-level domain would block everybody at once.
export const owned = host.refine((domain) => getDomain(domain, { allowPrivateDomains: true }) !== null, 'must be a domain that somebody owns, not co.uk or nl');
export const line = z.string().trim().max(500).refine((text) => !/\p{Cc}/u.test(text), 'must not hold control characters');

export const sendingState = z.strictObject({
  aligned: z.boolean().nullable().default(null).describe('whether SPF, DKIM and DMARC line up; null: not checked'),
  problem: line.nullable().default(null),
  paused: z.boolean().default(false),
  pauseReason: line.nullable().default(null),
  warmUpStartedOn: z.iso.date().nullable().default(null),
  dailyTarget: z.int().min(1).max(100_000_000).nullable().default(null),
  hourlyLimit: z.int().min(1).max(10_000_000).nullable().default(null),
});
