import { addressHash } from '../../src/consent/address-hash.js';
import { PreferenceLinks } from '../../src/consent/preference-links.js';
import { Secrets } from '../../src/platform/secrets.js';
import type { TestApp } from './app.js';

/** A contact as an import would leave it. */
export async function addContact(app: TestApp, contact: { email: string; language?: 'nl' | 'en' | null; country?: string; firstName?: string }): Promise<number> {
  const row = await app.sql.one<{ contact_id: number }>(
    'test.addContact',
    `insert into contacts (contact_id, bucket, email, address_hash, language, country, first_name, created_at, updated_at)
     select id, bucket_of(id, null), $1, $2, $3, $4, $5, $6, $6 from nextval(pg_get_serial_sequence('contacts', 'contact_id')) as id returning contact_id`,
    [contact.email, addressHash(app.get(Secrets), contact.email), contact.language === undefined ? 'nl' : contact.language, contact.country ?? 'NL', contact.firstName ?? null, app.clock.now()],
  );
  await app.sql.exec('test.addIdentity', `insert into identities (kind, value, contact_id) values ('email', $1, $2)`, [contact.email, row.contact_id]);
  return row.contact_id;
}

/** A mail that the contact has been sent, as far as links ask: gives its id. */
export async function addSentMail(app: TestApp, contactId: number, purpose = 'newsletter'): Promise<number> {
  const { message_id: messageId } = await app.sql.one<{ message_id: number }>(
    'test.addSentMail',
    `insert into messages (contact_id, campaign_id, campaign_version, step, occurrence, bucket, purpose, class, language, state, due_at, expires_at, queued_at)
     values ($1, 1, 1, 0, 1, 1, $2, 'marketing', 'nl', 'sent', $3, $3, $3) returning message_id`,
    [contactId, purpose, app.clock.now()],
  );
  return messageId;
}

/** Asks a contact to confirm, as the mail would; gives the path of the link. */
export async function askToConfirm(app: TestApp, contactId: number, purpose = 'newsletter', request: { kind?: 'opt_in' | 're_confirmation'; validDays?: number } = {}): Promise<string> {
  const { request_id: requestId } = await app.sql.one<{ request_id: number }>(
    'test.askToConfirm',
    `insert into opt_in_requests (contact_id, purpose, kind, address_hash, requested_at, answer_by, valid_days)
     select contact_id, $2, $3, address_hash, $4, $5, $6 from contacts where contact_id = $1 returning request_id`,
    [contactId, purpose, request.kind ?? 'opt_in', app.clock.now(), new Date(app.clock.now().getTime() + 72 * 3_600_000), request.validDays ?? null],
  );
  return new URL(app.get(PreferenceLinks).confirmUrl({ contactId, requestId })).pathname;
}

export async function addPurpose(app: TestApp, purpose: { key: string } & Record<string, unknown>): Promise<void> {
  const defaults = {
    name: { nl: `${purpose.key} (nl)`, en: `${purpose.key} (en)` },
    description: { nl: 'Wat erin staat.', en: 'What is in it.' },
    frequency: { nl: 'Eens per maand.', en: 'Once a month.' },
    legalBasis: 'consent',
    retentionDays: 730,
  };
  const response = await app.request('POST', '/api/v1/purposes', { body: { ...defaults, ...purpose } });
  if (response.status !== 201) throw new Error(response.text);
}
