import type { ConsentEntry, ConsentProof } from '../../core/consent/consent-event.js';
import type { LegalBasis } from '../../core/consent/purpose.js';
import type { LedgerService } from '../../consent/ledger.service.js';
import type { Sql } from '../../platform/database/sql.js';
import { countryWarning } from './gate-warnings.js';
import type { ImportWarning } from './import-report.js';
import { lockBuckets, moveWithAccount } from '../account-moves.queries.js';
import { ChunkOvertaken, type KindImport, type StoreContext, type Stored } from './kind-import.js';
import { listContacts } from './list-members.queries.js';
import type { ConsentSource, ImportMap } from './map-file.js';
import { type Chunk, countChunk, openChunk } from './contact-chunk.queries.js';
import * as known from './known-people.queries.js';
import * as queries from './merge-contacts.queries.js';
import { countOvertaken } from './overtaken.queries.js';
import { storeRoles } from './merge-roles.queries.js';
import type { Provenance } from './provenance.js';
import * as accounts from './row-accounts.queries.js';
import { leaveOutEarlier } from './staging.queries.js';

const ONE_PERSON = 'line %2$s has the same %1$s with other identities: one is one person';

/** People whose consents are in memory at a time, sealed and chained: of 5,000 they kept 120 MB alive, and V8 lets garbage grow to as much as several times what is alive. */
const CONSENT_ROWS = 500;

/** Contacts: who a row is about, by external id, user id or address; their account, role and consents. */
export class ContactsImport implements KindImport {
  readonly atOnce = 2;

  constructor(
    private readonly ledger: LedgerService,
    /** The legal basis of each purpose. */
    private readonly bases: ReadonlyMap<string, LegalBasis>,
  ) {}

  async prepare(sql: Sql, { staging, map, provenance }: StoreContext): Promise<string[]> {
    const mapped = (field: string): boolean => Object.hasOwn(map.fields, field);
    if (mapped('external_id')) await leaveOutEarlier(sql, staging, 'external_id', [], ONE_PERSON);
    if (mapped('user_id')) await leaveOutEarlier(sql, staging, 'user_id', ['external_id'], ONE_PERSON);
    if (mapped('email')) await leaveOutEarlier(sql, staging, 'email', ['external_id', 'user_id'], ONE_PERSON);
    if (mapped('email')) await known.rejectErased(sql, staging);
    await known.findKnownPeople(sql, staging);
    await known.rejectMixedPeople(sql, staging);
    await known.leaveOutSameContact(sql, staging);
    if (map.createAccounts) await accounts.createMissingAccounts(sql, staging, provenance);
    return [];
  }

  async storeChunk(sql: Sql, { staging, map, provenance, list }: StoreContext, after: number, upTo: number, again: boolean): Promise<Stored> {
    const chunk = { staging, after, upTo };
    const mapped = (field: string): boolean => Object.hasOwn(map.fields, field);
    // Whoever was erased since the file was looked up is nobody known any more, and must not come back as somebody new.
    if (again) await known.rejectErased(sql, staging);
    await openChunk(sql, chunk, again);
    await accounts.rejectUnknownAccounts(sql, staging);
    if (again) await known.rejectMixedRows(sql, chunk);
    const buckets = await accounts.bucketsOfMoves(sql);
    if (buckets.length > 0) {
      await lockBuckets(sql, buckets);
      if ((await accounts.countMovedMeanwhile(sql)) > 0) throw new ChunkOvertaken();
    }
    const changed = await queries.markChanged(sql, chunk, provenance);
    await queries.insertIdentities(sql, chunk, provenance.now);
    await queries.insertNewContacts(sql, chunk, provenance);
    if (changed > 0) await queries.updateKnownContacts(sql, chunk, provenance);
    if (buckets.length > 0) await moveWithAccount(sql, accounts.MOVES, provenance.now);
    if (mapped('role')) await storeRoles(sql, chunk, { confidence: mapped('role_confidence'), colleague: mapped('colleague_email') }, provenance.source, provenance.now);
    if (map.consents.length > 0) await this.storeConsents(sql, chunk, map, provenance);
    const listed = list ? await listContacts(sql, list, provenance.now) : 0;
    const writesToAll = list !== undefined || map.consents.length > 0 || mapped('role');
    if ((await countOvertaken(sql, staging, { column: 'known', where: writesToAll ? 'true' : 'r.changed or r.adds_identity' })) > 0) throw new ChunkOvertaken();
    return { ...(await countChunk(sql)), listed };
  }

  async finish(sql: Sql, { staging, map }: StoreContext): Promise<{ updated: number; warnings: ImportWarning[] }> {
    const warnings = Object.hasOwn(map.fields, 'country') ? countryWarning(await queries.countWithoutCountry(sql, staging)) : [];
    return { updated: 0, warnings };
  }

  /** In pages: a chunk's consents at once, sealed and chained, took 1.3 GB where two chunks are stored side by side. */
  private async storeConsents(sql: Sql, chunk: Chunk, { consents }: ImportMap, { source, now }: Provenance): Promise<void> {
    const told = consents.map((consent) => ({ ...consent, proof: provenOf(consent.proof, source) }));
    const stored = new Set<number>();
    await queries.openChunkConsents(sql, chunk);
    for (;;) {
      const rows = await queries.nextChunkConsents(sql, CONSENT_ROWS);
      if (rows.length === 0) break;
      const { appended } = await this.ledger.append(sql, rows.flatMap((row) => this.entriesOf(row, told)), now);
      for (const { contactId } of appended) stored.add(contactId);
    }
    await queries.closeChunkConsents(sql);
    if (stored.size > 0) await queries.markConsentsStored(sql, [...stored]);
  }

  private entriesOf({ contact_id: contactId, consents }: queries.ChunkConsents, told: readonly ConsentSource[]): ConsentEntry[] {
    return consents.map(({ of, at, validUntil, evidence }) => {
      const source = told[of];
      if (!source) throw new Error('What is staged names consents of its own map.');
      const { purpose, channel, event, proof } = source;
      return {
        contactId,
        purpose,
        channel,
        event,
        occurredAt: new Date(at),
        validUntil: validUntil === undefined ? null : new Date(validUntil),
        legalBasis: this.bases.get(purpose) ?? 'consent',
        // The very same object for everybody where the row adds nothing: it is then made ready for sealing once.
        proof: evidence ? { ...proof, ...evidence } : proof,
      };
    });
  }
}

/** What another system recorded says by which import it came. */
function provenOf(proof: ConsentProof, source: string): ConsentProof {
  return proof.actor === 'import' ? { actorName: source.slice(0, 200), ...proof } : proof;
}
