import { nextEntryAt } from '../../core/campaign/schedule.js';
import { entersByTrigger, firstEntryAt } from '../../core/campaign/schedule.js';
import type { Arrival, SimulatedCampaign, Traveller } from '../../core/simulation/journey.js';
import type { Sql } from '../../platform/database/sql.js';
import type { SegmentsService } from '../../segments/segments.service.js';
import type { Campaign } from '../campaign.js';
import { cronCalendar } from '../cron.js';
import { type EntrantRow, entranceOf, fetchEntrants, openEntrants } from '../entry.queries.js';
import { BucketStream } from './bucket-stream.js';
import { type EnteredRow, fetchEntered, fetchTravellers, openEntered, openTravellers, type TravellerRow } from './simulation.queries.js';

/** More entries than this bring nothing new: a cron expression that fires every minute is one newsletter a day to everybody. */
const MOST_ENTRIES = 100;

/** A campaign whose audience is taken at known moments. */
interface PlannedEntries {
  readonly campaign: Campaign;
  readonly at: readonly number[];
  readonly entrants: BucketStream<EntrantRow>;
}

/** Everybody of a few buckets who is on the way or will come. */
export interface BaseGroup {
  readonly travellers: readonly Traveller[];
  readonly arrivals: readonly Arrival[];
}

/** Reads who is on the way through the campaigns and who will enter them, bucket by bucket, each row once. */
export class SimulationBase {
  private readonly versions = new Map<string, number>();
  /** Also the older versions that people are still on. */
  readonly campaigns: Campaign[] = [];

  private constructor(
    private readonly version: (campaignId: number, version: number) => Promise<Campaign>,
    private readonly travellers: BucketStream<TravellerRow>,
    private readonly entered: BucketStream<EnteredRow>,
    private readonly planned: readonly PlannedEntries[],
    private readonly shift: number,
  ) {}

  /**
   * Opens the reading inside a transaction that cannot write. People who come one by one are taken to be as many, and the same, as in as
   * long a time before `now`. The failure says why an audience cannot be taken.
   */
  static async open(sql: Sql, campaigns: readonly Campaign[], now: Date, until: Date, segments: SegmentsService, version: (campaignId: number, version: number) => Promise<Campaign>): Promise<SimulationBase> {
    const planned: PlannedEntries[] = [];
    for (const campaign of campaigns) {
      const at = entriesBetween(campaign, now, until);
      if (at.length === 0) continue;
      const audience = await segments.audience(campaign.definition.audience.segment, now);
      if (!audience.ok) continue; // the engine pauses such a campaign when its time comes
      const entrance = entranceOf(campaign, audience.value, now);
      await openEntrants(sql, { ...entrance, reentry: entrance.reentry === 'always' ? 'ahead' : 'never' });
      planned.push({ campaign, at, entrants: new BucketStream((count) => fetchEntrants(sql, campaign.campaignId, count)) });
    }
    const length = until.getTime() - now.getTime();
    await openTravellers(sql, campaigns.map(({ campaignId }) => campaignId));
    await openEntered(sql, campaigns.filter(({ definition }) => entersByTrigger(definition.entry)).map(({ campaignId }) => campaignId), new Date(now.getTime() - length), now);
    const base = new SimulationBase(version, new BucketStream((count) => fetchTravellers(sql, count)), new BucketStream((count) => fetchEntered(sql, count)), planned, length);
    for (const campaign of campaigns) base.place(campaign);
    return base;
  }

  async takeThrough(bucket: number): Promise<BaseGroup> {
    const travellers: Traveller[] = [];
    for (const row of await this.travellers.takeThrough(bucket)) {
      const campaign = this.versions.get(`${row.campaign_id}@${row.campaign_version}`) ?? this.place(await this.version(row.campaign_id, row.campaign_version));
      travellers.push({
        campaign, contactId: row.contact_id, accountId: row.account_id, occurrence: row.occurrence, step: row.step, dueAt: row.due_at.getTime(), stepSince: row.step_since.getTime(), attempts: row.attempts,
      });
    }
    const arrivals: Arrival[] = [];
    for (const { campaign, at, entrants } of this.planned) {
      const place = this.placeOf(campaign.campaignId);
      for (const { contact_id, account_id } of await entrants.takeThrough(bucket)) {
        for (const [time, moment] of at.entries()) arrivals.push({ campaign: place, contactId: contact_id, accountId: account_id, occurrence: campaign.nextOccurrence + time, at: moment });
      }
    }
    for (const row of await this.entered.takeThrough(bucket)) {
      arrivals.push({ campaign: this.placeOf(row.campaign_id), contactId: row.contact_id, accountId: row.account_id, occurrence: row.occurrence + 1, at: row.entered_at.getTime() + this.shift });
    }
    return { travellers, arrivals };
  }

  simulated(): SimulatedCampaign[] {
    return this.campaigns.map(({ campaignId, key, definition }) => ({ campaignId, key, purpose: definition.purpose, steps: definition.steps }));
  }

  /** Where the version that people enter now stands in the list. */
  private placeOf(campaignId: number): number {
    return this.campaigns.findIndex((campaign) => campaign.campaignId === campaignId);
  }

  private place(campaign: Campaign): number {
    const place = this.campaigns.push(campaign) - 1;
    this.versions.set(`${campaign.campaignId}@${campaign.version}`, place);
    return place;
  }
}

/** When the whole audience enters from now on; a draft as if it were started now. */
function entriesBetween({ state, nextEntryAt: next, definition: { entry } }: Campaign, now: Date, until: Date): number[] {
  let at = state === 'draft' ? firstEntryAt(entry, now, cronCalendar) : (next ?? undefined);
  const moments: number[] = [];
  while (at && at < until && moments.length < MOST_ENTRIES) {
    moments.push(Math.max(at.getTime(), now.getTime()));
    at = nextEntryAt(entry, at, cronCalendar);
  }
  return moments;
}
