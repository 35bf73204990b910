import type { Sql } from '../../platform/database/sql.js';
import { boundsOf, type Chunk, rowsOf } from './contact-chunk.queries.js';

/** Which of the columns about a part in the buying group the file has besides the role. */
export interface RoleColumns {
  readonly confidence: boolean;
  readonly colleague: boolean;
}

/** A column that the file lacks says nothing; neither does one that is empty, or names nobody of us. */
const confidenceOf = ({ confidence }: RoleColumns): string => (confidence ? 'case when s.role_confidence is not null then least(1, greatest(0, s.role_confidence))::real end' : 'null::real');
const colleagueOf = ({ colleague }: RoleColumns): string => (colleague ? '(select u.user_id from users u where u.email = s.colleague_email)' : 'null::bigint');

/** The role a row names takes the place of the one that the same source gave before; so does what it newly says about it. */
export async function storeRoles(sql: Sql, chunk: Chunk, columns: RoleColumns, source: string, now: Date): Promise<void> {
  await sql.exec(
    'importContacts.endOtherRoles',
    `update buying_group_members b set valid_to = $4 from ${rowsOf(chunk)}
     where b.contact_id = r.contact_id and b.account_id = r.account_id and s.role is not null and b.source = $3 and b.valid_to is null
       and (b.role <> s.role or b.confidence <> coalesce(${confidenceOf(columns)}, b.confidence) or b.colleague_id is distinct from coalesce(${colleagueOf(columns)}, b.colleague_id))`,
    [...boundsOf(chunk), source, now],
  );
  await sql.exec(
    'importContacts.insertRoles',
    `with given as (
       insert into buying_group_members (contact_id, account_id, role, source, confidence, colleague_id, valid_from)
       select r.contact_id, r.account_id, s.role, $3, coalesce(${confidenceOf(columns)}, 1), ${colleagueOf(columns)}, $4 from ${rowsOf(chunk)}
       where s.role is not null and r.account_id is not null
         and not exists (select from buying_group_members b where b.contact_id = r.contact_id and b.account_id = r.account_id and b.role = s.role and b.valid_to is null)
       on conflict (contact_id, account_id, role, valid_from) do update set valid_to = null, confidence = excluded.confidence, colleague_id = excluded.colleague_id returning contact_id
     )
     update import_chunk r set changed = true from given where given.contact_id = r.contact_id`,
    [...boundsOf(chunk), source, now],
  );
}
