import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What events that are gone gave is kept apart by whose they were, so that a merge can be undone after their months were closed, too. */
export class MergedHistory0031 implements MigrationInterface {
  name = 'MergedHistory1700000000031';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}

const up = `
-- Of the days of the contact that stayed: what the one that was merged gave to them, as far as its events are gone.
create table contact_merge_days (
  merge_id bigint not null references contact_merges on delete cascade,
  event_id integer not null,
  day date not null,
  count integer not null,
  primary key (merge_id, event_id, day)
);

-- origin: the merge by which a residue came to the contact; 0: its own. Whoever reads adds all of a contact together.
alter table computed_residues add column origin bigint not null default 0;
alter table computed_residues drop constraint computed_residues_pkey;
alter table computed_residues add primary key (contact_id, key, slot, origin);
-- While months are closed, what a merge brought stands under minus its id: that is no contact. The trigger below takes the place of the foreign key.
alter table order_residues add column origin bigint not null default 0;
alter table order_residues drop constraint order_residues_contact_id_fkey;
alter table order_residues drop constraint order_residues_pkey;
alter table order_residues add primary key (contact_id, origin);

create or replace function forget_event_history() returns trigger language plpgsql
as $$
begin
  delete from event_days using gone where event_days.contact_id = gone.contact_id;
  delete from computed_due using gone where computed_due.contact_id = gone.contact_id;
  delete from computed_residues using gone where computed_residues.contact_id = gone.contact_id;
  delete from order_residues using gone where order_residues.contact_id = gone.contact_id;
  return null;
end $$;

-- Whose computed values residues of these contacts change.
create function mark_residues(people bigint[], keys text[]) returns void language sql
as $$
  insert into computed_dirty (contact_id, event)
  select distinct p.contact_id, d.computation ->> 'event' from unnest(people) as p (contact_id)
    join attribute_definitions d on d.scope = 'contact' and d.key = any(keys) and d.computation is not null
$$;

-- Two contacts turn out to be one. Called after the events themselves have moved (their days follow by triggers): what is left of the one stands for events that are gone.
drop function move_event_history(bigint, bigint);
create function move_event_history(from_contact bigint, to_contact bigint, by_merge bigint) returns void language plpgsql
as $$
declare keys text[];
begin
  perform from event_history for share;
  with moved as (delete from event_days where contact_id = from_contact returning event_id, day, count),
    noted as (insert into contact_merge_days select by_merge, event_id, day, count from moved),
    added as (
      insert into event_days as e select to_contact, event_id, day, count from moved
      on conflict (contact_id, event_id, day) do update set count = e.count + excluded.count returning event_id, day, xmax = 0 as first
    )
  update event_totals t set contacts = t.contacts - 1 from added a where (t.event_id, t.day) = (a.event_id, a.day) and not a.first;
  insert into contact_last_events as l select to_contact, last_at from contact_last_events where contact_id = from_contact
  on conflict (contact_id) do update set last_at = excluded.last_at where l.last_at < excluded.last_at;
  with moved as (update computed_residues set contact_id = to_contact, origin = case origin when 0 then by_merge else origin end where contact_id = from_contact returning key)
  select array_agg(distinct key) into keys from moved;
  perform mark_residues(array[to_contact], keys);
  update order_residues set contact_id = to_contact, origin = case origin when 0 then by_merge else origin end where contact_id = from_contact;
end $$;

-- And two again: after the events that are here went back. Merges into the one that was merged, which still stand, go with it.
create function part_event_history(of_merge bigint) returns void language plpgsql
as $$
declare
  survivor bigint;
  merged bigint;
  origins bigint[];
  keys text[];
begin
  perform from event_history for share;
  select m.survivor_id, m.merged_contact_id into survivor, merged from contact_merges m where m.merge_id = of_merge;
  with recursive brought (merge_id, contact_id) as (
    select of_merge, merged
    union all
    select m.merge_id, m.merged_contact_id from brought b join contact_merges m on m.survivor_id = b.contact_id and m.undone_at is null
  )
  select array_agg(merge_id) into origins from brought;
  update event_days e set count = e.count - g.count from contact_merge_days g where g.merge_id = of_merge and (e.contact_id, e.event_id, e.day) = (survivor, g.event_id, g.day);
  with gone as (delete from event_days where contact_id = survivor and count <= 0 returning event_id, day)
  update event_totals t set contacts = t.contacts - 1 from gone where (t.event_id, t.day) = (gone.event_id, gone.day);
  with given as (delete from contact_merge_days where merge_id = of_merge returning event_id, day, count),
    back as (
      insert into event_days as e select merged, event_id, day, count from given
      on conflict (contact_id, event_id, day) do update set count = e.count + excluded.count returning event_id, day, xmax = 0 as first
    )
  update event_totals t set contacts = t.contacts + 1 from back where (t.event_id, t.day) = (back.event_id, back.day) and back.first;
  with moved as (update computed_residues set contact_id = merged, origin = case origin when of_merge then 0 else origin end where contact_id = survivor and origin = any(origins) returning key)
  select array_agg(distinct key) into keys from moved;
  perform mark_residues(array[survivor, merged], keys);
  update order_residues set contact_id = merged, origin = case origin when of_merge then 0 else origin end where contact_id = survivor and origin = any(origins);
  perform note_last_events(array[merged], array[max(d.day)::timestamp at time zone h.time_zone]) from event_days d cross join event_history h where d.contact_id = merged group by h.time_zone;
  perform recall_last_events(array[survivor, merged]);
end $$;
`;

const down = `
drop function part_event_history(bigint);
drop function move_event_history(bigint, bigint, bigint);
drop function mark_residues(bigint[], text[]);
create or replace function forget_event_history() returns trigger language plpgsql
as $$
begin
  delete from event_days using gone where event_days.contact_id = gone.contact_id;
  delete from computed_due using gone where computed_due.contact_id = gone.contact_id;
  delete from computed_residues using gone where computed_residues.contact_id = gone.contact_id;
  return null;
end $$;
-- One residue a contact again: of several its own stays.
delete from order_residues r using order_residues o where o.contact_id = r.contact_id and o.origin < r.origin;
delete from order_residues r where not exists (select from contacts c where c.contact_id = r.contact_id);
alter table order_residues drop constraint order_residues_pkey;
alter table order_residues drop column origin;
alter table order_residues add primary key (contact_id);
alter table order_residues add constraint order_residues_contact_id_fkey foreign key (contact_id) references contacts on delete cascade;
delete from computed_residues r using computed_residues o where (o.contact_id, o.key, o.slot) = (r.contact_id, r.key, r.slot) and o.origin < r.origin;
alter table computed_residues drop constraint computed_residues_pkey;
alter table computed_residues drop column origin;
alter table computed_residues add primary key (contact_id, key, slot);
drop table contact_merge_days;
create function move_event_history(from_contact bigint, to_contact bigint) returns void language plpgsql
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
