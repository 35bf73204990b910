import { z } from 'zod';
import { customAttributes, fieldInput } from '../customers/field-input.js';

const line = fieldInput('line');
const count = z.number().int().min(0).max(2_147_483_647);

/** Names as in rules, templates and import maps. */
const fields = {
  external_id: line,
  domain: fieldInput('domain'),
  sector: line,
  country: fieldInput('country'),
  city: line,
  employees: count,
  revenue: z.number().min(-1e15).max(1e15),
  year_established: z.number().int().min(1000).max(3000),
  vat_number: fieldInput('vat_number'),
  coc_number: fieldInput('coc_number'),
  tier: line,
  lifecycle_stage: line,
};

const parent = z
  .strictObject({ id: z.number().int().positive().optional(), externalId: line.optional(), name: line.optional() })
  .refine((reference) => Object.values(reference).filter((value) => value !== undefined).length === 1, { error: 'name the parent in one way: id, externalId or name' });
const owner = z.strictObject({ email: fieldInput('email') });

type Nullable<Shape extends Record<string, z.ZodType>> = { [Name in keyof Shape]: z.ZodNullable<Shape[Name]> };
const changeable = z.object(Object.fromEntries(Object.entries(fields).map(([name, schema]) => [name, schema.nullable()])) as Nullable<typeof fields>).partial().shape;

export const accountInput = z.strictObject({
  name: line,
  ...z.object(fields).partial().shape,
  parent: parent.optional(),
  owner: owner.optional(),
  attributes: customAttributes.default({}),
  source: z.string().trim().min(1).max(200),
});

/** A change: what is named is set, null removes it, what is not named stays. */
export const accountChange = z.strictObject({
  name: line.optional(),
  ...changeable,
  parent: parent.nullable().optional(),
  owner: owner.nullable().optional(),
  attributes: customAttributes.default({}),
});
export type AccountChange = z.output<typeof accountChange>;

/** The whole list of domains and hosts of an account; addresses at verified ones are matched, those at others are proposed. */
export const domainsInput = z.strictObject({
  domains: z
    .array(z.strictObject({ domain: fieldInput('domain'), verified: z.boolean().default(true) }))
    .max(500)
    .refine((domains) => new Set(domains.map(({ domain }) => domain)).size === domains.length, 'names one domain twice'),
});
export type DomainsInput = z.output<typeof domainsInput>;
