import { Inject, Injectable } from '@nestjs/common';
import type { TrackingScope } from '../core/consent/chosen-settings.js';
import type { ConsentEntry, ConsentProof } from '../core/consent/consent-event.js';
import { isMailChannel } from '../core/consent/consent-scope.js';
import type { CountryProfiles } from '../core/consent/country-profiles.js';
import { isEnded } from '../core/consent/fold-ledger.js';
import { type Preference, preferenceOf } from '../core/consent/preference.js';
import { isActive, mayBeSwitchedOff, type Purpose } from '../core/consent/purpose.js';
import { err, ok, type Result } from '../core/shared/result.js';
import { PoliciesService } from '../decisions/policies.service.js';
import { Clock } from '../platform/clock/clock.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { Sql } from '../platform/database/sql.js';
import { PressureFactorsService } from '../pressure/pressure-factors.service.js';
import { AuditService } from '../privacy/audit.service.js';
import type { EntryProblem } from './ledger-batch.js';
import { type Appended, LedgerService } from './ledger.service.js';
import { type ConsentRow, lockContacts } from './ledger.queries.js';
import { livingContact, lockBucketsOfPerson, type PersonRow, readPerson } from './person.queries.js';
import { PurposesService } from './purposes.service.js';
import type { SuppressionRow } from './suppressions.queries.js';
import { SuppressionsService } from './suppressions.service.js';

/** Where and how somebody acted: the part of the proof that the request knows. */
export type ActProof = Omit<ConsentProof, 'controller' | 'jurisdiction'>;

export interface PersonConsents {
  readonly person: PersonRow;
  readonly consents: readonly ConsentRow[];
  readonly suppressions: readonly SuppressionRow[];
  /** What holds while the person decides: what his country asks, and the version of the policies that goes into the proof. */
  readonly countries: CountryProfiles;
  readonly policyVersion: string;
}

export interface Changes {
  readonly on: readonly string[];
  readonly off: readonly string[];
}

/** What a person decides about his mail. Every act is one transaction: ledger, folded state and suppression together, or nothing. */
@Injectable()
export class ConsentService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly ledger: LedgerService,
    private readonly purposes: PurposesService,
    private readonly suppressions: SuppressionsService,
    private readonly policies: PoliciesService,
    private readonly audit: AuditService,
    private readonly pressure: PressureFactorsService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'mailFrom'>,
  ) {}

  async load(contactId: number, sql = this.sql): Promise<PersonConsents | undefined> {
    const person = await readPerson(sql, contactId);
    if (!person) return undefined;
    const hash = await this.suppressions.hashOfContact(sql, person.contact_id);
    const { countries, version: policyVersion } = await this.policies.current(sql);
    return { person, consents: await this.ledger.current(sql, person.contact_id), suppressions: hash ? await this.suppressions.of(sql, hash) : [], countries, policyVersion };
  }

  /**
   * Switches topics on and off. What is so already is not written again: a click repeated five times is one record.
   * `wording` is the text that stood beside the switch: what the person agreed to.
   */
  async change(contactId: number, changes: Changes, proof: ActProof, wording?: (purpose: Purpose) => string): Promise<void> {
    await this.locked(contactId, async (sql, before) => {
      const now = this.clock.now();
      const off = await this.known(changes.off);
      const on = (await this.known(changes.on)).filter((purpose) => isActive(purpose, now) && mayBeSwitchedOff(purpose));
      const withdrawn = off.filter((purpose) => !hasEnded(before, purpose.key)).map((purpose) => this.entry(before, purpose, 'withdrawn', purpose.legalBasis, proof));
      const entries = [
        ...withdrawn,
        // The link came by mail to this very address and this is a POST: that is the second step of a double opt-in.
        ...on
          .filter((purpose) => preferenceIn(before, purpose, now) !== 'on')
          .flatMap((purpose) => (['given', 'confirmed'] as const).map((event) => this.entry(before, purpose, event, 'consent', { ...proof, ...(wording && { wording: wording(purpose) }) }))),
      ];
      await this.ledger.append(sql, entries, now);
      if (withdrawn.length > 0) await this.pressure.adjust(sql, [{ contactId: before.person.contact_id, cause: 'topic_unsubscribed', at: now }]);
      if (off.length > 0) await this.suppress(sql, before.person.contact_id, off.map((purpose) => ({ reason: 'unsubscribed_topic', purpose: purpose.key })), proof.method);
      if (on.length > 0) await this.lift(sql, before.person.contact_id, on.map((purpose) => purpose.key));
    });
  }

  /**
   * Being followed in opens and clicks: consents of their own, beside the mail's (ePrivacy art. 5(3)). A yes is for every topic in use, a no for
   * whatever was said yes to; what is so already is not written again.
   */
  async track(contactId: number, scopes: { readonly on: readonly TrackingScope[]; readonly off: readonly TrackingScope[] }, proof: ActProof, wording: (scope: TrackingScope) => string): Promise<void> {
    const purposes = (await this.purposes.all()).filter(mayBeSwitchedOff);
    await this.locked(contactId, async (sql, before) => {
      const now = this.clock.now();
      const state = (purpose: Purpose, scope: TrackingScope) => before.consents.find((row) => row.purpose === purpose.key && row.channel === scope)?.state;
      const said = (standing: ReturnType<typeof state>) => standing === 'given' || standing === 'confirmed' || standing === 'requested';
      const entries = [
        ...scopes.off.flatMap((channel) => purposes.filter((purpose) => said(state(purpose, channel))).map((purpose) => ({ ...this.entry(before, purpose, 'withdrawn', 'consent', proof), channel }))),
        ...scopes.on.flatMap((channel) =>
          purposes
            .filter((purpose) => isActive(purpose, now) && state(purpose, channel) !== 'confirmed')
            .flatMap((purpose) => (['given', 'confirmed'] as const).map((event) => ({ ...this.entry(before, purpose, event, 'consent', { ...proof, wording: wording(channel) }), channel }))),
        ),
      ];
      await this.ledger.append(sql, entries, now);
    });
  }

  /** One click in one mail: no more of this topic. */
  unsubscribe(contactId: number, purpose: string, proof: ActProof): Promise<void> {
    return this.change(contactId, { on: [], off: [purpose] }, proof);
  }

  /**
   * Everything off is the objection to direct marketing (GDPR art. 21(2)): recorded for every purpose that is not contract or legal duty, whatever its basis,
   * and the address is suppressed, so that it holds for purposes yet to come.
   */
  async objectToAll(contactId: number, proof: ActProof, actor = 'self'): Promise<void> {
    const purposes = (await this.purposes.all()).filter(mayBeSwitchedOff);
    await this.locked(contactId, async (sql, before) => {
      const open = purposes.filter((purpose) => mailConsent(before, purpose.key)?.state !== 'objected');
      const entries = [...open.map((purpose) => this.entry(before, purpose, 'objected', purpose.legalBasis, proof)), ...purposes.flatMap((purpose) => this.besideObjection(before, purpose, proof))];
      await this.ledger.append(sql, entries, this.clock.now());
      await this.suppress(sql, before.person.contact_id, [{ reason: 'unsubscribed_all' }], proof.method);
      // What the person does himself stands in the ledger; what somebody does for him is also in the trail of that somebody.
      if (actor !== 'self') await this.audit.record(sql, { actor, action: 'consent.objected_to_all', subjectType: 'contact', subjectId: String(before.person.contact_id) }, this.clock.now());
    });
  }

  /**
   * The answer to a mail that asked: only while what was asked about still stands, and once, which `use` sees to under the person's lock. `beside` are the
   * consents of their own that go with it, where the person has not said no to them since.
   */
  async confirm(
    contactId: number,
    purposeKey: string,
    act: { readonly event: 'confirmed' | 're_confirmed'; readonly validUntil: Date | null; readonly states: readonly string[] },
    proof: ActProof,
    beside: readonly { readonly channel: string; readonly proof: ActProof }[],
    use: (sql: Sql) => Promise<boolean>,
  ): Promise<'confirmed' | 'closed'> {
    const [purpose] = await this.known([purposeKey]);
    if (!purpose) return 'closed';
    let outcome: 'confirmed' | 'closed' = 'closed';
    await this.locked(contactId, async (sql, before) => {
      if (!act.states.includes(mailConsent(before, purposeKey)?.state ?? '') || !(await use(sql))) return;
      const asked = beside.filter(({ channel }) => consentOn(before, purposeKey, channel)?.state === 'requested');
      const entries = [
        { ...this.entry(before, purpose, act.event, 'consent', proof), validUntil: act.validUntil },
        ...asked.map((one) => ({ ...this.entry(before, purpose, 'confirmed', 'consent', one.proof), channel: one.channel })),
      ];
      await this.ledger.append(sql, entries, this.clock.now());
      await this.lift(sql, before.person.contact_id, [purposeKey]);
      outcome = 'confirmed';
    });
    return outcome;
  }

  /** An act that a form, a colleague or another system reports through the API. The person's own yes lifts his earlier no; nobody else's does. */
  async record(given: ConsentEntry, actor: string): Promise<Result<Appended & { suppressedBy: string[] }, { kind: EntryProblem }>> {
    const now = this.clock.now();
    return this.sql.transaction(async (sql) => {
      const known = await this.lock(sql, given.contactId);
      if (!known) return err({ kind: 'contact_missing' });
      const entry = { ...given, contactId: known.person.contact_id };
      const before = entry.event === 'objected' && isMailChannel(entry.channel ?? 'email') ? known : undefined;
      const { appended, refused } = await this.ledger.append(sql, [entry], now);
      const record = appended[0];
      const [purpose] = before ? await this.known([entry.purpose]) : [];
      if (record && before && purpose) await this.ledger.append(sql, this.besideObjection(before, purpose, entry.proof), now);
      if (!record) return err({ kind: refused[0]?.problem ?? 'contact_missing' });
      const isMail = isMailChannel(entry.channel ?? 'email'); // a consent of its own beside the mail neither stops mail nor lets it go
      const isNo = isMail && (entry.event === 'withdrawn' || entry.event === 'objected');
      const isYes = isMail && (entry.event === 'given' || entry.event === 'confirmed' || entry.event === 're_confirmed');
      if (isNo) await this.suppress(sql, entry.contactId, [{ reason: 'unsubscribed_topic', purpose: entry.purpose }], entry.proof.method);
      if (isYes && entry.proof.actor === 'self') await this.lift(sql, entry.contactId, [entry.purpose]);
      const details = { event: entry.event, purpose: entry.purpose, sequence: record.sequence };
      await this.audit.record(sql, { actor, action: 'consent.recorded', subjectType: 'contact', subjectId: String(entry.contactId), details }, now);
      const after = await this.load(entry.contactId, sql);
      return ok({ ...record, suppressedBy: (after?.suppressions ?? []).filter((one) => one.purpose === '' || one.purpose === entry.purpose).map((one) => one.reason) });
    });
  }

  /** Nobody there: nothing to do, and nothing to tell. */
  private async locked(contactId: number, work: (sql: Sql, before: PersonConsents) => Promise<void>): Promise<void> {
    await this.sql.transaction(async (sql) => {
      const before = await this.lock(sql, contactId);
      if (before) await work(sql, before);
    });
  }

  /** Locks first and reads after: two clicks at once see each other. Gives the person as whom somebody of this id is known now. */
  private async lock(sql: Sql, contactId: number): Promise<PersonConsents | undefined> {
    for (;;) {
      const living = await livingContact(sql, contactId);
      await lockBucketsOfPerson(sql, living);
      await lockContacts(sql, [living]);
      const before = await this.load(living, sql);
      if (!before || before.person.contact_id === living) return before; // else merged while we waited for the lock
    }
  }

  private async known(keys: readonly string[]): Promise<Purpose[]> {
    const purposes = await Promise.all([...new Set(keys)].map((key) => this.purposes.get(key)));
    return purposes.filter((purpose) => purpose !== undefined);
  }

  private entry(before: PersonConsents, purpose: Purpose, event: ConsentEntry['event'], legalBasis: ConsentEntry['legalBasis'], proof: ActProof): ConsentEntry {
    const { country } = before.person;
    return {
      contactId: before.person.contact_id,
      purpose: purpose.key,
      event,
      legalBasis,
      proof: { ...proof, controller: this.config.mailFrom.name, policyVersion: before.policyVersion, ...(country !== null && /^[A-Z]{2}$/.test(country) && { jurisdiction: country }) },
    };
  }

  /**
   * An objection ends the use for the purpose (GDPR art. 21(3)): with the mail also what was agreed to beside it, being followed and the use of art. 9 data. A
   * withdrawal does not: it takes back one consent, and each is a record of its own.
   */
  private besideObjection(before: PersonConsents, purpose: Purpose, proof: ActProof): ConsentEntry[] {
    const open = before.consents.filter((row) => row.purpose === purpose.key && !isMailChannel(row.channel) && !isEnded(row.state));
    return open.map((row) => ({ ...this.entry(before, purpose, 'objected', row.legal_basis, proof), channel: row.channel }));
  }

  private async suppress(sql: Sql, contactId: number, reasons: { reason: 'unsubscribed_topic' | 'unsubscribed_all'; purpose?: string }[], source: string): Promise<void> {
    const addressHash = await this.suppressions.hashOfContact(sql, contactId);
    if (addressHash) await this.suppressions.suppress(sql, reasons.map((one) => ({ ...one, addressHash, source })), this.clock.now());
  }

  private async lift(sql: Sql, contactId: number, purposes: readonly string[]): Promise<void> {
    const addressHash = await this.suppressions.hashOfContact(sql, contactId);
    const lifted = addressHash ? await this.suppressions.liftOptOuts(sql, addressHash, purposes) : [];
    const entry = (row: SuppressionRow) => ({ actor: 'self', action: 'suppression.lifted', subjectType: 'contact', subjectId: String(contactId), details: { reason: row.reason, purpose: row.purpose } });
    await this.audit.record(sql, lifted.map(entry), this.clock.now());
  }
}

/** What the person said about mail for this purpose. Consent to tracking is a record of its own and says nothing about mail. */
export function mailConsent(known: PersonConsents, purpose: string): ConsentRow | undefined {
  return consentOn(known, purpose, 'email');
}

/** What the person said about one channel, or about a consent of its own beside the mail. */
function consentOn(known: PersonConsents, purpose: string, channel: string): ConsentRow | undefined {
  return known.consents.find((row) => row.purpose === purpose && row.channel === channel);
}

/** How a topic stands for this person. */
export function preferenceIn(known: PersonConsents, purpose: Purpose, now: Date): Preference {
  const row = mailConsent(known, purpose.key);
  return preferenceOf(purpose, row && { state: row.state, validUntil: row.valid_until }, { country: known.person.country, optedOut: isOptedOut(known, purpose.key), countries: known.countries }, now);
}

function isOptedOut(known: PersonConsents, purpose: string): boolean {
  return isEverythingOff(known) || known.suppressions.some((one) => one.reason === 'unsubscribed_topic' && one.purpose === purpose);
}

export function isEverythingOff(known: PersonConsents): boolean {
  return known.suppressions.some((one) => one.reason === 'unsubscribed_all' || one.reason === 'objected');
}

function hasEnded(known: PersonConsents, purpose: string): boolean {
  const state = mailConsent(known, purpose)?.state;
  return state === 'withdrawn' || state === 'objected';
}
