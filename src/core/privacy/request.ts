import { err, ok, type Result } from '../shared/result.js';

/** What a person may ask about his data (GDPR art. 15, 16, 17, 18, 21 and 20). */
export const REQUEST_KINDS = ['access', 'rectification', 'erasure', 'restriction', 'objection', 'portability'] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];

export const REQUEST_STATES = ['received', 'identity_pending', 'verified', 'in_progress', 'extended', 'done', 'refused', 'lapsed'] as const;
export type RequestState = (typeof REQUEST_STATES)[number];

/** How a request reached us. */
export const REQUEST_CHANNELS = ['link', 'form', 'mail', 'phone', 'letter', 'in_person', 'other'] as const;
export type RequestChannel = (typeof REQUEST_CHANNELS)[number];

/**
 * Where a request can go from where it stands. Nothing is done for somebody who has not shown who he is; a request may be refused at any time,
 * with the reason, and extended once the person is known. One that came by the public form lapses when its mail is not answered while the link is good.
 */
export const REQUEST_TRANSITIONS: Readonly<Record<RequestState, readonly RequestState[]>> = {
  received: ['identity_pending', 'verified', 'refused'],
  identity_pending: ['verified', 'refused', 'lapsed'],
  verified: ['in_progress', 'extended', 'done', 'refused'],
  in_progress: ['extended', 'done', 'refused'],
  extended: ['done', 'refused'],
  done: [],
  refused: [],
  lapsed: [],
};

/** Requests that, once it is known who asks, need nobody's judgement: they are carried out at once. */
export const CARRIED_OUT_AT_ONCE: ReadonlySet<RequestKind> = new Set(['access', 'portability', 'restriction', 'objection']);

export function moveRequest(from: RequestState, to: RequestState): Result<RequestState, { readonly kind: 'transition_refused'; readonly from: RequestState; readonly to: RequestState }> {
  return REQUEST_TRANSITIONS[from].includes(to) ? ok(to) : err({ kind: 'transition_refused', from, to });
}

export function isClosed(state: RequestState): boolean {
  return REQUEST_TRANSITIONS[state].length === 0;
}

/** By the public form anybody can ask in anybody's name: until the mailbox answers, it is nobody's request, no day counts, and it lapses with its link. */
export function isSomebodysWord(request: { readonly state: RequestState; readonly channel: RequestChannel }): boolean {
  return request.state === 'identity_pending' && request.channel === 'form';
}

/** Whether it is known who asks. */
export function isIdentified(state: RequestState): boolean {
  return state === 'verified' || state === 'in_progress' || state === 'extended' || state === 'done';
}
