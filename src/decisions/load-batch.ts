import type { PermissionDates } from '../core/decision/compile-permission-checks.js';
import { clampSeconds, dateOf, dayNumber, type Facts, type RequestFacts, unknownPerson } from '../core/decision/facts.js';
import { retentionElapsed } from '../core/decision/gates/legal.js';
import { accountCaps, contactCaps } from '../core/decision/gates/pressure.js';
import { PRESSING_CLASSES } from '../core/decision/message-class.js';
import type { Policies } from '../core/decision/policies.js';
import { ageInMinutes } from '../core/pressure/caps.js';
import { type Touch, TouchHistory } from '../core/pressure/touch-history.js';
import type { Sql } from '../platform/database/sql.js';
import type { Candidate, DecisionRequest } from './decision-request.js';
import {
  type ConsentRow, type PersonRow, readAccountTouches, readConsents, readContactTouches, readEarlierMail, readLastEvents, readPeople, readReference, readSoftOptIns, type SoftOptInRow, type TouchRow,
} from './facts.queries.js';
import { type SendingFrom, SendingRoom } from './sending-room.js';
import { consentFacts, type KnownPerson, personFacts, type PressureFacts, relationDayOf, requestFacts } from './person-facts.js';

const DAY = 86_400_000;

/** The loaded facts of a batch; it counts the sends decided from it, so that they press on those decided later. */
export class Batch {
  private constructor(
    readonly request: RequestFacts,
    readonly policies: Policies,
    private readonly asked: DecisionRequest,
    private readonly people: ReadonlyMap<number, KnownPerson>,
    private readonly now: Date,
    private readonly earlier: EarlierMail,
    private readonly history: TouchHistory,
    private readonly room: SendingRoom | undefined,
  ) {}

  /** Loads with at most eight statements, whatever the size of the batch; three of them at the claim, five while the sending domain has limits. */
  static async load(sql: Sql, asked: DecisionRequest, now: Date, policiesOf: (stored: unknown) => Policies, from: SendingFrom = ANYWHERE): Promise<Batch> {
    const reference = await readReference(sql, asked.purpose, asked.touches, from.domain);
    const policies = policiesOf(reference.policies);
    const request = requestFacts(asked, reference, from, now);
    const contactIds = [...new Set(asked.candidates.map((candidate) => candidate.contactId))];
    const rows = await readPeople(sql, contactIds, asked.purpose, asked.campaignId, now);
    const consents = groupBy(await readConsents(sql, contactIds, asked.purpose), (row) => row.contact_id);
    const proofs = reference.purpose !== null && reference.legal_basis === 'soft_opt_in' ? await readProofs(sql, consents, asked.channel) : NO_PROOFS;
    const people = new Map(rows.map((row) => [row.contact_id, knownPerson(row, consents.get(row.contact_id) ?? [], proofs, asked.channel, now)]));
    if (request.purpose) await prolongByEvents(sql, people, request.purpose.retentionDays, now);
    if (asked.phase === 'claim') return new Batch(request, policies, asked, people, now, NO_MAIL, new TouchHistory(), await SendingRoom.load(sql, request, now));
    return new Batch(request, policies, asked, people, now, await readEarlier(sql, asked, policies, now), await readHistory(sql, asked, contactIds, policies, now), undefined);
  }

  /** The facts of one candidate, with what was decided before it in this batch. */
  factsOf(candidate: Candidate): Facts {
    const known = this.people.get(candidate.contactId);
    const request = this.room?.requestNow() ?? this.request;
    if (!known) return unknownPerson(request);
    const under = { request, policies: this.policies, now: this.now };
    return personFacts(known, this.asked.phase === 'claim' ? NOT_LOADED : this.pressureOn(candidate), candidate, this.asked, under);
  }

  /** The dates behind facts of one candidate, for whoever asks how long they stand. */
  datesOf({ contactId }: Candidate): PermissionDates {
    const known = this.people.get(contactId);
    const explicit = known?.consents.explicitConsentUntil ?? null;
    return { birthDate: known?.row.birth_date ?? null, suppressionEnds: known?.row.suppression_ends ?? null, explicitConsentEnds: explicit === null ? null : dateOf(explicit) };
  }

  private pressureOn({ contactId, accountId, occurrence }: Candidate): PressureFacts {
    const { purpose, channel, campaignId, perAccountLimit } = this.asked;
    return {
      alreadySent: this.earlier.sent.has(occurrenceKey(contactId, occurrence)),
      duplicateContent: this.earlier.sameContent.get(contactId) ?? null,
      contactPressure: this.history.contactPressure(contactId, purpose, channel, contactCaps(this.policies, channel)),
      accountPressure: accountId === null ? null : this.history.accountPressure(accountId, contactId, campaignId, accountCaps(this.policies, perAccountLimit ?? null)),
    };
  }

  /** Keeps what was taken of the sending domain's room. */
  async keepRoom(sql: Sql): Promise<void> {
    await this.room?.keep(sql);
  }

  /** Counts a send that was just decided. */
  reserve(candidate: Candidate): void {
    const { messageClass, campaignId, purpose, channel } = this.asked;
    this.room?.take();
    if (!PRESSING_CLASSES.includes(messageClass)) return;
    this.history.add({ contactId: candidate.contactId, accountId: candidate.accountId, campaignId, purpose, channel, minutesAgo: 0 });
  }
}

/** Mail of this step that is there already, and when somebody got the same content from elsewhere. */
interface EarlierMail {
  readonly sent: ReadonlySet<string>;
  readonly sameContent: ReadonlyMap<number, number>;
}

const NO_MAIL: EarlierMail = { sent: new Set(), sameContent: new Map() };
/** Where nobody asks about sending, nothing about it stands in the way. */
const ANYWHERE: SendingFrom = { domain: '', unsubscribeHeaders: true };
const NOT_LOADED: PressureFacts = { alreadySent: undefined, duplicateContent: undefined, contactPressure: undefined, accountPressure: undefined };
const NO_PROOFS: ReadonlyMap<number, SoftOptInRow> = new Map();

function knownPerson(row: PersonRow, consentRows: readonly ConsentRow[], proofs: ReadonlyMap<number, SoftOptInRow>, channel: string, now: Date): KnownPerson {
  const consents = consentFacts(consentRows, proofs, channel, now);
  return { row, consents, relationDay: relationDayOf(row, consents) };
}

async function readProofs(sql: Sql, consents: ReadonlyMap<number, ConsentRow[]>, channel: string): Promise<Map<number, SoftOptInRow>> {
  const records = [...consents.values()].flat().filter((row) => row.channel === channel && row.legal_basis === 'soft_opt_in');
  if (records.length === 0) return new Map();
  const proofs = await readSoftOptIns(sql, records.map((row) => row.contact_id), records.map((row) => row.sequence));
  return new Map(proofs.map((row) => [row.contact_id, row]));
}

/** Whoever still visits, clicks or buys has a relation, also when the data came in long ago. */
async function prolongByEvents(sql: Sql, people: Map<number, KnownPerson>, retentionDays: number, now: Date): Promise<void> {
  const elapsed = [...people].filter(([, { relationDay }]) => retentionElapsed(relationDay, retentionDays, now.getTime()));
  if (elapsed.length === 0) return;
  const events = await readLastEvents(sql, elapsed.map(([contactId]) => contactId), new Date(now.getTime() - (retentionDays + 1) * DAY));
  for (const { contact_id, occurred_at } of events) {
    const known = people.get(contact_id);
    if (known) people.set(contact_id, { ...known, relationDay: Math.min(dayNumber(now), dayNumber(occurred_at)) });
  }
}

async function readEarlier(sql: Sql, asked: DecisionRequest, { duplicateContentDays }: Policies, now: Date): Promise<EarlierMail> {
  const { candidates } = asked;
  const step = duplicateContentDays === 0 ? { ...asked, template: null } : asked;
  const since = new Date(now.getTime() - duplicateContentDays * DAY);
  const rows = await readEarlierMail(sql, step, candidates.map((candidate) => candidate.contactId), candidates.map((candidate) => candidate.occurrence), since);
  const sameContent = rows.flatMap((row): [number, number][] => (row.same_content_at === null ? [] : [[row.contact_id, clampSeconds(row.same_content_at)]]));
  return { sent: new Set(rows.flatMap((row) => (row.occurrence === null ? [] : occurrenceKey(row.contact_id, row.occurrence)))), sameContent: new Map(sameContent) };
}

function occurrenceKey(contactId: number, occurrence: number): string {
  return `${contactId}.${occurrence}`;
}

async function readHistory(sql: Sql, { candidates }: DecisionRequest, contactIds: readonly number[], policies: Policies, now: Date): Promise<TouchHistory> {
  const since = new Date(now.getTime() - longestWindowDays(policies) * DAY);
  const accountIds = [...new Set(candidates.map((candidate) => candidate.accountId).filter((id) => id !== null))];
  const ofContacts = await readContactTouches(sql, contactIds, since, PRESSING_CLASSES);
  const ofAccounts = accountIds.length === 0 ? [] : await readAccountTouches(sql, accountIds, since, PRESSING_CLASSES);
  const touch = (row: TouchRow): Touch => touchOf(row, now);
  return new TouchHistory(ofContacts.map(touch), ofAccounts.map(touch));
}

function longestWindowDays({ contactCaps: contact, accountCaps: account, minimumGapHours, campaignPeopleDays }: Policies): number {
  const caps = [contact.total, contact.purpose, ...Object.values(contact.channels), account.messages, account.people];
  return Math.max(minimumGapHours / 24, campaignPeopleDays, ...caps.map((cap) => cap?.days ?? 0));
}

function touchOf(row: TouchRow, now: Date): Touch {
  return {
    contactId: row.contact_id,
    accountId: row.account_id,
    campaignId: row.campaign_id,
    purpose: row.purpose,
    channel: row.channel,
    minutesAgo: ageInMinutes(row.touched_at, row.waiting, now),
  };
}

function groupBy<Item>(items: readonly Item[], key: (item: Item) => number): Map<number, Item[]> {
  const groups = new Map<number, Item[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}
