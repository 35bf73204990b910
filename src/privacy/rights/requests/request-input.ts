import { z } from 'zod';
import { normaliseAddress } from '../../../core/mail/address.js';
import { REQUEST_CHANNELS, REQUEST_KINDS, REQUEST_STATES } from '../../../core/privacy/request.js';
import { contactChange } from '../../../customers/contact-input.js';
import { pageQuery } from '../../../platform/http/page.js';
import { OBJECTIONS } from './fulfil.service.js';

export const idInput = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const reason = z.string().trim().min(3).max(2_000);

/** Whose request, of what kind, how it came; `identityHow` when the officer made sure himself who asks, else a link is mailed to the address on file. */
export const openInput = z
  .strictObject({
    contactId: z.number().int().positive().optional(),
    email: z.string().min(3).max(320).optional(),
    kind: z.enum(REQUEST_KINDS),
    channel: z.enum(REQUEST_CHANNELS).default('other'),
    language: z.enum(['nl', 'en']).optional(),
    identityHow: reason.optional(),
    note: z.string().trim().max(2_000).optional(),
    /** Of a rectification: the fields with their right values. */
    fields: z.record(z.string(), z.unknown()).optional(),
    /** Of an objection. */
    to: z.enum(OBJECTIONS).optional(),
  })
  .refine((input) => (input.contactId === undefined) !== (input.email === undefined), { error: 'name the person by contactId or by email' })
  .refine((input) => input.fields === undefined || (input.kind === 'rectification' && contactChange.safeParse(input.fields).success), { path: ['fields'], error: 'must be fields of a contact, and only for a rectification' });

export const identityInput = z.strictObject({ how: reason });
export const reasonInput = z.strictObject({ reason });
export const fulfilInput = z.strictObject({ fields: contactChange.optional() });
export const listInput = pageQuery.extend({
  kind: z.enum(REQUEST_KINDS).optional(), state: z.enum(REQUEST_STATES).optional(), contactId: idInput.optional(), email: z.string().min(3).max(320).optional(),
  overdue: z.enum(['true', 'false']).transform((text) => text === 'true').optional(),
});
/** In any spelling. */
export const erasureInput = z.strictObject({ email: z.string().trim().min(3).max(320).refine((text) => normaliseAddress(text).ok, 'must be an e-mail address') });
export const restrictInput = z.strictObject({ restricted: z.boolean() });
export const recipientInput = z.strictObject({
  name: z.string().trim().min(1).max(200),
  url: z.url({ protocol: /^https$/, error: 'must begin with https://' }).max(2_000),
  toldOf: z.array(z.enum(['erased', 'rectified', 'restricted'])).min(1).default(['erased', 'rectified', 'restricted']),
});
