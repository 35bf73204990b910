import { Injectable } from '@nestjs/common';
import { type ConsentState, foldLedger } from '../core/consent/fold-ledger.js';
import { Sql } from '../platform/database/sql.js';
import { type ChainDamage, checkChain, type StoredRecord } from './hash-chain.js';
import { ledgerRecord } from './ledger-batch.js';
import { readChains, readOneSnapshot, readStates, readStatesWithoutLedger, type StoredRow } from './ledger-check.queries.js';
import type { ConsentRow } from './ledger.queries.js';

const PEOPLE_PER_PAGE = 1_000;
const MOST_FINDINGS = 1_000;

export interface LedgerFinding {
  readonly contactId: number;
  readonly sequence: number;
  /** What is wrong with the row, or `state_differs`: the state that mail is sent on is not what the ledger comes to. */
  readonly damage: ChainDamage | 'state_differs';
}

export interface LedgerCheck {
  readonly people: number;
  readonly records: number;
  /** The first thousand; `damaged` counts them all. */
  readonly findings: LedgerFinding[];
  readonly damaged: number;
}

/** Walks every chain and every state. Reads only, in pages, and holds no lock. */
@Injectable()
export class LedgerCheckService {
  constructor(private readonly sql: Sql) {}

  async verify(onProgress?: (records: number) => void): Promise<LedgerCheck> {
    let [people, records, damaged, after] = [0, 0, 0, 0];
    const findings: LedgerFinding[] = [];
    const keep = (found: readonly LedgerFinding[]): void => {
      damaged += found.length;
      findings.push(...found.slice(0, MOST_FINDINGS - findings.length));
    };
    for (;;) {
      const page = await this.page(after);
      if (page.rows.length === 0) break;
      const chains = Map.groupBy(page.rows, (row) => row.contact_id);
      for (const [contactId, chain] of chains) {
        keep(checkChain(chain.map(storedRecord)));
        keep(checkStates(contactId, chain, page.states.get(contactId) ?? []));
      }
      people += chains.size;
      records += page.rows.length;
      after = page.rows.at(-1)?.contact_id ?? after;
      onProgress?.(records);
    }
    keep((await readStatesWithoutLedger(this.sql, MOST_FINDINGS)).map((row) => ({ contactId: row.contact_id, sequence: row.sequence, damage: 'missing' })));
    return { people, records, findings, damaged };
  }

  /** Chains and states of one moment: in between, somebody may unsubscribe. */
  private page(after: number): Promise<{ rows: StoredRow[]; states: Map<number, ConsentRow[]> }> {
    return this.sql.transaction(async (sql) => {
      await readOneSnapshot(sql);
      const rows = await readChains(sql, after, PEOPLE_PER_PAGE);
      const states = await readStates(sql, [...new Set(rows.map((row) => row.contact_id))]);
      return { rows, states: Map.groupBy(states, (row) => row.contact_id) };
    });
  }
}

function checkStates(contactId: number, chain: readonly StoredRow[], states: readonly ConsentRow[]): LedgerFinding[] {
  const folds = Map.groupBy(chain, (row) => `${row.purpose} ${row.channel}`);
  const stored = new Map(states.map((row) => [`${row.purpose} ${row.channel}`, row]));
  const last = chain.at(-1)?.sequence ?? 0;
  return [...new Set([...folds.keys(), ...stored.keys()])].flatMap((key): LedgerFinding[] => {
    const row = stored.get(key);
    const folded = foldLedger((folds.get(key) ?? []).map((one) => ledgerRecord(one.sequence, one.event, dateOf(one.occurred_at), one.valid_until && dateOf(one.valid_until), one.legal_basis, proofOf(one))));
    if (row && folded && isSame(row, folded)) return [];
    // A state that rests on a record past the last one: the end of the chain was cut off.
    if (row && row.sequence > last) return [{ contactId, sequence: row.sequence, damage: 'missing' }];
    return [{ contactId, sequence: row?.sequence ?? folded?.sequence ?? last, damage: 'state_differs' }];
  });
}

function isSame(row: ConsentRow, folded: ConsentState): boolean {
  const times = (...dates: (Date | null)[]): string => dates.map((date) => (date === null ? '-' : dateOf(date).getTime())).join();
  return (
    row.state === folded.state &&
    row.legal_basis === folded.legalBasis &&
    row.sequence === folded.sequence &&
    row.evidence_complete === folded.evidenceComplete &&
    times(row.given_at, row.confirmed_at, row.ended_at, row.valid_until) === times(folded.givenAt, folded.confirmedAt, folded.endedAt, folded.validUntil)
  );
}

function storedRecord(row: StoredRow): StoredRecord {
  return {
    contactId: row.contact_id,
    sequence: row.sequence,
    recordId: row.record_id,
    purpose: row.purpose,
    channel: row.channel,
    event: row.event,
    occurredAt: dateOf(row.occurred_at),
    recordedAt: dateOf(row.recorded_at),
    validUntil: row.valid_until && dateOf(row.valid_until),
    legalBasis: row.legal_basis,
    proof: row.proof,
    proofHash: row.proof_hash,
    previousHash: row.previous_hash,
    hash: row.hash,
  };
}

// Whoever tampers does not keep to our types: the check reports what it meets and never stumbles over it.
function dateOf(value: unknown): Date {
  return value instanceof Date ? value : new Date(Number.NaN);
}

function proofOf(row: StoredRow): StoredRow['proof'] {
  return typeof row.proof === 'object' && row.proof !== null ? row.proof : ({} as StoredRow['proof']);
}
