/** What a merge of two accounts does with the rows of a table that name the one that goes. */
export type AccountMerging =
  /** Every row names the kept account from then on; an undo gives it back by its key. */
  | { readonly act: 'follows' }
  | { readonly act: 'moves'; readonly how: string }
  | { readonly act: 'stays'; readonly because: string };

const follows: AccountMerging = { act: 'follows' };
const moves = (how: string): AccountMerging => ({ act: 'moves', how });
const stays = (because: string): AccountMerging => ({ act: 'stays', because });

/** Every table with data about accounts, and what becomes of it when two accounts turn out to be one. A test demands an answer for each table that names an account. */
export const ACCOUNT_TABLES: Readonly<Record<string, AccountMerging>> = {
  accounts: moves('the kept account gets what it lacks; subsidiaries move'),
  account_domains: moves('the kept account has those of both'),
  account_matches: moves('also as the account where somebody was before'),
  account_merges: stays('is the history of merges'),
  account_holds: moves('whatever held one of the two holds the one that stays; those opened since hold both after an undo'),
  hold_approvals: moves('an owner’s yes for mail during a deal holds where the other account has no deal, or its owner said yes too'),
  buying_group_members: moves('a part that the kept account has too is not doubled'),
  account_trigger_firings: moves('what fired for either counts for the kept account; one of the same moment is not doubled'),
  account_trigger_asks: stays('worked off within a second: names accounts that are looked up again'),
  contacts: moves('with their bucket, and what is on its way to them'),
  opportunities: moves('the kept account’s deals are added up again'),
  tasks: follows,
  human_touches: follows,
  nps_responses: follows,
  messages: moves('as far as they may still leave or were approved; what was sent stays under the old id, and counts against caps by the record of the merge'),
  enrollments: moves('with their people; those of people who had left stay under the old id'),
  segment_account_members: moves('on lists; rules are asked again'),
  segment_account_changes: stays('append-only: the account has them again after an undo'),
  segment_account_checks: stays('when a rule is asked again about an account; one that is gone is not asked about'),
  segment_snapshot_accounts: moves('the kept account joins the snapshots, until an undo'),
  account_scores: stays('worked out anew for both, within seconds'),
  account_score_queue: stays('worked off within seconds: names accounts that are looked up again'),
  account_stage_changes: stays('append-only: how the account came where it is; it has them again after an undo'),
  dirty_accounts: stays('worked off within seconds: names accounts that are looked up again'),
};

/** The tables of which every row follows. */
export const FOLLOWING = Object.entries(ACCOUNT_TABLES).flatMap(([table, { act }]) => (act === 'follows' ? [table] : []));
