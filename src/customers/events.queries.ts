import type { Sql } from '../platform/database/sql.js';

export interface EventRow {
  contact_id: number;
  occurred_at: Date;
  idempotency_key: string;
  name: string;
  properties: Record<string, unknown>;
  source: string;
  received_at: Date;
}

export interface NewEvent {
  readonly contactId: number;
  readonly occurredAt: Date;
  readonly key: string;
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** The contacts behind (kind, value) pairs; kind 'id' is the contact's own, or that of one merged into it. */
export function findPeople(sql: Sql, kinds: readonly string[], values: readonly string[]): Promise<{ kind: string; value: string; contact_id: number }[]> {
  return sql.many(
    'customers.findPeople',
    `with given as (select distinct kind, value from unnest($1::text[], $2::text[]) as g (kind, value))
     select g.kind, g.value, i.contact_id from given g join identities i on i.kind = g.kind and i.value = g.value
     union all
     select g.kind, g.value, c.contact_id from given g join contacts c on c.contact_id = case when g.kind = 'id' then living_contact(g.value::bigint) end`,
    [kinds, values],
  );
}

/** Stores what is not there yet; gives the keys of what was new, one for each (contact, moment, key). */
export function insertEvents(sql: Sql, events: readonly NewEvent[], source: string, now: Date): Promise<{ contact_id: number; occurred_at: Date; idempotency_key: string }[]> {
  return sql.many(
    'customers.insertEvents',
    `insert into events (contact_id, occurred_at, idempotency_key, name, properties, source, received_at)
     select contact_id, occurred_at, key, name, properties, $6, $7
     from unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::jsonb[]) as e (contact_id, occurred_at, key, name, properties)
     order by contact_id, occurred_at, key
     on conflict do nothing returning contact_id, occurred_at, idempotency_key`,
    [
      events.map((event) => event.contactId),
      events.map((event) => event.occurredAt),
      events.map((event) => event.key),
      events.map((event) => event.name),
      events.map((event) => JSON.stringify(event.properties)),
      source,
      now,
    ],
  );
}

/** Newest first, before the given moment and key. */
export function listEvents(sql: Sql, contactId: number, name: string | null, before: readonly [Date, string] | null, limit: number): Promise<EventRow[]> {
  return sql.many<EventRow>(
    'customers.listEvents',
    `select contact_id, occurred_at, idempotency_key, name, properties, source, received_at from events
     where contact_id = $1 and ($2::text is null or name = $2) and ($3::timestamptz is null or (occurred_at, idempotency_key) < ($3, $4))
     order by occurred_at desc, idempotency_key desc limit $5`,
    [contactId, name, before?.[0] ?? null, before?.[1] ?? '', limit],
  );
}
