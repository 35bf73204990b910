import { Inject, Injectable } from '@nestjs/common';
import { addressHash } from '../../consent/address-hash.js';
import { LedgerService } from '../../consent/ledger.service.js';
import { endsConsent } from '../../core/consent/consent-event.js';
import { type Conflict, PeopleResolver, type Resolved } from '../../core/tracking/resolve-people.js';
import { Clock } from '../../platform/clock/clock.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { Sql } from '../../platform/database/sql.js';
import { Secrets } from '../../platform/secrets.js';
import { takeMergeLock, tryMergeLock } from '../merge/merge-lock.queries.js';
import { lockBuckets } from '../merge/merge.queries.js';
import { ContactGone, MergeService } from '../merge/merge.service.js';
import { placeWithAccount } from '../merge/move-history.queries.js';
import { addressesIn, claimsOf, identitiesIn, judgedContacts } from './claims.js';
import { DataDefinitions, fitting } from './data-definitions.js';
import { storeGroups } from './group-accounts.js';
import * as queries from './ingest.queries.js';
import { asJson, blankContact, PersonChange } from './person-changes.js';
import type { TrackingCall } from './tracking-call.js';
import { type Choices, choicesOf, consentEntries, markOf } from './tracking-consents.js';
import type { TrackingProblem } from './tracking-problem.js';
import type { WriteKeyRow } from './write-keys.queries.js';

/** A message to be stored, and who sent it. */
export interface Accepted {
  readonly call: TrackingCall;
  readonly key: WriteKeyRow;
  readonly receivedAt: Date;
  readonly ip: string | undefined;
  readonly userAgent: string | undefined;
}

/** What of a stored message was dropped; nothing for one that was here before. */
export type StoredOutcome = readonly TrackingProblem[];

const ATTEMPTS = 6;
const RETRIED = new Set(['40P01', '40001', '23505']); // deadlock, serialisation, somebody took the same identity or name

/** The group joins contacts: it has to begin again, alone. */
class NeedsMergeLock extends Error {}

interface Fresh extends Accepted {
  readonly index: number;
  readonly problems: TrackingProblem[];
  readonly choices: Choices;
  resolved?: Resolved;
  contactId?: number;
}

/**
 * Stores a group of messages in one transaction, by a fixed number of statements: five for page views and tracks of people who are known, more only where
 * somebody is new, changes, or is joined.
 */
@Injectable()
export class IngestService {
  private readonly definitions = new DataDefinitions();

  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly secrets: Secrets,
    private readonly ledger: LedgerService,
    private readonly merges: MergeService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'mailFrom'>,
  ) {}

  /** All or nothing; one outcome a message. */
  async store(messages: readonly Accepted[]): Promise<StoredOutcome[]> {
    let alone = false;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.sql.transaction((sql) => this.storeIn(sql, messages, alone));
      } catch (error) {
        if (error instanceof NeedsMergeLock) alone = true;
        else if (attempt >= ATTEMPTS || !(error instanceof ContactGone || RETRIED.has((error as { code?: string }).code ?? ''))) throw error;
      }
    }
  }

  private async storeIn(sql: Sql, messages: readonly Accepted[], alone: boolean): Promise<StoredOutcome[]> {
    const now = this.clock.now();
    if (alone) await takeMergeLock(sql);
    const received = await this.receive(sql, messages, now);
    const outcomes: StoredOutcome[] = messages.map(() => []);
    const { resolver, fresh, erased } = await this.resolve(sql, received);
    for (const { index } of erased) outcomes[index] = [{ kind: 'address_erased' }];
    if (fresh.length === 0) return outcomes;
    if (resolver.merges.length > 0 && !alone && !(await tryMergeLock(sql))) throw new NeedsMergeLock();
    const made = await this.number(sql, fresh, resolver);
    const accounts = await this.storeGroups(sql, fresh, now);
    const changes = await this.changesOf(sql, fresh, made, accounts, now);
    const consents = await consentEntries(sql, fresh.map((one) => ({ ...one, contactId: one.contactId ?? 0 })), this.config.mailFrom.name);
    await this.lockPlaces(sql, changes, resolver, consents.filter((entry) => endsConsent(entry.event)).map((entry) => entry.contactId));
    await this.merge(sql, resolver, fresh, now);
    await this.storePeople(sql, changes, made, resolver, now);
    await this.storeEvents(sql, fresh, now);
    await this.ledger.append(sql, consents, now);
    await this.noteConflicts(sql, fresh, resolver, now);
    for (const { index, problems } of fresh) outcomes[index] = problems;
    return outcomes;
  }

  /** The messages that were never here before, each once. */
  private async receive(sql: Sql, messages: readonly Accepted[], now: Date): Promise<Fresh[]> {
    const first = new Map(messages.map((message, index) => [message.call.messageHash, index] as const).reverse());
    const received = await queries.receive(sql, [...first.keys()], now);
    return messages.flatMap((message, index) => {
      const { messageHash, consent } = message.call;
      if (first.get(messageHash) !== index || !received.has(messageHash)) return [];
      const problems: TrackingProblem[] = [];
      return [{ ...message, index, problems, choices: choicesOf(consent, message.key, problems) }];
    });
  }

  private async resolve(sql: Sql, received: readonly Fresh[]): Promise<{ resolver: PeopleResolver; fresh: Fresh[]; erased: Fresh[] }> {
    const all = received.map(({ call, key }) => claimsOf(call, key));
    const named = identitiesIn(all);
    const known = named.length === 0 ? [] : await queries.findIdentities(sql, named.map(([kind]) => kind), named.map(([, value]) => value));
    // After the look for who is known: whoever is erased in between is either found there, and gone when it comes to writing, or found here.
    const gone = await this.erasedAmong(sql, all.flatMap(addressesIn));
    const namesErased = all.map((claims) => addressesIn(claims).some((address) => gone.has(address)));
    const fresh = received.filter((_, index) => !namesErased[index]);
    const claims = all.filter((_, index) => !namesErased[index]);
    const contacts = judgedContacts(claims, known);
    const standings = contacts.length === 0 ? [] : await queries.readStandings(sql, contacts);
    const resolver = new PeopleResolver(
      known.map((row) => ({ kind: row.kind, value: row.value, contactId: row.contact_id })),
      new Map(standings.map((row) => [row.contact_id, { userId: row.user_id, externalId: row.external_id, email: row.email }])),
    );
    for (const [index, one] of fresh.entries()) one.resolved = resolver.resolve(claims[index] ?? { kind: 'other', trusted: false });
    return { resolver, fresh, erased: received.filter((_, index) => namesErased[index]) };
  }

  /** Of these addresses those whose people asked to be erased, in whatever spelling: as an import does, tracking brings nobody back (rules.md: legal.erased). */
  private async erasedAmong(sql: Sql, addresses: readonly string[]): Promise<ReadonlySet<string>> {
    if (addresses.length === 0) return new Set();
    const hashes = new Map(addresses.map((address) => [address, addressHash(this.secrets, address)]));
    const erased = new Set((await queries.listErased(sql, [...hashes.values()])).map((hash) => hash.toString('hex')));
    return new Set([...hashes].flatMap(([address, hash]) => (erased.has(hash.toString('hex')) ? [address] : [])));
  }

  /** Gives new people their ids, and each message its person. */
  private async number(sql: Sql, fresh: readonly Fresh[], resolver: PeopleResolver): Promise<Map<number, number>> {
    const unnumbered = [...new Set(fresh.map((one) => resolver.final(one.resolved?.person ?? 0)).filter((person) => person < 0))];
    const ids = unnumbered.length === 0 ? [] : await queries.nextContacts(sql, unnumbered.length);
    const made = new Map(unnumbered.map((person, index) => [person, ids[index] ?? 0]));
    for (const one of fresh) one.contactId = idOf(resolver, made, one.resolved?.person ?? 0);
    return made;
  }

  private storeGroups(sql: Sql, fresh: readonly Fresh[], now: Date): Promise<Map<string, number>> {
    const said = fresh.flatMap(({ call, key, problems }) =>
      call.type === 'group' && call.groupId !== undefined && call.traits ? [{ groupId: call.groupId, traits: call.traits, source: key.source, trusted: key.kind === 'server', problems }] : [],
    );
    return storeGroups(sql, this.definitions, said, now);
  }

  /** What becomes of whom. Everybody new is in it, known people only when something is said about them. */
  private async changesOf(sql: Sql, fresh: readonly Fresh[], made: ReadonlyMap<number, number>, accounts: ReadonlyMap<string, number>, now: Date): Promise<Map<number, PersonChange>> {
    const newcomers = new Set(made.values());
    const identified = fresh.flatMap(({ call, key }) => (call.type !== 'group' && call.traits ? [{ source: key.source, values: call.traits.attributes }] : []));
    const defined = await this.definitions.attributes(sql, 'contact', identified, now);
    const changes = new Map<number, PersonChange>();
    for (const { call, key, contactId = 0, resolved, problems } of fresh) {
      if (!newcomers.has(contactId) && call.type !== 'group' && !call.traits) continue;
      const change = changes.get(contactId) ?? new PersonChange(key);
      changes.set(contactId, change);
      change.surround(call.surroundings);
      const accountId = call.type === 'group' && call.groupId !== undefined ? accounts.get(call.groupId) : undefined;
      if (accountId !== undefined) change.join(accountId, problems);
      if (call.type === 'group' || !call.traits) continue;
      const { kept, problems: misfits } = fitting(call.traits.attributes, defined);
      problems.push(...misfits);
      change.identify(call.traits, kept, call.type === 'identify' && (resolved?.takesEmail ?? false));
      if (resolved?.refusesEmail === true) problems.push({ kind: 'address_change_refused', path: 'traits.email', contactId });
    }
    return changes;
  }

  /** All buckets that this group needs, in one ascending order: of people who change accounts, are merged, or take a consent back. */
  private async lockPlaces(sql: Sql, changes: ReadonlyMap<number, PersonChange>, resolver: PeopleResolver, withdrawing: readonly number[]): Promise<void> {
    const members = [...changes].flatMap(([contactId, { accountId }]) => (accountId === undefined ? [] : [[contactId, accountId] as const]));
    const moves = members.length === 0 ? [] : await queries.readMoves(sql, members.map(([contactId]) => contactId), members.map(([, accountId]) => accountId));
    for (const { contact_id: contactId, pinned } of moves) if (pinned) changes.get(contactId)?.stayPinned();
    const places = moves.filter(({ pinned }) => !pinned);
    const people = [...places.map((place) => place.contact_id), ...resolver.merges.flatMap(({ from, into }) => [from, resolver.final(into)]), ...withdrawing];
    if (people.length > 0) await lockBuckets(sql, [...new Set(people)], places.map((place) => place.bucket));
  }

  private async merge(sql: Sql, resolver: PeopleResolver, fresh: readonly Fresh[], now: Date): Promise<void> {
    if (resolver.merges.length === 0) return;
    const pairs = resolver.merges.map(({ from, into, cause }) => ({ merged: from, survivor: resolver.final(into), cause }));
    await this.merges.mergeWithin(sql, pairs, `write-key:${fresh[0]?.key.source ?? ''}`, now);
  }

  private async storePeople(sql: Sql, changes: ReadonlyMap<number, PersonChange>, made: ReadonlyMap<number, number>, resolver: PeopleResolver, now: Date): Promise<void> {
    const newcomers = new Set(made.values());
    const hash = (address: string): string => `\\x${addressHash(this.secrets, address).toString('hex')}`;
    const known = [...changes.keys()].filter((contactId) => !newcomers.has(contactId));
    const before = known.length === 0 ? [] : await queries.lockContacts(sql, known);
    if (before.length < known.length) throw new ContactGone();
    const added = [...newcomers].flatMap((contactId) => changes.get(contactId)?.applyTo(blankContact(contactId, now), hash, now) ?? []);
    if (added.length > 0) await queries.insertContacts(sql, added);
    const changed = before.flatMap((row) => {
      const after = changes.get(row.contact_id)?.applyTo(row, hash, now) ?? row;
      return after === row ? [] : [{ after, moves: after.account_id !== row.account_id }];
    });
    if (changed.length > 0) await queries.updateContacts(sql, changed.map(({ after }) => asJson(after)));
    const moved = changed.filter(({ moves }) => moves).map(({ after }) => after.contact_id);
    if (moved.length > 0) await placeWithAccount(sql, moved, now);
    const identities = resolver.added.map(({ kind, value, person }) => ({ kind, value, contactId: idOf(resolver, made, person) }));
    if (identities.length > 0) await queries.insertIdentities(sql, identities, now);
  }

  private async storeEvents(sql: Sql, fresh: readonly Fresh[], now: Date): Promise<void> {
    const events = fresh.flatMap(({ call, key, contactId = 0, receivedAt, choices }) =>
      call.event
        ? [{ contactId, occurredAt: call.occurredAt, key: call.messageId, name: call.event.name, properties: JSON.stringify({ ...call.event.properties, ...markOf(choices) }), source: key.source, receivedAt }]
        : [],
    );
    if (events.length === 0) return;
    const over = await this.definitions.eventNames(sql, events, now);
    if (over.size > 0) for (const one of fresh) if (one.call.event && over.has(one.key.source)) one.problems.push({ kind: 'event_name_limit', path: one.call.event.name });
    await queries.insertEvents(sql, events);
  }

  private async noteConflicts(sql: Sql, fresh: readonly Fresh[], resolver: PeopleResolver, now: Date): Promise<void> {
    const noted = new Map<string, queries.NotedConflict>();
    for (const { resolved, key, problems, contactId = 0 } of fresh) {
      for (const conflict of resolved?.conflicts ?? []) {
        const otherContactId = otherOf(conflict, resolver);
        if (otherContactId <= 0 || otherContactId === contactId) continue;
        problems.push({ kind: conflict.kind, contactId, otherContactId });
        const subject = `${contactId} ${otherContactId} ${conflict.kind}`;
        noted.set(subject, { contactId, otherContactId, kind: conflict.kind, source: key.source, count: (noted.get(subject)?.count ?? 0) + 1 });
      }
    }
    if (noted.size > 0) await queries.noteConflicts(sql, [...noted.values()], now);
  }
}

function idOf(resolver: PeopleResolver, made: ReadonlyMap<number, number>, person: number): number {
  const final = resolver.final(person);
  return made.get(final) ?? final;
}

function otherOf(conflict: Conflict, resolver: PeopleResolver): number {
  return resolver.final(conflict.other);
}
