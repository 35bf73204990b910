import { Injectable } from '@nestjs/common';
import { Sql } from '../platform/database/sql.js';
import { type AnchorCheck, type AnchorFinding, AnchorService } from './anchor.service.js';
import { type ChainDamage, checkChain } from './hash-chain.js';
import { checkSeals, checkStates, storedRecord } from './ledger-check.js';
import { readChains, readOneSnapshot, readSealedSince, readStates, readStatesWithoutLedger, type StoredRow } from './ledger-check.queries.js';
import type { ConsentRow } from './ledger.queries.js';
import { PersonKeys } from './person-keys.js';
import { existingContacts } from './person-keys.queries.js';

const PEOPLE_PER_PAGE = 1_000;
const MOST_FINDINGS = 1_000;

export interface LedgerFinding {
  readonly contactId: number;
  readonly sequence: number;
  /** What is wrong with the row, or `state_differs`: the state that mail is sent on is not what the ledger comes to; or what an anchor contradicts. */
  readonly damage: ChainDamage | 'state_differs' | AnchorFinding['damage'];
}

export interface LedgerCheck {
  readonly people: number;
  readonly records: number;
  /** The first thousand; `damaged` counts them all. */
  readonly findings: LedgerFinding[];
  readonly damaged: number;
  readonly anchors: AnchorCheck;
}

interface Page {
  readonly rows: readonly StoredRow[];
  readonly states: ReadonlyMap<number, ConsentRow[]>;
  readonly keys: ReadonlyMap<number, Buffer>;
  /** Contacts of the page without a key. */
  readonly keyless: ReadonlySet<number>;
}

/** Walks every chain, every seal, every state and every anchor. Reads only, in pages, and holds no lock. */
@Injectable()
export class LedgerCheckService {
  constructor(
    private readonly sql: Sql,
    private readonly keys: PersonKeys,
    private readonly anchor: AnchorService,
  ) {}

  async verify(onProgress?: (records: number) => void): Promise<LedgerCheck> {
    let [people, records, damaged] = [0, 0, 0];
    const findings: LedgerFinding[] = [];
    const keep = (found: readonly LedgerFinding[]): void => {
      damaged += found.length;
      findings.push(...found.slice(0, MOST_FINDINGS - findings.length));
    };
    const sealedSince = await readSealedSince(this.sql);
    // One page ahead: the database reads the next one while this one is hashed.
    for (let coming = this.page(0); ; ) {
      const page = await coming;
      const last = page.rows.at(-1);
      if (!last) break;
      coming = this.page(last.contact_id);
      coming.catch(() => undefined); // told when it is its turn
      const chains = Map.groupBy(page.rows, (row) => row.contact_id);
      for (const [contactId, chain] of chains) {
        const stored = chain.map(storedRecord);
        const links = checkChain(stored);
        keep(links);
        keep(checkSeals(stored, links, page.keys.get(contactId), page.keyless.has(contactId), sealedSince));
        keep(checkStates(contactId, chain, page.states.get(contactId) ?? []));
      }
      people += chains.size;
      records += page.rows.length;
      onProgress?.(records);
    }
    keep((await readStatesWithoutLedger(this.sql, MOST_FINDINGS)).map((row) => ({ contactId: row.contact_id, sequence: row.sequence, damage: 'missing' })));
    const anchors = await this.anchor.check(keep);
    return { people, records, findings, damaged: damaged + anchors.problems.length, anchors };
  }

  /** Chains, keys and states of one moment: in between, somebody may unsubscribe or be erased. */
  private page(after: number): Promise<Page> {
    return this.sql.transaction(async (sql) => {
      await readOneSnapshot(sql);
      const rows = await readChains(sql, after, PEOPLE_PER_PAGE);
      const people = [...new Set(rows.map((row) => row.contact_id))];
      const keys = await this.keys.read(sql, people);
      const keyless = await existingContacts(sql, people.filter((contactId) => !keys.has(contactId)));
      return { rows, keys, keyless: new Set(keyless), states: Map.groupBy(await readStates(sql, people), (row) => row.contact_id) };
    });
  }
}
