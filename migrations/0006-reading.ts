import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Marketers' rules run as a role that can read what rules are about and nothing else: no keys, users, settings, audit, proofs of consent.
 * Roles belong to the server, not to the database, and the database's user may not be allowed to make any: then rules run as that user,
 * read-only and within their time, and whoever runs the server may make the role (create role tactful_reader; grant it to the user) before
 * he migrates.
 */
export class Reading0006 implements MigrationInterface {
  name = 'Reading1700000000006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}

const up = `
do $$
begin
  if not exists (select from pg_roles where rolname = 'tactful_reader') then
    create role tactful_reader nologin;
  end if;
exception when insufficient_privilege or duplicate_object or unique_violation then null;  -- another database of this server may be migrated at the same time
end $$;

do $$
begin
  if exists (select from pg_roles where rolname = 'tactful_reader' and not pg_has_role(oid, 'member')) then
    execute format('grant tactful_reader to %I', current_user);
  end if;
exception when insufficient_privilege then null;
end $$;

-- For tables that later migrations bring, and that rules read.
create function let_rules_read(readable regclass) returns void language plpgsql
as $$
begin
  if exists (select from pg_roles where rolname = 'tactful_reader') then
    execute format('grant select on %s to tactful_reader', readable);
  end if;
end $$;

-- What a record of consent proves of a sale (ePrivacy art. 13(2)), without the rest of the proof: the view reads it as its owner.
create view soft_opt_in_proofs as
select contact_id, sequence, coalesce(proof -> 'similarProducts' = 'true', false) as similar_products, coalesce(proof -> 'optOutOffered' = 'true', false) as opt_out_offered, proof ? 'controller' as names_controller
from consent_records where legal_basis = 'soft_opt_in';

do $$
begin
  if exists (select from pg_roles where rolname = 'tactful_reader') then
    execute format('grant usage on schema %I to tactful_reader', current_schema());
  end if;
end $$;
select let_rules_read(readable) from unnest(array['contacts', 'accounts', 'buying_group_members', 'events', 'segment_members', 'segment_account_members', 'segment_snapshot_contacts', 'segment_snapshot_accounts', 'consents', 'suppressions', 'soft_opt_in_proofs', 'messages', 'campaigns']::regclass[]) readable;
`;

// The role itself stays: other databases of the server may use it.
const down = `
do $$
begin
  if exists (select from pg_roles where rolname = 'tactful_reader') then
    execute format('revoke all on all tables in schema %I from tactful_reader', current_schema());
    execute format('revoke usage on schema %I from tactful_reader', current_schema());
  end if;
end $$;
drop view soft_opt_in_proofs;
drop function let_rules_read(regclass);
`;
