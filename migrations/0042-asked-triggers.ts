import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Accounts whose buying group changed, for triggers that count its people: asked again at once, not at the account's next event. Noted by the database,
 * whatever changes a group (the API, an import, a merge, somebody who goes to another account), and only while a trigger depends on it.
 */
export class AskedTriggers0042 implements MigrationInterface {
  name = 'AskedTriggers1700000000042';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
-- Worked off within a second. Without a key: whoever notes an account never waits for whoever works it off.
create table account_trigger_asks (
  account_id bigint not null
);

create function ask_triggers_of_groups() returns trigger language plpgsql as $$
begin
  if not exists (select from account_triggers where state = 'active' and coalesce(definition ->> 'of', 'buying_group') = 'buying_group') then return null; end if;
  if tg_op = 'INSERT' then
    insert into account_trigger_asks select distinct account_id from new_rows;
  elsif tg_op = 'DELETE' then
    insert into account_trigger_asks select distinct account_id from old_rows;
  else
    insert into account_trigger_asks select account_id from new_rows union select account_id from old_rows;
  end if;
  return null;
end $$;

create trigger asked_inserted after insert on buying_group_members referencing new table as new_rows for each statement execute function ask_triggers_of_groups();
create trigger asked_updated after update on buying_group_members referencing new table as new_rows old table as old_rows for each statement execute function ask_triggers_of_groups();
create trigger asked_deleted after delete on buying_group_members referencing old table as old_rows for each statement execute function ask_triggers_of_groups();`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
drop trigger asked_inserted on buying_group_members;
drop trigger asked_updated on buying_group_members;
drop trigger asked_deleted on buying_group_members;
drop function ask_triggers_of_groups();
drop table account_trigger_asks;`);
  }
}
