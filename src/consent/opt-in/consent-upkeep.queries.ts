import type { LegalBasis } from '../../core/consent/purpose.js';
import type { Sql } from '../../platform/database/sql.js';

export interface StandingRow {
  contact_id: number;
  purpose: string;
  channel: string;
  state: string;
  legal_basis: LegalBasis;
  valid_until: Date | null;
}

/** Consents past their validity that the ledger does not say so of yet, longest past first. Of people who are still there: others have nobody to write it down for. */
export function listLapsed(sql: Sql, now: Date, limit: number): Promise<StandingRow[]> {
  return sql.many<StandingRow & Record<string, unknown>>(
    'consentUpkeep.listLapsed',
    `select contact_id, purpose, channel, state, legal_basis, valid_until from consents k
     where valid_until is not null and state in ('requested', 'given', 'confirmed') and valid_until <= $1 and exists (select from contacts c where c.contact_id = k.contact_id)
     order by valid_until, contact_id limit $2`,
    [now, limit],
  );
}

export function consentsOf(sql: Sql, contactIds: readonly number[], purposes: readonly string[]): Promise<StandingRow[]> {
  return sql.many<StandingRow & Record<string, unknown>>(
    'consentUpkeep.consentsOf',
    'select contact_id, purpose, channel, state, legal_basis, valid_until from consents where contact_id = any($1) and purpose = any($2)',
    [contactIds, purposes],
  );
}
