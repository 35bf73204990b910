import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * When each contact last did anything, whatever it was: what retention asks of a million people at once, and what must be known when the raw events of a
 * month have gone. Written by who counts events (history), behind the same cursor: what the cursor has not reached is still to be looked for among the events.
 */
export class TrackingAgain0018 implements MigrationInterface {
  name = 'TrackingAgain1700000000018';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}

const up = `
-- Of a browser's key: the pages that may use it. Empty: any.
alter table write_keys add column allowed_origins text[] not null default '{}';

-- Never earlier than any event of the contact that the cursor has passed.
create table contact_last_events (
  contact_id bigint primary key,
  last_at timestamptz not null
) with (fillfactor = 90);
insert into contact_last_events select e.contact_id, max(e.occurred_at) from events e, event_history h where e.received_xid < h.cursor_xid group by 1;
-- Of months that are gone only days are known: a day's beginning is not later than what was done on it.
insert into contact_last_events as l select d.contact_id, max(d.day)::timestamp at time zone h.time_zone from event_days d, event_history h group by d.contact_id, h.time_zone
on conflict (contact_id) do update set last_at = excluded.last_at where l.last_at < excluded.last_at;
select let_rules_read(readable) from unnest(array['contact_last_events', 'event_history']::regclass[]) readable;

create function note_last_events(people bigint[], moments timestamptz[]) returns void language sql
as $$
  insert into contact_last_events as l select p.contact_id, max(p.at) from unnest(people, moments) as p (contact_id, at) group by 1 order by 1
  on conflict (contact_id) do update set last_at = excluded.last_at where l.last_at < excluded.last_at
$$;

-- For people whose last event may have gone: what is left says when the last one was.
create function recall_last_events(people bigint[]) returns void language plpgsql
as $$
begin
  update contact_last_events l set last_at = s.last_at
    from (select p.contact_id, greatest((select max(e.occurred_at) from events e where e.contact_id = p.contact_id),
                                        (select max(d.day)::timestamp at time zone h.time_zone from event_days d where d.contact_id = p.contact_id)) as last_at
            from unnest(people) as p (contact_id) cross join event_history h) s
   where s.contact_id = l.contact_id and s.last_at is not null;
  delete from contact_last_events l where l.contact_id = any(people)
     and not exists (select from events e where e.contact_id = l.contact_id) and not exists (select from event_days d where d.contact_id = l.contact_id);
end $$;

create or replace function follow_removed_events() returns trigger language plpgsql
as $$
declare history event_history;
begin
  select * into history from event_history for share;
  perform take_event_days(array_agg(contact_id), array_agg(name), array_agg(occurred_at), history.time_zone)
     from gone where received_xid < history.cursor_xid and occurred_at >= history.closed_before having count(*) > 0;
  perform recall_last_events(array_agg(contact_id)) from (select contact_id from contact_last_events l join gone using (contact_id) group by contact_id, last_at having max(occurred_at) >= last_at) lost having count(*) > 0;
  insert into computed_dirty (contact_id, event)
  select distinct contact_id, name from gone where name in (select computation ->> 'event' from attribute_definitions where computation is not null);
  return null;
end $$;

create or replace function follow_changed_events() returns trigger language plpgsql
as $$
declare history event_history;
begin
  select * into history from event_history for share;
  perform take_event_days(array_agg(contact_id), array_agg(name), array_agg(occurred_at), history.time_zone)
     from gone where received_xid < history.cursor_xid and occurred_at >= history.closed_before having count(*) > 0;
  perform add_event_days(array_agg(contact_id), array_agg(name), array_agg(occurred_at), history.time_zone)
     from came where received_xid < history.cursor_xid and occurred_at >= history.closed_before having count(*) > 0;
  perform note_last_events(array_agg(contact_id), array_agg(occurred_at)) from came where received_xid < history.cursor_xid having count(*) > 0;
  perform recall_last_events(array_agg(contact_id)) from (select contact_id from contact_last_events l join gone using (contact_id) group by contact_id, last_at having max(occurred_at) >= last_at) lost having count(*) > 0;
  insert into computed_dirty (contact_id, event)
  select distinct contact_id, name from (select contact_id, name from gone union select contact_id, name from came) changed
   where name in (select computation ->> 'event' from attribute_definitions where computation is not null);
  return null;
end $$;

create function forget_last_events() returns trigger language plpgsql
as $$
begin
  delete from contact_last_events using gone where contact_last_events.contact_id = gone.contact_id;
  return null;
end $$;
create trigger contacts_forget_last_events after delete on contacts referencing old table as gone for each statement execute function forget_last_events();

-- Two contacts turn out to be one. Called after the events themselves have moved (their days follow by the trigger above): what is left of the one stands for events that are gone.
create or replace function move_event_history(from_contact bigint, to_contact bigint) returns void language plpgsql
as $$
begin
  perform from event_history for share;
  with moved as (delete from event_days where contact_id = from_contact returning event_id, day, count),
    added as (
      insert into event_days as e select to_contact, event_id, day, count from moved
      on conflict (contact_id, event_id, day) do update set count = e.count + excluded.count returning event_id, day, xmax = 0 as first
    )
  update event_totals t set contacts = t.contacts - 1 from added a where (t.event_id, t.day) = (a.event_id, a.day) and not a.first;
  insert into contact_last_events as l select to_contact, last_at from contact_last_events where contact_id = from_contact
  on conflict (contact_id) do update set last_at = excluded.last_at where l.last_at < excluded.last_at;
  with moved as (delete from computed_residues where contact_id = from_contact returning *),
    added as (
      insert into computed_residues as r select to_contact, m.key, m.slot, m.value, m.number, m.count, m.at, m.event_key from moved m
      on conflict (contact_id, key, slot) do update set (value, number, count, at, event_key) = (
        select case when keeps then r.value else excluded.value end,
               case d.computation ->> 'aggregate' when 'minimum' then least(r.number, excluded.number) when 'maximum' then greatest(r.number, excluded.number) else r.number + excluded.number end,
               r.count + excluded.count, case when keeps then r.at else excluded.at end, case when keeps then r.event_key else excluded.event_key end
          from attribute_definitions d
          cross join lateral (select case d.computation ->> 'aggregate' when 'first' then (r.at, r.event_key collate "C") < (excluded.at, excluded.event_key collate "C")
                                     else (r.at, r.event_key collate "C") > (excluded.at, excluded.event_key collate "C") end as keeps) k
         where d.scope = 'contact' and d.key = r.key)
      returning key
    )
  insert into computed_dirty (contact_id, event)
  select distinct to_contact, d.computation ->> 'event' from added join attribute_definitions d on d.scope = 'contact' and d.key = added.key;
end $$;
`;

const down = `
alter table write_keys drop column allowed_origins;
drop trigger contacts_forget_last_events on contacts;
drop function forget_last_events();
create or replace function follow_removed_events() returns trigger language plpgsql
as $$
declare history event_history;
begin
  select * into history from event_history for share;
  perform take_event_days(array_agg(contact_id), array_agg(name), array_agg(occurred_at), history.time_zone)
     from gone where received_xid < history.cursor_xid and occurred_at >= history.closed_before having count(*) > 0;
  insert into computed_dirty (contact_id, event)
  select distinct contact_id, name from gone where name in (select computation ->> 'event' from attribute_definitions where computation is not null);
  return null;
end $$;
create or replace function follow_changed_events() returns trigger language plpgsql
as $$
declare history event_history;
begin
  select * into history from event_history for share;
  perform take_event_days(array_agg(contact_id), array_agg(name), array_agg(occurred_at), history.time_zone)
     from gone where received_xid < history.cursor_xid and occurred_at >= history.closed_before having count(*) > 0;
  perform add_event_days(array_agg(contact_id), array_agg(name), array_agg(occurred_at), history.time_zone)
     from came where received_xid < history.cursor_xid and occurred_at >= history.closed_before having count(*) > 0;
  insert into computed_dirty (contact_id, event)
  select distinct contact_id, name from (select contact_id, name from gone union select contact_id, name from came) changed
   where name in (select computation ->> 'event' from attribute_definitions where computation is not null);
  return null;
end $$;
-- Two contacts turn out to be one. Called after the events themselves have moved (their days follow by the trigger above): what is left of the one stands for events that are gone.
create or replace function move_event_history(from_contact bigint, to_contact bigint) returns void language plpgsql
as $$
begin
  perform from event_history for share;
  with moved as (delete from event_days where contact_id = from_contact returning event_id, day, count),
    added as (
      insert into event_days as e select to_contact, event_id, day, count from moved
      on conflict (contact_id, event_id, day) do update set count = e.count + excluded.count returning event_id, day, xmax = 0 as first
    )
  update event_totals t set contacts = t.contacts - 1 from added a where (t.event_id, t.day) = (a.event_id, a.day) and not a.first;
  with moved as (delete from computed_residues where contact_id = from_contact returning *),
    added as (
      insert into computed_residues as r select to_contact, m.key, m.slot, m.value, m.number, m.count, m.at, m.event_key from moved m
      on conflict (contact_id, key, slot) do update set (value, number, count, at, event_key) = (
        select case when keeps then r.value else excluded.value end,
               case d.computation ->> 'aggregate' when 'minimum' then least(r.number, excluded.number) when 'maximum' then greatest(r.number, excluded.number) else r.number + excluded.number end,
               r.count + excluded.count, case when keeps then r.at else excluded.at end, case when keeps then r.event_key else excluded.event_key end
          from attribute_definitions d
          cross join lateral (select case d.computation ->> 'aggregate' when 'first' then (r.at, r.event_key collate "C") < (excluded.at, excluded.event_key collate "C")
                                     else (r.at, r.event_key collate "C") > (excluded.at, excluded.event_key collate "C") end as keeps) k
         where d.scope = 'contact' and d.key = r.key)
      returning key
    )
  insert into computed_dirty (contact_id, event)
  select distinct to_contact, d.computation ->> 'event' from added join attribute_definitions d on d.scope = 'contact' and d.key = added.key;
end $$;
drop function recall_last_events(bigint[]);
drop function note_last_events(bigint[], timestamptz[]);
drop table contact_last_events;
`;
