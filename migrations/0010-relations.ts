import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What rules about mail and groups of accounts need: the events of mail are known, and live segments hear of messages and of subsidiaries. */
export class Relations0010 implements MigrationInterface {
  name = 'Relations1700000000010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}

const up = `
-- The events by which Tactful writes down what people do with a mail. Opens serve no purpose until somebody classifies them: they are
-- off by default and never a trigger.
insert into event_definitions (name, purposes, source) values ('Email Opened', '{}', 'tactful'), ('Email Link Clicked', '{*}', 'tactful'), ('Email Replied', '{*}', 'tactful')
on conflict do nothing;

-- Who got mail of a campaign some live segment asks about; only what reached its reader, or no longer counts as such.
create function mark_messages() returns trigger language plpgsql
as $$
begin
  if not live_depends('contact', 'message') then return null; end if;
  if tg_op = 'INSERT' then
    insert into dirty_contacts (contact_id, kind, name)
    select distinct n.contact_id, 'message', d.name from new_rows n join campaigns c using (campaign_id) join live_dependencies d on d.on_scope = 'contact' and d.kind = 'message' and d.name in (c.key, '*')
     where n.state in ('sent', 'complained', 'replied');
  elsif tg_op = 'UPDATE' then
    insert into dirty_contacts (contact_id, kind, name)
    select distinct n.contact_id, 'message', d.name from new_rows n join old_rows o using (contact_id, message_id) join campaigns c on c.campaign_id = n.campaign_id
      join live_dependencies d on d.on_scope = 'contact' and d.kind = 'message' and d.name in (c.key, '*')
     where (n.state in ('sent', 'complained', 'replied')) <> (o.state in ('sent', 'complained', 'replied')) or n.sent_at is distinct from o.sent_at;
  else
    insert into dirty_contacts (contact_id, kind, name)
    select distinct o.contact_id, 'message', d.name from old_rows o join campaigns c using (campaign_id) join live_dependencies d on d.on_scope = 'contact' and d.kind = 'message' and d.name in (c.key, '*')
     where o.state in ('sent', 'complained', 'replied');
  end if;
  return null;
end $$;
create trigger live_inserted after insert on messages referencing new table as new_rows for each statement execute function mark_messages();
create trigger live_updated after update on messages referencing new table as new_rows old table as old_rows for each statement execute function mark_messages();
create trigger live_deleted after delete on messages referencing old table as old_rows for each statement execute function mark_messages();

-- The parents whose subsidiaries changed: the one before and the one after. (That an account got another parent marks itself, as a column.)
create function mark_subsidiaries() returns trigger language plpgsql
as $$
begin
  if not live_depends('account', 'subsidiaries') then return null; end if;
  if tg_op = 'UPDATE' then
    insert into dirty_accounts (account_id, kind)
    select distinct side.account_id, 'subsidiaries' from new_rows n join old_rows o using (account_id) cross join lateral (values (n.parent_account_id), (o.parent_account_id)) side (account_id)
     where n.parent_account_id is distinct from o.parent_account_id and side.account_id is not null;
  elsif tg_op = 'INSERT' then
    insert into dirty_accounts (account_id, kind) select distinct parent_account_id, 'subsidiaries' from new_rows where parent_account_id is not null;
  else
    insert into dirty_accounts (account_id, kind) select distinct parent_account_id, 'subsidiaries' from old_rows where parent_account_id is not null;
  end if;
  return null;
end $$;
create trigger live_subsidiaries_inserted after insert on accounts referencing new table as new_rows for each statement execute function mark_subsidiaries();
create trigger live_subsidiaries_updated after update on accounts referencing new table as new_rows old table as old_rows for each statement execute function mark_subsidiaries();
create trigger live_subsidiaries_deleted after delete on accounts referencing old table as old_rows for each statement execute function mark_subsidiaries();
`;

const down = `
drop trigger live_subsidiaries_inserted on accounts;
drop trigger live_subsidiaries_updated on accounts;
drop trigger live_subsidiaries_deleted on accounts;
drop trigger live_inserted on messages;
drop trigger live_updated on messages;
drop trigger live_deleted on messages;
drop function mark_subsidiaries();
drop function mark_messages();
delete from event_definitions where source = 'tactful' and name in ('Email Opened', 'Email Link Clicked', 'Email Replied');
`;
