import { isDeepStrictEqual } from 'node:util';
import { mergeAttributes } from '../custom-attributes.js';
import type { CustomValue } from '../field-input.js';
import type { TrackedContact } from './ingest.queries.js';
import type { Traits } from './read-traits.js';
import type { TrackingProblem } from './tracking-problem.js';
import type { WriteKeyRow } from './write-keys.queries.js';

/** What the messages of a batch say about one person, in their order. */
export class PersonChange {
  readonly fields = new Map<string, string | number | null>();
  readonly attributes = new Map<string, CustomValue | null>();
  /** Fills what is not known; a language that somebody chose is not overwritten by his browser's. */
  readonly surroundings = new Map<string, string | number | null>();
  email: string | undefined;
  accountId: number | undefined;
  private joining: TrackingProblem[] = [];
  private createdAt: string | undefined;

  constructor(readonly key: WriteKeyRow) {}

  identify(traits: Traits, kept: ReadonlyMap<string, CustomValue | null>, takesEmail: boolean): void {
    for (const [field, value] of traits.fields) {
      if (field === 'email') {
        if (takesEmail && typeof value === 'string') this.email = value;
      } else if (field === 'created_at') this.createdAt = String(value);
      else this.fields.set(field, value);
    }
    for (const [key, value] of kept) this.attributes.set(key, value);
  }

  join(accountId: number, problems: TrackingProblem[]): void {
    this.accountId = accountId;
    this.joining = problems;
  }

  /** A human said which account this person is of. */
  stayPinned(): void {
    this.accountId = undefined;
    this.joining.push({ kind: 'account_pinned' });
  }

  surround(traits: Traits | undefined): void {
    for (const [field, value] of traits?.fields ?? []) this.surroundings.set(field, value);
  }

  /** The contact with all that; the same object when nothing of it is new. `hash` is the address's. */
  applyTo(before: TrackedContact, hash: (address: string) => string, now: Date): TrackedContact {
    const after: TrackedContact = { ...before, ...Object.fromEntries(this.fields), attributes: mergeAttributes(before.attributes, this.attributes) };
    for (const [field, value] of this.surroundings) if (after[field as keyof TrackedContact] === null) Object.assign(after, { [field]: value });
    if (this.email !== undefined && this.email !== before.email) Object.assign(after, { email: this.email, address_hash: hash(this.email), address_state: 'ok' }); // a new address is not the one that bounced
    if (this.accountId !== undefined) after.account_id = this.accountId;
    const createdAt = this.createdAt === undefined ? undefined : new Date(this.createdAt);
    if (createdAt !== undefined && createdAt < before.created_at) after.created_at = createdAt;
    Object.assign(after, this.provenance(before, now));
    return isDeepStrictEqual(after, before) ? before : { ...after, updated_at: now };
  }

  /** Where somebody came from first stays; what the data may be used for is the union. */
  private provenance(before: TrackedContact, now: Date): Partial<TrackedContact> {
    const { source, notice_version: notice, purposes } = this.key;
    const known = purposes.every((purpose) => before.collected_for.includes(purpose));
    return {
      source: before['source'] ?? source,
      source_at: before['source_at'] ?? now,
      notice_version: before['notice_version'] ?? notice,
      collected_for: known ? before.collected_for : [...new Set([...before.collected_for, ...purposes])].sort(),
    };
  }
}

/** A contact of whom nothing is known yet. */
export function blankContact(contactId: number, now: Date): TrackedContact {
  return {
    contact_id: contactId, account_id: null, email: null, address_hash: null, address_state: 'ok', first_name: null, last_name: null, language: null, country: null, city: null, time_zone: null, phone: null,
    job_title: null, birth_date: null, attributes: {}, source: null, source_at: null, notice_version: null, collected_for: [], created_at: now, updated_at: now,
  };
}

/** A row as JSON can carry it: pg gives the hash of an address as bytes. */
export function asJson(contact: TrackedContact): TrackedContact {
  const { address_hash: hash } = contact;
  return Buffer.isBuffer(hash) ? { ...contact, address_hash: `\\x${hash.toString('hex')}` } : contact;
}
