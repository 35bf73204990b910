import type { Scope } from '../core/rule/rule.js';
import { Parameters } from '../core/rule/parameters.js';
import type { Sql } from '../platform/database/sql.js';
import { type Arrivals, type Audience, type Between, cameBetween } from './entry.queries.js';

/** Where live membership stands; the tables of contacts and of accounts are alike. */
const MEMBERS: Readonly<Record<Scope, string>> = { contact: 'segment_members', account: 'segment_account_members' };
const CHANGES: Readonly<Record<Scope, string>> = { contact: 'segment_changes', account: 'segment_account_changes' };

/** Whether a segment's members are those of its rule: not while it is filled for the first time, or anew. Lists always are. */
export async function isLive(sql: Sql, segmentKey: string): Promise<boolean> {
  const row = await sql.maybe<{ live: boolean }>(
    'entry.isLive',
    `select s.kind = 'list' or (l.built is not null and l.built = l.wanted) as live from segments s left join segment_live l using (segment_id) where s.key = $1`,
    [segmentKey],
  );
  return row?.live === true;
}

/**
 * Who came into a segment, or left it, between two looks, and after the campaign's start. Whoever was in a segment when it was filled first did
 * not come in.
 */
export async function listSegmentArrivals(sql: Sql, scope: Scope, segmentKey: string, kind: 'entered' | 'left', changed: Between, startedAt: Date): Promise<Arrivals> {
  const params = new Parameters();
  const rows = await sql.many<{ id: number; since: Date }>(
    'entry.listSegmentArrivals',
    `select c.${scope}_id as id, max(c.at) as since from ${CHANGES[scope]} c
      where c.segment_id = (select segment_id from segments where key = ${params.add(segmentKey, 'text')}) and c.kind = ${params.add(kind, 'text')} and c.cause <> 'backfill'
        and c.at > ${params.add(startedAt, 'timestamptz')} and ${cameBetween('c.change_xid', changed, params)} group by c.${scope}_id`,
    params.values,
  );
  return { of: scope, ids: rows.map((row) => row.id), since: rows.map((row) => row.since) };
}

/** The members as they are now. */
export function membersOf(scope: Scope, segmentKey: string): Audience {
  return { scope, text: `select m.${scope}_id from ${MEMBERS[scope]} m join segments s using (segment_id) where s.key = $1::text`, params: [segmentKey], fixed: true };
}

/** Those of these who are not in the segment: whoever left and came back did not leave. */
export function notIn(scope: Scope, segmentKey: string, ids: readonly number[]): Audience {
  return {
    scope,
    text: `select who.${scope}_id from unnest($1::bigint[]) who (${scope}_id)
            where not exists (select from ${MEMBERS[scope]} m join segments s using (segment_id) where m.${scope}_id = who.${scope}_id and s.key = $2::text)`,
    params: [ids, segmentKey],
  };
}

/** Members who were in at the start of the campaign, or when the segment was filled first if that was later. */
export function membersSince(scope: Scope, segmentKey: string, startedAt: Date): Audience {
  return {
    scope,
    text: `select m.${scope}_id from ${MEMBERS[scope]} m join segments s using (segment_id)
            where s.key = $1::text and (m.entered_at <= $2::timestamptz
              or exists (select from ${CHANGES[scope]} c where c.${scope}_id = m.${scope}_id and c.segment_id = m.segment_id and c.at = m.entered_at and c.cause = 'backfill'))`,
    params: [segmentKey, startedAt],
  };
}
