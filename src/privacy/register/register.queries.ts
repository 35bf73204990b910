import type { RegisterEntry } from '../../core/privacy/register.js';
import type { Sql } from '../../platform/database/sql.js';

/** A row for each purpose in use: what may be used for it, where that came from, and who mails for it. */
export function readRegister(sql: Sql): Promise<RegisterEntry[]> {
  return sql.many<RegisterEntry & Record<string, unknown>>(
    'register.read',
    `with items as (
       select scope || '.' || key as name, purposes, sensitive, source from attribute_definitions where not removing
       union all select 'event.' || name, purposes, sensitive, source from event_definitions
     ), people as (
       select purpose, count(*) as count from contacts, unnest(collected_for) as purpose group by 1
     )
     select p.purpose, p.name_nl as "nameNl", p.name_en as "nameEn", p.legal_basis as "legalBasis", p.retention_days as "retentionDays", coalesce(people.count, 0) as people,
       array(select name from items i where i.purposes && array['*', p.purpose] order by name) as data,
       array(select name from items i where i.purposes && array['*', p.purpose] and i.sensitive order by name) as sensitive,
       array(select distinct source from imports i where p.purpose = any(i.purposes) and not dry_run
         union select distinct source from items i where p.purpose = any(i.purposes) and source is not null order by 1) as sources,
       array(select c.key from campaigns c join campaign_versions v on v.campaign_id = c.campaign_id and v.version = c.current_version where v.definition ->> 'purpose' = p.purpose order by 1) as campaigns
     from purposes p left join people using (purpose) where p.retired_at is null order by p.purpose`,
  );
}

export async function readRecipients(sql: Sql): Promise<string[]> {
  return (await sql.many<{ name: string }>('register.readRecipients', 'select name from data_recipients where retired_at is null order by name')).map(({ name }) => name);
}
