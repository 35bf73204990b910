import { type DraftStanding, ruleOfTier } from '../core/account/tiers.js';
import type { PermissionDates } from '../core/decision/compile-permission-checks.js';
import { clampSeconds, dateOf, dayNumber, type Facts, type RequestFacts, unknownPerson } from '../core/decision/facts.js';
import { retentionElapsed } from '../core/decision/gates/legal.js';
import type { Policies } from '../core/decision/policies.js';
import type { Sql } from '../platform/database/sql.js';
import type { Candidate, DecisionRequest } from './decision-request.js';
import {
  type ConsentRow, type EarlierMailRow, type PersonRow, readConsents, readEarlierMail, readLastEvents, readPeople, readReferences, readSoftOptIns, type ReferenceRow, type SoftOptInRow,
} from './facts.queries.js';
import { FirstWaves } from './first-wave.js';
import { type SendingFrom, SendingRoom } from './sending-room.js';
import { consentFacts, type KnownPerson, personFacts, type PressureFacts, relationDayOf, requestFacts } from './person-facts.js';
import type { PlanningPass } from './planning-pass.js';

const DAY = 86_400_000;

/** The loaded facts of a batch; what presses on its people comes from the pass it is decided in. */
export class Batch {
  private constructor(
    readonly request: RequestFacts,
    readonly policies: Policies,
    private readonly asked: DecisionRequest,
    private readonly people: ReadonlyMap<number, KnownPerson>,
    private readonly now: Date,
    private readonly earlier: EarlierMail,
    private readonly room: SendingRoom | undefined,
    private readonly waves: FirstWaves | undefined,
  ) {}

  static async load(sql: Sql, asked: DecisionRequest, now: Date, policiesOf: (stored: unknown) => Policies, from: SendingFrom = ANYWHERE): Promise<Batch> {
    const [batch] = await Batch.loadAll(sql, [asked], now, policiesOf, from);
    if (!batch) throw new Error('What is asked was not loaded');
    return batch;
  }

  /**
   * A batch per request, loaded together: four statements, however many people and requests, and three at the claim; one more where consents rest on earlier
   * sales, where retention seems over, and while the sending domain has limits. Two more where people are at accounts of a tier with first waves.
   */
  static async loadAll(sql: Sql, requests: readonly DecisionRequest[], now: Date, policiesOf: (stored: unknown) => Policies, from: SendingFrom = ANYWHERE): Promise<Batch[]> {
    const references = await readReferences(sql, requests, from.domain);
    const people = requests.map(({ purpose, campaignId, candidates }) => ({ purpose, campaignId, contactIds: [...new Set(candidates.map((candidate) => candidate.contactId))] }));
    const rows = byRequest(await readPeople(sql, people, now));
    const consents = byRequest(await readConsents(sql, people));
    const planned = requests.flatMap((asked, place) => (asked.phase === 'claim' ? [] : { asked, place, policies: policiesOf(references[place]?.policies) }));
    const earlier = await readEarlier(sql, planned, now);
    const batches: Batch[] = [];
    for (const [place, asked] of requests.entries()) {
      const reference = references[place];
      if (!reference) throw new Error('What is asked was not loaded');
      const request = requestFacts(asked, reference, from, now);
      const known = await knownPeople(sql, asked, reference, { rows: rows.get(place + 1) ?? [], consents: consents.get(place + 1) ?? [] }, now);
      if (request.purpose) await prolongByEvents(sql, known, request.purpose.retentionDays, now);
      const room = asked.phase === 'claim' ? await SendingRoom.load(sql, request, now) : undefined;
      const policies = policiesOf(reference.policies);
      const waves = asked.phase === 'claim' ? undefined : await FirstWaves.load(sql, asked, policies.tiers, (contactId) => known.get(contactId)?.row.tier ?? null);
      batches.push(new Batch(request, policies, asked, known, now, earlier.get(place) ?? NO_MAIL, room, waves));
    }
    return batches;
  }

  /** The facts of one candidate, with what was decided before it in this pass. */
  factsOf(candidate: Candidate, pass?: PlanningPass): Facts {
    const known = this.people.get(candidate.contactId);
    const request = this.room?.requestNow() ?? this.request;
    if (!known) return unknownPerson(request);
    const under = { request, policies: this.policies, now: this.now };
    return personFacts(known, pass ? this.pressureOn(candidate, pass, this.tierOf(known)) : NOT_LOADED, candidate, this.asked, under);
  }

  /** The dates behind facts of one candidate, for whoever asks how long they stand. */
  datesOf({ contactId }: Candidate): PermissionDates {
    const known = this.people.get(contactId);
    const explicit = known?.consents.explicitConsentUntil ?? null;
    return { birthDate: known?.row.birth_date ?? null, suppressionEnds: known?.row.suppression_ends ?? null, explicitConsentEnds: explicit === null ? null : dateOf(explicit) };
  }

  private pressureOn(candidate: Candidate, pass: PlanningPass, tier: string | null): PressureFacts {
    const pressure = pass.pressureOn(this.asked, this.policies, candidate, tier);
    if (this.asked.phase === 'claim') return { ...NOT_LOADED, ...pressure };
    const { contactId, occurrence } = candidate;
    const inThisPass = !looksForRepeats(this.asked, this.policies) ? null : pass.sameContentAt(this.asked, contactId);
    const key = occurrenceKey(contactId, occurrence);
    const approval = this.waves?.approvalOf(tier, candidate, this.earlier.drafts.get(key) ?? 'none');
    return { alreadySent: this.earlier.sent.has(key), duplicateContent: this.earlier.sameContent.get(contactId) ?? inThisPass, tier, approval, ...pressure };
  }

  /** A tier that the policies do not know is none. */
  private tierOf({ row }: KnownPerson): string | null {
    return ruleOfTier(this.policies.tiers, row.tier) ? row.tier : null;
  }

  /** Keeps what was taken of the sending domain's room. */
  async keepRoom(sql: Sql): Promise<void> {
    await this.room?.keep(sql);
  }

  /** Counts a draft that was just decided: a place in its first wave. */
  takeDraft(candidate: Candidate): void {
    const known = this.people.get(candidate.contactId);
    if (known) this.waves?.take(this.tierOf(known), candidate);
  }

  /** Counts a send that was just decided. */
  reserve(candidate: Candidate, pass: PlanningPass): void {
    this.room?.take();
    pass.take(this.asked, candidate);
  }
}

/** Mail of this step that is there already, and when somebody got the same content from elsewhere. */
interface EarlierMail {
  readonly sent: ReadonlySet<string>;
  /** Mail that waits for a human, or on which one spoke. */
  readonly drafts: ReadonlyMap<string, DraftStanding>;
  readonly sameContent: ReadonlyMap<number, number>;
}

const NO_MAIL: EarlierMail = { sent: new Set(), drafts: new Map(), sameContent: new Map() };
/** Where nobody asks about sending, nothing about it stands in the way. */
const ANYWHERE: SendingFrom = { domain: '', unsubscribeHeaders: true };
const NOT_LOADED: PressureFacts = { alreadySent: undefined, duplicateContent: undefined, contactPressure: undefined, accountPressure: undefined, tier: undefined, approval: undefined };
const NO_PROOFS: ReadonlyMap<number, SoftOptInRow> = new Map();

async function knownPeople(sql: Sql, asked: DecisionRequest, reference: ReferenceRow, loaded: { rows: readonly PersonRow[]; consents: readonly ConsentRow[] }, now: Date): Promise<Map<number, KnownPerson>> {
  const consents = groupBy(loaded.consents, (row) => row.contact_id);
  const proofs = reference.purpose !== null && reference.legal_basis === 'soft_opt_in' ? await readProofs(sql, consents, asked.channel) : NO_PROOFS;
  return new Map(loaded.rows.map((row) => [row.contact_id, knownPerson(row, consents.get(row.contact_id) ?? [], proofs, asked.channel, now)]));
}

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

/** The mail that asks to confirm is never the same twice: what counts in it is its link. */
function looksForRepeats({ messageClass }: DecisionRequest, { duplicateContentDays }: Pick<Policies, 'duplicateContentDays'>): boolean {
  return duplicateContentDays > 0 && messageClass !== 'opt_in_request';
}

interface Planned {
  readonly asked: DecisionRequest;
  readonly place: number;
  readonly policies: Policies;
}

/** By the place of the request. The policies are one workspace's: those of the first are those of all. */
async function readEarlier(sql: Sql, planned: readonly Planned[], now: Date): Promise<Map<number, EarlierMail>> {
  const [first] = planned;
  if (!first) return new Map();
  const steps = planned.map(({ asked, policies }) => (looksForRepeats(asked, policies) ? asked : { ...asked, template: null }));
  const rows = byRequest(await readEarlierMail(sql, steps, new Date(now.getTime() - first.policies.duplicateContentDays * DAY)));
  return new Map(planned.map(({ place }, index) => [place, earlierMail(rows.get(index + 1) ?? [])]));
}

function earlierMail(rows: readonly EarlierMailRow[]): EarlierMail {
  const sameContent = rows.flatMap((row): [number, number][] => (row.same_content_at === null ? [] : [[row.contact_id, clampSeconds(row.same_content_at)]]));
  const own = rows.flatMap(({ contact_id: contactId, occurrence, draft }) => (occurrence === null ? [] : [{ key: occurrenceKey(contactId, occurrence), draft }]));
  return {
    sent: new Set(own.flatMap(({ key, draft }) => (draft === null ? key : []))),
    drafts: new Map(own.flatMap(({ key, draft }): [string, DraftStanding][] => (draft === null ? [] : [[key, draft]]))),
    sameContent: new Map(sameContent),
  };
}

function byRequest<Row extends { readonly request: number }>(rows: readonly Row[]): Map<number, Row[]> {
  return groupBy(rows, (row) => row.request);
}

function occurrenceKey(contactId: number, occurrence: number): string {
  return `${contactId}.${occurrence}`;
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
