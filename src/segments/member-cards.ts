import type { Scope } from '../core/rule/rule.js';
import type { Sql } from '../platform/database/sql.js';
import { type AccountCard, type ContactCard, listAccountCards, listContactCards } from './membership.queries.js';

export type MemberCard = ContactCard | AccountCard;

/** Contacts or accounts as a list shows them, by id. */
export function readCards(sql: Sql, scope: Scope, ids: readonly number[]): Promise<MemberCard[]> {
  return scope === 'contact' ? listContactCards(sql, ids) : listAccountCards(sql, ids);
}
