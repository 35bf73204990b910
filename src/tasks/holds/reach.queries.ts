import { type Reach, reachParams, reachText } from '../../core/shared/reach.js';
import type { Sql } from '../../platform/database/sql.js';

/** Whether there is this person, or this account, among those that the caller may see. */
export async function reachesSubject(sql: Sql, reach: Reach, contactId: number | null, accountId: number | null): Promise<boolean> {
  const { found } = await sql.one<{ found: boolean }>(
    'holds.reachesSubject',
    `select ($1::bigint is null or exists (select from contacts c where c.contact_id = living_contact($1) and ${reachText('c.account_id', '$3', '$4')}))
        and ($2::bigint is null or exists (select from accounts a where a.account_id = $2 and ${reachText('a.account_id', '$3', '$4')})) as found`,
    [contactId, accountId, ...reachParams(reach)],
  );
  return found;
}
