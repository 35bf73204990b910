import { reachParams, reachText, type Reach } from '../core/shared/reach.js';
import type { Sql } from '../platform/database/sql.js';

export type NpsGrouping = 'none' | 'day' | 'month' | 'quarter' | 'campaign' | 'account';

export interface NpsFilter {
  readonly from: Date;
  /** The first moment that is left out. */
  readonly until: Date;
  readonly campaign: string | undefined;
  readonly accountId: number | undefined;
  /** Only answers of these people, or of these accounts. */
  readonly among: { readonly scope: 'contact' | 'account'; readonly ids: readonly number[] } | undefined;
  readonly reach: Reach;
}

/** A group's name is a fixed expression of ours, never a text from outside. */
const GROUPS: Readonly<Record<NpsGrouping, { readonly key: string; readonly name: string }>> = {
  none: { key: `''`, name: `''` },
  day: { key: `to_char(n.answered_at at time zone $9, 'YYYY-MM-DD')`, name: `''` },
  month: { key: `to_char(n.answered_at at time zone $9, 'YYYY-MM')`, name: `''` },
  quarter: { key: `to_char(n.answered_at at time zone $9, 'YYYY-"Q"Q')`, name: `''` },
  campaign: { key: `coalesce(c.key, '')`, name: `coalesce(max(c.name), '')` },
  account: { key: `coalesce(n.account_id::text, '')`, name: `coalesce(max(a.name), '')` },
};

export type NpsRow = { group_key: string; group_name: string; promoters: number; passives: number; detractors: number };

const WITHIN = `n.answered_at >= $1 and n.answered_at < $2 and ($3::text is null or c.key = $3) and ($4::bigint is null or n.account_id = $4)
  and ($5::bigint[] is null or n.contact_id = any($5)) and ($6::bigint[] is null or n.account_id = any($6)) and ${reachText('n.account_id', '$7', '$8')}`;

/** Answers by what they were, a row a group, in the order of the groups. */
export function countAnswers(sql: Sql, grouping: NpsGrouping, filter: NpsFilter, timeZone: string, limit: number): Promise<NpsRow[]> {
  const { key, name } = GROUPS[grouping];
  const among = (scope: 'contact' | 'account'): readonly number[] | null => (filter.among?.scope === scope ? filter.among.ids : null);
  return sql.many<NpsRow>(
    'surveys.countAnswers',
    `select ${key} as group_key, ${name} as group_name, count(*) filter (where n.score >= 9)::int as promoters, count(*) filter (where n.score between 7 and 8)::int as passives,
            count(*) filter (where n.score <= 6)::int as detractors
       from nps_responses n left join campaigns c on c.campaign_id = n.campaign_id left join accounts a on a.account_id = n.account_id
      where ${WITHIN} and $9::text is not null group by 1 order by 1 limit $10`,
    [filter.from, filter.until, filter.campaign ?? null, filter.accountId ?? null, among('contact'), among('account'), ...reachParams(filter.reach), timeZone, limit],
  );
}

/** Who answered in a time, so that a segment is asked about them only. */
export async function whoAnswered(sql: Sql, from: Date, until: Date): Promise<{ contacts: number[]; accounts: number[] }> {
  const row = await sql.one<{ contacts: number[]; accounts: number[] }>(
    'surveys.whoAnswered',
    `select coalesce(array_agg(distinct contact_id), '{}') as contacts, coalesce(array_agg(distinct account_id) filter (where account_id is not null), '{}') as accounts
       from nps_responses where answered_at >= $1 and answered_at < $2`,
    [from, until],
  );
  return row;
}
