import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Live membership: who is in a segment now, who came and went and why, and which people must be asked again.
 * Every way of writing (API, import, tracking, merges) is followed by triggers on the tables that rules read. They fire once a statement, look
 * first whether any live segment depends on what was written (live_dependencies), and else leave it at that.
 */
export class LiveMembership0007 implements MigrationInterface {
  name = 'LiveMembership1700000000007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}

const up = `
-- Who came into a segment and who left, when and why: never changed. change_xid is the cursor of campaigns, as received_xid is of events.
-- No foreign keys here and on the checks: a million new members would be looked up one by one (10 s); a trigger on segments tidies up.
create table segment_changes (
  contact_id bigint not null,
  segment_id integer not null,
  at timestamptz not null,
  kind text not null check (kind in ('entered', 'left')),
  cause text not null,
  change_id bigint generated always as identity,
  change_xid bigint not null default (pg_current_xact_id()::text::bigint),
  primary key (contact_id, segment_id, at, change_id)
);
create index segment_changes_segment on segment_changes (segment_id, at, change_id);
create index segment_changes_xid on segment_changes using brin (change_xid);
create trigger segment_changes_append_only before update on segment_changes for each row execute function refuse_change();

create table segment_account_changes (
  account_id bigint not null,
  segment_id integer not null,
  at timestamptz not null,
  kind text not null check (kind in ('entered', 'left')),
  cause text not null,
  change_id bigint generated always as identity,
  change_xid bigint not null default (pg_current_xact_id()::text::bigint),
  primary key (account_id, segment_id, at, change_id)
);
create index segment_account_changes_segment on segment_account_changes (segment_id, at, change_id);
create index segment_account_changes_xid on segment_account_changes using brin (change_xid);
create trigger segment_account_changes_append_only before update on segment_account_changes for each row execute function refuse_change();

-- When somebody's answer may change by the clock alone; only those whose answer can.
create table segment_checks (
  contact_id bigint not null,
  segment_id integer not null,
  next_check_at timestamptz not null,
  primary key (contact_id, segment_id)
);
create index segment_checks_due on segment_checks (next_check_at);
create index segment_checks_segment on segment_checks (segment_id);
create table segment_account_checks (
  account_id bigint not null,
  segment_id integer not null,
  next_check_at timestamptz not null,
  primary key (account_id, segment_id)
);
create index segment_account_checks_due on segment_account_checks (next_check_at);
create index segment_account_checks_segment on segment_account_checks (segment_id);

-- What the members were built from. wanted: fingerprint of the rule with all it uses, as saved; built: of the rule the members follow.
create table segment_live (
  segment_id integer primary key references segments on delete cascade,
  wanted text,
  built text,
  problem text,                          -- why the rule cannot be followed any more
  building_since timestamptz,
  live_since timestamptz,
  reconciled_at timestamptz
);

-- Counters in eight rows a segment, so that workers do not wait for each other's commit. No foreign key: a segment's end counts its members down first.
create table segment_counts (
  segment_id integer not null,
  slot smallint not null,
  members bigint not null,
  primary key (segment_id, slot)
);

-- Each full comparison of the members with the compiled rule: what it found, which should be nothing.
create table segment_reconciliations (
  reconciliation_id bigint generated always as identity primary key,
  segment_id integer not null references segments on delete cascade,
  at timestamptz not null,
  members bigint not null,
  missing bigint not null,               -- should have been in
  surplus bigint not null,               -- should not have been in
  took_ms integer not null
);
create index segment_reconciliations_segment on segment_reconciliations (segment_id, at);

-- What some live segment reads: the triggers ask here.
create table live_dependencies (
  on_scope text not null check (on_scope in ('contact', 'account')),
  kind text not null,
  name text not null,
  primary key (on_scope, kind, name)
);

-- Who must be asked again, and since what. A row a change; taken together per person. segment_id: only about that one.
create table dirty_contacts (
  contact_id bigint not null,
  dirty_id bigint generated always as identity,
  slot smallint not null generated always as ((contact_id & 7)::smallint) stored,
  kind text not null,
  name text not null default '',
  segment_id integer,
  since timestamptz not null default clock_timestamp(),
  not_before timestamptz,
  primary key (contact_id, dirty_id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_insert_threshold = -1);
create index dirty_contacts_slot on dirty_contacts (slot, dirty_id);
create table dirty_accounts (
  account_id bigint not null,
  dirty_id bigint generated always as identity,
  slot smallint not null generated always as ((account_id & 7)::smallint) stored,
  kind text not null,
  name text not null default '',
  segment_id integer,
  since timestamptz not null default clock_timestamp(),
  not_before timestamptz,
  primary key (account_id, dirty_id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_insert_threshold = -1);
create index dirty_accounts_slot on dirty_accounts (slot, dirty_id);

create function live_depends(asked_scope text, asked_kind text) returns boolean language sql stable
as $$ select exists (select from live_dependencies where on_scope = asked_scope and kind = asked_kind) $$;

-- Marks rows of contacts or accounts whose columns or attributes changed that some segment reads. Names come from the table by %L and %I.
create function mark_changed_columns(asked_scope text, dirty regclass, id text) returns text language sql stable
as $$
  select format('insert into %s (%I, kind, name) select n.%I, c.kind, c.name from new_rows n join old_rows o using (%I) cross join lateral (values %s) c (kind, name, changed) where c.changed',
                dirty, id, id, id,
                string_agg(case kind when 'column' then format('(%L, %L, n.%I is distinct from o.%I)', kind, name, name, name)
                                     else format('(%L, %L, n.attributes -> %L is distinct from o.attributes -> %L)', kind, name, name, name) end, ', '))
    from live_dependencies where on_scope = asked_scope and kind in ('column', 'attribute') having count(*) > 0
$$;

create function mark_contacts() returns trigger language plpgsql
as $$
declare statement text;
begin
  if tg_op = 'UPDATE' then
    statement := mark_changed_columns('contact', 'dirty_contacts', 'contact_id');
    if statement is not null then execute statement; end if;
    if live_depends('account', 'people') then
      insert into dirty_accounts (account_id, kind)
      select distinct side.account_id, 'people' from new_rows n join old_rows o using (contact_id) cross join lateral (values (n.account_id), (o.account_id)) side (account_id)
       where n.account_id is distinct from o.account_id and side.account_id is not null;
    end if;
  elsif tg_op = 'INSERT' then
    if live_depends('contact', 'row') then insert into dirty_contacts (contact_id, kind) select contact_id, 'row' from new_rows; end if;
    if live_depends('account', 'people') then insert into dirty_accounts (account_id, kind) select distinct account_id, 'people' from new_rows where account_id is not null; end if;
  else
    if live_depends('contact', 'row') then insert into dirty_contacts (contact_id, kind) select contact_id, 'row' from old_rows; end if;
    if live_depends('account', 'people') then insert into dirty_accounts (account_id, kind) select distinct account_id, 'people' from old_rows where account_id is not null; end if;
  end if;
  return null;
end $$;
create trigger live_inserted after insert on contacts referencing new table as new_rows for each statement execute function mark_contacts();
create trigger live_updated after update on contacts referencing new table as new_rows old table as old_rows for each statement execute function mark_contacts();
create trigger live_deleted after delete on contacts referencing old table as old_rows for each statement execute function mark_contacts();

create function mark_accounts() returns trigger language plpgsql
as $$
declare statement text;
begin
  if tg_op = 'UPDATE' then
    statement := mark_changed_columns('account', 'dirty_accounts', 'account_id');
    if statement is not null then execute statement; end if;
  elsif tg_op = 'INSERT' then
    if live_depends('account', 'row') then insert into dirty_accounts (account_id, kind) select account_id, 'row' from new_rows; end if;
  else
    if live_depends('account', 'row') then insert into dirty_accounts (account_id, kind) select account_id, 'row' from old_rows; end if;
  end if;
  return null;
end $$;
create trigger live_inserted after insert on accounts referencing new table as new_rows for each statement execute function mark_accounts();
create trigger live_updated after update on accounts referencing new table as new_rows old table as old_rows for each statement execute function mark_accounts();
create trigger live_deleted after delete on accounts referencing old table as old_rows for each statement execute function mark_accounts();

create function mark_events() returns trigger language plpgsql
as $$
begin
  if not live_depends('contact', 'event') then return null; end if;
  if tg_op in ('INSERT', 'UPDATE') then
    insert into dirty_contacts (contact_id, kind, name)
    select distinct contact_id, 'event', name from new_rows where name in (select d.name from live_dependencies d where d.on_scope = 'contact' and d.kind = 'event');
  end if;
  if tg_op in ('DELETE', 'UPDATE') then
    insert into dirty_contacts (contact_id, kind, name)
    select distinct contact_id, 'event', name from old_rows where name in (select d.name from live_dependencies d where d.on_scope = 'contact' and d.kind = 'event');
  end if;
  return null;
end $$;
create trigger live_inserted after insert on events referencing new table as new_rows for each statement execute function mark_events();
create trigger live_updated after update on events referencing new table as new_rows old table as old_rows for each statement execute function mark_events();
create trigger live_deleted after delete on events referencing old table as old_rows for each statement execute function mark_events();

create function mark_roles() returns trigger language plpgsql
as $$
begin
  if not live_depends('contact', 'role') then return null; end if;
  if tg_op in ('INSERT', 'UPDATE') then insert into dirty_contacts (contact_id, kind) select distinct contact_id, 'role' from new_rows; end if;
  if tg_op in ('DELETE', 'UPDATE') then insert into dirty_contacts (contact_id, kind) select distinct contact_id, 'role' from old_rows; end if;
  return null;
end $$;
create trigger live_inserted after insert on buying_group_members referencing new table as new_rows for each statement execute function mark_roles();
create trigger live_updated after update on buying_group_members referencing new table as new_rows old table as old_rows for each statement execute function mark_roles();
create trigger live_deleted after delete on buying_group_members referencing old table as old_rows for each statement execute function mark_roles();

-- Whether people may be mailed: what they said of a purpose, and whose address must not be mailed.
create function mark_consents() returns trigger language plpgsql
as $$
begin
  if not live_depends('contact', 'consent') then return null; end if;
  if tg_op in ('INSERT', 'UPDATE') then
    insert into dirty_contacts (contact_id, kind, name)
    select distinct contact_id, 'consent', purpose from new_rows where purpose in (select d.name from live_dependencies d where d.on_scope = 'contact' and d.kind = 'consent');
  end if;
  if tg_op in ('DELETE', 'UPDATE') then
    insert into dirty_contacts (contact_id, kind, name)
    select distinct contact_id, 'consent', purpose from old_rows where purpose in (select d.name from live_dependencies d where d.on_scope = 'contact' and d.kind = 'consent');
  end if;
  return null;
end $$;
create trigger live_inserted after insert on consents referencing new table as new_rows for each statement execute function mark_consents();
create trigger live_updated after update on consents referencing new table as new_rows old table as old_rows for each statement execute function mark_consents();
create trigger live_deleted after delete on consents referencing old table as old_rows for each statement execute function mark_consents();

create function mark_suppressions() returns trigger language plpgsql
as $$
begin
  if not live_depends('contact', 'suppression') then return null; end if;
  if tg_op in ('INSERT', 'UPDATE') then insert into dirty_contacts (contact_id, kind) select distinct c.contact_id, 'suppression' from new_rows n join contacts c using (address_hash); end if;
  if tg_op in ('DELETE', 'UPDATE') then insert into dirty_contacts (contact_id, kind) select distinct c.contact_id, 'suppression' from old_rows o join contacts c using (address_hash); end if;
  return null;
end $$;
create trigger live_inserted after insert on suppressions referencing new table as new_rows for each statement execute function mark_suppressions();
create trigger live_updated after update on suppressions referencing new table as new_rows old table as old_rows for each statement execute function mark_suppressions();
create trigger live_deleted after delete on suppressions referencing old table as old_rows for each statement execute function mark_suppressions();

-- Members of lists are written by others: what depends on a list is marked, and what a live segment writes about itself is written for a list.
create function mark_lists() returns trigger language plpgsql
as $$
declare id text := case tg_table_name when 'segment_members' then 'contact_id' else 'account_id' end;
        asked_scope text := case tg_table_name when 'segment_members' then 'contact' else 'account' end;
        dirty text := case tg_table_name when 'segment_members' then 'dirty_contacts' else 'dirty_accounts' end;
        changes text := case tg_table_name when 'segment_members' then 'segment_changes' else 'segment_account_changes' end;
        rows text := case tg_op when 'INSERT' then 'new_rows' else 'old_rows' end;
begin
  if not exists (select from segments where kind = 'list') then return null; end if;
  execute format('insert into %I (%I, segment_id, at, kind, cause) select r.%I, r.segment_id, %s, %L, %L from %I r join segments s on s.segment_id = r.segment_id and s.kind = %L',
                 changes, id, id, case tg_op when 'INSERT' then 'r.entered_at' else 'clock_timestamp()' end, case tg_op when 'INSERT' then 'entered' else 'left' end, 'list', rows, 'list');
  if live_depends(asked_scope, 'list') then
    execute format('insert into %I (%I, kind, name) select r.%I, %L, r.segment_id::text from %I r where r.segment_id::text in (select name from live_dependencies where on_scope = %L and kind = %L)',
                   dirty, id, id, 'list', rows, asked_scope, 'list');
  end if;
  return null;
end $$;
create trigger live_inserted after insert on segment_members referencing new table as new_rows for each statement execute function mark_lists();
create trigger live_deleted after delete on segment_members referencing old table as old_rows for each statement execute function mark_lists();
create trigger live_inserted after insert on segment_account_members referencing new table as new_rows for each statement execute function mark_lists();
create trigger live_deleted after delete on segment_account_members referencing old table as old_rows for each statement execute function mark_lists();

create function count_members() returns trigger language plpgsql
as $$
begin
  if tg_op = 'INSERT' then
    insert into segment_counts (segment_id, slot, members) select segment_id, pg_backend_pid() & 7, count(*) from new_rows group by segment_id order by segment_id
    on conflict (segment_id, slot) do update set members = segment_counts.members + excluded.members;
  else
    insert into segment_counts (segment_id, slot, members) select segment_id, pg_backend_pid() & 7, -count(*) from old_rows group by segment_id order by segment_id
    on conflict (segment_id, slot) do update set members = segment_counts.members + excluded.members;
  end if;
  return null;
end $$;
create trigger count_inserted after insert on segment_members referencing new table as new_rows for each statement execute function count_members();
create trigger count_deleted after delete on segment_members referencing old table as old_rows for each statement execute function count_members();
create trigger count_inserted after insert on segment_account_members referencing new table as new_rows for each statement execute function count_members();
create trigger count_deleted after delete on segment_account_members referencing old table as old_rows for each statement execute function count_members();

create function forget_segments() returns trigger language plpgsql
as $$
begin
  delete from segment_members where segment_id in (select segment_id from old_rows);
  delete from segment_account_members where segment_id in (select segment_id from old_rows);
  delete from segment_changes where segment_id in (select segment_id from old_rows);
  delete from segment_account_changes where segment_id in (select segment_id from old_rows);
  delete from segment_checks where segment_id in (select segment_id from old_rows);
  delete from segment_account_checks where segment_id in (select segment_id from old_rows);
  delete from segment_counts where segment_id in (select segment_id from old_rows);
  return null;
end $$;
create trigger live_deleted after delete on segments referencing old table as old_rows for each statement execute function forget_segments();
insert into segment_counts (segment_id, slot, members) select segment_id, 0, count(*) from segment_members group by segment_id;
insert into segment_counts (segment_id, slot, members) select segment_id, 0, count(*) from segment_account_members group by segment_id;
`;

const down = `
drop trigger live_deleted on segments;
drop trigger live_inserted on segment_members;
drop trigger live_deleted on segment_members;
drop trigger live_inserted on segment_account_members;
drop trigger live_deleted on segment_account_members;
drop trigger count_inserted on segment_members;
drop trigger count_deleted on segment_members;
drop trigger count_inserted on segment_account_members;
drop trigger count_deleted on segment_account_members;
drop trigger live_inserted on contacts;
drop trigger live_updated on contacts;
drop trigger live_deleted on contacts;
drop trigger live_inserted on accounts;
drop trigger live_updated on accounts;
drop trigger live_deleted on accounts;
drop trigger live_inserted on events;
drop trigger live_updated on events;
drop trigger live_deleted on events;
drop trigger live_inserted on buying_group_members;
drop trigger live_updated on buying_group_members;
drop trigger live_deleted on buying_group_members;
drop trigger live_inserted on consents;
drop trigger live_updated on consents;
drop trigger live_deleted on consents;
drop trigger live_inserted on suppressions;
drop trigger live_updated on suppressions;
drop trigger live_deleted on suppressions;
drop table dirty_accounts, dirty_contacts, live_dependencies, segment_reconciliations, segment_counts, segment_live, segment_account_checks, segment_checks,
  segment_account_changes, segment_changes;
drop function forget_segments();
drop function count_members();
drop function mark_lists();
drop function mark_suppressions();
drop function mark_consents();
drop function mark_roles();
drop function mark_events();
drop function mark_accounts();
drop function mark_contacts();
drop function mark_changed_columns(text, regclass, text);
drop function live_depends(text, text);
`;
