import type { LetterKind, LetterLanguage } from '../../../core/privacy/letter-texts.js';
import type { Sql } from '../../../platform/database/sql.js';

export interface QueuedLetter {
  readonly requestId: number;
  readonly kind: LetterKind;
  readonly messageClass: 'service' | 'legal_duty';
  readonly language: LetterLanguage;
  readonly sealed: Buffer;
}

export async function insertLetter(sql: Sql, letter: QueuedLetter, now: Date): Promise<void> {
  await sql.exec(
    'rights.insertLetter',
    'insert into privacy_letters (request_id, kind, class, language, sealed, queued_at, due_at) values ($1, $2, $3, $4, $5, $6, $6)',
    [letter.requestId, letter.kind, letter.messageClass, letter.language, letter.sealed, now],
  );
}

export type DueLetter = { letter_id: number; sealed: Buffer; queued_at: Date; attempts: number };

/** Takes what is due for two minutes: a process that dies leaves it to the next, and the Message-ID stays, so that mail programs show one. */
export function leaseLetters(sql: Sql, now: Date, limit: number): Promise<DueLetter[]> {
  return sql.many<DueLetter>(
    'rights.leaseLetters',
    `update privacy_letters l set state = 'sending', leased_until = now() + interval '2 minutes', attempts = l.attempts + 1
     where letter_id in (
       select letter_id from privacy_letters where due_at <= $1 and (state = 'queued' or (state = 'sending' and leased_until < now())) order by due_at, letter_id limit $2 for update skip locked)
     returning letter_id, sealed, queued_at, attempts`,
    [now, limit],
  );
}

/** Which of these mailboxes do not exist: a letter of legal duty goes to everybody else, whatever he told us about advertising. */
export async function bouncedAddresses(sql: Sql, hashes: readonly Buffer[]): Promise<Buffer[]> {
  return (await sql.many<{ address_hash: Buffer }>('rights.bouncedAddresses', `select address_hash from suppressions where address_hash = any($1) and reason = 'hard_bounce'`, [hashes])).map((row) => row.address_hash);
}

export interface LetterOutcome {
  readonly letterId: number;
  readonly state: 'queued' | 'sent' | 'failed';
  readonly dueAt: Date | null;
  readonly response: string;
}

/** What has left, or never will, keeps neither address nor text. */
export async function storeLetterOutcomes(sql: Sql, outcomes: readonly LetterOutcome[], now: Date): Promise<void> {
  await sql.exec(
    'rights.storeLetterOutcomes',
    `update privacy_letters l set state = o.state, due_at = coalesce(o.due_at, l.due_at), response = o.response, leased_until = null,
       sealed = case when o.state = 'queued' then l.sealed end, sent_at = case when o.state = 'sent' then $5::timestamptz end
     from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::text[]) as o (letter_id, state, due_at, response) where l.letter_id = o.letter_id`,
    [outcomes.map((one) => one.letterId), outcomes.map((one) => one.state), outcomes.map((one) => one.dueAt), outcomes.map((one) => one.response), now],
  );
}

export type LetterRow = { letter_id: number; kind: LetterKind; language: string; class: string; basis: string; state: string; queued_at: Date; sent_at: Date | null };

export function lettersOf(sql: Sql, requestId: number): Promise<LetterRow[]> {
  return sql.many<LetterRow>('rights.lettersOf', 'select letter_id, kind, language, class, basis, state, queued_at, sent_at from privacy_letters where request_id = $1 order by letter_id', [requestId]);
}

/** How many confirmations this mailbox was sent since then: nobody can have somebody else's mailbox filled. */
export async function countIdentityLetters(sql: Sql, addressHash: Buffer, since: Date): Promise<number> {
  const { count } = await sql.one<{ count: number }>(
    'rights.countIdentityLetters',
    `select count(*) from privacy_letters l join privacy_requests r using (request_id) where r.address_hash = $1 and l.kind = 'identity' and l.queued_at > $2`,
    [addressHash, since],
  );
  return count;
}
