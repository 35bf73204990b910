import { Injectable, Logger } from '@nestjs/common';
import type { CampaignDefinition } from '../core/campaign/definition.js';
import type { CampaignEntry } from '../core/campaign/definition.js';
import { entersByTrigger, nextEntryAt } from '../core/campaign/schedule.js';
import { arriveAt } from '../core/campaign/transition.js';
import { retryConflicts } from '../platform/database/retry-conflicts.js';
import { Sql } from '../platform/database/sql.js';
import { SegmentsService } from '../segments/segments.service.js';
import type { Campaign } from './campaign.js';
import { CampaignProblemsService } from './campaign-problems.service.js';
import { cronCalendar } from './cron.js';
import {
  advanceEntry, type Arrivals, type Audience, type Between, enroll, entranceOf, findEntering, listEntering, listEventArrivals, readSnapshot, recordEntry, tryLockEntry,
} from './entry.queries.js';
import { boundsOf, type Snapshot } from './snapshots.js';
import { isLive, listSegmentArrivals, membersOf, membersSince, notIn } from './segment-entry.queries.js';

export interface EntryReport {
  /** Campaigns into which somebody, or an audience of nobody, was let. */
  readonly campaigns: number;
  readonly people: number;
}

const HOUR = 3_600_000;

/** Past so many people the whole segment is read sooner than each of them is looked up. */
const ASKED_ONE_BY_ONE = 5_000;

/** Transactions that may be looked at again and again: while nobody comes, and while a slow one among them has not ended. */
const LOOKED_BACK = 5_000;

/** Who came since the last look, and where the next one begins. */
interface Came {
  readonly arrivals: Arrivals;
  readonly cursor: Snapshot;
}

/** Thrown to undo an entry whose campaign was stopped before it was complete. */
class StoppedMeanwhile extends Error {}

/** Lets audiences into campaigns: at their time, or person by person as they come. */
@Injectable()
export class CampaignEntriesService {
  private readonly logger = new Logger('entries');

  constructor(
    private readonly sql: Sql,
    private readonly segments: SegmentsService,
    private readonly problems: CampaignProblemsService,
  ) {}

  /** Takes every audience that is due. Safe to call from several processes: each entry is taken once. */
  async enterDue(now: Date): Promise<EntryReport> {
    const due = await listEntering(this.sql, now);
    let campaigns = 0;
    let people = 0;
    for (const { campaign_id } of due) {
      const entered = await this.enterOne(campaign_id, now);
      if (entered === undefined) continue;
      campaigns += 1;
      people += entered;
    }
    return { campaigns, people };
  }

  /** How many entered; undefined when nothing was due (any more), or when the campaign had to be paused. */
  private async enterOne(campaignId: number, now: Date): Promise<number | undefined> {
    try {
      return await retryConflicts(() => this.sql.transaction((sql) => this.enterLocked(sql, campaignId, now)));
    } catch (error) {
      if (error instanceof StoppedMeanwhile) return undefined;
      const problem = audienceProblem(error);
      if (problem === undefined) throw error;
      this.logger.error(error, `campaign ${campaignId}: its audience could not be taken`);
      await this.problems.pause(campaignId, problem, now);
      return undefined;
    }
  }

  private async enterLocked(sql: Sql, campaignId: number, now: Date): Promise<number | undefined> {
    if (!(await tryLockEntry(sql, campaignId))) return undefined;
    const campaign = await findEntering(sql, campaignId, now);
    if (!campaign) return undefined;
    const { definition } = campaign;
    if (isMissed(campaign, now)) {
      await advanceEntry(sql, { ...campaign, nextEntryAt: nextEntryAt(definition.entry, now, cronCalendar) ?? null });
      return undefined;
    }
    const triggered = entersByTrigger(definition.entry);
    const came = triggered ? await this.whoCame(sql, campaign, now) : undefined;
    if (triggered && !came) return undefined;
    if (came && came.arrivals.ids.length === 0 && campaign.nextEntryAt === null) return this.passOver(sql, campaign, came.cursor);
    const audience = await this.segments.audience(definition.audience.segment, now);
    if (!audience.ok) {
      await this.problems.pauseIn(sql, campaign, audience.error.detail, now);
      return undefined;
    }
    return came ? this.enterArrivals(sql, campaign, audience.value, came, now) : this.enterAll(sql, campaign, audience.value, now);
  }

  /** Undefined while a transaction lasts so long that all that came since would be read again and again: then its end is waited for. */
  private async whoCame(sql: Sql, campaign: Campaign, now: Date): Promise<Came | undefined> {
    const cursor = await readSnapshot(sql);
    const { oldest, next } = boundsOf(cursor);
    if (next - oldest > LOOKED_BACK) return undefined;
    return { cursor, arrivals: await this.arrivals(sql, campaign, { from: campaign.eventCursor ?? cursor, to: cursor }, now) };
  }

  /** Nobody came: mostly nothing is written, because this is asked four times a second. */
  private async passOver(sql: Sql, campaign: Campaign, cursor: Snapshot): Promise<undefined> {
    if (campaign.eventCursor === null || boundsOf(cursor).oldest - boundsOf(campaign.eventCursor).oldest > LOOKED_BACK) await advanceEntry(sql, { ...campaign, eventCursor: cursor });
  }

  private async enterAll(sql: Sql, campaign: Campaign, audience: Audience, now: Date): Promise<number> {
    const { campaignId, definition, nextOccurrence: occurrence } = campaign;
    const people = await this.enroll(sql, campaign, audience, now, occurrence);
    await recordEntry(sql, campaignId, occurrence, people, now);
    const next = nextEntryAt(definition.entry, now, cronCalendar) ?? null;
    if (!(await advanceEntry(sql, { ...campaign, nextEntryAt: next, nextOccurrence: occurrence + 1 }))) throw new StoppedMeanwhile();
    return people;
  }

  /** Everybody who came since the last look: the cursor moves on in the transaction that lets them in, so each arrival counts once, also over crashes. */
  private async enterArrivals(sql: Sql, campaign: Campaign, audience: Audience, { cursor, arrivals }: Came, now: Date): Promise<number | undefined> {
    const { campaignId, definition, nextEntryAt: existingDue } = campaign;
    const { entry } = definition;
    if (existingDue !== null && !(await isLive(sql, definition.audience.segment))) return undefined;
    const existing = existingDue === null ? 0 : await this.enterExisting(sql, campaign, audience, existingDue);
    const came = arrivals.ids.length === 0 ? 0 : await this.enroll(sql, campaign, await this.audienceOf(entry, campaign, audience, arrivals, now), now, undefined, arrivals);
    const people = existing + came;
    if (people > 0) await recordEntry(sql, campaignId, 1, people, now);
    if (!(await advanceEntry(sql, { ...campaign, nextEntryAt: null, eventCursor: cursor }))) throw new StoppedMeanwhile();
    return people === 0 ? undefined : people;
  }

  private enterExisting(sql: Sql, campaign: Campaign, { scope }: Audience, startedAt: Date): Promise<number> {
    return this.enroll(sql, campaign, membersSince(scope, campaign.definition.audience.segment, startedAt), startedAt, undefined);
  }

  private arrivals(sql: Sql, campaign: Campaign, between: Between, now: Date): Promise<Arrivals> {
    const { entry, audience } = campaign.definition;
    const since = campaign.startedAt ?? now;
    if (entry.kind === 'event') {
      const horizon = new Date(Math.max(since.getTime(), staleBefore(campaign, now)));
      return listEventArrivals(sql, { name: entry.event, where: entry.where ?? [] }, between, horizon, now);
    }
    return listSegmentArrivals(sql, audience.scope, audience.segment, entry.kind === 'segment_left' ? 'left' : 'entered', between, since);
  }

  /** Who of those who came may enter: for a segment's own triggers its members tell, for events its rule, asked about these people only. */
  private async audienceOf(entry: CampaignEntry, { definition }: Campaign, audience: Audience, arrivals: Arrivals, now: Date): Promise<Audience> {
    const { segment } = definition.audience;
    if (entry.kind === 'segment_entered') return membersOf(audience.scope, segment);
    if (entry.kind === 'segment_left') return notIn(audience.scope, segment, arrivals.ids);
    if (audience.scope !== arrivals.of || arrivals.ids.length > ASKED_ONE_BY_ONE) return audience;
    const narrowed = await this.segments.audience(segment, now, arrivals.ids);
    return narrowed.ok ? narrowed.value : audience;
  }

  private enroll(sql: Sql, campaign: Campaign, audience: Audience, now: Date, occurrence: number | undefined, arrivals?: Arrivals): Promise<number> {
    const { version, definition } = campaign;
    const { step, waitMs } = beginning(definition, now);
    return enroll(sql, entranceOf(campaign, audience, now, arrivals), { version, occurrence, cause: definition.entry.kind, step, waitMs });
  }
}

/** The first step that is no wait, and how long the waits before it take. */
function beginning({ steps }: CampaignDefinition, now: Date): { step: number; waitMs: number } {
  const first = arriveAt(steps, 0, now);
  return { step: first.step, waitMs: first.state === 'active' ? first.dueAt.getTime() - now.getTime() : 0 };
}

/**
 * Whoever did it before this moment would get a first mail that is too old to send. Events arrive late: a file with last year's orders,
 * imported while the campaign runs, starts nothing (and neither the later mails of the sequence, which would not be too old).
 */
function staleBefore({ definition }: Campaign, now: Date): number {
  return now.getTime() - definition.timeToLiveHours * HOUR - beginning(definition, now).waitMs;
}

/**
 * Whether an occurrence is so long past (a pause, a machine that was off) that its mails would be too old to send. Later ones are taken,
 * late as they are; "now" and "at" always are, for they come only once.
 */
function isMissed({ definition, nextEntryAt: dueAt }: Campaign, now: Date): boolean {
  return definition.entry.kind === 'cron' && dueAt !== null && now.getTime() - dueAt.getTime() > definition.timeToLiveHours * HOUR;
}

/** An error that will come again however often the statement is run: the audience itself is at fault (class 22 data, 42 names, 57014 took too long). */
function audienceProblem(error: unknown): string | undefined {
  const code = (error as { code?: unknown }).code;
  if (typeof code !== 'string' || !(code.startsWith('22') || code.startsWith('42') || code === '57014')) return undefined;
  return `The audience could not be taken: its segment cannot be evaluated (database code ${code}). Look at the segment's preview, then resume.`;
}
