import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { occurredAt } from '../../core/tracking/occurred-at.js';
import { err, ok, type Result } from '../../core/shared/result.js';
import { readAccountTraits, readContactTraits, type Traits } from './read-traits.js';
import { isSound, isSoundKey } from './sound-json.js';
import type { ProblemKind, TrackingProblem } from './tracking-problem.js';

export const CALL_TYPES = ['identify', 'track', 'page', 'screen', 'group', 'alias'] as const;
export type CallType = (typeof CALL_TYPES)[number];

export const MOST_EVENT_BYTES = 32 * 1024;
const MOST_PROPERTIES = 200;
const EARLIEST_MS = -8_640_000_000_000_000;
const LEAST_MS = 100_000_000_000; // March 1973; as seconds it is the year 5138

/** What page and screen are called in rules, as in the rest of Tactful. */
const VIEWED = { page: 'Page Viewed', screen: 'Screen Viewed' } as const;

/** A message of the Segment spec, as it may come in. Other fields are left out: the spec has many that say nothing about a person. */
const id = z.preprocess((value) => (value === null || value === '' ? undefined : typeof value === 'number' ? String(value) : value), z.string().optional());
const object = z.preprocess((value) => value ?? undefined, z.custom<Record<string, unknown>>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), 'must be an object').optional());
const moment = z.preprocess((value) => value ?? undefined, z.union([z.string(), z.number()]).optional());
export const message = z.object({
  type: z.string().optional().describe('In a batch: identify, track, page, screen, group or alias'),
  messageId: id.describe('Sent twice, stored once, whenever it comes again'),
  userId: id,
  anonymousId: id,
  previousId: id.describe('alias: the id that userId takes the place of'),
  groupId: id.describe('group: the external id of the account'),
  event: z.preprocess((value) => value ?? undefined, z.string().optional()).describe('track: what happened, such as "Order Completed"'),
  name: z.preprocess((value) => value ?? undefined, z.string().optional()).describe('page, screen: its name'),
  category: z.preprocess((value) => value ?? undefined, z.string().optional()),
  properties: object,
  traits: object,
  context: object,
  timestamp: moment,
  originalTimestamp: moment,
  sentAt: moment,
});

/** What comes with a message from outside it. */
export interface Arrival {
  /** Fixed by the path; undefined in a batch, where each message says it. */
  readonly type?: CallType | undefined;
  readonly source: string;
  readonly receivedAt: Date;
  /** Of the batch around it. */
  readonly sentAt?: unknown;
}

/** A message that can be stored: checked, in our words. */
export interface TrackingCall {
  readonly type: CallType;
  readonly messageId: string;
  /** What makes a second try the same message. */
  readonly messageHash: string;
  readonly userId: string | undefined;
  readonly anonymousId: string | undefined;
  readonly previousId: string | undefined;
  readonly groupId: string | undefined;
  readonly occurredAt: Date;
  readonly event: { readonly name: string; readonly properties: Record<string, unknown> } | undefined;
  /** Of a group: the account's. Of any other call: the contact's, with what stands under context.traits. */
  readonly traits: Traits | undefined;
  /** What the client tells about the person's surroundings: fills what is not known. */
  readonly surroundings: Traits | undefined;
  /** Categories of the consent tool. */
  readonly consent: ReadonlyMap<string, boolean> | undefined;
  readonly page: string | undefined;
}

export interface ReadCall {
  readonly call: TrackingCall;
  readonly problems: readonly TrackingProblem[];
}

/** Reads one message. What is wrong with the whole of it refuses it; what is wrong with a part drops the part, and says so. */
export function readCall(given: unknown, arrival: Arrival): Result<ReadCall, TrackingProblem> {
  const parsed = message.safeParse(given);
  if (!parsed.success) return err({ kind: 'not_a_message', path: parsed.error.issues[0]?.path.map(String).join('.').slice(0, 100) });
  const { data } = parsed;
  const type = arrival.type ?? CALL_TYPES.find((known) => known === data.type);
  if (type === undefined) return err({ kind: 'type_unknown' });
  const invalid = (['messageId', 'userId', 'anonymousId', 'previousId', 'groupId'] as const).find((field) => data[field] !== undefined && !isIdentifier(data[field]));
  if (invalid !== undefined) return err({ kind: 'identifier_invalid', path: invalid });
  const at = readMoment(data, arrival);
  if (!at.ok) return err({ kind: at.error });
  const told = objectIn(data.context, 'traits');
  const traits = type === 'identify' ? readContactTraits({ ...told, ...data.traits }) : type === 'group' ? readAccountTraits(data.traits ?? {}) : readToldTraits(told);
  const missing = missingIn(type, data, traits);
  if (missing !== undefined) return err({ kind: missing });
  const problems = [...(traits?.problems ?? [])];
  const event = eventOf(type, data, problems);
  const surroundings = readSurroundings(data.context, problems);
  const messageId = data.messageId ?? unnamed(given, data.timestamp ?? data.originalTimestamp);
  const call: TrackingCall = {
    type,
    messageId,
    messageHash: hashOf(`${arrival.source}\n${messageId}`),
    userId: data.userId?.trim(),
    anonymousId: data.anonymousId?.trim(),
    previousId: data.previousId?.trim(),
    groupId: data.groupId?.trim(),
    occurredAt: at.value,
    event,
    traits,
    surroundings,
    consent: consentIn(data.context),
    page: pageOf(data.context),
  };
  return ok({ call, problems });
}

type Message = z.output<typeof message>;

function isIdentifier(text: string): boolean {
  const trimmed = text.trim();
  return trimmed !== '' && trimmed.length <= 255 && !/[\p{Cc}\p{Cs}]/u.test(trimmed);
}

function readMoment(data: Message, arrival: Arrival): Result<Date, ProblemKind> {
  const timestamp = instant(data.timestamp);
  const originalTimestamp = instant(data.originalTimestamp);
  if ((data.timestamp !== undefined && timestamp === undefined) || (data.originalTimestamp !== undefined && originalTimestamp === undefined)) return err('timestamp_unreadable');
  const sent = data.sentAt ?? arrival.sentAt;
  const sentAt = typeof sent === 'string' || typeof sent === 'number' ? instant(sent) : undefined;
  return occurredAt({ timestamp, originalTimestamp, sentAt, receivedAt: arrival.receivedAt });
}

/** An ISO 8601 moment, in UTC when it names no zone, or milliseconds since 1970. A number that is seconds would be a day of January 1970, and its event gone by night. */
function instant(given: string | number | undefined): Date | undefined {
  if (given === undefined || (typeof given === 'number' && Math.abs(given) < LEAST_MS)) return undefined;
  if (typeof given === 'string' && !/^[+-]?\d{4,6}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/i.test(given.trim())) return undefined;
  const text = typeof given === 'string' ? given.trim().replace(' ', 'T').replace(',', '.') : given;
  if (typeof text === 'string' && !isDayOfCalendar(text)) return undefined;
  const date = new Date(typeof text === 'string' && /T[\d:.]+$/.test(text) ? `${text}Z` : text);
  return Number.isNaN(date.getTime()) || date.getTime() === EARLIEST_MS ? undefined : date;
}

/** JavaScript takes the 30th of February for the 2nd of March. */
function isDayOfCalendar(text: string): boolean {
  const [, year, month, day] = /^([+-]?\d{4,6})-(\d{2})-(\d{2})/.exec(text) ?? [];
  return Number(day) <= new Date(Date.UTC(2000 + (Number(year) % 400), Number(month), 0)).getUTCDate();
}

function missingIn(type: CallType, data: Message, traits: Traits | undefined): ProblemKind | undefined {
  if (type === 'alias') return data.userId === undefined || data.previousId === undefined ? 'previous_id_missing' : undefined;
  const named = data.userId ?? data.anonymousId ?? (type === 'identify' ? traits?.fields.get('email') : undefined);
  if (named === undefined || named === null) return 'no_identity';
  if (type === 'group' && data.groupId === undefined) return 'group_id_missing';
  if (type !== 'track') return undefined;
  const name = data.event?.trim() ?? '';
  return name === '' || name.length > 200 || /[\p{Cc}\p{Cs}]/u.test(name) ? 'event_name_missing' : undefined;
}

function eventOf(type: CallType, data: Message, problems: TrackingProblem[]): TrackingCall['event'] {
  if (type !== 'track' && type !== 'page' && type !== 'screen') return undefined;
  const kept = new Map<string, unknown>();
  const campaign = data.context?.['campaign'];
  const named = type === 'track' ? {} : { ...(data.name !== undefined && { name: data.name }), ...(data.category !== undefined && { category: data.category }) };
  for (const [name, value] of [...Object.entries(data.properties ?? {}), ...Object.entries(named), ...utm(campaign)]) {
    if (!isSoundKey(name) || !isSound(value)) problems.push({ kind: 'text_unusable', path: `properties.${name.slice(0, 100).toWellFormed().replaceAll('\u0000', '')}` });
    else if (kept.size >= MOST_PROPERTIES) {
      problems.push({ kind: 'property_limit' });
      break;
    } else kept.set(name, value);
  }
  return { name: type === 'track' ? (data.event ?? '').trim() : VIEWED[type], properties: Object.fromEntries(kept) };
}

/** Where the visit came from: context.campaign as utm_source, utm_medium … */
function utm(campaign: unknown): [string, string][] {
  if (typeof campaign !== 'object' || campaign === null) return [];
  const names = { name: 'utm_campaign', source: 'utm_source', medium: 'utm_medium', term: 'utm_term', content: 'utm_content' };
  return Object.entries(names).flatMap(([field, name]) => {
    const value: unknown = Object.hasOwn(campaign, field) ? (campaign as Record<string, unknown>)[field] : undefined;
    return typeof value === 'string' && value !== '' && value.length <= 500 ? [[name, value] as [string, string]] : [];
  });
}

/** Of track, page, screen and alias: what the client knows of the person is said along, under context.traits. An address is given by identify alone. */
function readToldTraits(told: Record<string, unknown> | undefined): Traits | undefined {
  if (told === undefined || Object.keys(told).length === 0) return undefined;
  const traits = readContactTraits(told);
  return { ...traits, problems: traits.problems.map((problem) => ({ ...problem, path: problem.path === undefined ? undefined : `context.${problem.path}` })) };
}

function objectIn(context: Record<string, unknown> | undefined, name: string): Record<string, unknown> | undefined {
  const value = context !== undefined && Object.hasOwn(context, name) ? context[name] : undefined;
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}

function readSurroundings(context: Record<string, unknown> | undefined, problems: TrackingProblem[]): Traits | undefined {
  const given = Object.fromEntries(['locale', 'timezone'].flatMap((name) => (typeof context?.[name] === 'string' && context[name] !== '' ? [[name, context[name]]] : [])));
  if (Object.keys(given).length === 0) return undefined;
  const traits = readContactTraits(given);
  problems.push(...traits.problems.map((problem) => ({ ...problem, path: problem.path?.replace('traits.', 'context.') })));
  return traits;
}

/** context.consent.categoryPreferences: what the person chose in the site's consent tool. */
function consentIn(context: Record<string, unknown> | undefined): ReadonlyMap<string, boolean> | undefined {
  const preferences = (context?.['consent'] as { categoryPreferences?: unknown } | null | undefined)?.categoryPreferences;
  if (typeof preferences !== 'object' || preferences === null) return undefined;
  const chosen = Object.entries(preferences).filter((entry): entry is [string, boolean] => typeof entry[1] === 'boolean' && isSoundKey(entry[0]));
  return chosen.length === 0 ? undefined : new Map(chosen.slice(0, 50));
}

function pageOf(context: Record<string, unknown> | undefined): string | undefined {
  const url = (context?.['page'] as { url?: unknown } | null | undefined)?.url;
  if (typeof url !== 'string' || url.length > 2_000 || !/^https?:\/\//i.test(url) || !URL.canParse(url)) return undefined;
  const { origin, pathname } = new URL(url); // what stands behind the ? may name the person
  return `${origin}${pathname}`;
}

/** A message without an id is told by what it says when it says when; without a moment every try is a message of its own. */
function unnamed(given: unknown, stated: unknown): string {
  if (stated === undefined) return randomUUID();
  const { sentAt: _, writeKey: __, ...rest } = given as Record<string, unknown>;
  return `hash-${hashOf(JSON.stringify(rest))}`;
}

/** 128 bits of SHA-256, written as a UUID. */
function hashOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}
