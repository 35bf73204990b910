import type { Claims } from '../../core/tracking/resolve-people.js';
import type { TrackingCall } from './tracking-call.js';
import type { WriteKeyRow } from './write-keys.queries.js';

type Named = readonly [kind: string, value: string];

/** What a message says about who it is. */
export function claimsOf(call: TrackingCall, key: WriteKeyRow): Claims {
  return {
    kind: call.type === 'alias' || call.type === 'identify' ? call.type : 'other',
    userId: call.userId,
    anonymousId: call.type === 'alias' ? undefined : call.anonymousId,
    previousId: call.previousId,
    email: call.type === 'identify' ? (call.traits?.fields.get('email') as string | undefined) : undefined,
    trusted: key.kind === 'server',
  };
}

/** The identities to be looked up for these claims, each once. What an alias calls the previous id can be of either kind. */
export function identitiesIn(claims: readonly Claims[]): Named[] {
  return [...new Map(claims.flatMap(namesOf).map((named) => [named.join(' '), named])).values()];
}

/** Addresses by which a message names somebody: the one it tells, and ids that are one. */
export function addressesIn({ email, userId, anonymousId, previousId }: Claims): string[] {
  return [...(email === undefined ? [] : [email]), ...[userId, anonymousId, previousId].filter((id): id is string => id?.includes('@') === true)];
}

/** The contacts of whom more must be known, because a message may join them. One that names its person in one way only asks for no judgement. */
export function judgedContacts(claims: readonly Claims[], known: readonly { kind: string; value: string; contact_id: number }[]): number[] {
  const owners = new Map(known.map((row) => [`${row.kind} ${row.value}`, row.contact_id]));
  const judged = claims.flatMap((one) => {
    if (one.kind === 'other' && (one.userId === undefined || one.anonymousId === undefined)) return [];
    const people = new Set(namesOf(one).map((named) => owners.get(named.join(' '))));
    // Known by all its names as one, with nothing to add: nothing to judge.
    return people.size === 1 && !people.has(undefined) && one.email === undefined ? [] : [...people];
  });
  return [...new Set(judged)].filter((contactId) => contactId !== undefined);
}

function namesOf({ userId, anonymousId, email, previousId }: Claims): Named[] {
  const names = [['user_id', userId], ['anonymous_id', anonymousId], ['email', email], ['user_id', previousId], ['anonymous_id', previousId]] as const;
  return names.flatMap(([kind, value]) => (value === undefined ? [] : [[kind, value] as const]));
}
