import type { HoldKind } from './holds.js';

/** What a human is asked to do. */
export const TASK_KINDS = [
  'complaint', 'ticket', 'detractor', 'reply', 'meeting', 'opportunity', 'talk_to_person', 'review', 'cold_lead', 'rights_request', 'sequence_ended', 'contact_left', 'buying_signal', 'approval', 'other',
] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

/** Within how many working days somebody is to look, where the workspace has not chosen otherwise. The call after an unhappy score: two (rules.md section 5). */
export const DEFAULT_DUE_DAYS: Readonly<Record<TaskKind, number>> = {
  complaint: 1, ticket: 1, detractor: 2, reply: 1, meeting: 1, opportunity: 3, talk_to_person: 1, review: 3, cold_lead: 5, rights_request: 5, sequence_ended: 5, contact_left: 5, buying_signal: 2, approval: 1, other: 5,
};

/** The task that comes with a hold. An open deal needs none until mail waits for it; what is lifted by hand only is nobody's work. */
export const TASK_OF_HOLD: Readonly<Partial<Record<HoldKind, TaskKind>>> = {
  complaint: 'complaint', ticket: 'ticket', detractor: 'detractor', conversation: 'talk_to_person', reply: 'reply', meeting: 'meeting',
};

/** Somebody who says more before anybody has looked gives no second task: it is the same conversation. */
export const ONE_CONVERSATION: readonly TaskKind[] = ['reply', 'talk_to_person'];
