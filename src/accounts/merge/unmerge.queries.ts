import type { Sql } from '../../platform/database/sql.js';
import type { AccountFields, Belongings } from './merge.queries.js';

/** Accounts that took the name or the external id since; an import of the old file makes such a one. */
export async function findTakers(sql: Sql, nameKey: unknown, externalId: unknown, kept: number): Promise<number[]> {
  const rows = await sql.many<{ account_id: number }>('accountUnmerge.findTakers', 'select account_id from accounts where name_key = $1 or (external_id = $2 and account_id <> $3)', [nameKey, externalId, kept]);
  return rows.map((row) => row.account_id);
}

/** The account as it was, with its id. What it referred to and is gone is left out. */
export async function restoreAccount(sql: Sql, account: AccountFields, now: Date): Promise<void> {
  await sql.exec(
    'accountUnmerge.restoreAccount',
    `insert into accounts select r.* from jsonb_populate_record(null::accounts, $1::jsonb || jsonb_build_object(
       'parent_account_id', (select account_id from accounts where account_id = ($1::jsonb ->> 'parent_account_id')::bigint),
       'owner_id', (select user_id from users where user_id = ($1::jsonb ->> 'owner_id')::bigint), 'updated_at', $2::timestamptz)) r`,
    [JSON.stringify(account), now],
  );
}

/** Those of its people who still are where the merge put them. */
export async function peopleStillThere(sql: Sql, contacts: readonly number[], kept: number): Promise<number[]> {
  const rows = await sql.many<{ contact_id: number }>('accountUnmerge.peopleStillThere', 'select contact_id from contacts where contact_id = any($1) and account_id = $2 order by contact_id', [contacts, kept]);
  return rows.map((row) => row.contact_id);
}

/** Parts that the merge moved go back as they are now; those that the kept account had too come back as they were. */
export async function giveBackRoles(sql: Sql, restored: number, kept: number, { roles, keptRoles }: Belongings): Promise<void> {
  await sql.exec(
    'accountUnmerge.moveRoles',
    `update buying_group_members b set account_id = $1
     from jsonb_to_recordset($3::jsonb) as was (contact_id bigint, role text, valid_from timestamptz)
     where b.account_id = $2 and b.contact_id = was.contact_id and b.role = was.role and b.valid_from = was.valid_from
       and not exists (select from jsonb_array_elements($4::jsonb) own where (own ->> 0)::bigint = b.contact_id and own ->> 1 = b.role and (own ->> 2)::timestamptz = b.valid_from)`,
    [restored, kept, JSON.stringify(roles), JSON.stringify(keptRoles)],
  );
  await sql.exec(
    'accountUnmerge.restoreRoles',
    `insert into buying_group_members (contact_id, account_id, role, source, confidence, valid_from, valid_to, colleague_id)
     select was.contact_id, $1, was.role, was.source, was.confidence, was.valid_from, was.valid_to, u.user_id
     from jsonb_to_recordset($2::jsonb) as was (contact_id bigint, role text, source text, confidence real, valid_from timestamptz, valid_to timestamptz, colleague_id bigint)
     join contacts c using (contact_id) left join users u on u.user_id = was.colleague_id
     on conflict do nothing`,
    [restored, JSON.stringify(roles)],
  );
}

export async function giveBackOnTheirWay(sql: Sql, restored: number, kept: number, { messages, enrollments }: Belongings): Promise<void> {
  await sql.exec(
    'accountUnmerge.messages',
    `update messages m set account_id = $1, bucket = bucket_of(m.contact_id, $1) from unnest($3::bigint[], $4::bigint[]) as was (contact_id, message_id)
     where m.contact_id = was.contact_id and m.message_id = was.message_id and m.account_id = $2`,
    [restored, kept, messages.map(([contactId]) => contactId), messages.map(([, messageId]) => messageId)],
  );
  await sql.exec(
    'accountUnmerge.enrollments',
    `update enrollments e set account_id = $1, bucket = bucket_of(e.contact_id, $1) from unnest($3::bigint[], $4::integer[], $5::integer[]) as was (contact_id, campaign_id, occurrence)
     where e.contact_id = was.contact_id and e.campaign_id = was.campaign_id and e.occurrence = was.occurrence and e.account_id = $2 and e.state <> 'active'`,
    [restored, kept, enrollments.map(([contactId]) => contactId), enrollments.map(([, campaignId]) => campaignId), enrollments.map(([, , occurrence]) => occurrence)],
  );
}

/** Opportunities, subsidiaries, domains, matches, what triggers told and lists, as far as they still are where the merge put them. */
export async function giveBackRest(sql: Sql, restored: number, kept: number, was: Belongings): Promise<void> {
  await sql.exec('accountUnmerge.opportunities', 'update opportunities set account_id = $1 where opportunity_id = any($3) and account_id = $2', [restored, kept, was.opportunities]);
  await sql.exec('accountUnmerge.subsidiaries', 'update accounts set parent_account_id = $1 where account_id = any($3) and parent_account_id = $2', [restored, kept, was.subsidiaries]);
  await sql.exec(
    'accountUnmerge.domains',
    `insert into account_domains (domain, account_id, source, verified_at, created_at)
     select domain, $1, source, verified_at, created_at from jsonb_to_recordset($2::jsonb) as d (domain text, source text, verified_at timestamptz, created_at timestamptz)
     on conflict (domain, account_id) do update set source = excluded.source, verified_at = excluded.verified_at`,
    [restored, JSON.stringify(was.domains)],
  );
  await sql.exec(`accountUnmerge.keptDomains`, `delete from account_domains where account_id = $1 and source in ('merge', 'account') and domain = any($2) and not domain = any($3)`, [kept, was.domains.map(({ domain }) => domain), was.keptDomains]);
  await sql.exec('accountUnmerge.matches', 'update account_matches set account_id = $1 where match_id = any($3) and account_id = $2', [restored, kept, was.matches]);
  await sql.exec('accountUnmerge.previous', 'update account_matches set previous_account_id = $1 where match_id = any($3) and previous_account_id = $2', [restored, kept, was.previousOf]);
  await sql.exec(
    'accountUnmerge.firings',
    `delete from account_trigger_firings f using jsonb_to_recordset($2::jsonb) as was (trigger_id int, fired_at timestamptz)
      where f.account_id = $1 and f.trigger_id = was.trigger_id and f.fired_at = was.fired_at and not $3::jsonb @> jsonb_build_array(jsonb_build_array(was.trigger_id, to_jsonb(was.fired_at)))`,
    [kept, JSON.stringify(was.firings ?? []), JSON.stringify(was.keptFirings ?? [])],
  );
  await sql.exec(
    'accountUnmerge.restoreFirings',
    `insert into account_trigger_firings select f.trigger_id, $1, f.fired_at, f.people, f.rearms_at, f.noticed_at, t.task_id
       from jsonb_populate_recordset(null::account_trigger_firings, $2::jsonb) f join account_triggers using (trigger_id) left join tasks t on t.task_id = f.task_id on conflict do nothing`,
    [restored, JSON.stringify(was.firings ?? [])],
  );
  await sql.exec(
    'accountUnmerge.lists',
    `with given as (
       insert into segment_account_members (account_id, segment_id, entered_at)
       select $1, segment_id, m.entered_at from segment_account_members m join segments using (segment_id) where m.account_id = $2 and segment_id = any($3) on conflict do nothing
     )
     delete from segment_account_members where account_id = $2 and segment_id = any($3) and not segment_id = any($4)`,
    [restored, kept, was.lists, was.keptLists],
  );
}
