import { z } from 'zod';
import { propertyFilterSchema } from '../rule/rule.js';
import { HOLD_KINDS } from './holds.js';
import { DEFAULT_DUE_DAYS, TASK_KINDS, type TaskKind } from './task-kinds.js';

const eventName = z.string().min(1).max(200);
const property = z.string().min(1).max(63);
const filters = z.array(propertyFilterSchema).max(10).default([]);

/** An event that opens a hold. */
const opening = z.strictObject({
  event: eventName,
  opens: z.enum(HOLD_KINDS),
  where: filters.describe('only when all of these hold'),
  unless: filters.describe('not when any of these holds: an automatic reply is nobody’s word'),
  severe: z.array(propertyFilterSchema).max(10).default([]).describe('when any of these holds, the whole account is held'),
  reference: property.optional().describe('the property with the number of the matter, such as a ticket’s'),
  moment: property.optional().describe('the property with the time of the meeting'),
  campaign: property.optional().describe('the property with the key of the campaign that was answered'),
});

/** An event that says that the matter is over. */
const resolving = z.strictObject({
  event: eventName,
  resolves: z.enum(HOLD_KINDS),
  where: filters,
  reference: property.optional().describe('resolves only the matter with the same number; without one, all of this kind'),
});

/** When the machine hands over to humans, to whom, and by when: as data. */
export const handoverPolicy = z.strictObject({
  opening: z.array(opening).max(50),
  resolving: z.array(resolving).max(50),
  ignoreOlderThanDays: z.int().min(1).max(3_650).describe('events that come late (an import of last year) open nothing'),
  openDeals: z.boolean().describe('while a deal is open, promotion to that account needs its owner’s approval'),
  // A kind that came with a later version of the program has its default until somebody chooses.
  dueWorkingDays: z.strictObject(Object.fromEntries(TASK_KINDS.map((kind) => [kind, z.int().min(0).max(60).default(DEFAULT_DUE_DAYS[kind])])) as Record<TaskKind, z.ZodDefault<z.ZodInt>>),
  defaultOwner: z.email().toLowerCase().nullable().describe('who gets tasks of people without an account owner; null: nobody, everybody sees them'),
  sequence: z.strictObject({
    touches: z.int().min(1).max(20).describe('automated mails in a row without any reaction'),
    then: z.enum(['task', 'stop']).describe('hand the person over to a human, or only stop'),
  }),
});
export type HandoverPolicy = z.output<typeof handoverPolicy>;
export type OpeningRule = z.output<typeof opening>;

const SEVERE = [{ property: 'severity', operator: 'in', value: ['high', 'severe', 'critical', 'urgent'] }];
const AUTOMATIC = [{ property: 'auto_reply', operator: 'equals', value: true }, { property: 'auto_reply', operator: 'in', value: ['true', 'yes', '1'] }];

export const DEFAULT_HANDOVER_POLICY: HandoverPolicy = handoverPolicy.parse({
  opening: [
    { event: 'Complaint Opened', opens: 'complaint', severe: SEVERE, reference: 'complaint_id' },
    { event: 'Ticket Opened', opens: 'ticket', severe: SEVERE, reference: 'ticket_id' },
    { event: 'Meeting Booked', opens: 'meeting', moment: 'at', reference: 'meeting_id' },
    { event: 'Email Replied', opens: 'reply', unless: AUTOMATIC, campaign: 'campaign' },
  ],
  resolving: [
    { event: 'Complaint Resolved', resolves: 'complaint', reference: 'complaint_id' },
    { event: 'Ticket Resolved', resolves: 'ticket', reference: 'ticket_id' },
  ],
  ignoreOlderThanDays: 90,
  openDeals: true,
  dueWorkingDays: { ...DEFAULT_DUE_DAYS },
  defaultOwner: null,
  sequence: { touches: 3, then: 'task' },
});
