import type { INestApplicationContext } from '@nestjs/common';
import { ScorePolicyService } from '../accounts/scores/score-policy.service.js';
import { ScoresService } from '../accounts/scores/scores.service.js';
import { ScoresViewService } from '../accounts/scores/scores-view.service.js';
import { CampaignEntriesService } from '../campaigns/campaign-entries.service.js';
import { CampaignReportService } from '../campaigns/campaign-report.service.js';
import { PlannerService } from '../campaigns/planner.service.js';
import { SteeringService } from '../campaigns/steering.service.js';
import { ExplainService } from '../decisions/explain.service.js';
import { explanationText } from '../decisions/explanation.js';
import { isAtLeast } from '../core/account/score.js';
import { DeliveryService } from '../messages/delivery.service.js';
import { Clock } from '../platform/clock/clock.js';
import { Sql } from '../platform/database/sql.js';
import { SegmentsService } from '../segments/segments.service.js';
import { DealsService } from '../tasks/holds/deals.service.js';
import { TaskViewService } from '../tasks/work/task-view.service.js';
import { TaskWorkService } from '../tasks/work/task-work.service.js';
import type { DemoClock } from './demo-clock.js';
import { expectOk, importFile } from './demo-company.js';
import { DEMO_CAMPAIGNS, DEMO_SEGMENTS } from './demo-definitions.js';
import { writeReactions } from './demo-files.js';
import { EVENTS_MAP } from './demo-maps.js';
import type { DemoCampaign, DemoResult, DemoScores, ExplainedDecision } from './demo-report.js';
import { countDemo, listMailed, listTelling } from './demo.queries.js';

const DAY = 86_400_000;
/** Long enough for the second mail of the follow-up; some mail still waits for its cap then, and shows as deferred. */
export const RUN_DAYS = 4;
/** What is due within so long is done in one round: mail is released by the minute, and a round for each would be a thousand. */
const GRAIN_MS = 600_000;
const FOLLOW_UP = 'lead-follow-up';
/** Every so manieth lead reacts to the first mail. */
const REACTS_EVERY = 4;
/** Every so manieth account owner does not answer. */
const DISAGREES_EVERY = 4;
const MOST_TASKS = 1_000;

/** Starts the campaigns and lets some days pass, jumping from one due moment to the next. */
export async function runCampaigns(app: INestApplicationContext, clock: DemoClock, folder: string, tell: (step: string) => void): Promise<void> {
  const steering = app.get(SteeringService, { strict: false });
  for (const { key } of DEMO_CAMPAIGNS) expectOk(`start of ${key}`, await steering.start(key, 'demo'));
  const [entries, planner, delivery] = [app.get(CampaignEntriesService, { strict: false }), app.get(PlannerService, { strict: false }), app.get(DeliveryService, { strict: false })];
  // The growth play is for accounts with an open deal: their owners are asked first.
  await app.get(DealsService, { strict: false }).compare(clock.now());
  const end = new Date(clock.now().getTime() + RUN_DAYS * DAY);
  const reactAt = new Date(clock.now().getTime() + 1.5 * DAY);
  let reacted = false;
  while (clock.now() < end) {
    const now = clock.now();
    await entries.enterDue(now);
    const planned = await planner.planDue(now);
    const delivered = await delivery.deliverDue(now);
    await letOwnersAgree(app);
    if (planned.people > 0 || delivered.sent > 0) tell(`${now.toISOString().slice(0, 16).replace('T', ' ')} UTC: decided ${planned.people}, sent ${delivered.sent}`);
    const next = await planner.nextDueAt();
    if (!reacted && (next === undefined || next >= reactAt)) {
      reacted = true;
      clock.set(reactAt);
      await letLeadsReact(app, folder, reactAt);
    } else if (next === undefined || next >= end) {
      break;
    } else {
      clock.set(new Date(Math.max(Math.ceil(next.getTime() / GRAIN_MS) * GRAIN_MS, now.getTime() + 1_000)));
    }
  }
}

/** Most owners let the play write to their account; the others have not looked yet. */
async function letOwnersAgree(app: INestApplicationContext): Promise<void> {
  const [tasks, work] = [app.get(TaskViewService, { strict: false }), app.get(TaskWorkService, { strict: false })];
  const asked = await tasks.list({ state: 'open', kind: 'opportunity' }, undefined, [new Date(0), 0], MOST_TASKS);
  for (const { task_id: taskId } of asked) if (taskId % DISAGREES_EVERY !== 0) expectOk('approval of a task', await work.approve(taskId, { actor: 'demo', reach: undefined, userId: undefined }));
}

async function letLeadsReact(app: INestApplicationContext, folder: string, at: Date): Promise<void> {
  const mailed = await listMailed(app.get(Sql), FOLLOW_UP, REACTS_EVERY);
  if (mailed.length === 0) return;
  const file = await writeReactions(folder, mailed.map(({ email }) => email), at);
  await importFile(app, 'events', file, EVENTS_MAP, ['product_updates']);
}

/** How far accounts are, and which are warm: what an account manager would look at first. */
async function scoredAccounts(app: INestApplicationContext): Promise<DemoScores> {
  await app.get(ScoresService, { strict: false }).work(app.get(Clock).now());
  const views = app.get(ScoresViewService, { strict: false });
  const { qualified } = (await app.get(ScorePolicyService, { strict: false }).current()).stages;
  const lines = await views.mostEngaged(null, MOST_TASKS);
  const warm = lines.filter(({ fit_grade: fit, engagement_score: points }) => isAtLeast(fit, qualified.fit) && (points ?? 0) >= qualified.enter);
  return {
    stages: (await views.stages(0)).counts,
    warm: { fit: qualified.fit, engagement: qualified.enter, accounts: warm.map((line) => ({ name: line.name, fit: line.fit_grade ?? '-', engagement: line.engagement_score ?? 0 })) },
  };
}

export async function collectResult(app: INestApplicationContext): Promise<DemoResult> {
  const segments = app.get(SegmentsService, { strict: false });
  const reports = app.get(CampaignReportService, { strict: false });
  const counts = await countDemo(app.get(Sql));
  const counted: { name: string; count: number }[] = [];
  for (const { key, name } of DEMO_SEGMENTS) counted.push({ name, count: expectOk(`count of ${key}`, await segments.count(key)) });
  const campaigns: DemoCampaign[] = [];
  for (const { key, name, definition } of DEMO_CAMPAIGNS) {
    const { audience, messages, sent, deferred, review, denied, byReason, arbitration } = expectOk(`report of ${key}`, await reports.report(key));
    campaigns.push({ name, scope: definition.audience.scope, audience, messages, sent, deferred, review, denied, byReason, arbitration });
  }
  const { contacts, accounts, events, mailbox, decisions } = counts;
  return { contacts, accounts, events, segments: counted, scores: await scoredAccounts(app), campaigns, mailbox, decisions };
}

export async function explainSome(app: INestApplicationContext, howMany: number): Promise<ExplainedDecision[]> {
  const explainer = app.get(ExplainService, { strict: false });
  const telling = await listTelling(app.get(Sql), howMany);
  const explained: ExplainedDecision[] = [];
  for (const { contact_id, email, campaign_key, campaign_name } of telling) {
    const [latest] = expectOk(`explanation of ${campaign_key}`, await explainer.explain({ contactId: contact_id, campaignKey: campaign_key }, ['en']));
    if (latest) explained.push({ campaign: campaign_name, contact: email, text: explanationText(latest) });
  }
  return explained;
}
