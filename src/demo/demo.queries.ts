import type { Sql } from '../platform/database/sql.js';
import type { DemoAccount } from './demo-people.js';

export function listDemoAccounts(sql: Sql): Promise<DemoAccount[]> {
  return sql.many('demo.accounts', `select name, domain, country from accounts order by account_id`);
}

export interface DemoCounts {
  readonly contacts: number;
  readonly accounts: number;
  readonly events: number;
  readonly mailbox: number;
  readonly decisions: number;
  [column: string]: unknown;
}

export function countDemo(sql: Sql): Promise<DemoCounts> {
  return sql.one<DemoCounts>(
    'demo.counts',
    `select (select count(*) from contacts) as contacts, (select count(*) from accounts) as accounts, (select count(*) from events) as events,
            (select count(*) from mailbox_mails) as mailbox, (select count(*) from decisions) as decisions`,
  );
}

/** Some who got the first mail of a campaign, always the same ones. */
export function listMailed(sql: Sql, campaignKey: string, every: number): Promise<{ email: string }[]> {
  return sql.many(
    'demo.mailed',
    `select contacts.email from messages join campaigns using (campaign_id) join contacts using (contact_id)
      where campaigns.key = $1 and messages.state = 'sent' and messages.step = 0 and contact_id % $2 = 0 order by contact_id`,
    [campaignKey, every],
  );
}

/** People whose latest decisions came out differently, sends and deferrals first: what is worth explaining. */
export function listTelling(sql: Sql, limit: number): Promise<{ contact_id: number; email: string; campaign_key: string; campaign_name: string }[]> {
  return sql.many(
    'demo.telling',
    `with latest as (
       select distinct on (contact_id, campaign_id, step, occurrence) contact_id, campaign_id, verdict, coalesce(reasons[1], 0) as reason
         from decisions order by contact_id, campaign_id, step, occurrence, decided_at desc, batch_id desc
     ), examples as (
       select distinct on (verdict, reason) contact_id, campaign_id, verdict, reason, count(*) over (partition by verdict, reason) as times
         from latest order by verdict, reason, contact_id
     )
     select contact_id, contacts.email, campaigns.key as campaign_key, campaigns.name as campaign_name
       from examples join contacts using (contact_id) join campaigns using (campaign_id)
      order by verdict > 2, times desc limit $1`,
    [limit],
  );
}
