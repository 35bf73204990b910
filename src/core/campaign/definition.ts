import { z } from 'zod';
import { BUYING_GROUP_ROLES } from '../account/buying-group.js';
import { MESSAGE_CLASSES } from '../decision/message-class.js';
import { propertyFilterSchema, scopeSchema } from '../rule/rule.js';

const DEFINITION_LIMITS = { steps: 50, waitDays: 365, timeToLiveHours: 24 * 90, exitConditions: 10, propertyFilters: 20 } as const;

const segmentKey = z.string({ error: 'Name a segment.' }).regex(/^[a-z][a-z0-9-]{0,62}$/, 'Give the key of a segment, such as new-leads.');
const templateKey = z.string({ error: 'Name a template.' }).regex(/^[a-z][a-z0-9-]{0,62}$/, 'Give the key of a template, such as spring-offer.');
const purposeKey = z.string({ error: 'Name a purpose.' }).regex(/^[a-z][a-z0-9_]{0,62}$/, 'Give the key of a purpose, such as newsletter.');
const eventName = z.string({ error: 'Name an event.' }).min(1, 'Name an event.').max(200);
const where = z.array(propertyFilterSchema).max(DEFINITION_LIMITS.propertyFilters, `At most ${DEFINITION_LIMITS.propertyFilters} property filters.`).optional();
const timeZone = z.string({ error: 'Name a time zone.' }).min(1).max(64);

/**
 * Whom the campaign is for. Contacts: everybody in the segment. Accounts (a play): of each account in the segment the members of
 * its buying group, in the order of `roles`, at most `perAccount` at a time.
 */
const audience = z.strictObject({
  segment: segmentKey,
  scope: scopeSchema,
  roles: z.array(z.enum(BUYING_GROUP_ROLES)).max(BUYING_GROUP_ROLES.length).default([]),
  perAccount: z.int('Give a whole number of people.').min(1).max(1_000).optional(),
});

/**
 * When people enter:
 * - `now`: all at once, when the campaign is started; `at`: all at once, at a time
 * - `cron`: the audience anew at each time of a five-field cron expression, read in the given time zone
 * - `segment_entered`: each person, or account, on coming into the segment; those who are in it at the start only with `includeExisting`
 * - `segment_left`: each person, or account, on leaving the segment
 * - `event`: each person of the segment on doing this, from the start of the campaign
 */
const entry = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('now') }),
  z.strictObject({ kind: z.literal('at'), at: z.iso.datetime({ offset: true, error: 'Give a moment with its offset, such as 2026-06-09T09:00:00+02:00.' }) }),
  z.strictObject({ kind: z.literal('cron'), cron: z.string({ error: 'Give a cron expression.' }).trim().min(1).max(200), timeZone: timeZone.default('Europe/Amsterdam') }),
  z.strictObject({ kind: z.literal('segment_entered'), includeExisting: z.boolean().default(false) }),
  z.strictObject({ kind: z.literal('segment_left') }),
  z.strictObject({ kind: z.literal('event'), event: eventName, where }),
]);

const wait = z
  .strictObject({
    kind: z.literal('wait'),
    days: z.int('Give a whole number of days.').min(0).optional(),
    hours: z.int('Give a whole number of hours.').min(0).optional(),
    minutes: z.int('Give a whole number of minutes.').min(0).optional(),
  })
  .refine((step) => waitMilliseconds(step) > 0, 'Say how long to wait: days, hours or minutes.')
  .refine((step) => waitMilliseconds(step) <= DEFINITION_LIMITS.waitDays * 86_400_000, `A wait may last at most ${DEFINITION_LIMITS.waitDays} days.`);

/** Ends the enrollment of whoever did this since entering. */
const exitCondition = { event: eventName, where, since: z.literal('entry').default('entry') };

/** Puts the person into a list, or takes them out; in a play the list may be of accounts. */
const listStep = z.strictObject({ kind: z.enum(['add_to_list', 'remove_from_list']), list: z.string({ error: 'Name a list.' }).regex(/^[a-z][a-z0-9-]{0,62}$/, 'Give the key of a list, such as fair-2026.') });

const step = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('send'), template: templateKey }),
  wait,
  z.strictObject({ kind: z.literal('exit_on_event'), ...exitCondition }),
  listStep,
]);

/** What a campaign does, as the API takes it and as each version is stored. */
export const campaignDefinition = z
  .strictObject({
    audience,
    entry,
    purpose: purposeKey,
    messageClass: z.enum(MESSAGE_CLASSES).default('marketing'),
    /** Who writes: the workspace's address, or the owner of the receiver's account. */
    sender: z.enum(['workspace', 'account_owner']).default('workspace'),
    steps: z.array(step, { error: 'Give a list of steps.' }).min(1, 'Give at least one step.').max(DEFINITION_LIMITS.steps, `At most ${DEFINITION_LIMITS.steps} steps.`),
    /** Looked at before every step, whichever it is. */
    exitOn: z.array(z.strictObject(exitCondition)).max(DEFINITION_LIMITS.exitConditions, `At most ${DEFINITION_LIMITS.exitConditions} exit conditions.`).default([]),
    /** What the campaign is after: whoever did it since entering is done, and gets nothing more of it. */
    goal: z.strictObject(exitCondition).optional(),
    /** How long after its step became due a mail is still worth sending. */
    timeToLiveHours: z.int().min(1).max(DEFINITION_LIMITS.timeToLiveHours).default(72),
    /** Who goes first when several campaigns want to write to one person: 100 before 1. Of one priority the mail that spoils first. */
    priority: z.int('Give a whole number from 1 to 100.').min(1, 'Give a whole number from 1 to 100.').max(100, 'Give a whole number from 1 to 100.').default(50),
    /** What a mail is expected to bring, in a unit of your own: decides between campaigns of one priority and deadline. */
    expectedValue: z.number('Give a number.').min(0).max(1_000_000).default(0),
    /** Share of the audience that gets nothing, to compare with; accounts are held out whole in a play. */
    holdoutPercent: z.number().min(0).max(90).default(0),
    /** Whether somebody whose enrollment has ended may enter again. Left out: always for cron, else never. */
    reentry: z.enum(['never', 'always']).optional(),
  })
  .transform((definition) => ({ ...definition, reentry: definition.reentry ?? (definition.entry.kind === 'cron' ? ('always' as const) : ('never' as const)) }));

export type CampaignDefinition = z.output<typeof campaignDefinition>;
export type CampaignEntry = CampaignDefinition['entry'];
export type CampaignStep = CampaignDefinition['steps'][number];
export type ListStep = z.output<typeof listStep>;
export type ExitCondition = CampaignDefinition['exitOn'][number];

/** A wait is a stretch of time, not calendar days: two days are 48 hours, also over a change of the clock. */
export function waitMilliseconds(step: { days?: number | undefined; hours?: number | undefined; minutes?: number | undefined }): number {
  return ((step.days ?? 0) * 1_440 + (step.hours ?? 0) * 60 + (step.minutes ?? 0)) * 60_000;
}

/** The index of the first send step at or after `from`; undefined when none follows. */
export function nextSendStep(steps: readonly CampaignStep[], from: number): number | undefined {
  const index = steps.findIndex((candidate, position) => position >= from && candidate.kind === 'send');
  return index === -1 ? undefined : index;
}

/** The steps that change lists, by their index. */
export function listSteps(steps: readonly CampaignStep[]): (ListStep & { readonly step: number })[] {
  return steps.flatMap((candidate, step) => (candidate.kind === 'add_to_list' || candidate.kind === 'remove_from_list' ? [{ step, ...candidate }] : []));
}

/** All exit conditions, with the step they belong to; those without one hold at every step. */
export function exitConditions({ steps, exitOn }: Pick<CampaignDefinition, 'steps' | 'exitOn'>): { readonly step: number | undefined; readonly condition: ExitCondition }[] {
  const everywhere = exitOn.map((condition) => ({ step: undefined, condition }));
  return [...everywhere, ...steps.flatMap((candidate, step) => (candidate.kind === 'exit_on_event' ? [{ step, condition: candidate }] : []))];
}

/** The exit steps that are passed on the way to this send step, from the mail before it. */
export function exitStepsBefore(steps: readonly CampaignStep[], send: number): number[] {
  const before = steps.slice(0, send);
  const from = before.findLastIndex((candidate) => candidate.kind === 'send') + 1;
  return before.flatMap((candidate, step) => (step >= from && candidate.kind === 'exit_on_event' ? [step] : []));
}
