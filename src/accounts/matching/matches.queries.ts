import type { MatchInputs, MatchRule } from '../../core/account/match-account.js';
import type { Sql } from '../../platform/database/sql.js';

/** Any number that no other advisory lock of this database begins with. */
const MATCHING_LOCK = 7_417_010;

/** One matcher at a time: two would find the same, and wait for each other's people. Released at the end of the transaction. */
export async function lockMatching(sql: Sql): Promise<void> {
  await sql.exec('matching.lock', 'select pg_advisory_xact_lock($1)', [MATCHING_LOCK]);
}

export function readQueue(sql: Sql, limit: number): Promise<{ queue_id: number; contact_id: number }[]> {
  return sql.many('matching.readQueue', 'select queue_id, contact_id from account_match_queue order by queue_id limit $1', [limit]);
}

export async function dropQueued(sql: Sql, queueIds: readonly number[]): Promise<void> {
  await sql.exec('matching.dropQueued', 'delete from account_match_queue where queue_id = any($1)', [queueIds]);
}

export async function emptyQueue(sql: Sql): Promise<void> {
  await sql.exec('matching.emptyQueue', 'delete from account_match_queue');
}

/** Asks for everybody without an account to be looked at again: a new account or domain may be theirs. Gives how many. */
export function queueEverybody(sql: Sql): Promise<number> {
  return sql.exec('matching.queueEverybody', `insert into account_match_queue (contact_id) select contact_id from contacts where account_id is null and (email is not null or attributes <> '{}') order by contact_id`);
}

export async function listUnmatched(sql: Sql, after: number, limit: number): Promise<number[]> {
  const rows = await sql.many<{ contact_id: number }>('matching.listUnmatched', 'select contact_id from contacts where account_id is null and contact_id > $1 order by contact_id limit $2', [after, limit]);
  return rows.map((row) => row.contact_id);
}

export interface NewMatch {
  readonly contactId: number;
  readonly accountId: number;
  readonly rule: MatchRule;
  readonly inputs: MatchInputs;
  readonly confidence: number;
  readonly state: 'matched' | 'review' | 'pinned';
  readonly previousAccountId: number | null;
}

export async function insertMatches(sql: Sql, matches: readonly NewMatch[], by: string, now: Date): Promise<void> {
  await sql.exec(
    'matching.insert',
    `insert into account_matches (contact_id, account_id, rule, inputs, confidence, state, previous_account_id, matched_at, matched_by)
     select m.contact_id, m.account_id, m.rule, m.inputs, m.confidence, m.state, m.previous, $8, $9
     from unnest($1::bigint[], $2::bigint[], $3::text[], $4::jsonb[], $5::real[], $6::text[], $7::bigint[]) as m (contact_id, account_id, rule, inputs, confidence, state, previous)
     order by m.contact_id`,
    [
      matches.map((match) => match.contactId),
      matches.map((match) => match.accountId),
      matches.map((match) => match.rule),
      matches.map((match) => JSON.stringify(match.inputs)),
      matches.map((match) => match.confidence),
      matches.map((match) => match.state),
      matches.map((match) => match.previousAccountId),
      now,
      by,
    ],
  );
}

/** What no longer stands: a proposal that other facts overtook, a match whose person was taken out of the account by other means. */
export async function endMatches(sql: Sql, ends: readonly { readonly matchId: number; readonly state: string }[], by: string, now: Date): Promise<void> {
  await sql.exec(
    'matching.end',
    `update account_matches m set state = e.state, ended_at = $3, decided_at = $3, decided_by = $4 from unnest($1::bigint[], $2::text[]) as e (match_id, state) where m.match_id = e.match_id`,
    [ends.map(({ matchId }) => matchId), ends.map(({ state }) => state), now, by],
  );
}

export async function acceptMatch(sql: Sql, matchId: number, previousAccountId: number | null, by: string, now: Date): Promise<void> {
  await sql.exec(
    'matching.accept',
    `update account_matches set state = 'matched', previous_account_id = $2, decided_at = $3, decided_by = $4 where match_id = $1`,
    [matchId, previousAccountId, now, by],
  );
}

export interface MatchRow {
  match_id: number;
  contact_id: number;
  contact_name: string | null;
  contact_email: string | null;
  contact_account_id: number | null;
  account_id: number;
  account_name: string;
  rule: MatchRule;
  inputs: MatchInputs;
  confidence: number;
  state: 'matched' | 'review' | 'rejected' | 'pinned' | 'undone';
  previous_account_id: number | null;
  candidates: { id: number; name: string }[];
  matched_at: Date;
  matched_by: string;
  decided_at: Date | null;
  decided_by: string | null;
  ended_at: Date | null;
}

const MATCH = `select m.*, nullif(concat_ws(' ', c.first_name, c.last_name), '') as contact_name, c.email as contact_email, c.account_id as contact_account_id, a.name as account_name,
    coalesce((select jsonb_agg(jsonb_build_object('id', o.account_id, 'name', o.name) order by o.account_id) from accounts o
              where o.account_id in (select id::bigint from jsonb_array_elements_text(m.inputs -> 'candidates') as listed (id))), '[]') as candidates
  from account_matches m join contacts c using (contact_id) join accounts a on a.account_id = m.account_id`;

export interface MatchFilter {
  readonly state?: string | undefined;
  readonly contactId?: number | undefined;
  readonly accountId?: number | undefined;
}

/** In the order in which they were found, after the given one. Proposals that were overtaken are left out of 'review'. */
export function listMatches(sql: Sql, { state, contactId, accountId }: MatchFilter, after: number, limit: number): Promise<MatchRow[]> {
  const params: unknown[] = [after, limit];
  const conditions = ['m.match_id > $1'];
  if (state === 'review') conditions.push(`m.state = 'review' and m.ended_at is null`);
  else if (state !== undefined) conditions.push(`m.state = $${params.push(state)}`);
  if (contactId !== undefined) conditions.push(`m.contact_id = $${params.push(contactId)}`);
  if (accountId !== undefined) conditions.push(`m.account_id = $${params.push(accountId)}`);
  return sql.many<MatchRow>('matching.list', `${MATCH} where ${conditions.join(' and ')} order by m.match_id limit $2`, params);
}

export function readMatch(sql: Sql, matchId: number): Promise<MatchRow | undefined> {
  return sql.maybe<MatchRow>('matching.read', `${MATCH} where m.match_id = $1`, [matchId]);
}

/** The match that stands for a person, with the person's place now. */
export function readPlace(sql: Sql, contactId: number): Promise<{ account_id: number | null; match_id: number | null } | undefined> {
  return sql.maybe(
    'matching.readPlace',
    `select c.account_id, m.match_id from contacts c left join account_matches m on m.contact_id = c.contact_id and m.ended_at is null where c.contact_id = $1`,
    [contactId],
  );
}

export async function accountExists(sql: Sql, accountId: number): Promise<boolean> {
  return (await sql.maybe('matching.accountExists', 'select from accounts where account_id = $1', [accountId])) !== undefined;
}
