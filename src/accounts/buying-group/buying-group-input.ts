import { z } from 'zod';
import { BUYING_GROUP_ROLES } from '../../core/account/buying-group.js';
import { fieldInput } from '../../customers/field-input.js';

const member = z.strictObject({
  contactId: z.number().int().positive(),
  role: z.enum(BUYING_GROUP_ROLES),
  confidence: z.number().min(0).max(1).default(1),
  source: z.string().trim().min(1).max(200).optional().describe('where this part is known from; left out: the source of the whole'),
  colleague: fieldInput('email').nullable().default(null).describe('the address of the one of us who is paired with this person in this part'),
});

/** The whole buying group as it is from now on; roles that are not named end. */
export const buyingGroupInput = z.strictObject({
  source: z.string().trim().min(1).max(200),
  members: z
    .array(member)
    .max(1_000)
    .refine((members) => new Set(members.map(({ contactId, role }) => `${contactId} ${role}`)).size === members.length, 'names one role of one contact twice'),
});
export type BuyingGroupInput = z.output<typeof buyingGroupInput>;

export const groupQuery = z.object({ ended: z.stringbool().default(false).describe('also the parts that ended, newest first') });
