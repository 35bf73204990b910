import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who leaves a list does so at the moment of the engine's clock; merges that were undone are found by who stayed. */
export class Merges0024 implements MigrationInterface {
  name = 'Merges1700000000024';

  async up(runner: QueryRunner): Promise<void> {
    // Fires after the statement: whoever deletes members says in the transaction when that is (the engine's clock may be ahead). Where nobody said, it is now.
    await runner.query(markLists(`coalesce(nullif(current_setting('tactful.moment', true), '')::timestamptz, clock_timestamp())`));
    await runner.query('create index contact_merges_undone on contact_merges (survivor_id) where undone_at is not null');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index contact_merges_undone');
    await runner.query(markLists('clock_timestamp()'));
  }
}

const markLists = (left: string): string => `
create or replace function mark_lists() returns trigger language plpgsql
as $$
declare id text := case tg_table_name when 'segment_members' then 'contact_id' else 'account_id' end;
        asked_scope text := case tg_table_name when 'segment_members' then 'contact' else 'account' end;
        dirty text := case tg_table_name when 'segment_members' then 'dirty_contacts' else 'dirty_accounts' end;
        changes text := case tg_table_name when 'segment_members' then 'segment_changes' else 'segment_account_changes' end;
        rows text := case tg_op when 'INSERT' then 'new_rows' else 'old_rows' end;
begin
  if not exists (select from segments where kind = 'list') then return null; end if;
  execute format('insert into %I (%I, segment_id, at, kind, cause) select r.%I, r.segment_id, %s, %L, %L from %I r join segments s on s.segment_id = r.segment_id and s.kind = %L',
                 changes, id, id, case tg_op when 'INSERT' then 'r.entered_at' else '${left.replaceAll("'", "''")}' end, case tg_op when 'INSERT' then 'entered' else 'left' end, 'list', rows, 'list');
  if live_depends(asked_scope, 'list') then
    execute format('insert into %I (%I, kind, name) select r.%I, %L, r.segment_id::text from %I r where r.segment_id::text in (select name from live_dependencies where on_scope = %L and kind = %L)',
                   dirty, id, id, 'list', rows, asked_scope, 'list');
  end if;
  return null;
end $$;
`;
