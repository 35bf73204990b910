import { createApplicationContext } from '../../src/application.js';
import { decide } from '../../src/core/decision/decide.js';
import { Dictionary } from '../../src/core/decision/facts-codec.js';
import { dayNumber, type Facts, type RequestFacts, seconds } from '../../src/core/decision/facts.js';
import { DEFAULT_POLICIES, versioned } from '../../src/core/decision/policies.js';
import { unlimitedSending } from '../../src/core/decision/permission.js';
import { storeDecision } from '../../src/core/decision/stored-decision.js';
import { holdoutOf } from '../../src/core/pressure/holdout.js';
import { NO_CONTACT_PRESSURE } from '../../src/core/pressure/contact-pressure.js';
import { lockBuckets } from '../../src/decisions/buckets.queries.js';
import type { DecisionRequest } from '../../src/decisions/decision-request.js';
import { DecisionsService } from '../../src/decisions/decisions.service.js';
import { insertQueued } from '../../src/messages/outbox.queries.js';
import { NOTHING_TOUCHED } from '../../src/core/rule/touched-data.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { startTemporaryPlatform } from '../support/temporary-platform.js';
import { enrollAll, letLeave, populateGate } from './gate-data.js';
import { slowest, spent } from './statements.js';

const DAY = 86_400_000;
/** A Tuesday, ten in the morning in Amsterdam. */
const NOW = new Date('2026-06-09T08:00:00Z');
const PURE_DECISIONS = 1_000_000;
const BUCKETS_A_BATCH = 1;
/** Where most are held back, what costs most (a place in the outbox) is left out. */
const SENDS_AT_LEAST = 0.6;

/**
 * The gate alone, and the gate with all that makes it count. `--contacts` people (default 200,000, each with five earlier mails in
 * the table) are planned by one and by two planners: buckets locked, due people read, facts loaded, decided, messages queued, decisions kept,
 * enrollments moved, committed.
 */
export async function run(args: string[]): Promise<Record<string, unknown>> {
  const contacts = option(args, 'contacts', 200_000);
  const messages = option(args, 'messages', contacts * 5);
  const pure = benchPure();
  say(`pure: ${Math.round(pure.decided)} decisions/s, ${Math.round(pure.stored)}/s with encoding for storage`);
  // Planning alone: what a process does besides (live membership, delivery, upkeep) has benches of its own.
  const temporary = await startTemporaryPlatform({ TACTFUL_ROLES: 'api' });
  const app = await createApplicationContext(temporary.platform, temporary.logger);
  try {
    const { sql } = temporary.platform.database;
    say(`making ${contacts} contacts, ${messages} earlier messages`);
    await populateGate(sql, contacts, messages, NOW);
    const decisions = app.get(DecisionsService, { strict: false });
    const planned: Record<string, PlannedResult> = {};
    for (const planners of [1, 2]) {
      // Four weeks later, after all of the last round has left: it presses on nobody any more, and each round sends as much.
      const now = new Date(NOW.getTime() + planners * 28 * DAY);
      await letLeave(sql);
      await enrollAll(sql, planners, now);
      const before = await spent(temporary.platform.metrics);
      const round = await benchPlanned(sql, decisions, { campaignId: planners, planners, now, batchSize: temporary.platform.config.batchSize });
      for (const line of slowest(before, await spent(temporary.platform.metrics), 20)) say(line);
      if (round.sent < SENDS_AT_LEAST * round.people) throw new Error(`Of ${round.people} people only ${round.sent} were sent to: that is no measure.`);
      planned[planners] = round;
      say(`planned with ${planners}: ${round.per_s} people/s, ${round.sent} of ${round.people} sent`);
    }
    return {
      pure_per_s: Math.round(pure.decided),
      pure_with_encoding_per_s: Math.round(pure.stored),
      planned_per_s: Math.max(...Object.values(planned).map((each) => each.per_s)),
      planned,
      contacts,
      messages,
      bytes_per_decision: await bytesPerDecision(sql),
    };
  } finally {
    await app.close();
    await temporary.remove();
  }
}

interface Round {
  readonly campaignId: number;
  readonly planners: number;
  readonly now: Date;
  /** Of the configuration: as many at a time as the planner takes. */
  readonly batchSize: number;
}

interface PlannedResult {
  readonly per_s: number;
  readonly people: number;
  readonly sent: number;
  readonly deferred: number;
  readonly denied: number;
}

/** People of all kinds: most may get it, some are suppressed, under a cap, asleep, unconfirmed. */
export function benchPure(): { decided: number; stored: number } {
  const policies = versioned(DEFAULT_POLICIES);
  const request: RequestFacts = {
    phase: 'plan', campaignState: 'running', purposeKey: 'newsletter', messageClass: 'marketing', channel: 'email', timeToLiveHours: 72, perAccountLimit: null,
    profilingFields: [], sending: unlimitedSending('voorbeeld.example'), unsubscribeHeaders: true,
    purpose: { messageClass: 'marketing', legalBasis: 'consent', channels: ['email'], doubleOptIn: true, retentionDays: 730, balancingRecorded: false, validUntil: null, retired: false, controller: null },
    touched: [{ name: 'contact.first_name', purposes: ['*'], sensitive: false }, { name: 'contact.city', purposes: ['newsletter'], sensitive: false }],
  };
  const people = Array.from({ length: 5_000 }, (_, id) => person(id, request));
  const names = new Dictionary();
  const rate = (work: (facts: Facts) => unknown): number => {
    for (const facts of people) work(facts); // warm
    const started = performance.now();
    for (let done = 0; done < PURE_DECISIONS; done += people.length) for (const facts of people) work(facts);
    return (PURE_DECISIONS / (performance.now() - started)) * 1_000;
  };
  return { decided: rate((facts) => decide(facts, policies, NOW)), stored: rate((facts) => storeDecision(decide(facts, policies, NOW), facts, names)) };
}

function person(id: number, request: RequestFacts): Facts {
  const zones = ['Europe/Amsterdam', 'Europe/Amsterdam', 'Europe/Berlin', 'Europe/London', 'America/New_York', null];
  const countries = ['NL', 'NL', 'DE', 'GB', 'US', 'NL'];
  return {
    request,
    person: 'known',
    address: 'ok',
    roleAddress: false,
    provenanceComplete: true,
    collectedForPurpose: true,
    otherController: null,
    restrictedSince: null,
    minor: false,
    noticeDue: null,
    researched: false,
    explicitConsent: false,
    profilingOff: false,
    suppressedDomain: null,
    trackingConsent: { opens: false, clicks: id % 3 === 0 },
    holds: id % 100 === 0 ? [{ kind: 'ticket', scope: 'contact', since: seconds(NOW), until: null }] : [],
    prefersHumanSince: null,
    goalMet: false,
    duplicateContent: null,
    suppressions: { reasons: id % 50 === 0 ? ['complaint'] : [], softBounceUntil: null },
    consent: { state: id % 20 === 0 ? 'given' : 'confirmed', legalBasis: 'consent', sequence: 2, since: seconds(new Date(NOW.getTime() - 90 * DAY)), validUntil: null, evidenceComplete: true, similarProducts: false, optOutOffered: false, sameController: false },
    consentForOtherChannel: false,
    relationDay: dayNumber(NOW) - 90,
    sale: { bought: false, lastOn: null },
    alreadySent: false,
    exited: false,
    holdout: holdoutOf({ contactId: id, accountId: null, campaignId: 1, campaignPercent: 0, campaignUnit: 'contact', enginePercent: 5 }),
    timeZone: zones[id % zones.length] ?? null,
    country: countries[id % countries.length] ?? null,
    missingFields: [],
    stepSince: seconds(NOW),
    contactPressure: id % 10 === 0 ? { ...NO_CONTACT_PRESSURE, total: { count: 3, freesInMinutes: 3_000 + (id % 7) * 1_000 } } : NO_CONTACT_PRESSURE,
    accountPressure: null,
    tier: null,
    approval: 'not_needed',
  };
}

/** Plans everybody who is enrolled in the campaign, bucket by bucket. */
async function benchPlanned(sql: Sql, decisions: DecisionsService, { campaignId, planners, now, batchSize }: Round): Promise<PlannedResult> {
  const buckets = Array.from({ length: 256 }, (_, bucket) => bucket);
  const total = { people: 0, sent: 0, deferred: 0, denied: 0 };
  const planner = async (): Promise<void> => {
    for (let batch = buckets.splice(0, BUCKETS_A_BATCH); batch.length > 0; batch = buckets.splice(0, BUCKETS_A_BATCH)) {
      for (let people = batchSize; people === batchSize; ) {
        const counts = await sql.transaction((transaction) => planBatch(transaction, decisions, campaignId, batch, now, batchSize));
        people = counts.people;
        for (const key of ['people', 'sent', 'deferred', 'denied'] as const) total[key] += counts[key];
      }
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: planners }, planner));
  return { per_s: Math.round((total.people / (performance.now() - started)) * 1_000), ...total };
}

export async function planBatch(sql: Sql, decisions: DecisionsService, campaignId: number, buckets: number[], now: Date, batchSize: number): Promise<Omit<PlannedResult, 'per_s'>> {
  await lockBuckets(sql, buckets);
  const due = await sql.many<{ contact_id: number; account_id: number | null; bucket: number; step_since: Date }>(
    'bench.due',
    `select contact_id, account_id, bucket, step_since from enrollments where bucket = any($1) and campaign_id = $2 and state = 'active' and due_at <= $3 order by due_at limit $4`,
    [buckets, campaignId, now, batchSize],
  );
  if (due.length === 0) return { people: 0, sent: 0, deferred: 0, denied: 0 };
  const request: DecisionRequest = {
    phase: 'plan', campaignId, campaignVersion: 1, campaignState: 'running', step: 0, purpose: 'newsletter', messageClass: 'marketing', channel: 'email', timeToLiveHours: 72,
    template: { id: campaignId, version: 1, touches: { ...NOTHING_TOUCHED, contactAttributes: ['first_name'] } },
    touches: { ...NOTHING_TOUCHED, contactAttributes: ['first_name', 'city'] },
    holdout: { percent: 0, unit: 'contact' },
    candidates: due.map((row) => ({ contactId: row.contact_id, accountId: row.account_id, occurrence: 1, stepSince: row.step_since, exited: false, goalMet: false, missingFields: [] })),
  };
  const decided = await decisions.decide(sql, request, now);
  const bucketOf = new Map(due.map((row) => [row.contact_id, row.bucket]));
  const sends = decided.filter(({ decision }) => decision.verdict === 'send');
  await insertQueued(
    sql,
    sends.map(({ candidate }) => ({
      contactId: candidate.contactId, campaignId, campaignVersion: 1, step: 0, occurrence: 1, bucket: bucketOf.get(candidate.contactId) ?? 0, accountId: candidate.accountId, purpose: 'newsletter',
      messageClass: 'marketing', templateId: campaignId, templateVersion: 1, language: 'nl', expiresAt: new Date(now.getTime() + 3 * DAY),
    })),
    now,
  );
  await decisions.store(sql, [{ request, decided }], now);
  const deferred = decided.filter(({ decision }) => decision.verdict === 'defer');
  await sql.exec(
    'bench.move',
    `update enrollments e set due_at = coalesce(m.due_at, e.due_at), state = case when m.due_at is null then 'done' else 'active' end
     from unnest($2::bigint[], $3::timestamptz[]) m (contact_id, due_at) where e.contact_id = m.contact_id and e.campaign_id = $1 and e.occurrence = 1`,
    [campaignId, decided.map(({ candidate }) => candidate.contactId), decided.map(({ decision }) => decision.notBefore ?? null)],
  );
  return { people: due.length, sent: sends.length, deferred: deferred.length, denied: due.length - sends.length - deferred.length };
}

async function bytesPerDecision(sql: Sql): Promise<number> {
  const { bytes } = await sql.one<{ bytes: number }>('bench.bytes', `select round(sum(pg_column_size(d.*)) / count(*)) as bytes from (select * from decisions limit 20000) d`);
  return bytes;
}

function option(args: readonly string[], name: string, initial: number): number {
  const position = args.indexOf(`--${name}`);
  return position < 0 ? initial : Number(args[position + 1]);
}

function say(line: string): void {
  console.error(`gate: ${line}`);
}
