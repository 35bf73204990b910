import { z } from 'zod';
import type { EventCondition } from './event-conditions.js';
import { count, name, text, window } from './rule-parts.js';

/** How far mail of a campaign came with somebody. */
export const ENGAGEMENTS = ['got', 'opened', 'clicked', 'replied'] as const;
export type Engagement = (typeof ENGAGEMENTS)[number];

/** The events by which Tactful writes down what people do with a mail (names of Segment's e-mail spec); `campaign` is among their properties. */
export const ENGAGEMENT_EVENTS: Record<Exclude<Engagement, 'got'>, string> = { opened: 'Email Opened', clicked: 'Email Link Clicked', replied: 'Email Replied' };

/** States of a message that reached its reader: what bounced was not got. */
export const GOT_STATES = ['sent', 'complained', 'replied'] as const;

/**
 * What people did with the mail of one campaign, or of any. Counted are messages for `got`, and for the rest what was done:
 * opened twice counts twice. What a machine did (a scanner that follows links, a proxy that loads images) never counts.
 */
export const engagementCondition = z.strictObject({
  kind: z.literal('engagement'),
  did: z.enum(ENGAGEMENTS),
  /** The campaign's key; any campaign when left out. */
  campaign: name('a campaign').optional(),
  count: count.default({ operator: 'at_least', value: 1 }),
  within: window.optional(),
});
export type EngagementCondition = z.infer<typeof engagementCondition>;

/** What a message that was got is called among events. */
export const GOT_EVENT = 'got';

/** The same question about events: of mail that was got each message is one. */
export function engagementAsEvent({ did, campaign, count, within }: EngagementCondition): EventCondition {
  return {
    kind: 'event',
    event: did === 'got' ? GOT_EVENT : ENGAGEMENT_EVENTS[did],
    count,
    ...(within && { within }),
    where: [...(campaign === undefined ? [] : [{ property: 'campaign', operator: 'equals' as const, value: campaign }]), { property: 'machine', operator: 'not_equals', value: true }],
  };
}

/**
 * A share of everybody, drawn by lot. The same seed draws the same people for ever and another seed draws anew; raising the
 * percentage only adds people.
 */
export const sampleCondition = z.strictObject({
  kind: z.literal('sample'),
  percent: z.number({ error: 'Give a percentage.' }).gt(0, 'Give more than 0 percent.').max(100, 'Give at most 100 percent.'),
  seed: text,
});
export type SampleCondition = z.infer<typeof sampleCondition>;

/** Only the next level of a group of accounts, or all levels of it. */
export const DEPTHS = ['direct', 'any'] as const;
export type Depth = (typeof DEPTHS)[number];
export const depth = z.enum(DEPTHS).default('direct');

/** Groups are looked through so many levels up and down: accounts whose parents go in a circle end here too. */
export const GROUP_LEVELS = 20;
