import { createHash, randomInt, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import canonicalize from 'canonicalize';
import { endEvidence, shredKeptProofs, shredProofs } from '../../../consent/person-keys.queries.js';
import { SuppressionsService } from '../../../consent/suppressions.service.js';
import { type ErasureCause, type ErasureCertificate, keepsAddressAway } from '../../../core/privacy/certificate.js';
import { PERSON_TABLES } from '../../../core/privacy/person-tables.js';
import { type NamedPerson, redactOthers } from '../../../core/privacy/redact.js';
import { takeMergeLock } from '../../../customers/merge/merge-lock.queries.js';
import { Clock } from '../../../platform/clock/clock.js';
import { retryConflicts } from '../../../platform/database/retry-conflicts.js';
import { Sql } from '../../../platform/database/sql.js';
import { Secrets } from '../../../platform/secrets.js';
import { AuditService } from '../../audit.service.js';
import { RecipientsService } from '../recipients/recipients.service.js';
import { ErasureLog, type LoggedErasure } from './erasure-log.js';
import * as queries from './erasure.queries.js';
import { forgetInFiles } from './rejected-files.js';

/** Why, and on whose word. */
export interface ErasureReason {
  readonly kind: ErasureCause;
  /** 'self', 'key:…', 'operator', 'system'. */
  readonly actor: string;
  readonly requestId?: number | undefined;
  /** The id of an erasure that is done again, after a backup was put back. */
  readonly erasureId?: string | undefined;
  /** Until when the proofs of consent can still be opened: of somebody retention lets go. Without it their key is destroyed at once. */
  readonly evidenceUntil?: Date | undefined;
}

/**
 * Makes Tactful forget people: rows go or lose whose they are, in one transaction; what must stay are keyed hashes. The list of
 * tables, and what happens with each, is core/privacy/person-tables.ts.
 */
@Injectable()
export class ErasureService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly secrets: Secrets,
    private readonly suppressions: SuppressionsService,
    private readonly recipients: RecipientsService,
    private readonly audit: AuditService,
    private readonly log: ErasureLog,
  ) {}

  /** Erases a person as he is known today, under every spelling of his mailbox, and keeps it outside the database too. Undefined: there is nobody. */
  async erase(contactId: number, reason: ErasureReason): Promise<ErasureCertificate | undefined> {
    const certificate = await retryConflicts(() => this.sql.transaction((sql) => this.eraseContacts(sql, [contactId], reason, this.clock.now())));
    await this.keepOutside();
    return certificate;
  }

  /**
   * The same in the caller's transaction, for a batch: one erasure, one certificate. Takes the merge lock and the people's buckets, so the caller holds no
   * other. The line outside the database follows within a minute (keepOutside).
   */
  async eraseContacts(sql: Sql, contactIds: readonly number[], reason: ErasureReason, now: Date): Promise<ErasureCertificate | undefined> {
    await takeMergeLock(sql);
    const asked = keepsAddressAway(reason.kind) || reason.kind === 'replay' ? await queries.sameMailbox(sql, await queries.idsOfPeople(sql, contactIds)) : contactIds;
    const ids = await queries.idsOfPeople(sql, asked);
    await queries.lockBucketsOfPeople(sql, ids);
    const people = await queries.lockPeople(sql, ids);
    if (people.length === 0) return undefined;
    const identities = await queries.identitiesOfPeople(sql, ids);
    const addresses = [...new Set(identities.filter(({ kind }) => kind === 'email').map(({ value }) => value))];
    const hashes = distinct([...people.flatMap(({ address_hash: hash }) => (hash ? [hash] : [])), ...addresses.map((address) => this.suppressions.hashOf(address))]);
    const erasureId = reason.erasureId ?? randomUUID();
    if (keepsAddressAway(reason.kind)) await this.suppressions.suppress(sql, hashes.map((addressHash) => ({ addressHash, reason: 'erased', source: 'erasure' })), now);
    const recipientsToTell = await this.recipients.count(sql, 'erased');
    const anonymised = await this.anonymise(sql, ids, people, identities, { ...reason, hashes }, now);
    const deleted = { ...(await queries.deleteRows(sql, ids, now)), mailbox_mails: await queries.deleteMailboxMails(sql, addresses) };
    const certificate = certificateOf({ erasureId, erasedAt: now.toISOString(), cause: reason.kind, people: people.length, deleted, anonymised, recipientsToTell });
    await queries.insertErasure(sql, this.rowOf(certificate, reason, ids, hashes, now));
    await this.recipients.tell(sql, 'erased', identities, { erasureId, requestId: reason.requestId }, now);
    const entry = { actor: reason.actor, action: 'privacy.erased', subjectType: 'erasure', subjectId: erasureId, details: { cause: reason.kind, people: people.length, requestId: reason.requestId } };
    await this.audit.record(sql, entry, now);
    return certificate;
  }

  /**
   * Somebody asks by his address. He need not be a contact any more: of whom retention let go the sealed proofs may be left, whose term would run for
   * years. They go now, and the address is kept away.
   */
  async eraseAddress(address: string, reason: { readonly actor: string }): Promise<ErasureCertificate> {
    const hashes = [this.suppressions.hashOf(address)];
    const asked: ErasureReason = { kind: 'officer', actor: reason.actor };
    const certificate = await retryConflicts(() =>
      this.sql.transaction(async (sql) => {
        const now = this.clock.now();
        const holders = await queries.holdersBefore(sql, hashes, now);
        const erased = holders.length === 0 ? undefined : await this.eraseContacts(sql, holders, asked, now);
        return erased ?? this.forgetLetGo(sql, hashes, asked, now);
      }),
    );
    await this.keepOutside();
    return certificate;
  }

  private async forgetLetGo(sql: Sql, hashes: readonly Buffer[], reason: ErasureReason, now: Date): Promise<ErasureCertificate> {
    await this.suppressions.suppress(sql, hashes.map((addressHash) => ({ addressHash, reason: 'erased', source: 'erasure' })), now);
    const anonymised = { person_keys: await shredKeptProofs(sql, hashes) };
    const certificate = certificateOf({ erasureId: randomUUID(), erasedAt: now.toISOString(), cause: reason.kind, people: 0, deleted: {}, anonymised, recipientsToTell: 0 });
    await queries.insertErasure(sql, this.rowOf(certificate, reason, [], hashes, now));
    await this.audit.record(sql, { actor: reason.actor, action: 'privacy.erased', subjectType: 'erasure', subjectId: certificate.erasureId, details: { cause: reason.kind, people: 0 } }, now);
    return certificate;
  }

  /** An erasure that finds nobody, after a backup was put back: what must stay of it stays. */
  async noteErasure(sql: Sql, logged: LoggedErasure, now: Date): Promise<void> {
    const certificate = certificateOf({ erasureId: logged.erasureId, erasedAt: now.toISOString(), cause: 'replay', people: 0, deleted: {}, anonymised: {}, recipientsToTell: 0 });
    await queries.insertErasure(sql, { ...this.rowOf(certificate, { kind: 'replay', actor: 'system' }, [], [...logged.addressHashes], now), person_keys: [...logged.personKeys] });
  }

  /** Writes what the file outside the database lacks. */
  async keepOutside(): Promise<number> {
    const { erasures } = await this.log.read();
    const newest = erasures.reduce((latest, { erasedAt }) => Math.max(latest, erasedAt.getTime()), 0);
    const known = new Set(erasures.map(({ erasureId }) => erasureId));
    // Two days back: another process may have committed an older one since.
    const missing = (await queries.erasuresSince(this.sql, new Date(newest - 2 * 86_400_000))).filter((row) => !known.has(row.erasure_id));
    await this.log.append(missing.map((row) => ({ erasureId: row.erasure_id, erasedAt: row.erased_at, cause: row.cause as ErasureCause, personKeys: row.person_keys, addressHashes: row.address_hashes })));
    return missing.length;
  }

  list(before: Date, limit: number): Promise<queries.ErasureRow[]> {
    return queries.listErasures(this.sql, before, limit);
  }

  find(erasureId: string): Promise<queries.ErasureRow | undefined> {
    return queries.readErasure(this.sql, erasureId);
  }

  /** The keyed hash under which a contact's id stands in the log. */
  personKey(contactId: number): Buffer {
    return this.secrets.hmac('erased-person', String(contactId));
  }

  private async anonymise(sql: Sql, ids: readonly number[], people: readonly queries.ErasedPerson[], identities: readonly queries.IdentityOfPerson[], { kind, evidenceUntil, hashes }: ErasureReason & { readonly hashes: readonly Buffer[] }, now: Date): Promise<Record<string, number>> {
    const pseudonyms = { contactIds: ids, numbers: ids.map(() => -randomInt(1, 2 ** 47)) };
    const rows = await queries.pseudonymise(sql, pseudonyms, now);
    const values = [...new Set(identities.filter(({ kind }) => kind !== 'anonymous_id').map(({ value }) => value.toLowerCase()))].filter((value) => value.length > 3);
    const imports = await queries.forgetInImports(sql, values);
    const files = await forgetInFiles((await queries.listRejectedFiles(sql)).map((row) => row.rejected_file), values);
    const texts = await this.redactTexts(sql, people, identities);
    const requests = await queries.forgetInRequests(sql, ids, now);
    // Whoever asks to be forgotten wins over our wish to show proofs: his key goes at once, and the hashes of the chain stay. Of whom nobody asked about,
    // the proofs stay sealed as long as they may have to show that his mail was lawful (GDPR art. 17(3)(e)).
    // So do those that were kept of an earlier time, when retention had let him go.
    const shredded = evidenceUntil ? 0 : (await shredProofs(sql, ids)) + (keepsAddressAway(kind) ? await shredKeptProofs(sql, hashes) : 0);
    if (evidenceUntil) await endEvidence(sql, ids, this.mailboxesOf(people, identities), evidenceUntil);
    return { ...rows, person_keys: shredded, imports, rejected_rows: files, texts_of_accounts: texts, privacy_requests: requests };
  }

  private mailboxesOf(people: readonly queries.ErasedPerson[], identities: readonly queries.IdentityOfPerson[]): { contactId: number; addressHash: Buffer }[] {
    const present = people.flatMap(({ contact_id: contactId, address_hash: addressHash }) => (addressHash ? [{ contactId, addressHash }] : []));
    return [...present, ...identities.flatMap(({ contact_id: contactId, kind, value }) => (kind === 'email' ? [{ contactId, addressHash: this.suppressions.hashOf(value) }] : []))];
  }

  /** What colleagues wrote about the account stays, without the person's name. */
  private async redactTexts(sql: Sql, people: readonly queries.ErasedPerson[], identities: readonly queries.IdentityOfPerson[]): Promise<number> {
    const accounts = [...new Set(people.flatMap(({ account_id: account }) => (account === null ? [] : [account])))];
    if (accounts.length === 0) return 0;
    const names: NamedPerson[] = people.map((person) => ({ firstName: person.first_name, lastName: person.last_name }));
    const changed = (await queries.textsOfAccounts(sql, accounts)).flatMap((row) => {
      const text = redactOthers(row.text, names, { addresses: addressesBut(row.text, identities) });
      return text === row.text ? [] : [{ ...row, text }];
    });
    let count = 0;
    for (const [place, rows] of Map.groupBy(changed, (row) => row.place)) count += await queries.rewriteTexts(sql, place, rows); // three places at most
    return count;
  }

  private rowOf(certificate: ErasureCertificate, reason: ErasureReason, ids: readonly number[], hashes: readonly Buffer[], now: Date): queries.ErasureRow {
    const digest = createHash('sha256').update(canonicalize(certificate) ?? '').digest();
    return {
      erasure_id: certificate.erasureId, erased_at: now, cause: reason.kind, actor: reason.actor, request_id: reason.requestId ?? null, people: certificate.people,
      person_keys: ids.map((id) => this.personKey(id)), address_hashes: [...hashes], certificate, digest,
    };
  }
}

const KEPT: Readonly<Record<string, string>> = Object.fromEntries(Object.entries(PERSON_TABLES).flatMap(([table, { erasure }]) => (erasure.act === 'kept' ? [[table, erasure.because]] : [])));

function certificateOf(facts: Omit<ErasureCertificate, 'kept'>): ErasureCertificate {
  const some = (counts: Readonly<Record<string, number>>): Record<string, number> => Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { ...facts, deleted: some(facts.deleted), anonymised: some(facts.anonymised), kept: KEPT };
}

/** Addresses in a text that are not the person's stay readable. */
function addressesBut(text: string, identities: readonly queries.IdentityOfPerson[]): string[] {
  const own = new Set(identities.filter(({ kind }) => kind === 'email').map(({ value }) => value.toLowerCase()));
  return (text.match(/[^\s<>()[\]\\,;:"@]+@[^\s<>()[\]\\,;:"@]+[\p{L}\p{N}]/gu) ?? []).filter((address) => !own.has(address.toLowerCase()));
}

function distinct(hashes: readonly Buffer[]): Buffer[] {
  return [...new Map(hashes.map((hash) => [hash.toString('hex'), hash])).values()];
}
