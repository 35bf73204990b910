/** What an erasure does with the rows of a table that are about a person. */
export type Erasing =
  /** Rows go, found by these columns; `afterContact`: once the contact itself is gone. */
  | { readonly act: 'deleted'; readonly by: readonly string[]; readonly afterContact?: true }
  /** The row stays for what it counts, and says no longer about whom. */
  | { readonly act: 'anonymised'; readonly how: string }
  | { readonly act: 'kept'; readonly because: string };

/** What of it stands in the copy that a person gets of his data: the section, or why it is left out. */
export type Exporting = { readonly section: string } | { readonly leftOut: string };

export interface PersonTable {
  readonly erasure: Erasing;
  readonly access: Exporting;
  /** What becomes of it when two contacts turn out to be one. */
  readonly merge: string;
}

const byContact = (section: string, merge: string): PersonTable => ({ erasure: { act: 'deleted', by: ['contact_id'] }, access: { section }, merge });
const passing = (why: string): PersonTable => ({ erasure: { act: 'deleted', by: ['contact_id'] }, access: { leftOut: why }, merge: 'worked off by itself: it names ids that are looked up again' });
const ofAccount = (why: string): PersonTable => ({ erasure: { act: 'kept', because: why }, access: { leftOut: 'about an account, not about a person' }, merge: 'of accounts' });

/**
 * Every table with data about people, and what erasure, access and merge do with it. A test demands an answer for each table that has a
 * contact's id, an address or a name in it; the erasure deletes by this very list.
 */
export const PERSON_TABLES: Readonly<Record<string, PersonTable>> = {
  contacts: { erasure: { act: 'deleted', by: ['contact_id'], afterContact: true }, access: { section: 'profile' }, merge: 'the survivor gets what it lacks' },
  identities: byContact('identities', 'moves'),
  identity_conflicts: { erasure: { act: 'deleted', by: ['contact_id', 'other_contact_id'] }, access: { leftOut: 'says which other contact an identity belongs to: somebody else’s data' }, merge: 'those between the two go' },
  buying_group_members: byContact('buying_group', 'moves'),
  account_matches: byContact('account', 'move; one match stands, that of the survivor where he has an account'),
  account_match_queue: passing('a queue that is empty within seconds'),
  contact_preferences: byContact('preferences', 'the choice that means less mail holds for both'),
  link_mails: byContact('requests', 'stay under the old id until that goes'),
  nps_responses: byContact('surveys', 'move with the mails they answer'),
  contact_holds: byContact('holds', 'move; after an undo both are held'),
  human_touches: byContact('touches', 'move'),
  pressure_factors: byContact('scores', 'the more cautious holds; an undo parts them'),
  engagement_days: byContact('scores', 'worked out anew from the events, which move'),
  contact_engagement: byContact('scores', 'worked out anew from the events, which move'),
  engagement_again: { ...passing('a queue that is empty within seconds'), erasure: { act: 'deleted', by: ['contact_id'], afterContact: true } },
  order_residues: byContact('scores', 'move, and are read together; an undo parts them'),
  segment_members: byContact('segments', 'lists move, rules are asked again'),
  segment_changes: { erasure: { act: 'deleted', by: ['contact_id'], afterContact: true }, access: { section: 'segments' }, merge: 'stay under the old id' },
  segment_checks: passing('when a rule is asked again about somebody'),
  segment_snapshot_contacts: byContact('segments', 'the survivor joins the snapshots, until an undo'),
  dirty_contacts: passing('a queue that is empty within seconds'),
  computed_dirty: { ...passing('a queue that is empty within seconds'), erasure: { act: 'deleted', by: ['contact_id'], afterContact: true } },
  computed_due: passing('when a computed attribute changes by the clock'),
  computed_residues: byContact('profile', 'move, and are read together; an undo parts them'),
  contact_last_events: { erasure: { act: 'deleted', by: ['contact_id'], afterContact: true }, access: { leftOut: 'the moment of the last event, which is among the events' }, merge: 'the later of the two' },
  event_days: byContact('event_counts', 'added together; an undo parts them'),
  events: { erasure: { act: 'deleted', by: ['contact_id'], afterContact: true }, access: { section: 'events' }, merge: 'moves' },
  contact_merges: { erasure: { act: 'deleted', by: ['merged_contact_id', 'survivor_id'] }, access: { section: 'merges' }, merge: 'is the history of merges' },
  consents: { erasure: { act: 'kept', because: 'what the ledger comes to, under a number that leads to nobody: the check of the chain compares the two' }, access: { section: 'consents' }, merge: 'the stricter of the two holds' },
  person_keys: { erasure: { act: 'anonymised', how: 'destroyed, after retention when the time of the evidence is over: without them no proof of the person is ever read again' }, access: { leftOut: 'the key that opens the proofs: the proofs themselves are in the copy' }, merge: 'each ledger keeps its own' },
  opt_in_requests: byContact('opt_in_requests', 'stays with the mailbox that was asked'),
  consent_records: { erasure: { act: 'anonymised', how: 'the key of the proofs is destroyed; the chain of digests stays whole' }, access: { section: 'consent_records' }, merge: 'facts are written again to the survivor' },
  suppressions: { erasure: { act: 'kept', because: 'a keyed hash, a reason and a date: without them the address would be mailed again' }, access: { section: 'suppressions' }, merge: 'a no to one address is a no to the other' },
  enrollments: { erasure: { act: 'anonymised', how: 'a random number in place of the contact, no account; ended' }, access: { section: 'campaigns' }, merge: 'moves' },
  messages: { erasure: { act: 'anonymised', how: 'a random number in place of the contact, no account, no response; what has not left never will' }, access: { section: 'messages' }, merge: 'moves' },
  decisions: { erasure: { act: 'anonymised', how: 'a random number in place of the contact, without the facts; verdict and reasons stay for the reports' }, access: { section: 'decisions' }, merge: 'moves' },
  tasks: { erasure: { act: 'anonymised', how: 'without contact, reason, details and outcome; what is open is dropped' }, access: { section: 'tasks' }, merge: 'move' },
  task_notes: byContact('tasks', 'move with their task'),
  mailbox_mails: { erasure: { act: 'deleted', by: [] }, access: { leftOut: 'what the person received himself; the list of messages says what and when' }, merge: 'by address, not by contact' },
  privacy_requests: { erasure: { act: 'anonymised', how: 'without contact and wish: that it was asked and answered must be shown' }, access: { section: 'requests' }, merge: 'stay under the old id, which is followed' },
  privacy_exports: { erasure: { act: 'deleted', by: ['contact_id'] }, access: { leftOut: 'a sealed copy of this very document' }, merge: 'go after some days' },
  rectifications: byContact('rectifications', 'stay under the old id'),
  erasures: { erasure: { act: 'kept', because: 'keyed hashes that make a restored backup forget again' }, access: { leftOut: 'there is nobody left to tell' }, merge: 'nothing to merge' },
  privacy_letters: { erasure: { act: 'kept', because: 'sealed until it has left, then emptied' }, access: { leftOut: 'the person got them; the list of requests says which' }, merge: 'by request' },
  recipient_notices: { erasure: { act: 'kept', because: 'sealed until the recipient was told, then emptied' }, access: { leftOut: 'the list of corrections says who was told' }, merge: 'by request' },
  imports: { erasure: { act: 'anonymised', how: 'warnings and rejected rows that hold the address are taken out' }, access: { leftOut: 'about files; the profile says which import data came from' }, merge: 'nothing to merge' },
  accounts: ofAccount('an organisation'),
  account_holds: { ...ofAccount('of the account'), erasure: { act: 'anonymised', how: 'the person’s name is blacked out in reasons' } },
  users: { erasure: { act: 'kept', because: 'our own people, who are not contacts' }, access: { leftOut: 'our own people' }, merge: 'nothing to merge' },
};
