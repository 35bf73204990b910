import type { Scope } from '../../core/rule/rule.js';

/** Where live membership of contacts and of accounts stands: the same tables twice. Names for statements; none comes from outside. */
export interface LiveTables {
  readonly id: string;
  readonly members: string;
  readonly changes: string;
  readonly checks: string;
  readonly dirty: string;
}

export const LIVE_TABLES: Readonly<Record<Scope, LiveTables>> = {
  contact: { id: 'contact_id', members: 'segment_members', changes: 'segment_changes', checks: 'segment_checks', dirty: 'dirty_contacts' },
  account: { id: 'account_id', members: 'segment_account_members', changes: 'segment_account_changes', checks: 'segment_account_checks', dirty: 'dirty_accounts' },
};

/** Any numbers that no other advisory lock of this database begins with. */
export const SLOT_LOCK = 7_417_004;
export const SEGMENT_BUILD_LOCK = 7_417_005;
export const RULES_LOCK = 7_417_006;
