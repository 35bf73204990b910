import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Fit and engagement of accounts, and how far each account is: two axes, and stages that follow from them with hysteresis. */
export class Scores0028 implements MigrationInterface {
  name = 'Scores1700000000028';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}

const STAGES = `'identified', 'aware', 'engaged', 'qualified', 'opportunity', 'new_customer', 'loyal_customer', 'at_risk', 'former_customer'`;

const up = `
-- What rules, tables and templates ask; written by scoring alone. engagement_score is whole: rules would otherwise be asked again at every breath.
alter table accounts
  add column fit_score smallint check (fit_score between 0 and 100),
  add column fit_grade text check (fit_grade in ('A', 'B', 'C', 'D', 'E', 'F')),
  add column engagement_score smallint check (engagement_score between 0 and 100),
  add column account_stage text check (account_stage in (${STAGES})),
  add column account_stage_since timestamptz;

-- What a value was worked out from ('account.sector', 'event.Page Viewed'): whoever uses the value uses those, for purposes that allow it only.
alter table attribute_definitions add column derived_from text[] not null default '{}';
insert into attribute_definitions (scope, key, type, nature, purposes, standard, source) values
  ('account', 'fit_score', 'number', 'static', '{*}', true, 'tactful'),
  ('account', 'fit_grade', 'text', 'static', '{*}', true, 'tactful'),
  ('account', 'engagement_score', 'number', 'dynamic', '{*}', true, 'tactful'),
  ('account', 'account_stage', 'text', 'dynamic', '{*}', true, 'tactful')
on conflict (scope, key) do update set type = excluded.type, nature = excluded.nature, purposes = excluded.purposes, standard = true;

-- One row: up to where events have been counted, the moment that sums are expressed in, and by what both were worked out last.
create table score_state (
  one boolean primary key default true check (one),
  cursor_xid bigint not null default 0,
  epoch date not null default date '2026-01-01',
  people_by text,                        -- fingerprint of the kinds that count; null: nobody was ever scored
  accounts_by text,                      -- of the whole policy, with what its conditions read
  full_at timestamptz                    -- when every account was looked at last
);
insert into score_state default values;

-- Of people of accounts only, and of nobody who objected to profiling. mass: sum of 2^((moment - beginning of the day) / half-life), so that the bound
-- of so many a day holds in whatever order events arrive.
create table engagement_days (
  contact_id bigint not null,
  kind text not null,
  day date not null,                     -- UTC
  count integer not null,
  mass double precision not null,
  primary key (contact_id, kind, day)
);
-- Sum of weight * 2^((moment - epoch) / half-life): at any time the score is the sum times 2^((epoch - now) / half-life).
create table contact_engagement (
  contact_id bigint not null,
  half_life_days smallint not null,
  sum double precision not null,
  primary key (contact_id, half_life_days)
);
-- Whose events went, moved or were dated ahead: worked out anew from what is there. Appended only, so that no writer waits.
create table engagement_again (
  again_id bigint generated always as identity primary key,
  contact_id bigint not null,
  not_before timestamptz
);
create index engagement_again_later on engagement_again (not_before) where not_before is not null;

create table account_scores (
  account_id bigint primary key references accounts on delete cascade,
  fit_met text[] not null,               -- keys of the conditions that held
  engagement double precision not null,  -- the whole of it, of which accounts.engagement_score is the whole part
  weighted_sum double precision not null,
  people integer not null,               -- who count as engaged
  roles text[] not null,                 -- parts of the buying group that are engaged
  qualifying_since timestamptz,
  looked_at timestamptz not null,
  next_look_at timestamptz               -- when the clock alone may change a point, a role or the stage
);
create index account_scores_due on account_scores (next_look_at) where next_look_at is not null;
create table account_score_queue (
  queue_id bigint generated always as identity primary key,
  account_id bigint not null
);

-- Never changed. No foreign key: when two accounts are made one, the history of the one that goes waits under its id for an undo.
create table account_stage_changes (
  account_id bigint not null,
  change_id bigint generated always as identity,
  at timestamptz not null,
  from_stage text check (from_stage in (${STAGES})),
  to_stage text not null check (to_stage in (${STAGES})),
  cause jsonb not null,
  primary key (account_id, change_id)
);
create index account_stage_changes_at on account_stage_changes (at, change_id);
create trigger account_stage_changes_append_only before update on account_stage_changes for each row execute function refuse_change();

create function score_events_again() returns trigger language plpgsql
as $$
begin
  if tg_op = 'UPDATE' then
    insert into engagement_again (contact_id)
    select distinct contact_id from (select contact_id from gone union select contact_id from came) touched join contacts using (contact_id) where account_id is not null;
  else
    insert into engagement_again (contact_id) select distinct contact_id from gone join contacts using (contact_id) where account_id is not null;
  end if;
  return null;
end $$;
create trigger events_score_removed after delete on events referencing old table as gone for each statement execute function score_events_again();
create trigger events_score_changed after update on events referencing old table as gone new table as came for each statement execute function score_events_again();

-- People who come to an account or leave it, or who say that they want no profiling or no processing at all, or take that back.
create function score_people_again() returns trigger language plpgsql
as $$
begin
  if tg_op = 'DELETE' then
    delete from engagement_days using gone where engagement_days.contact_id = gone.contact_id;
    delete from contact_engagement using gone where contact_engagement.contact_id = gone.contact_id;
    insert into account_score_queue (account_id) select distinct account_id from gone where account_id is not null;
    return null;
  end if;
  with moved as (
    select n.contact_id, n.account_id as now_at, o.account_id as was_at from came n join gone o using (contact_id)
     where n.account_id is distinct from o.account_id or (n.profiling_off_at is null) <> (o.profiling_off_at is null) or (n.restricted_at is null) <> (o.restricted_at is null)
  ), marked as (insert into engagement_again (contact_id) select contact_id from moved)
  insert into account_score_queue (account_id) select distinct account_id from moved cross join lateral (values (now_at), (was_at)) side (account_id) where account_id is not null;
  return null;
end $$;
create trigger contacts_score_deleted after delete on contacts referencing old table as gone for each statement execute function score_people_again();
create trigger contacts_score_updated after update on contacts referencing old table as gone new table as came for each statement execute function score_people_again();

-- Whatever else fit or stage follows from. Not what scoring itself writes.
create function score_accounts_again() returns trigger language plpgsql
as $$
begin
  if tg_op = 'UPDATE' then
    insert into account_score_queue (account_id) select n.account_id from came n join gone o using (account_id)
     where (n.name, n.domain, n.sector, n.country, n.city, n.employees, n.revenue, n.year_established, n.vat_number, n.coc_number, n.tier, n.parent_account_id, n.attributes,
            n.lifecycle_stage, n.open_opportunities, n.last_won_on)
       is distinct from (o.name, o.domain, o.sector, o.country, o.city, o.employees, o.revenue, o.year_established, o.vat_number, o.coc_number, o.tier, o.parent_account_id, o.attributes,
            o.lifecycle_stage, o.open_opportunities, o.last_won_on);
  else
    insert into account_score_queue (account_id) select account_id from came;
  end if;
  return null;
end $$;
create trigger accounts_score_inserted after insert on accounts referencing new table as came for each statement execute function score_accounts_again();
create trigger accounts_score_updated after update on accounts referencing old table as gone new table as came for each statement execute function score_accounts_again();

create function score_accounts_of_rows_again() returns trigger language plpgsql
as $$
begin
  if tg_op in ('INSERT', 'UPDATE') then insert into account_score_queue (account_id) select distinct account_id from came; end if;
  if tg_op in ('DELETE', 'UPDATE') then insert into account_score_queue (account_id) select distinct account_id from gone; end if;
  return null;
end $$;
create trigger roles_score_inserted after insert on buying_group_members referencing new table as came for each statement execute function score_accounts_of_rows_again();
create trigger roles_score_updated after update on buying_group_members referencing old table as gone new table as came for each statement execute function score_accounts_of_rows_again();
create trigger roles_score_deleted after delete on buying_group_members referencing old table as gone for each statement execute function score_accounts_of_rows_again();
create trigger holds_score_inserted after insert on account_holds referencing new table as came for each statement execute function score_accounts_of_rows_again();
create trigger holds_score_updated after update on account_holds referencing old table as gone new table as came for each statement execute function score_accounts_of_rows_again();
`;

const down = `
drop trigger holds_score_updated on account_holds;
drop trigger holds_score_inserted on account_holds;
drop trigger roles_score_deleted on buying_group_members;
drop trigger roles_score_updated on buying_group_members;
drop trigger roles_score_inserted on buying_group_members;
drop function score_accounts_of_rows_again();
drop trigger accounts_score_updated on accounts;
drop trigger accounts_score_inserted on accounts;
drop function score_accounts_again();
drop trigger contacts_score_updated on contacts;
drop trigger contacts_score_deleted on contacts;
drop function score_people_again();
drop trigger events_score_changed on events;
drop trigger events_score_removed on events;
drop function score_events_again();
drop table account_stage_changes, account_score_queue, account_scores, engagement_again, contact_engagement, engagement_days, score_state;
delete from attribute_definitions where scope = 'account' and standard and key in ('fit_score', 'fit_grade', 'engagement_score', 'account_stage');
alter table attribute_definitions drop column derived_from;
alter table accounts drop column account_stage_since, drop column account_stage, drop column engagement_score, drop column fit_grade, drop column fit_score;
delete from settings where key = 'score_policy';
`;
