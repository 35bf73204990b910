import { Injectable } from '@nestjs/common';
import type { LedgerFact } from '../core/consent/carry-over.js';
import { type ConsentEntry, endsConsent } from '../core/consent/consent-event.js';
import { Sql } from '../platform/database/sql.js';
import { type EntryProblem, LedgerBatch } from './ledger-batch.js';
import {
  type ConsentRow,
  type EarlierRow,
  existingPurposes,
  insertRecords,
  lockBucketsOfContacts,
  lockContacts,
  readConsents,
  readLedgers,
  readTimeline,
  readWholeLedgers,
  type TimelineRow,
  upsertConsents,
} from './ledger.queries.js';
import { PersonKeys } from './person-keys.js';
import { textsByHash } from './texts/texts.queries.js';
import { type BoundTo, readProof, type ReadProof } from './sealed-proof.js';

export interface Appended {
  /** Position in the list that was given. */
  readonly index: number;
  readonly contactId: number;
  readonly sequence: number;
  readonly recordId: string;
  readonly occurredAt: Date;
}

/** A record as people read it. */
export type ReadTimelineRow = Omit<TimelineRow, 'proof'> & { readonly proof: ReadProof };

export interface AppendReport {
  readonly appended: Appended[];
  readonly refused: { readonly index: number; readonly problem: EntryProblem }[];
}

/** The append-only ledger of what people agreed to and took back; `consents` is what it comes to, written in the same transaction. */
@Injectable()
export class LedgerService {
  constructor(
    private readonly sql: Sql,
    private readonly keys: PersonKeys,
  ) {}

  /**
   * Writes a batch: eight statements, however many entries, also several for one person.
   * What cannot be written is refused by itself and does not hold up the rest. Locks buckets (for a no) and people, both ascending, until the caller's transaction ends.
   */
  async append(sql: Sql, entries: readonly ConsentEntry[], now: Date): Promise<AppendReport> {
    if (entries.length === 0) return { appended: [], refused: [] };
    return sql.transaction(async (within) => {
      const contacts = await lockPeople(within, entries);
      const purposes = new Set(await existingPurposes(within, distinct(entries.map((entry) => entry.purpose))));
      const batch = new LedgerBatch(await readLedgers(within, [...contacts]), await this.keys.ensure(within, [...contacts]), now);
      const report: AppendReport = { appended: [], refused: [] };
      for (const [index, entry] of entries.entries()) {
        const problem = contacts.has(entry.contactId) ? (purposes.has(entry.purpose) ? undefined : 'purpose_unknown') : 'contact_missing';
        const added = problem ?? batch.add(entry);
        if (typeof added === 'string') report.refused.push({ index, problem: added });
        else report.appended.push({ index, contactId: added.contactId, sequence: added.sequence, recordId: added.recordId, occurredAt: added.occurredAt });
      }
      if (batch.added.length > 0) {
        await insertRecords(within, batch.added);
        await upsertConsents(within, batch.changedStates());
      }
      return report;
    });
  }

  /** One person's records, newest written first, with the text that was shown also where the record names a published version by its digest; of somebody erased, what is still readable. */
  async timeline(contactId: number, before: number, limit: number): Promise<ReadTimelineRow[]> {
    const rows = await readTimeline(this.sql, contactId, before, limit);
    const key = (await this.keys.read(this.sql, [contactId])).get(contactId);
    const read = rows.map((row) => ({ ...row, proof: readProof(row.proof, boundTo(row), key) }));
    const hashes = distinct(read.flatMap(({ proof }) => (proof.wording === undefined && proof.wordingHash !== undefined ? [proof.wordingHash] : [])));
    if (hashes.length === 0) return read;
    const texts = new Map((await textsByHash(this.sql, hashes.map((hash) => Buffer.from(hash, 'hex')))).map((text) => [text.sha256.toString('hex'), text.text]));
    return read.map((row) => ({ ...row, proof: withText(row.proof, texts.get(row.proof.wordingHash ?? '')) }));
  }

  /** Everything these people's ledgers say, in order; of the wordings their hashes. */
  async facts(sql: Sql, contactIds: readonly number[]): Promise<LedgerFact[]> {
    const keys = await this.keys.read(sql, contactIds);
    return (await readWholeLedgers(sql, contactIds)).map((row) => ({
      contactId: row.contact_id,
      sequence: row.sequence,
      recordId: row.record_id,
      purpose: row.purpose,
      channel: row.channel,
      event: row.event,
      occurredAt: row.occurred_at,
      validUntil: row.valid_until,
      legalBasis: row.legal_basis,
      proof: carriable(readProof(row.proof, boundTo(row), keys.get(row.contact_id))),
    }));
  }

  /** What holds now for one person, per purpose and channel. */
  current(sql: Sql, contactId: number): Promise<ConsentRow[]> {
    return readConsents(sql, contactId);
  }
}

/** What a record's seal is bound to. */
export function boundTo(row: Pick<EarlierRow, 'purpose' | 'channel' | 'event' | 'occurred_at' | 'valid_until' | 'legal_basis'>): BoundTo {
  return { purpose: row.purpose, channel: row.channel, event: row.event, occurredAt: row.occurred_at, validUntil: row.valid_until, legalBasis: row.legal_basis };
}

function withText(proof: ReadProof, shown: string | undefined): ReadProof {
  return proof.wording === undefined && shown !== undefined ? { ...proof, wording: shown } : proof;
}

/** As it may be written to another ledger: without the text itself, of which the hash tells. */
function carriable({ wording: _, shredded: __, ...proof }: ReadProof): LedgerFact['proof'] {
  return proof;
}

/** Locks what the entries touch, and gives the people that exist. */
async function lockPeople(sql: Sql, entries: readonly ConsentEntry[]): Promise<Set<number>> {
  const ending = new Set(entries.filter((entry) => endsConsent(entry.event)).map((entry) => entry.contactId));
  const buckets = new Set(ending.size > 0 ? await lockBucketsOfContacts(sql, [...ending]) : []);
  const contacts = await lockContacts(sql, distinct(entries.map((entry) => entry.contactId)));
  // Somebody moved to another account, and so to another bucket, while we waited for the lock.
  const moved = contacts.filter((contact) => ending.has(contact.contact_id) && !buckets.has(contact.bucket)).map((contact) => contact.contact_id);
  if (moved.length > 0) await lockBucketsOfContacts(sql, moved);
  return new Set(contacts.map((contact) => contact.contact_id));
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
