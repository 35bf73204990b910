import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { inputWords } from '../core/shared/input-words.js';
import { err, ok, type Result } from '../core/shared/result.js';
import { Clock } from '../platform/clock/clock.js';
import { Sql } from '../platform/database/sql.js';
import { insertEventDefinitions, MOST_EVENT_NAMES } from './attributes.queries.js';
import { AttributesService } from './attributes.service.js';
import { type EventInput, eventInput, type EventsInput } from './event-input.js';
import { type EventRow, findPeople, insertEvents, listEvents, type NewEvent } from './events.queries.js';

// Clocks of senders run ahead a little; further is a mistake, and would trigger campaigns on a future that did not happen.
const AHEAD_MS = 15 * 60_000;
const EARLIEST = new Date('1970-01-01T00:00:00Z');

export type EventOutcome = { readonly index: number } & ({ readonly status: 'stored' | 'known' } | { readonly status: 'rejected'; readonly errors: readonly { readonly path: string; readonly message: string }[] });

export interface EventsReport {
  readonly stored: number;
  readonly known: number;
  readonly rejected: number;
  readonly outcomes: readonly EventOutcome[];
}

/** Events, in batches: what is wrong with one does not hold up the others. */
@Injectable()
export class EventsService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly attributes: AttributesService,
  ) {}

  list(contactId: number, name: string | null, before: readonly [Date, string] | null, limit: number): Promise<EventRow[]> {
    return listEvents(this.sql, contactId, name, before, limit);
  }

  async store({ source, purposes, events }: EventsInput): Promise<Result<EventsReport, { kind: 'purpose_unknown'; unknown: readonly string[] }>> {
    const unknown = await this.attributes.unknownPurposes(purposes);
    if (unknown.length > 0) return err({ kind: 'purpose_unknown', unknown });
    const now = this.clock.now();
    const outcomes = new Map<number, EventOutcome>();
    const sound = this.sound(events, now, outcomes);
    const people = await this.peopleOf(sound.map(({ event }) => event));
    const stored: (NewEvent & { index: number })[] = [];
    for (const { index, event } of sound) {
      const contactId = people.get(personKey(event));
      if (contactId === undefined) outcomes.set(index, { index, status: 'rejected', errors: [{ path: 'contact', message: 'is not known here' }] });
      else stored.push({ index, contactId, occurredAt: event.occurredAt, key: event.key ?? contentKey(event), name: event.name, properties: event.properties });
    }
    for (const outcome of await this.insert(stored, source, purposes, now)) outcomes.set(outcome.index, outcome);
    const list = [...outcomes.values()].sort((a, b) => a.index - b.index);
    const count = (status: EventOutcome['status']): number => list.filter((outcome) => outcome.status === status).length;
    return ok({ stored: count('stored'), known: count('known'), rejected: count('rejected'), outcomes: list });
  }

  private sound(events: readonly unknown[], now: Date, outcomes: Map<number, EventOutcome>): { index: number; event: EventInput }[] {
    return events.flatMap((given, index) => {
      const parsed = eventInput.safeParse(given, { error: inputWords });
      const errors = parsed.success ? momentProblems(parsed.data, now) : parsed.error.issues.map((issue) => ({ path: issue.path.map(String).join('.'), message: issue.message }));
      if (parsed.success && errors.length === 0) return [{ index, event: parsed.data }];
      outcomes.set(index, { index, status: 'rejected', errors });
      return [];
    });
  }

  private async peopleOf(events: readonly EventInput[]): Promise<Map<string, number>> {
    const given = events.map(personOf);
    const found = await findPeople(this.sql, given.map(({ kind }) => kind), given.map(({ value }) => value));
    return new Map(found.map((row) => [`${row.kind} ${row.value}`, row.contact_id]));
  }

  private async insert(events: readonly (NewEvent & { index: number })[], source: string, purposes: readonly string[], now: Date): Promise<EventOutcome[]> {
    if (events.length === 0) return [];
    const { tooMany, inserted } = await this.sql.transaction(async (sql) => {
      const undefinedNames = new Set(await insertEventDefinitions(sql, [...new Set(events.map((event) => event.name))], purposes, source, now));
      return { tooMany: undefinedNames, inserted: await insertEvents(sql, events.filter((event) => !undefinedNames.has(event.name)), source, now) };
    });
    const fresh = new Set(inserted.map((row) => `${row.contact_id} ${row.occurred_at.getTime()} ${row.idempotency_key}`));
    return events.map((event) => {
      if (tooMany.has(event.name)) return { index: event.index, status: 'rejected', errors: [{ path: 'name', message: TOO_MANY_NAMES }] };
      // The same event twice in one batch: the first is stored, the others are known.
      return { index: event.index, status: fresh.delete(`${event.contactId} ${event.occurredAt.getTime()} ${event.key}`) ? 'stored' : 'known' };
    });
  }
}

const TOO_MANY_NAMES = `would be one kind of event too many: a source may bring ${MOST_EVENT_NAMES.ofSource} different names. Put what varies into properties`;

function momentProblems({ occurredAt }: EventInput, now: Date): { path: string; message: string }[] {
  if (occurredAt.getTime() > now.getTime() + AHEAD_MS) return [{ path: 'occurredAt', message: 'is in the future' }];
  return occurredAt < EARLIEST ? [{ path: 'occurredAt', message: 'is before 1970' }] : [];
}

function personOf({ contact }: EventInput): { kind: string; value: string } {
  const [named] = Object.entries(contact).filter(([, value]) => value !== undefined);
  return { kind: named?.[0] ?? '', value: String(named?.[1]) };
}

function personKey(event: EventInput): string {
  const { kind, value } = personOf(event);
  return `${kind} ${value}`;
}

function contentKey(event: EventInput): string {
  return `hash-${createHash('sha256').update(JSON.stringify([event.name, event.properties])).digest('hex').slice(0, 32)}`;
}
