import type { OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';
import { CALL_TYPES, type CallType, message } from './tracking-call.js';

type PathItem = OpenAPIObject['paths'][string];

const SUMMARIES: Record<CallType, string> = {
  identify: 'Who somebody is: userId, traits. Joins a visitor (anonymousId) with whom he turns out to be; two user ids stay two people.',
  track: 'What somebody did: event and properties',
  page: 'A page was seen: stored as the event "Page Viewed"',
  screen: 'A screen of an app was seen: stored as the event "Screen Viewed"',
  group: 'Which organisation somebody is of: groupId is the external id of the account, traits are its fields',
  alias: 'previousId and userId are one person: merges two contacts. A browser key can only merge a visitor.',
};

const NEEDED: Record<CallType, (keyof z.input<typeof message>)[]> = {
  identify: ['userId', 'anonymousId', 'traits'], track: ['userId', 'anonymousId', 'event', 'properties'], page: ['userId', 'anonymousId', 'name', 'category', 'properties'],
  screen: ['userId', 'anonymousId', 'name', 'category', 'properties'], group: ['userId', 'anonymousId', 'groupId', 'traits'], alias: ['userId', 'previousId'],
};

const RESPONSES = {
  200: { description: '{"success": true}: it is stored. What was dropped of it stands in "warnings"; of a batch, what was refused in "rejected".' },
  400: { description: 'Not JSON, larger than 32 KB (a batch: 500 KB), or a single message that cannot be stored' },
  401: { description: 'No write key, or one that is unknown or revoked. An API key is not one.' },
  429: { description: 'More than this key may send: see Retry-After' },
  503: { description: 'Not stored: send it again' },
};

/** The routes of the tracking API in OpenAPI; they stand beside Nest's, so they are described from the same schema here. */
export function trackingPaths(): Record<string, PathItem> {
  const single = CALL_TYPES.map((type): [string, PathItem] => [`/v1/${type}`, item(SUMMARIES[type], jsonSchema(common(type)))]);
  const batch = z.object({ batch: z.array(message.extend({ type: z.enum(CALL_TYPES) })).max(2_500), sentAt: z.string().optional(), context: z.record(z.string(), z.unknown()).optional() });
  const summary = 'Up to 2,500 messages and 500 KB at once, each with its type. What is wrong with one does not hold up the others.';
  return Object.fromEntries([...single, ['/v1/batch', item(summary, jsonSchema(batch))], ['/v1/import', item(`The same as /v1/batch: ${summary}`, jsonSchema(batch))]]);
}

function common(type: CallType): z.ZodType {
  const fields = Object.fromEntries([...NEEDED[type], 'messageId' as const, 'timestamp' as const, 'sentAt' as const, 'context' as const].map((field) => [field, true as const]));
  return message.pick(fields as Record<keyof typeof message.shape, true>);
}

function item(summary: string, schema: Record<string, unknown>): PathItem {
  return { post: { tags: ['Tracking'], summary, security: [{ 'write key': [] }], requestBody: { required: true, content: { 'application/json': { schema: schema } } }, responses: RESPONSES } };
}

function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', target: 'openapi-3.0', reused: 'inline' }) as Record<string, unknown>;
  return rest;
}
