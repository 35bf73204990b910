import { z } from 'zod';
import { LIFECYCLE_STAGES } from '../core/account/stage.js';
import { customAttributes, fieldInput, provenanceInput } from './field-input.js';

const line = fieldInput('line');

/** Names as in rules, templates and import maps. */
const fields = {
  email: fieldInput('email'),
  address_state: z.enum(['ok', 'unverified', 'invalid']),
  first_name: line,
  last_name: line,
  language: z.enum(['nl', 'en']),
  country: fieldInput('country'),
  city: line,
  time_zone: fieldInput('time_zone'),
  phone: line,
  job_title: line,
  birth_date: z.iso.date(),
  lifecycle_stage: z.enum(LIFECYCLE_STAGES),
};

const account = z
  .strictObject({ id: z.number().int().positive().optional(), externalId: line.optional(), name: line.optional(), domain: fieldInput('domain').optional() })
  .refine((reference) => Object.values(reference).filter((value) => value !== undefined).length === 1, { error: 'name the account in one way: id, externalId, name or domain' });

const identities = { external_id: line.optional(), user_id: line.optional() };

const optional = z.object(fields).partial().shape;

/** A contact as it is added, or added to: who it is (one identity at least), what is known, and where that comes from. */
export const contactInput = z
  .strictObject({ ...identities, ...optional, account: account.optional(), attributes: customAttributes.default({}), provenance: provenanceInput })
  .refine((contact) => contact.email !== undefined || contact.external_id !== undefined || contact.user_id !== undefined, { error: 'one of email, external_id and user_id is needed to tell who this is' });
export type ContactInput = z.output<typeof contactInput>;

const { address_state: addressState, ...clearable } = fields;
const changeable = z.object(Object.fromEntries(Object.entries(clearable).map(([name, schema]) => [name, schema.nullable()])) as { [Name in keyof typeof clearable]: z.ZodNullable<(typeof clearable)[Name]> }).partial().shape;

/** A change: what is named is set, null removes it, what is not named stays. */
export const contactChange = z.strictObject({ ...identities, ...changeable, address_state: addressState.optional(), account: account.nullable().optional(), attributes: customAttributes.default({}) });
export type ContactChange = z.output<typeof contactChange>;
