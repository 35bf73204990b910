import { Injectable } from '@nestjs/common';
import { PRESSING_CLASSES } from '../core/decision/message-class.js';
import type { Decided, DecisionRequest } from '../decisions/decision-request.js';
import type { Sql } from '../platform/database/sql.js';
import { HandoverPolicyService } from '../tasks/handover-policy.service.js';
import type { NewTask } from '../tasks/task.js';
import { TasksService } from '../tasks/tasks.service.js';
import type { Campaign } from './campaign.js';
import { listUnanswered, type OnTheWay } from './hand-overs.queries.js';

/** Somebody who is about to be decided on. */
export interface Waiting {
  readonly campaign: Campaign;
  readonly step: number;
  readonly enrollment: OnTheWay & { readonly account_id: number | null };
}

/** What the machine does not do by itself goes to a human: mail under review, mail that waits for a deal, sequences that nobody reacts to. */
@Injectable()
export class HandOversService {
  constructor(
    private readonly tasks: TasksService,
    private readonly handover: HandoverPolicyService,
  ) {}

  /** Tasks for what the gate leaves to humans, in the transaction that stores the decisions; nothing where there is nothing. */
  async handOver(sql: Sql, taken: readonly { readonly request: DecisionRequest; readonly decided: readonly Decided[] }[], now: Date): Promise<void> {
    const tasks = new Map<string, NewTask>();
    for (const { request, decided } of taken) {
      for (const one of decided) {
        const task = taskOf(request, one);
        if (task) tasks.set(task.cause, task);
      }
    }
    await this.tasks.open(sql, [...tasks.values()], now);
  }

  /**
   * rules.md section 4: whoever got several mails of a sequence without any reaction gets no further one. Gives their positions; a human is
   * asked, or nobody, as the workspace chose.
   */
  async endSequences(sql: Sql, people: readonly Waiting[], now: Date): Promise<Set<number>> {
    const sequences = people.flatMap((one, position) => (PRESSING_CLASSES.includes(one.campaign.definition.messageClass) && sendsBefore(one) > 0 ? [{ ...one, position }] : []));
    if (sequences.length === 0) return new Set();
    const { touches, then } = (await this.handover.current(sql)).policy.sequence;
    const long = sequences.filter((one) => sendsBefore(one) >= touches);
    if (long.length === 0) return new Set();
    const unanswered = await listUnanswered(sql, long.map(({ enrollment }) => enrollment), touches, now);
    const ended = long.filter((_, place) => unanswered.has(place));
    if (then === 'task') await this.tasks.open(sql, ended.map((one) => sequenceTask(one, touches)), now);
    return new Set(ended.map(({ position }) => position));
  }
}

function taskOf(request: DecisionRequest, { candidate: { contactId, accountId, occurrence }, decision }: Decided): NewTask | undefined {
  const { campaignId, campaignKey = `campaign ${request.campaignId}` } = request;
  const codes = decision.reasons.map(({ code }) => code);
  const shared = { campaignId, by: 'system', details: { reasons: codes, step: request.step + 1, purpose: request.purpose } };
  if (decision.primary === 'approval.due') {
    return { ...shared, details: { ...shared.details, occurrence }, kind: 'approval', cause: `approval:${campaignId}:${request.step}:${occurrence}:${contactId}`, contactId, accountId, reason: `"${campaignKey}" has a mail that waits for approval` };
  }
  if (decision.verdict === 'review') {
    const cold = codes.includes('basis.cold_b2b');
    return { ...shared, kind: cold ? 'cold_lead' : 'review', cause: `review:${campaignId}:${occurrence}:${contactId}`, contactId, accountId, reason: { code: cold ? 'cold_address' : 'wants_no_machine', campaign: campaignKey } };
  }
  // Of a deal one is asked once for the account, not for each of its people.
  if (decision.verdict !== 'defer' || accountId === null || !codes.includes('relationship.open_opportunity')) return undefined;
  return { ...shared, kind: 'opportunity', cause: `deal:${campaignId}:${accountId}`, accountId, reason: { code: 'deal_waits', campaign: campaignKey } };
}

function sequenceTask({ campaign, step, enrollment }: Waiting, touches: number): NewTask {
  const { contact_id: contactId, account_id: accountId, occurrence } = enrollment;
  const { campaignId, key } = campaign;
  return { kind: 'sequence_ended', cause: `sequence:${campaignId}:${occurrence}:${contactId}`, contactId, accountId, campaignId, reason: { code: 'unanswered', campaign: key, mails: touches }, by: 'system', details: { step: step + 1 } };
}

function sendsBefore({ campaign, step }: Waiting): number {
  return campaign.definition.steps.slice(0, step).filter((one) => one.kind === 'send').length;
}
