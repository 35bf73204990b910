import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which account a person belongs to and why; lifecycle stage and RFM from orders; merges of accounts that can be undone. */
export class Portfolio0009 implements MigrationInterface {
  name = 'Portfolio1700000000009';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}

const up = `
alter table accounts
  add column vat_number text,            -- letters and digits only, upper case
  add column coc_number text,            -- chamber of commerce, or whatever the country's register is called
  add column derived_stage text check (derived_stage in ('prospect', 'lead', 'new_customer', 'loyal_customer', 'former_customer'));
create index accounts_vat_number on accounts (vat_number) where vat_number is not null;
create index accounts_coc_number on accounts (coc_number) where coc_number is not null;

-- The name as matching looks it up, worked out by the program when it finds that match_name is not the name any more: the words without legal form, in
-- alphabetical order; and the same in its own order without blanks, for look-ups by trigrams. pg_trgm knows no letters but ASCII under the locale C.UTF-8
-- ("ромашка" has no trigrams at all), so names in other scripts stand there as their bytes in hexadecimal.
alter table accounts add column match_name text, add column match_words text, add column match_trigrams text;
create index accounts_match_due on accounts (account_id) where match_name is distinct from name;
create index accounts_match_words on accounts (match_words);
create index accounts_match_trigrams on accounts using gin (match_trigrams gin_trgm_ops);

-- Every domain and host of an account; accounts.domain is the one shown, and stands here too (source 'account').
create table account_domains (
  domain text not null check (domain = lower(domain)),
  account_id bigint not null references accounts on delete cascade,
  source text not null,
  verified_at timestamptz,               -- null: somebody proposed it, nobody confirmed it
  created_at timestamptz not null,
  primary key (domain, account_id)
);
create index account_domains_account on account_domains (account_id);
-- All hosts below a registered domain are one range of this.
create index account_domains_reversed on account_domains ((reverse(domain)) collate "C");

create function keep_account_domains() returns trigger language plpgsql
as $$
begin
  if tg_op = 'UPDATE' then
    delete from account_domains d using was w, fresh f
     where f.account_id = w.account_id and f.domain is distinct from w.domain and d.account_id = w.account_id and d.domain = lower(w.domain) and d.source = 'account';
    insert into account_domains (domain, account_id, source, verified_at, created_at)
    select lower(f.domain), f.account_id, 'account', f.updated_at, f.updated_at from fresh f join was w using (account_id)
     where f.domain is not null and f.domain is distinct from w.domain order by 1, 2
    on conflict (domain, account_id) do update set verified_at = coalesce(account_domains.verified_at, excluded.verified_at);
  else
    insert into account_domains (domain, account_id, source, verified_at, created_at)
    select lower(domain), account_id, 'account', updated_at, updated_at from fresh where domain is not null order by 1, 2
    on conflict (domain, account_id) do update set verified_at = coalesce(account_domains.verified_at, excluded.verified_at);
  end if;
  return null;
end $$;
create trigger accounts_domains_inserted after insert on accounts referencing new table as fresh for each statement execute function keep_account_domains();
create trigger accounts_domains_updated after update on accounts referencing old table as was new table as fresh for each statement execute function keep_account_domains();
insert into account_domains (domain, account_id, source, verified_at, created_at)
  select lower(domain), account_id, 'account', updated_at, updated_at from accounts where domain is not null;

-- No account is its own ancestor, whoever writes. The lock makes two writers that would close a circle together wait for each other.
create function refuse_circular_parent() returns trigger language plpgsql
as $$
declare above bigint := new.parent_account_id; steps integer := 0;
begin
  perform pg_advisory_xact_lock(7417009, 0);
  while above is not null loop
    steps := steps + 1;
    if above = new.account_id or steps > 1000 then
      raise exception 'account % would be its own ancestor', new.account_id using errcode = 'check_violation', constraint = 'accounts_parent_circular';
    end if;
    select parent_account_id into above from accounts where account_id = above;
  end loop;
  return null;
end $$;
create trigger accounts_parent_inserted after insert on accounts for each row when (new.parent_account_id is not null) execute function refuse_circular_parent();
create trigger accounts_parent_updated after update of parent_account_id on accounts for each row
  when (new.parent_account_id is not null and new.parent_account_id is distinct from old.parent_account_id) execute function refuse_circular_parent();

-- Which account a person was found to belong to, by which rule, on what; what a human said about it. At most one row a person stands (ended_at is null).
create table account_matches (
  contact_id bigint not null references contacts on delete cascade,
  match_id bigint generated by default as identity,
  account_id bigint not null references accounts on delete cascade,
  rule text not null check (rule in ('pinned', 'address', 'host', 'domain', 'number', 'name')),
  inputs jsonb not null,
  confidence real not null check (confidence between 0 and 1),
  state text not null check (state in ('matched', 'review', 'rejected', 'pinned', 'undone')),
  previous_account_id bigint references accounts on delete set null,   -- where the person was before: undo goes back there
  matched_at timestamptz not null,
  matched_by text not null,
  decided_at timestamptz,                -- when a human accepted, rejected or undid it
  decided_by text,
  ended_at timestamptz,
  primary key (contact_id, match_id)
);
create unique index account_matches_standing on account_matches (contact_id) where ended_at is null;
create index account_matches_review on account_matches (match_id) where state = 'review' and ended_at is null;
create index account_matches_account on account_matches (account_id);
create index account_matches_id on account_matches (match_id);

-- People without an account of whom something changed that matching looks at. Appended only, so that no writer ever waits for matching.
create table account_match_queue (
  queue_id bigint generated always as identity primary key,
  contact_id bigint not null
);
create function queue_account_match() returns trigger language plpgsql
as $$
begin
  if not exists (select from accounts) then return null; end if;
  if tg_op = 'UPDATE' then
    insert into account_match_queue (contact_id)
    select f.contact_id from fresh f join was w using (contact_id)
     where f.account_id is null
       and (w.account_id is not null or f.email is distinct from w.email or f.country is distinct from w.country or f.attributes is distinct from w.attributes);
  else
    insert into account_match_queue (contact_id) select contact_id from fresh where account_id is null and (email is not null or attributes <> '{}');
  end if;
  return null;
end $$;
create trigger contacts_match_inserted after insert on contacts referencing new table as fresh for each statement execute function queue_account_match();
create trigger contacts_match_updated after update on contacts referencing old table as was new table as fresh for each statement execute function queue_account_match();

-- What orders say about a person, and the stage that follows from it. derived_stage is what Tactful wrote last: a lifecycle_stage that differs was given.
alter table contacts
  add column orders_count integer,
  add column orders_value numeric,
  add column first_order_at timestamptz,
  add column last_order_at timestamptz,
  add column rfm_recency smallint check (rfm_recency between 1 and 5),
  add column rfm_frequency smallint check (rfm_frequency between 1 and 5),
  add column rfm_monetary smallint check (rfm_monetary between 1 and 5),
  add column rfm_class text,
  add column derived_stage text check (derived_stage in ('prospect', 'lead', 'new_customer', 'loyal_customer', 'former_customer'));

-- What orders were worth whose raw events are gone: added by the run that closes old months, read with those that are here.
create table order_residues (
  contact_id bigint primary key references contacts on delete cascade,
  orders integer not null,
  value numeric not null,
  first_at timestamptz not null,
  last_at timestamptz not null
);

-- One row per merge of two accounts, with all that is needed to take it apart again.
create table account_merges (
  merge_id bigint generated by default as identity primary key,
  kept_account_id bigint not null,
  merged_account_id bigint not null,
  snapshot jsonb not null,
  merged_at timestamptz not null,
  merged_by text not null,
  undone_at timestamptz,
  undone_by text
);
create index account_merges_kept on account_merges (kept_account_id);

insert into attribute_definitions (scope, key, type, nature, purposes, standard, source) values
  ('contact', 'orders_count', 'number', 'dynamic', '{*}', true, 'tactful'),
  ('contact', 'orders_value', 'number', 'dynamic', '{*}', true, 'tactful'),
  ('contact', 'first_order_at', 'timestamp', 'dynamic', '{*}', true, 'tactful'),
  ('contact', 'last_order_at', 'timestamp', 'dynamic', '{*}', true, 'tactful'),
  ('contact', 'rfm_recency', 'number', 'dynamic', '{*}', true, 'tactful'),
  ('contact', 'rfm_frequency', 'number', 'dynamic', '{*}', true, 'tactful'),
  ('contact', 'rfm_monetary', 'number', 'dynamic', '{*}', true, 'tactful'),
  ('contact', 'rfm_class', 'text', 'dynamic', '{*}', true, 'tactful'),
  ('account', 'vat_number', 'text', 'static', '{*}', true, 'tactful'),
  ('account', 'coc_number', 'text', 'static', '{*}', true, 'tactful')
on conflict (scope, key) do update set type = excluded.type, standard = true;
`;

const down = `
delete from attribute_definitions where standard and (scope, key) in (('contact', 'orders_count'), ('contact', 'orders_value'), ('contact', 'first_order_at'), ('contact', 'last_order_at'),
  ('contact', 'rfm_recency'), ('contact', 'rfm_frequency'), ('contact', 'rfm_monetary'), ('contact', 'rfm_class'), ('account', 'vat_number'), ('account', 'coc_number'));
drop table account_merges, order_residues;
alter table contacts drop column orders_count, drop column orders_value, drop column first_order_at, drop column last_order_at,
  drop column rfm_recency, drop column rfm_frequency, drop column rfm_monetary, drop column rfm_class, drop column derived_stage;
drop trigger contacts_match_updated on contacts;
drop trigger contacts_match_inserted on contacts;
drop function queue_account_match();
drop table account_match_queue, account_matches;
drop trigger accounts_parent_updated on accounts;
drop trigger accounts_parent_inserted on accounts;
drop function refuse_circular_parent();
drop trigger accounts_domains_updated on accounts;
drop trigger accounts_domains_inserted on accounts;
drop function keep_account_domains();
drop table account_domains;
alter table accounts drop column vat_number, drop column coc_number, drop column derived_stage,
  drop column match_name, drop column match_words, drop column match_trigrams;
`;
