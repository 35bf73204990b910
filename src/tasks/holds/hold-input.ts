import { z } from 'zod';
import { HOLD_KINDS, HOLD_SCOPES } from '../../core/account/holds.js';

export const subjectId = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const moment = z.iso.datetime({ offset: true }).transform((given) => new Date(given));
export const holdKey = z.string().trim().min(1).max(200);

export const holdParams = z.object({ scope: z.enum(HOLD_SCOPES), id: subjectId });

/** What must be said to hold somebody, at the API and on the command line. */
export const holdInput = z
  .strictObject({
    kind: z.enum(HOLD_KINDS),
    contact: subjectId.optional(),
    account: subjectId.optional(),
    severe: z.boolean().default(false).describe('complaint, ticket: the whole account is held'),
    meetingAt: moment.optional(),
    campaign: z.string().max(63).optional().describe('reply: the key of the campaign that was answered'),
    reference: holdKey.optional().describe('the number of the matter elsewhere'),
    reason: z.string().trim().min(1).max(500),
    key: holdKey.optional().describe('your own key: the same matter told twice is held once'),
  })
  .refine((hold) => hold.contact !== undefined || hold.account !== undefined, 'name the contact or the account that is to be held')
  .refine((hold) => hold.kind !== 'meeting' || hold.meetingAt !== undefined, { path: ['meetingAt'], message: 'say when the meeting is: the hold ends seven days after it' });
