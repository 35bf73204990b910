import { Inject, Injectable } from '@nestjs/common';
import type { ConsentEntry, ConsentProof } from '../../core/consent/consent-event.js';
import { isMailChannel } from '../../core/consent/consent-scope.js';
import { isActive, mayBeSwitchedOff, type Purpose } from '../../core/consent/purpose.js';
import { ContactsService } from '../../customers/contacts.service.js';
import { Clock } from '../../platform/clock/clock.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { retryConflicts } from '../../platform/database/retry-conflicts.js';
import { Sql } from '../../platform/database/sql.js';
import { type ActProof, ConsentService, mailConsent, type PersonConsents } from '../consent.service.js';
import { lockContacts } from '../ledger.queries.js';
import { LedgerService } from '../ledger.service.js';
import { PurposesService } from '../purposes.service.js';
import { SuppressionsService } from '../suppressions.service.js';
import type { Wording } from '../texts/texts.service.js';
import { OptInCampaignsService } from './opt-in-campaigns.service.js';
import * as queries from './opt-in.queries.js';

const HOUR = 3_600_000;
/** How long a link in a mail may be used. */
const LINK_HOURS = 72;
/** What one mailbox is asked in a day at most, for all purposes together: nobody can have somebody else flooded. */
const MOST_A_DAY = 3;
/** A form sent twice is one question. */
const NOT_AGAIN_WITHIN_MS = 10 * 60_000;

export interface OpenRequest {
  readonly request: queries.RequestRow;
  readonly purpose: Purpose;
  /** Confirmed by this link already, and it still holds. */
  readonly answered: boolean;
}

/** Somebody asks to get mail. */
export interface SignUp {
  readonly email: string;
  readonly language: 'nl' | 'en';
  readonly purpose: Purpose;
  /** What was ticked: the mail first, then consents of their own beside it. */
  readonly wordings: readonly Wording[];
  readonly proof: ActProof;
  readonly noticeVersion: string;
  readonly source: string;
}

/**
 * Double opt-in (rules.md section 2). A sign-up is somebody's word about an address; only the mailbox's owner can confirm it. So the ledger gets `requested`,
 * which never lets a newsletter go and never undoes a no, and one mail asks. Nobody outside learns what was known of the address.
 */
@Injectable()
export class OptInService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly contacts: ContactsService,
    private readonly consent: ConsentService,
    private readonly ledger: LedgerService,
    private readonly purposes: PurposesService,
    private readonly suppressions: SuppressionsService,
    private readonly campaigns: OptInCampaignsService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'mailFrom'>,
  ) {}

  /** Takes a sign-up. Gives what became of it for reports and tests; whoever signed up is told the same whatever it is. */
  async signUp(signUp: SignUp): Promise<'asked' | 'asked_lately' | 'too_often' | 'confirmed_already' | 'not_possible'> {
    const now = this.clock.now();
    const addressHash = this.suppressions.hashOf(signUp.email);
    if (!isActive(signUp.purpose, now) || !mayBeSwitchedOff(signUp.purpose)) return 'not_possible';
    const campaign = await this.campaigns.of(signUp.purpose, 'opt_in');
    const found = await queries.findByAddress(this.sql, signUp.email, addressHash);
    if (!campaign || found.erased) return 'not_possible';
    // Counted before anybody is added, so that a flood of one address leaves nothing behind; and again under the lock.
    const refused = await this.refusal(this.sql, addressHash, signUp.purpose.key, now);
    if (refused) return refused;
    const contactId = found.contact_id ?? (await this.add(signUp, now));
    if (contactId === undefined) return 'not_possible';
    return retryConflicts(() =>
      this.sql.transaction(async (sql) => {
        await lockContacts(sql, [contactId]);
        const known = await this.consent.load(contactId, sql);
        // Somebody may have several addresses: the mail goes to his own one, so that is the mailbox whose questions are counted.
        const mailbox = known && (await this.suppressions.hashOfContact(sql, known.person.contact_id));
        if (!known || !mailbox) return 'not_possible';
        const refusedNow = await this.refusal(sql, mailbox, signUp.purpose.key, now);
        if (refusedNow) return refusedNow;
        const mail = mailConsent(known, signUp.purpose.key);
        if (mail?.state === 'confirmed' && (mail.valid_until === null || mail.valid_until > now)) return 'confirmed_already';
        await this.ledger.append(sql, signUp.wordings.map((wording) => this.entry(known, signUp, wording)), now);
        const request = {
          purpose: signUp.purpose.key, kind: 'opt_in', campaignId: campaign.campaignId, campaignVersion: campaign.version, wordings: signUp.wordings.map(({ wording, version }) => `${wording}@${version}`),
          validDays: null,
        } as const;
        return (await queries.insertRequests(sql, [{ contactId: known.person.contact_id, answerBy: new Date(now.getTime() + LINK_HOURS * HOUR) }], request, now)).length > 0 ? 'asked' : 'not_possible';
      }),
    );
  }

  /** The request behind a link while it may be answered, or was by this very link and still holds: whoever presses twice is thanked twice. */
  async open(contactId: number, requestId: number): Promise<OpenRequest | undefined> {
    const now = this.clock.now();
    const request = await queries.readRequest(this.sql, requestId, contactId);
    const purpose = request && (await this.purposes.get(request.purpose));
    if (!purpose || !isActive(purpose, now) || !isInTime(request, now)) return undefined;
    if (request.closed_at === null) return { request, purpose, answered: false };
    const known = request.outcome === 'confirmed' ? await this.consent.load(request.contact_id) : undefined;
    return known && mailConsent(known, request.purpose)?.state === 'confirmed' ? { request, purpose, answered: true } : undefined;
  }

  /**
   * The second step, by POST from the page: once, for the mailbox that was asked, and only while no "no" came in between. What was ticked beside the mail is
   * confirmed with it, each for itself.
   */
  async confirm({ request, wordings }: OpenRequest & { readonly wordings: readonly Wording[] }, proof: ActProof): Promise<'confirmed' | 'closed'> {
    const now = this.clock.now();
    const again = request.kind === 're_confirmation';
    const validUntil = request.valid_days === null ? null : new Date(now.getTime() + request.valid_days * 24 * HOUR);
    const act = { event: again ? ('re_confirmed' as const) : ('confirmed' as const), validUntil, states: again ? ['given', 'confirmed'] : ['requested', 'given'] };
    const proven = { ...proof, sentAt: (request.sent_at ?? request.requested_at).toISOString(), confirmedAt: now.toISOString() };
    const beside = wordings.filter(({ channel }) => !isMailChannel(channel)).map((wording) => ({ channel: wording.channel, proof: { ...proven, ...wordingProof(wording, proof.language ?? 'nl') } }));
    return this.consent.confirm(request.contact_id, request.purpose, act, proven, beside, (sql) => queries.closeConfirmed(sql, request.request_id, now));
  }

  private async refusal(sql: Sql, addressHash: Buffer, purpose: string, now: Date): Promise<'asked_lately' | 'too_often' | undefined> {
    const { asked, last, waiting } = await queries.countAsked(sql, addressHash, purpose, new Date(now.getTime() - 24 * HOUR));
    if (waiting || (last && now.getTime() - last.getTime() < NOT_AGAIN_WITHIN_MS)) return 'asked_lately';
    return asked >= MOST_A_DAY ? 'too_often' : undefined;
  }

  /** Somebody new. What is known of somebody is never changed by whoever types his address. */
  private async add({ email, language, purpose, noticeVersion, source }: SignUp, now: Date): Promise<number | undefined> {
    const saved = await this.contacts.save({ email, language, attributes: {}, provenance: { source, purposes: [purpose.key], sourceAt: now, noticeVersion } }, 'system');
    return saved.ok ? saved.value.contactId : undefined;
  }

  private entry({ person, policyVersion }: PersonConsents, { purpose, proof, noticeVersion }: SignUp, wording: Wording): ConsentEntry {
    const jurisdiction = person.country !== null && /^[A-Z]{2}$/.test(person.country) ? { jurisdiction: person.country } : {};
    return {
      contactId: person.contact_id, purpose: purpose.key, channel: wording.channel, event: 'requested', legalBasis: 'consent',
      proof: { ...proof, ...jurisdiction, controller: this.config.mailFrom.name, noticeVersion, policyVersion, ...wordingProof(wording, proof.language ?? 'nl') },
    };
  }
}

/** 72 hours from when the mail left; a mail that waits may be answered when it comes. */
function isInTime({ kind, answer_by: answerBy, sent_at: sentAt, same_address: sameAddress }: queries.RequestRow, now: Date): boolean {
  if (!sameAddress) return false;
  const until = kind === 'opt_in' && sentAt !== null ? sentAt.getTime() + LINK_HOURS * HOUR : answerBy.getTime();
  return now.getTime() < until;
}

/** The version of the text, in the language it was shown in, with its digest: the text itself is in the versions. */
export function wordingProof({ wording, version, texts }: Wording, language: 'nl' | 'en'): Pick<ConsentProof, 'wordingVersion' | 'wordingHash'> {
  const shown = texts[language] ?? texts.nl ?? texts.en;
  return { wordingVersion: `${wording}@${version}`, ...(shown && { wordingHash: shown.sha256 }) };
}
