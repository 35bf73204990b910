import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { accountNameKey } from '../accounts/name-key.js';
import { addressHash } from '../consent/address-hash.js';
import { err, ok, type Result } from '../core/shared/result.js';
import { Clock } from '../platform/clock/clock.js';
import { Sql } from '../platform/database/sql.js';
import { Secrets } from '../platform/secrets.js';
import { AuditService } from '../privacy/audit.service.js';
import { listedMoves, lockBuckets, moveWithAccount } from './account-moves.queries.js';
import { AttributesService } from './attributes.service.js';
import type { ContactChange, ContactInput } from './contact-input.js';
import * as queries from './contacts.queries.js';
import { type AttributeProblem, mergeAttributes } from './custom-attributes.js';

export type ContactProblem =
  | { readonly kind: 'missing' }
  /** The person with this address asked to be erased: only he takes that back. */
  | { readonly kind: 'erased' }
  | { readonly kind: 'identity_conflict'; readonly detail: string }
  | { readonly kind: 'account_unknown'; readonly matches: number }
  | { readonly kind: 'purpose_unknown'; readonly unknown: readonly string[] }
  | { readonly kind: 'attributes_invalid'; readonly problems: readonly AttributeProblem[] };

export interface ContactDetails {
  readonly contact: queries.ContactRow;
  readonly identities: readonly queries.IdentityRow[];
  readonly roles: readonly queries.RoleRow[];
}

const ATTEMPTS = 5;
const RETRIED = new Set(['40P01', '40001', '23505']); // deadlock, serialisation, somebody took the same identity

/** Somebody moved this person while we waited for the bucket: decide again. */
class Overtaken extends Error {}

/** Takes a refusal out of the transaction, so that nothing of it stays. */
class Refused extends Error {
  constructor(readonly problem: ContactProblem) {
    super(problem.kind);
  }
}

type Changes = Partial<Record<queries.ContactColumn, string | null | undefined>>;

@Injectable()
export class ContactsService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly secrets: Secrets,
    private readonly attributes: AttributesService,
    private readonly audit: AuditService,
  ) {}

  /** Also under the id of a contact that was merged into this one. */
  async get(contactId: number): Promise<ContactDetails | undefined> {
    const contact = await queries.readContact(this.sql, contactId);
    return contact && { contact, identities: await queries.identitiesOf(this.sql, contact.contact_id), roles: await queries.rolesOf(this.sql, contact.contact_id) };
  }

  /** Adds somebody, or adds to what is known of somebody who is found by one of the identities. */
  async save(input: ContactInput, actor: string): Promise<Result<{ contactId: number; created: boolean }, ContactProblem>> {
    const { provenance, account, attributes, external_id: externalId, user_id: userId, ...changes } = input;
    const unknown = await this.attributes.unknownPurposes(provenance.purposes);
    if (unknown.length > 0) return err({ kind: 'purpose_unknown', unknown });
    const identities = identitiesIn({ external_id: externalId, user_id: userId, email: input.email });
    return this.retried<{ contactId: number; created: boolean }>(async (sql) => {
      if (await this.isErased(sql, input.email)) return err({ kind: 'erased' });
      const found = await queries.findIdentities(sql, identities.map(({ kind }) => kind), identities.map(({ value }) => value));
      const people = [...new Set(found.map((identity) => identity.contact_id))];
      if (people.length > 1) return err({ kind: 'identity_conflict', detail: `${found.map(({ kind }) => kind).join(' and ')} belong to different contacts` });
      const accountId = account && (await this.accountOf(sql, account));
      if (accountId && !accountId.ok) return accountId;
      const read = await this.attributes.read(sql, 'contact', attributes, provenance.purposes, provenance.source);
      if (!read.ok) return err({ kind: 'attributes_invalid', problems: read.error });
      const [contactId] = people;
      const change = { changes, accountId: accountId?.value, attributes: read.value, identities, provenance };
      if (contactId !== undefined) {
        const updated = await this.update(sql, contactId, change, actor);
        return updated.ok ? ok({ contactId, created: false }) : updated;
      }
      return ok({ contactId: await this.insert(sql, change, actor), created: true });
    });
  }

  /** `then`: what must happen in the same transaction, told which fields are others now. */
  async change(contactId: number, input: ContactChange, actor: string, then?: (sql: Sql, fields: readonly string[]) => Promise<void>): Promise<Result<{ contactId: number }, ContactProblem>> {
    const { account, attributes, external_id: externalId, user_id: userId, ...changes } = input;
    return this.retried(async (sql) => {
      if (await this.isErased(sql, input.email)) return err({ kind: 'erased' });
      const accountId = account ? await this.accountOf(sql, account) : ok(account);
      if (!accountId.ok) return accountId;
      const read = await this.attributes.read(sql, 'contact', attributes, [], null);
      if (!read.ok) return err({ kind: 'attributes_invalid', problems: read.error });
      const identities = identitiesIn({ external_id: externalId, user_id: userId, email: input.email ?? undefined });
      const updated = await this.update(sql, contactId, { changes, accountId: accountId.value, attributes: read.value, identities, provenance: undefined }, actor);
      if (!updated.ok) return updated;
      await then?.(sql, updated.value);
      return ok({ contactId });
    });
  }

  private async isErased(sql: Sql, email: string | null | undefined): Promise<boolean> {
    return typeof email === 'string' && queries.wasErased(sql, addressHash(this.secrets, email));
  }

  private async insert(sql: Sql, change: Change, actor: string): Promise<number> {
    const now = this.clock.now();
    const accountId = change.accountId ?? null;
    const { contact_id: contactId, bucket } = await queries.nextContact(sql, accountId);
    await queries.insertIdentities(sql, contactId, change.identities, now);
    const blank = { ...Object.fromEntries(queries.CONTACT_COLUMNS.map((column) => [column, null])), address_state: 'ok', contact_id: contactId, bucket, account_id: accountId, address_hash: null, attributes: {}, source: null, source_at: null, notice_version: null, collected_for: [], created_at: now, updated_at: now };
    await queries.insertContact(sql, this.changed(blank as unknown as queries.StoredContact, change, now));
    await this.audit.record(sql, { actor, action: 'contact.created', subjectType: 'contact', subjectId: String(contactId) }, now);
    return contactId;
  }

  private async update(sql: Sql, givenId: number, change: Change, actor: string): Promise<Result<readonly string[], ContactProblem>> {
    const now = this.clock.now();
    const before = await queries.readContact(sql, givenId);
    if (!before) return err({ kind: 'missing' });
    const contactId = before.contact_id; // another one when this contact was merged away
    const added = await this.newIdentities(sql, contactId, change.identities);
    if (!added.ok) return added;
    const accountId = change.accountId === undefined ? before.account_id : change.accountId;
    const moves = accountId !== before.account_id;
    const bucket = moves ? await queries.bucketOf(sql, contactId, accountId) : before.bucket;
    if (moves) await lockBuckets(sql, [before.bucket, bucket]);
    // Lock first, read after: what was read before the lock may be older than it.
    const locked = await queries.lockContact(sql, contactId);
    if (!locked) return err({ kind: 'missing' });
    if (locked.account_id !== before.account_id) throw new Overtaken();
    await queries.insertIdentities(sql, contactId, added.value, now);
    const after = this.changed({ ...locked, account_id: accountId, bucket }, change, now);
    const fields = Object.keys(after).filter((field) => field !== 'updated_at' && !isDeepStrictEqual(after[field as keyof queries.StoredContact], locked[field as keyof queries.StoredContact]));
    if (fields.length === 0 && added.value.length === 0) return ok([]);
    await queries.updateContact(sql, after);
    if (moves) await moveWithAccount(sql, listedMoves([contactId], [accountId]), now);
    await this.audit.record(sql, { actor, action: 'contact.changed', subjectType: 'contact', subjectId: String(contactId), details: { fields: [...fields, ...added.value.map(({ kind }) => kind)] } }, now);
    return ok(fields);
  }

  /** Identities that are new to this person. One that somebody else has, or a second external id, is a conflict. */
  private async newIdentities(sql: Sql, contactId: number, given: readonly Identity[]): Promise<Result<Identity[], ContactProblem>> {
    if (given.length === 0) return ok([]);
    const found = await queries.findIdentities(sql, given.map(({ kind }) => kind), given.map(({ value }) => value));
    const foreign = found.find((identity) => identity.contact_id !== contactId);
    if (foreign) return err({ kind: 'identity_conflict', detail: `this ${foreign.kind} belongs to another contact` });
    const added = given.filter(({ kind }) => !found.some((identity) => identity.kind === kind));
    const own = await queries.identitiesOf(sql, contactId);
    const second = added.find(({ kind }) => kind !== 'email' && own.some((identity) => identity.kind === kind));
    return second ? err({ kind: 'identity_conflict', detail: `the contact has another ${second.kind}: one address is one person` }) : ok(added);
  }

  private changed(before: queries.StoredContact, { changes, attributes, provenance }: Change, now: Date): queries.StoredContact {
    const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as Changes;
    const after = { ...before, ...given, attributes: mergeAttributes(before.attributes, attributes), updated_at: now };
    if (after.email !== before.email) {
      after.address_hash = after.email === null ? null : addressHash(this.secrets, after.email);
      if (given.address_state === undefined) after.address_state = 'ok'; // a new address is not the one that bounced
    }
    if (provenance) {
      after.source ??= provenance.source;
      after.source_at ??= provenance.sourceAt ?? now;
      after.notice_version ??= provenance.noticeVersion ?? null;
      if (!provenance.purposes.every((purpose) => before.collected_for.includes(purpose))) after.collected_for = [...new Set([...before.collected_for, ...provenance.purposes])].sort();
    }
    return after;
  }

  private async accountOf(sql: Sql, { id, externalId, name, domain }: NonNullable<ContactInput['account']>): Promise<Result<number, ContactProblem>> {
    const found = await queries.findAccounts(sql, { id, externalId, domain, nameKey: name === undefined ? undefined : accountNameKey(name) });
    const [accountId] = found;
    return accountId === undefined || found.length > 1 ? err({ kind: 'account_unknown', matches: found.length }) : ok(accountId);
  }

  /** One transaction, taken again when somebody else was in the way, and undone when the answer is no. */
  private async retried<T>(work: (sql: Sql) => Promise<Result<T, ContactProblem>>): Promise<Result<T, ContactProblem>> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.sql.transaction(async (sql) => {
          const result = await work(sql);
          if (!result.ok) throw new Refused(result.error);
          return result;
        });
      } catch (error) {
        if (error instanceof Refused) return err(error.problem);
        if (attempt === ATTEMPTS || !(error instanceof Overtaken || RETRIED.has((error as { code?: string }).code ?? ''))) throw error;
      }
    }
  }
}

interface Identity {
  readonly kind: 'email' | 'user_id' | 'external_id';
  readonly value: string;
}

interface Change {
  readonly changes: Changes;
  /** undefined: stays; null: none. */
  readonly accountId: number | null | undefined;
  readonly attributes: Parameters<typeof mergeAttributes>[1];
  readonly identities: readonly Identity[];
  readonly provenance: ContactInput['provenance'] | undefined;
}

function identitiesIn(given: Record<Identity['kind'], string | undefined>): Identity[] {
  return Object.entries(given).flatMap(([kind, value]) => (value === undefined ? [] : [{ kind: kind as Identity['kind'], value }]));
}
