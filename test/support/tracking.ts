import type { TestApp, TestResponse } from './app.js';

export interface Tracker {
  readonly key: string;
  /** A call of the tracking API, with the key as user name. */
  send(path: string, body: unknown, headers?: Record<string, string>): Promise<TestResponse>;
}

/** A write key, and calls that use it. */
export async function addTracker(app: TestApp, input: Record<string, unknown> = {}): Promise<Tracker> {
  const made = await app.request('POST', '/api/v1/write-keys', { body: { source: 'website', kind: 'server', purposes: ['newsletter'], noticeVersion: '2026-01', ...input } });
  if (made.status !== 201) throw new Error(made.text);
  const key = made.body.key as string;
  return { key, send: (path, body, headers = {}) => app.request('POST', `/v1/${path}`, { key: null, headers: { authorization: basic(key), ...headers }, body }) };
}

export function basic(user: string): string {
  return `Basic ${Buffer.from(`${user}:`).toString('base64')}`;
}

/** The contact behind an identity, as the API shows it. */
export async function contactOf(app: TestApp, kind: string, value: string): Promise<any> {
  const row = await app.sql.maybe<{ contact_id: number }>('test.contactOf', 'select contact_id from identities where kind = $1 and value = $2', [kind, value]);
  return row ? (await app.request('GET', `/api/v1/contacts/${row.contact_id}`)).body : undefined;
}

export async function eventsOf(app: TestApp, contactId: number): Promise<any[]> {
  return (await app.request('GET', `/api/v1/contacts/${contactId}/events?limit=200`)).body.items;
}
