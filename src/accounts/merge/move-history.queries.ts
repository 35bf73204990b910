import { FOLLOWING } from '../../core/account/account-tables.js';
import type { Sql } from '../../platform/database/sql.js';
import { all } from './merge.queries.js';

/** What was noted about the account that goes, by its keys: what an undo gives back. */
export interface AccountHistory {
  readonly tasks: number[];
  readonly touches: number[];
  readonly answers: [contactId: number, messageId: number][];
  readonly holds: { readonly hold_id: number; readonly cause: string }[];
  readonly keptHolds: number[];
  readonly approvals: Approval[];
  readonly keptApprovals: Approval[];
  /** Snapshots that the kept account came into. */
  readonly snapshots: number[];
}

interface Approval {
  readonly campaign_id: number;
  readonly task_id: number | null;
  readonly approved_at: string;
  readonly approved_by: string;
}

const APPROVALS = '(select campaign_id, task_id, approved_at, approved_by from hold_approvals where account_id';

export async function readHistory(sql: Sql, merged: number, kept: number): Promise<AccountHistory> {
  const { history } = await sql.one<{ history: AccountHistory }>(
    'accountMerge.readHistory',
    `select jsonb_build_object(
       'tasks', ${all('task_id', 'tasks where account_id = $1')},
       'touches', ${all('touch_id', 'human_touches where account_id = $1')},
       'answers', ${all('jsonb_build_array(contact_id, message_id)', 'nps_responses where account_id = $1')},
       'holds', ${all(`jsonb_build_object('hold_id', hold_id, 'cause', cause)`, 'account_holds where account_id = $1')},
       'keptHolds', ${all('hold_id', 'account_holds where account_id = $2')},
       'approvals', ${all('to_jsonb(p)', `${APPROVALS} = $1) p`)},
       'keptApprovals', ${all('to_jsonb(p)', `${APPROVALS} = $2) p`)},
       'snapshots', ${all('snapshot_id', 'segment_snapshot_accounts m where account_id = $1 and not exists (select from segment_snapshot_accounts k where k.account_id = $2 and k.snapshot_id = m.snapshot_id)')}
     ) as history`,
    [merged, kept],
  );
  return history;
}

/** Work, touches, answers and holds; the kept account comes into the snapshots (under its own id the merged one stays in them, unseen). */
export async function moveHistory(sql: Sql, merged: number, kept: number, now: Date): Promise<void> {
  for (const table of FOLLOWING) await sql.exec('accountMerge.follow', `update ${table} set account_id = $2 where account_id = $1`, [merged, kept]);
  await shareApprovals(sql, merged, kept, now);
  // One cause holds an account once: where both are held for the same, the one that comes says whose it was.
  await sql.exec(
    'accountMerge.moveHolds',
    `update account_holds h set account_id = $2,
       cause = case when exists (select from account_holds k where k.account_id = $2 and k.kind = h.kind and k.cause = h.cause) then h.cause || ' (account ' || $1::bigint || ')' else h.cause end
     where h.account_id = $1`,
    [merged, kept],
  );
  await sql.exec('accountMerge.joinSnapshots', 'insert into segment_snapshot_accounts (account_id, snapshot_id) select $2, snapshot_id from segment_snapshot_accounts where account_id = $1 on conflict do nothing', [merged, kept]);
}

/** An owner agreed to mail of a campaign while his own deal is open; where the other account has a deal too, its owner must have agreed as well. */
async function shareApprovals(sql: Sql, merged: number, kept: number, now: Date): Promise<void> {
  const deal = (account: string): string => `exists (select from account_holds where account_id = ${account} and kind = 'opportunity' and retracted_at is null and (ends_at is null or ends_at > $3))`;
  const approved = (account: string): string => `exists (select from hold_approvals o where o.account_id = ${account} and o.campaign_id = p.campaign_id)`;
  await sql.exec(
    'accountMerge.shareApprovals',
    `with shared as (
       insert into hold_approvals (account_id, campaign_id, task_id, approved_at, approved_by)
       select $2, campaign_id, task_id, approved_at, approved_by from hold_approvals p where p.account_id = $1 and not ${deal('$2')} on conflict do nothing
     )
     delete from hold_approvals p where p.account_id = $2 and ${deal('$1')} and not ${approved('$1')}`,
    [merged, kept, now],
  );
}

/** Each account has again what was noted about it. What was opened while they were one holds both: being spared is not undone by a slip of ours. */
export async function giveBackHistory(sql: Sql, restored: number, kept: number, was: AccountHistory, now: Date): Promise<void> {
  await sql.exec('accountUnmerge.tasks', 'update tasks set account_id = $1 where task_id = any($3) and account_id = $2', [restored, kept, was.tasks]);
  await sql.exec('accountUnmerge.touches', 'update human_touches set account_id = $1 where touch_id = any($3) and account_id = $2', [restored, kept, was.touches]);
  await sql.exec(
    'accountUnmerge.answers',
    'update nps_responses n set account_id = $1 from unnest($3::bigint[], $4::bigint[]) as was (contact_id, message_id) where n.contact_id = was.contact_id and n.message_id = was.message_id and n.account_id = $2',
    [restored, kept, was.answers.map(([contactId]) => contactId), was.answers.map(([, messageId]) => messageId)],
  );
  await sql.exec(
    'accountUnmerge.holds',
    'update account_holds h set account_id = $1, cause = was.cause from jsonb_to_recordset($3::jsonb) as was (hold_id bigint, cause text) where h.hold_id = was.hold_id and h.account_id = $2',
    [restored, kept, JSON.stringify(was.holds)],
  );
  await sql.exec(
    'accountUnmerge.shareHolds',
    `insert into account_holds (account_id, kind, campaign_id, reason, said, owner_id, task_id, cause, opened_at, opened_by, ends_at, closed_at, closed_by, reference, moment_at, resolved_at, followed_up_at, lifted_at)
     select $1, kind, campaign_id, reason, said, owner_id, task_id, cause, opened_at, opened_by, ends_at, closed_at, closed_by, reference, moment_at, resolved_at, followed_up_at, lifted_at
       from account_holds where account_id = $2 and not hold_id = any($3) and kind <> 'opportunity' and retracted_at is null and (ends_at is null or ends_at > $4)
     on conflict (account_id, kind, cause) do nothing`,
    [restored, kept, was.keptHolds, now],
  );
  await giveBackApprovals(sql, restored, kept, was);
  await sql.exec('accountUnmerge.snapshots', 'delete from segment_snapshot_accounts where account_id = $1 and snapshot_id = any($2)', [kept, was.snapshots]);
}

/** The approvals of each as they were; one given to the account that both were stays where it was given. */
async function giveBackApprovals(sql: Sql, restored: number, kept: number, was: AccountHistory): Promise<void> {
  const given = (account: number, approvals: readonly Approval[]): object[] => approvals.map((approval) => ({ ...approval, account_id: account }));
  await sql.exec(
    'accountUnmerge.approvals',
    `insert into hold_approvals (account_id, campaign_id, task_id, approved_at, approved_by)
     select r.account_id, r.campaign_id, t.task_id, r.approved_at, r.approved_by from jsonb_populate_recordset(null::hold_approvals, $1::jsonb) r join campaigns c using (campaign_id) left join tasks t on t.task_id = r.task_id
     on conflict do nothing`,
    [JSON.stringify([...given(restored, was.approvals), ...given(kept, was.keptApprovals)])],
  );
  await sql.exec(
    'accountUnmerge.takeApprovals',
    'delete from hold_approvals p using jsonb_to_recordset($2::jsonb) as came (campaign_id integer, approved_at timestamptz) where p.account_id = $1 and p.campaign_id = came.campaign_id and p.approved_at = came.approved_at',
    [kept, JSON.stringify(was.approvals.filter((came) => !was.keptApprovals.some((own) => own.campaign_id === came.campaign_id)))],
  );
}
