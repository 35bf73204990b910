import { Inject, Injectable } from '@nestjs/common';
import { needsConfirmation } from '../../core/consent/country-profiles.js';
import type { ConsentEntry } from '../../core/consent/consent-event.js';
import { isActive, type Purpose } from '../../core/consent/purpose.js';
import { RE_CONFIRMATION_CLASSES, type ReConfirmationClass, type ReConfirmationInput } from '../../core/consent/re-confirmation.js';
import { err, ok, type Result } from '../../core/shared/result.js';
import { PoliciesService } from '../../decisions/policies.service.js';
import { Clock } from '../../platform/clock/clock.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { retryConflicts } from '../../platform/database/retry-conflicts.js';
import { Sql } from '../../platform/database/sql.js';
import { AuditService } from '../../privacy/audit.service.js';
import { lockContacts } from '../ledger.queries.js';
import { LedgerService } from '../ledger.service.js';
import { PurposesService } from '../purposes.service.js';
import { OptInCampaignsService } from './opt-in-campaigns.service.js';
import { insertRequests } from './opt-in.queries.js';
import { type Asked, countClasses, listToAsk } from './re-confirmation.queries.js';

const PEOPLE_AT_ONCE = 1_000;
const DAY = 86_400_000;

export type ReConfirmationProblem = 'purpose_missing' | 'purpose_not_by_consent' | 'campaign_stopped';

export interface ReConfirmationReport {
  readonly dryRun: boolean;
  readonly asked: number;
  readonly people: readonly { readonly class: ReConfirmationClass; readonly people: number; readonly asked: boolean; readonly why: { readonly nl: string; readonly en: string } }[];
}

/**
 * Asks people once more, where that is lawful: who said yes with evidence and has not confirmed, or whose yes runs out. Nobody who said no, and nobody a
 * second time; whoever does not answer has said no (ConsentUpkeepService writes it down).
 */
@Injectable()
export class ReConfirmationService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly purposes: PurposesService,
    private readonly policies: PoliciesService,
    private readonly ledger: LedgerService,
    private readonly campaigns: OptInCampaignsService,
    private readonly audit: AuditService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'mailFrom'>,
  ) {}

  async ask(purposeKey: string, input: ReConfirmationInput, actor: string): Promise<Result<ReConfirmationReport, ReConfirmationProblem>> {
    const now = this.clock.now();
    const purpose = await this.purposes.get(purposeKey);
    if (!purpose || !isActive(purpose, now)) return err('purpose_missing');
    if (purpose.legalBasis !== 'consent') return err('purpose_not_by_consent');
    const asked = await this.askedOf(purpose, input);
    const people = (await countClasses(this.sql, asked, now)).map((row) => ({ ...row, asked: input.who.some((who) => who === row.class), why: RE_CONFIRMATION_CLASSES[row.class] }));
    if (input.dryRun) return ok({ dryRun: true, asked: people.reduce((sum, row) => sum + (row.asked ? row.people : 0), 0), people });
    const count = await this.askAll(purpose, asked, now);
    if (count === undefined) return err('campaign_stopped');
    await this.audit.record(this.sql, { actor, action: 'consent.asked_again', subjectType: 'purpose', subjectId: purposeKey, details: { ...input, asked: count } }, now);
    return ok({ dryRun: false, asked: count, people });
  }

  private async askAll(purpose: Purpose, asked: Asked, now: Date): Promise<number | undefined> {
    const campaign = await this.campaigns.of(purpose, 're_confirmation');
    if (!campaign) return undefined;
    let count = 0;
    for (let after = 0; ; ) {
      const page = await listToAsk(this.sql, asked, now, after, PEOPLE_AT_ONCE, null);
      if (page.length === 0) return count;
      after = page.at(-1)?.contact_id ?? after;
      const ids = page.map((row) => row.contact_id);
      count += await retryConflicts(() =>
        this.sql.transaction(async (sql) => {
          await lockContacts(sql, ids);
          // Looked at again under the lock: somebody may have said no since, or another run have asked.
          const still = await listToAsk(sql, asked, now, 0, PEOPLE_AT_ONCE, ids);
          await this.ledger.append(sql, still.map((row) => this.entry(row.contact_id, row.country, purpose)), now);
          const request = { purpose: purpose.key, kind: 're_confirmation' as const, campaignId: campaign.campaignId, campaignVersion: campaign.version, wordings: [], validDays: asked.input.validDays };
          return (await insertRequests(sql, still.map((row) => ({ contactId: row.contact_id, answerBy: answerByOf(row, asked.input, now) })), request, now)).length;
        }),
      );
    }
  }

  private async askedOf(purpose: Purpose, input: ReConfirmationInput): Promise<Asked> {
    const { countries } = await this.policies.current();
    const without = Object.entries(countries).filter(([, profile]) => !needsConfirmation(profile, purpose)).map(([country]) => country);
    return { purpose: purpose.key, everybodyConfirms: purpose.doubleOptIn, countriesWithout: without, input };
  }

  private entry(contactId: number, country: string | null, purpose: Purpose): ConsentEntry {
    const jurisdiction = country !== null && /^[A-Z]{2}$/.test(country) ? { jurisdiction: country } : {};
    return { contactId, purpose: purpose.key, event: 'requested', legalBasis: 'consent', proof: { actor: 'agent', actorName: 'Tactful', method: 're_confirmation', controller: this.config.mailFrom.name, ...jurisdiction } };
  }
}

/** Whose yes runs out may answer until it has; somebody unconfirmed for the asked period. */
function answerByOf(person: { class: 'unconfirmed' | 'expiring'; valid_until: Date | null }, { answerWithinDays }: ReConfirmationInput, now: Date): Date {
  const period = new Date(now.getTime() + answerWithinDays * DAY);
  return person.class === 'expiring' ? (person.valid_until ?? period) : period;
}
