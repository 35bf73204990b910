import { Injectable } from '@nestjs/common';
import { reasonByNumber, REASONS, verdictByNumber } from '../core/decision/reasons.js';
import { err, ok, type Result } from '../core/shared/result.js';
import { Sql } from '../platform/database/sql.js';
import { findCampaign } from './campaigns.queries.js';
import { countEnrollments, countOutcomes, type OutcomeRow } from './report.queries.js';

/** Messages, each one person at one step, by what became of them. When all is done: sent + deferred + review + denied = messages. */
export interface Outcomes {
  readonly messages: number;
  readonly sent: number;
  readonly deferred: number;
  readonly review: number;
  readonly denied: number;
  /** Decided, and waiting to be delivered or on their way. */
  readonly queued: number;
  /** Refused by the mail server for good. */
  readonly failed: number;
  /** Handed over just when something broke: perhaps sent, never sent twice. */
  readonly uncertain: number;
}

export interface StepReport extends Outcomes {
  readonly step: number;
  readonly template: string | undefined;
}

/** Messages whose place was taken by, or kept for, a more important one to the same person, by what became of them. */
export interface ArbitrationReport {
  readonly lost: number;
  /** Went, or are about to go, when there was room. */
  readonly wentLater: number;
  readonly waiting: number;
  /** Were no longer news before there was room. */
  readonly dropped: number;
}

export interface CampaignReport extends Outcomes {
  readonly key: string;
  readonly name: string;
  readonly scope: string;
  readonly state: string;
  /** People enrolled; who entered again counts again. */
  readonly audience: number;
  readonly enrollments: { readonly active: number; readonly done: number; readonly exited: number; readonly stopped: number };
  /** Why enrollments ended before their last step, by reason. */
  readonly ended: Readonly<Record<string, number>>;
  /** Primary reasons of what was deferred, put before a human or denied. */
  readonly byReason: Readonly<Record<string, number>>;
  readonly arbitration: ArbitrationReport;
  readonly byStep: readonly StepReport[];
}

type Outcome = Exclude<keyof Outcomes, 'messages'>;

/** What became of a campaign, from the latest decision about each message. */
@Injectable()
export class CampaignReportService {
  constructor(private readonly sql: Sql) {}

  async report(key: string): Promise<Result<CampaignReport, { kind: 'campaign_missing' }>> {
    const campaign = await findCampaign(this.sql, key);
    if (!campaign) return err({ kind: 'campaign_missing' });
    const [outcomes, enrolled] = await Promise.all([
      campaign.startedAt ? countOutcomes(this.sql, campaign.campaignId, campaign.startedAt) : [],
      countEnrollments(this.sql, campaign.campaignId),
    ]);
    const enrollments = { active: 0, done: 0, exited: 0, stopped: 0 };
    const ended: Record<string, number> = {};
    for (const { state, end_reason, count } of enrolled) {
      enrollments[state] += count;
      if ((state === 'exited' || state === 'stopped') && end_reason !== null) ended[end_reason] = (ended[end_reason] ?? 0) + count;
    }
    const { steps } = campaign.definition;
    const decided = [...new Set(outcomes.map((row) => row.step))];
    return ok({
      key: campaign.key,
      name: campaign.name,
      scope: campaign.scope,
      state: campaign.state,
      audience: enrolled.reduce((sum, row) => sum + row.count, 0),
      ...countOf(outcomes),
      enrollments,
      ended,
      byReason: reasonsOf(outcomes),
      arbitration: arbitrationOf(outcomes.filter((row) => row.lost)),
      byStep: decided.map((step) => {
        const definition = steps[step];
        return { step, template: definition?.kind === 'send' ? definition.template : undefined, ...countOf(outcomes.filter((row) => row.step === step)) };
      }),
    });
  }
}

function countOf(rows: readonly OutcomeRow[]): Outcomes {
  const counts: Record<Outcome, number> = { sent: 0, deferred: 0, review: 0, denied: 0, queued: 0, failed: 0, uncertain: 0 };
  for (const row of rows) counts[outcomeOf(row)] += row.count;
  return { messages: rows.reduce((sum, row) => sum + row.count, 0), ...counts };
}

/** The last decision says whether a mail may go; the message says whether it went. Mail that came back was sent. */
function outcomeOf({ verdict, state }: OutcomeRow): Outcome {
  switch (verdictByNumber(verdict)) {
    case 'defer':
      return 'deferred';
    case 'review':
      return 'review';
    case 'deny':
      return 'denied';
    case 'send':
    case undefined:
      break;
  }
  switch (state) {
    case 'sent':
    case 'bounced':
    case 'complained':
    case 'replied':
      return 'sent';
    case 'failed':
    case 'uncertain':
    case 'denied':
      return state;
    case 'draft':
      return 'review';
    default:
      return 'queued';
  }
}

function arbitrationOf(lost: readonly OutcomeRow[]): ArbitrationReport {
  const { messages, sent, queued, deferred } = countOf(lost);
  const dropped = lost.filter((row) => row.primary_reason === REASONS['timing.stale'].number).reduce((sum, row) => sum + row.count, 0);
  return { lost: messages, wentLater: sent + queued, waiting: deferred, dropped };
}

function reasonsOf(rows: readonly OutcomeRow[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { primary_reason, count } of rows) {
    const code = primary_reason === null ? undefined : reasonByNumber(primary_reason);
    if (code !== undefined) counts[code] = (counts[code] ?? 0) + count;
  }
  return Object.fromEntries(Object.entries(counts).sort(([, left], [, right]) => right - left));
}
