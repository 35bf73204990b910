import { createHash } from 'node:crypto';
import type { MessageClass } from '../../src/core/consent/purpose.js';
import type { SuppressionReason } from '../../src/core/consent/suppression-reasons.js';
import { DEFAULT_POLICIES, type PolicySettings } from '../../src/core/decision/policies.js';
import type { RequestFacts } from '../../src/core/decision/facts.js';
import { decodeFacts } from '../../src/core/decision/facts-codec.js';
import { replayDecision, storeDecision, type StoredDecision } from '../../src/core/decision/stored-decision.js';
import { Dictionary } from '../../src/core/decision/facts-codec.js';
import { versioned } from '../../src/core/decision/policies.js';
import { NOTHING_TOUCHED } from '../../src/core/rule/touched-data.js';
import type { Candidate, Decided, DecisionRequest } from '../../src/decisions/decision-request.js';
import { DecisionsService } from '../../src/decisions/decisions.service.js';
import { PoliciesService } from '../../src/decisions/policies.service.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { AuditService } from '../../src/privacy/audit.service.js';

/** A Tuesday, ten in the morning in Amsterdam. */
export const NOW = new Date('2026-06-09T08:00:00Z');
export const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * 86_400_000);
export const hoursAgo = (hours: number): Date => new Date(NOW.getTime() - hours * 3_600_000);

export const addressHash = (email: string): Buffer => createHash('sha256').update(email).digest();

export const NO_HOLDOUT: PolicySettings = { ...DEFAULT_POLICIES, holdoutPercent: 0 };

/** The built-in mailbox of a workspace. */
export const SENDING = { mailDomain: 'voorbeeld.example', smtpUrl: undefined, publicUrl: 'https://mail.voorbeeld.example' };

type Columns = Record<string, unknown>;

/** A small world in a real database: people who may get the newsletter, and what a test changes about them. */
export class World {
  decisions: DecisionsService;
  readonly policies: PoliciesService;

  constructor(readonly sql: Sql) {
    this.policies = new PoliciesService(sql, new AuditService(sql), { defaultTimeZone: 'Europe/Amsterdam', defaultCountry: 'NL' });
    this.decisions = new DecisionsService(this.policies, SENDING);
  }

  async setPolicies(settings: PolicySettings): Promise<void> {
    await this.policies.replace(settings, 'test', NOW);
  }

  /** From another domain, or without a safe address of our own. */
  sendFrom(changes: { readonly mailDomain?: string; readonly smtpUrl?: string; readonly publicUrl?: string } = {}): void {
    this.decisions = new DecisionsService(this.policies, { ...SENDING, ...changes });
  }

  async purpose(key = 'newsletter', changes: Columns = {}): Promise<void> {
    await this.insert('purposes', { purpose: key, name_nl: 'Nieuwsbrief', name_en: 'Newsletter', legal_basis: 'consent', retention_days: 730, ...changes });
  }

  async account(changes: Columns = {}): Promise<number> {
    const name = `Account ${++this.made}`;
    return (await this.insert('accounts', { name, name_key: name.toLowerCase(), source: 'test', country: 'NL', created_at: daysAgo(100), updated_at: daysAgo(100), ...changes }))['account_id'] as number;
  }

  /** Somebody with a complete record, without a consent. */
  async contact(changes: Columns = {}): Promise<number> {
    const email = `person${++this.made}@klant.example`;
    const { id } = await this.sql.one<{ id: number }>('test.nextContact', `select nextval(pg_get_serial_sequence('contacts', 'contact_id')) as id`);
    const accountId = (changes['account_id'] ?? null) as number | null;
    const { bucket } = await this.sql.one<{ bucket: number }>('test.bucket', 'select bucket_of($1, $2) as bucket', [id, accountId]);
    const row = {
      contact_id: id, bucket, email, address_hash: addressHash(email), first_name: 'Fatima', last_name: 'de Vries', language: 'nl', country: 'NL', time_zone: 'Europe/Amsterdam',
      source: 'webshop', source_at: daysAgo(100), notice_version: '1', collected_for: ['newsletter'], created_at: daysAgo(100), updated_at: daysAgo(100),
    };
    await this.insert('contacts', { ...row, ...changes });
    return id;
  }

  async consent(contactId: number, changes: Columns = {}): Promise<void> {
    await this.insert('consents', { contact_id: contactId, purpose: 'newsletter', state: 'confirmed', legal_basis: 'consent', given_at: daysAgo(50), confirmed_at: daysAgo(50), sequence: 2, ...changes });
  }

  async hold(scope: 'contact' | 'account', id: number, kind: string, changes: Columns = {}): Promise<void> {
    await this.insert(`${scope}_holds`, { [`${scope}_id`]: id, kind, cause: `test ${++this.made}`, opened_at: daysAgo(1), opened_by: 'test', ...changes });
  }

  async campaign(campaignId: number): Promise<void> {
    await this.insert('campaigns', { campaign_id: campaignId, key: `campaign-${campaignId}`, name: 'June newsletter', scope: 'contact', created_at: daysAgo(9), updated_at: daysAgo(9) });
  }

  async subscriber(changes: Columns = {}): Promise<number> {
    const contactId = await this.contact(changes);
    await this.consent(contactId);
    return contactId;
  }

  async suppress(contactId: number, reason: SuppressionReason, changes: Columns = {}): Promise<void> {
    const { address_hash } = await this.sql.one<{ address_hash: Buffer }>('test.hash', 'select address_hash from contacts where contact_id = $1', [contactId]);
    await this.insert('suppressions', { address_hash, reason, suppressed_at: daysAgo(1), source: 'test', ...changes });
  }

  /** A mail of another campaign that this person got. */
  async message(contactId: number, changes: Columns = {}): Promise<void> {
    const at = (changes['sent_at'] ?? changes['queued_at'] ?? daysAgo(2)) as Date;
    await this.insert('messages', {
      contact_id: contactId, campaign_id: 1_000 + ++this.made, campaign_version: 1, step: 0, occurrence: 1, bucket: 0, purpose: 'newsletter', class: 'marketing', language: 'nl', state: 'sent',
      due_at: at, expires_at: daysAgo(-3), queued_at: at, sent_at: at, ...changes,
    });
  }

  candidate(contactId: number, changes: Partial<Candidate> = {}): Candidate {
    return { contactId, accountId: null, occurrence: 1, stepSince: hoursAgo(1), exited: false, goalMet: false, missingFields: [], ...changes };
  }

  request(contacts: readonly (number | Candidate)[], changes: Partial<DecisionRequest> = {}): DecisionRequest {
    return {
      phase: 'plan', campaignId: 1, campaignVersion: 1, campaignState: 'running', step: 0, purpose: 'newsletter', messageClass: 'marketing', channel: 'email', template: null,
      touches: NOTHING_TOUCHED, holdout: { percent: 0, unit: 'contact' }, timeToLiveHours: 72,
      candidates: contacts.map((contact) => (typeof contact === 'number' ? this.candidate(contact) : contact)), ...changes,
    };
  }

  /** Decides, keeps what was decided, and makes sure that it can be taken again from what was kept. */
  async decide(contacts: readonly (number | Candidate)[], changes: Partial<DecisionRequest> = {}, now = NOW): Promise<Decided[]> {
    const request = this.request(contacts, changes);
    const decided = await this.sql.transaction(async (sql) => {
      const taken = await this.decisions.decide(sql, request, now);
      await this.decisions.store(sql, [{ request, decided: taken }], now);
      return taken;
    });
    await this.expectReplay(decided);
    return decided;
  }

  async codes(contact: number | Candidate, changes: Partial<DecisionRequest> = {}, now = NOW): Promise<string[]> {
    const [decided] = await this.decide([contact], changes, now);
    return decided?.decision.reasons.map((reason) => reason.code) ?? [];
  }

  /** Takes the newest stored decisions again, each from its row alone. */
  private async expectReplay(decided: readonly Decided[]): Promise<void> {
    const rows = await this.sql.many<StoredRow & Record<string, unknown>>(
      'test.readBatch',
      `select d.*, b.shared, s.value as policies from decision_batches b join decisions d using (batch_id) join settings s on s.key = 'policies/' || b.policy_version
       where b.batch_id = (select max(batch_id) from decision_batches)`,
    );
    expect(rows).toHaveLength(decided.length);
    for (const { candidate, decision, facts } of decided) {
      const row = rows.find((one) => one.contact_id === candidate.contactId && one.occurrence === candidate.occurrence);
      if (!row) throw new Error('a decision was not stored');
      const again = replayDecision(row, row.shared.names, row.shared.request, versioned(row.policies), row.decided_at);
      expect(again).toEqual(decision);
      expect(decodeFacts(row.facts, row.shared.names, row.shared.request)).toEqual(facts);
      const stored = storeDecision(again, facts, new Dictionary([...row.shared.names]));
      expect({ ...stored }).toEqual({ verdict: row.verdict, reasons: row.reasons, basis: row.basis, evidence: row.evidence, notBefore: row.not_before, facts: row.facts });
    }
  }

  private made = 0;

  async insert(table: string, row: Columns): Promise<Columns> {
    const columns = Object.keys(row);
    return this.sql.one('test.insert', `insert into ${table} (${columns.join(', ')}) values (${columns.map((_, index) => `$${index + 1}`).join(', ')}) returning *`, Object.values(row));
  }
}

type StoredRow = Omit<StoredDecision, 'notBefore'> & {
  contact_id: number;
  occurrence: number;
  not_before: Date | null;
  decided_at: Date;
  shared: { names: string[]; request: RequestFacts };
  policies: PolicySettings;
};

export const asClass = (messageClass: MessageClass): Partial<DecisionRequest> => ({ messageClass });
