import { Inject, Injectable } from '@nestjs/common';
import { addCounts, npsOf, type NpsScore } from '../core/insight/nps.js';
import type { Reach } from '../core/shared/reach.js';
import { err, ok, type Result } from '../core/shared/result.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { Sql } from '../platform/database/sql.js';
import { PreviewService } from '../segments/preview.service.js';
import { SegmentsService } from '../segments/segments.service.js';
import { countAnswers, type NpsFilter, type NpsGrouping, whoAnswered } from './nps.queries.js';

export interface NpsQuestion {
  readonly from: Date;
  readonly until: Date;
  readonly campaign?: string | undefined;
  readonly accountId?: number | undefined;
  readonly segment?: string | undefined;
  readonly by: NpsGrouping;
}

export interface NpsReport {
  readonly total: NpsScore;
  readonly groups: readonly (NpsScore & { readonly group: string; readonly name: string })[];
  /** More groups than are shown; the total is of all. */
  readonly more: boolean;
}

const MOST_GROUPS = 1_000;

/** The score over time, by campaign, by account, and of whoever is in a segment now. */
@Injectable()
export class NpsService {
  constructor(
    private readonly sql: Sql,
    private readonly segments: SegmentsService,
    private readonly preview: PreviewService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'defaultTimeZone'>,
  ) {}

  async report({ by, segment, ...question }: NpsQuestion, reach: Reach): Promise<Result<NpsReport, { kind: 'segment_missing' | 'segment_invalid'; segment: string }>> {
    const among = segment === undefined ? ok(undefined) : await this.membersAmong(segment, question.from, question.until);
    if (!among.ok) return among;
    const filter: NpsFilter = { from: question.from, until: question.until, campaign: question.campaign, accountId: question.accountId, among: among.value, reach };
    const rows = await countAnswers(this.sql, by, filter, this.config.defaultTimeZone, MOST_GROUPS + 1);
    const more = rows.length > MOST_GROUPS;
    const counted = more ? await countAnswers(this.sql, 'none', filter, this.config.defaultTimeZone, 1) : rows;
    const total = npsOf(counted.reduce(addCounts, { promoters: 0, passives: 0, detractors: 0 }));
    return ok({ total, groups: by === 'none' ? [] : rows.slice(0, MOST_GROUPS).map((row) => ({ group: row.group_key, name: row.group_name, ...npsOf(row) })), more });
  }

  private async membersAmong(segment: string, from: Date, until: Date): Promise<Result<NpsFilter['among'], { kind: 'segment_missing' | 'segment_invalid'; segment: string }>> {
    const scope = (await this.segments.find(segment))?.scope;
    if (!scope) return err({ kind: 'segment_missing', segment });
    const answered = await whoAnswered(this.sql, from, until);
    const ids = await this.preview.membersAmong(segment, scope === 'contact' ? answered.contacts : answered.accounts);
    return ids.ok ? ok({ scope, ids: ids.value }) : err({ kind: ids.error.kind === 'segment_missing' ? 'segment_missing' : 'segment_invalid', segment });
  }
}
