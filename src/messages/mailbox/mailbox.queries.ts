import type { Sql } from '../../platform/database/sql.js';

export interface IncomingMail {
  readonly receivedAt: Date;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly source: Buffer;
}

export type MailboxRow = { mail_id: number; received_at: Date; envelope_from: string; envelope_to: string; subject: string };

export async function insertMails(sql: Sql, mails: readonly IncomingMail[]): Promise<void> {
  await sql.exec(
    'mailbox.insert',
    'insert into mailbox_mails (received_at, envelope_from, envelope_to, subject, source) select * from unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::bytea[])',
    [mails.map((mail) => mail.receivedAt), mails.map((mail) => mail.from), mails.map((mail) => mail.to), mails.map((mail) => mail.subject), mails.map((mail) => mail.source)],
  );
}

/** Newest first; those to an address that contains the text, where one is given. */
export function listMails(sql: Sql, to: string | undefined, before: number, limit: number): Promise<MailboxRow[]> {
  return sql.many<MailboxRow>(
    'mailbox.list',
    `select mail_id, received_at, envelope_from, envelope_to, subject from mailbox_mails
      where mail_id < $2 and ($1::text is null or strpos(envelope_to, $1) > 0) order by mail_id desc limit $3`,
    [to ?? null, before, limit],
  );
}

export function findMail(sql: Sql, mailId: number): Promise<(MailboxRow & { source: Buffer }) | undefined> {
  return sql.maybe('mailbox.find', 'select mail_id, received_at, envelope_from, envelope_to, subject, source from mailbox_mails where mail_id = $1', [mailId]);
}

export async function countMails(sql: Sql): Promise<number> {
  return (await sql.one<{ mails: number }>('mailbox.count', 'select count(*) as mails from mailbox_mails')).mails;
}
