import { Inject, Injectable } from '@nestjs/common';
import { LedgerService } from '../../../consent/ledger.service.js';
import { readReason } from '../../../core/account/said-reason.js';
import type { AccessDocument, AccessRow } from '../../../core/privacy/access-document.js';
import type { LetterLanguage } from '../../../core/privacy/letter-texts.js';
import type { RequestState } from '../../../core/privacy/request.js';
import { REQUEST_STATE_WORDS } from '../../../core/privacy/request-words.js';
import { redactOthers } from '../../../core/privacy/redact.js';
import { factorAt } from '../../../core/pressure/pressure-factor.js';
import { pressureIndex, TOUCH_KINDS, type TouchKind } from '../../../core/pressure/pressure-index.js';
import { ExplainService } from '../../../decisions/explain.service.js';
import { PoliciesService } from '../../../decisions/policies.service.js';
import { Clock } from '../../../platform/clock/clock.js';
import { CONFIG, type Config } from '../../../platform/config/config.js';
import { Sql } from '../../../platform/database/sql.js';
import { idsOfPeople, identitiesOfPeople, sameMailbox } from '../erasure/erasure.queries.js';
import * as queries from './access.queries.js';
import { engagementRow } from './engagement-row.js';

/** Sections in which colleagues write in their own words. */
const WRITTEN_BY_COLLEAGUES = ['tasks', 'holds', 'touches'];

/** Collects all that is kept about a person, in every table and under every id, and makes it readable. */
@Injectable()
export class AccessService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly ledger: LedgerService,
    private readonly explain: ExplainService,
    private readonly policies: PoliciesService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'mailFrom'>,
  ) {}

  /** Undefined: there is nobody. */
  async collect(contactId: number, language: LetterLanguage): Promise<AccessDocument | undefined> {
    const now = this.clock.now();
    const ids = await idsOfPeople(this.sql, await sameMailbox(this.sql, await idsOfPeople(this.sql, [contactId])));
    const entries = await Promise.all(queries.QUERIED_SECTIONS.map(async (section) => [section, await queries.readSection(this.sql, section, ids)] as const));
    const read: Record<string, readonly AccessRow[]> = Object.fromEntries(entries);
    if ((read['profile'] ?? []).length === 0) return undefined;
    const sections = {
      ...read,
      ...(await this.redacted(spoken(read, language), ids, read['profile'] ?? [])),
      requests: (read['requests'] ?? []).map((row) => ({ ...row, told: REQUEST_STATE_WORDS[row['state'] as RequestState]?.[language] ?? null })),
      scores: await this.scores(ids, now, language),
      consent_records: await this.consentRecords(ids),
      decisions: (await Promise.all(ids.map((id) => this.explain.history(id, language)))).flat().map((one) => ({
        campaign: one.names.campaign, purpose: one.names.purpose, at: one.decidedAt, outcome: one.headline, reasons: one.reasons.map(({ text }) => text),
      })),
    };
    return JSON.parse(JSON.stringify({ madeAt: now.toISOString(), language, controller: this.config.mailFrom.name, sections })) as AccessDocument;
  }

  private async redacted(written: Readonly<Record<string, readonly AccessRow[]>>, ids: readonly number[], profile: readonly AccessRow[]): Promise<Record<string, AccessRow[]>> {
    const others = (await queries.namesAround(this.sql, ids)).map((row) => ({ firstName: row.first_name, lastName: row.last_name }));
    const addresses = (await identitiesOfPeople(this.sql, ids)).filter(({ kind }) => kind === 'email').map(({ value }) => value);
    const fields = new Map(profile.map((row) => [String(row['field']), row['value']]));
    const own = { firstName: textOf(fields.get('first_name')), lastName: textOf(fields.get('last_name')), addresses };
    const clean = (value: unknown): unknown => (typeof value === 'string' ? redactOthers(value, others, own) : value);
    return Object.fromEntries(Object.entries(written).map(([section, rows]) => [section, rows.map((row) => ({ ...row, text: clean(row['text']), ...('outcome' in row && { outcome: clean(row['outcome']) }) }))]));
  }

  /** With the texts that were shown, as far as the person's key still opens them. */
  private async consentRecords(ids: readonly number[]): Promise<AccessRow[]> {
    const timelines = await Promise.all(ids.map((id) => this.ledger.timeline(id, 2_147_483_647, queries.MOST_ROWS)));
    return timelines.flatMap((rows) => rows.toReversed().map((row) => ({ at: row.occurred_at, purpose: row.purpose, channel: row.channel, event: row.event, legal_basis: row.legal_basis, valid_until: row.valid_until, ...(row.proof as object) })));
  }

  private async scores(ids: readonly number[], now: Date, language: LetterLanguage): Promise<AccessRow[]> {
    const { pressureIndex: terms } = await this.policies.current();
    const inputs = (await Promise.all(ids.map((id) => queries.readScoreInputs(this.sql, id, now)))).filter((one) => one !== undefined);
    const words = FORMULAS[language];
    return inputs.flatMap((one) => {
      const touches = one.touches.filter(({ kind }) => (TOUCH_KINDS as readonly string[]).includes(kind)).map(({ kind, minutes }) => ({ kind: kind as TouchKind, minutesAgo: minutes }));
      const factor = one.factor === null || one.factor_at === null ? 1 : factorAt({ factor: one.factor, at: one.factor_at }, now);
      return [
        { score: 'RFM', value: one.rfm_class, inputs: { orders: one.orders_count, value: one.orders_value, last: one.last_order_at, recency: one.rfm_recency, frequency: one.rfm_frequency, monetary: one.rfm_monetary, earlier: one.residue }, formula: words.rfm },
        { score: words.stageName, value: one.derived_stage, inputs: { orders: one.orders_count, first: one.first_order_at, last: one.last_order_at }, formula: words.stage },
        ...(terms ? [{ score: words.pressureName, value: Math.round(pressureIndex(touches, terms) * 1_000) / 1_000, inputs: { touches: touches.length, halfLifeDays: terms.halfLifeDays, weights: terms.weights, limit: Math.round(terms.limit * factor * 1_000) / 1_000 }, formula: words.pressure }] : []),
        { score: words.factorName, value: Math.round(factor * 1_000) / 1_000, inputs: { factor: one.factor, at: one.factor_at, cause: one.factor_cause }, formula: words.factor },
        ...engagementRow(one.engagement, now, language),
      ];
    });
  }
}

/** What the machine said itself, in the language of whoever reads it; the words of colleagues as they are. */
function spoken(read: Readonly<Record<string, readonly AccessRow[]>>, language: LetterLanguage): Record<string, AccessRow[]> {
  return Object.fromEntries(WRITTEN_BY_COLLEAGUES.map((section) => [section, (read[section] ?? []).map(({ said, ...row }) => ({ ...row, ...(typeof row['text'] === 'string' && { text: readReason(said, row['text'])[language] }) }))]));
}

const FORMULAS = {
  nl: {
    rfm: 'Uw laatste bestelling, aantal bestellingen en besteed bedrag, elk in vijf even grote groepen van alle klanten (1 laag, 5 hoog); de drie cijfers samen geven de naam.',
    stageName: 'Klantfase', stage: 'Volgt uit het aantal bestellingen en hoe lang geleden de eerste en de laatste waren.',
    pressureName: 'Druk', pressure: 'Som over elk contact van gewicht × 2^(−leeftijd in dagen / halveringstijd). Boven de grens krijgt u geen reclame.',
    factorName: 'Draagkracht', factor: 'Begint op 1; ×0,5 na afmelden van een onderwerp of "minder vaak", ×0,7 na zes mails zonder reactie, ×1,2 na een antwoord of afspraak; keert in stappen van dertig dagen half terug naar 1.',
  },
  en: {
    rfm: 'Your last order, number of orders and amount spent, each in five groups of equal size among all customers (1 low, 5 high); the three together give the name.',
    stageName: 'Lifecycle stage', stage: 'Follows from the number of orders and how long ago the first and the last were.',
    pressureName: 'Pressure', pressure: 'Sum over each contact of weight × 2^(−age in days / half-life). Above the limit you get no advertising.',
    factorName: 'What you bear', factor: 'Begins at 1; ×0.5 after leaving a topic or "less often", ×0.7 after six mails without reaction, ×1.2 after a reply or a meeting; goes half of the way back to 1 every thirty days.',
  },
} as const;

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
