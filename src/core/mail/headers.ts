import { err, ok, type Result } from '../shared/result.js';

/** One header line before encoding: the value is clean text, one line, without anything a decoder would take for markup. */
export type Header = readonly [name: string, value: string];

export interface Mailbox {
  readonly name?: string | undefined;
  readonly address: string;
}

export interface MarketingMail {
  readonly messageId: number;
  readonly contactId: number;
  readonly mailDomain: string;
  readonly from: Mailbox;
  readonly replyTo: Mailbox;
  readonly to: Mailbox;
  readonly subject: string;
  readonly sentAt: Date;
  readonly purpose: string;
  readonly purposeName: string;
  readonly campaignId: number;
  readonly messageClass: string;
  readonly unsubscribeUrl: string;
  readonly unsubscribeMailto: string;
}

/** Addresses and the list apart, because their names are encoded differently from plain text; then the rest in order. */
export interface MailHeaders {
  readonly from: Mailbox;
  readonly replyTo: Mailbox;
  readonly to: Mailbox;
  /** None for a letter to one person. */
  readonly list?: { readonly name: string; readonly id: string } | undefined;
  readonly subject: string;
  readonly messageId: string;
  readonly plain: readonly Header[];
}

/** Of a mail that many get: mail programs group by the list. */
export type ListMailHeaders = MailHeaders & { readonly list: NonNullable<MailHeaders['list']> };

export type HeaderProblem = { readonly kind: 'no_reply_sender' | 'address_invalid'; readonly detail: string };

/**
 * The headers of a marketing mail (rules, section 6; RFC 8058 one-click, RFC 2919 List-Id, Feedback-ID as Gmail reads it).
 * Auto-Submitted is absent on purpose: it is for answers and notices of machines; a campaign that a person started is neither.
 */
export function marketingHeaders(mail: MarketingMail): Result<ListMailHeaders, HeaderProblem> {
  for (const { address } of [mail.from, mail.replyTo, mail.to]) {
    if (!isPlainAddress(address)) return err({ kind: 'address_invalid', detail: `"${cleanValue(address).slice(0, 100)}" cannot be used as an address` });
  }
  for (const { address } of [mail.from, mail.replyTo]) {
    if (isNoReply(address)) return err({ kind: 'no_reply_sender', detail: `${address} is a no-reply address: people must be able to answer` });
  }
  const messageId = messageIdOf(mail.messageId, mail.contactId, mail.mailDomain);
  return ok({
    from: cleanMailbox(mail.from),
    replyTo: cleanMailbox(mail.replyTo),
    to: cleanMailbox(mail.to),
    list: { name: cleanValue(mail.purposeName), id: `${listLabel(mail.purpose)}.${mail.mailDomain}` },
    subject: cleanValue(mail.subject),
    messageId,
    plain: [
      ['Date', rfc5322Date(mail.sentAt)],
      ['Message-ID', messageId],
      ['List-Unsubscribe', `<${cleanLink(mail.unsubscribeUrl)}>, <${cleanLink(mail.unsubscribeMailto)}>`],
      ['List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'],
      ['Feedback-ID', [`c${mail.campaignId}`, mail.purpose, mail.messageClass, mail.mailDomain].map((piece) => piece.replace(/[^a-z0-9._-]/gi, '-')).join(':')],
    ],
  });
}

/** Stable per message: a second hand-over of the same message carries the same id, and mail programs show one. */
export function messageIdOf(messageId: number, contactId: number, mailDomain: string): string {
  return `<m${messageId.toString(36)}.${contactId.toString(36)}@${mailDomain}>`;
}

/**
 * Makes any text safe as the value of one header: no line ends or other controls (header injection), no lone surrogates,
 * and `=?` broken up, because a decoder would otherwise show `=?UTF-8?Q?evil?=` as something nobody wrote.
 */
export function cleanValue(text: string): string {
   
  return text.toWellFormed().replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').replace(/=\?/g, '= ?').replace(/ {2,}/g, ' ').trim();
}

/** An address that can stand between < and > and in an SMTP command: no spaces, controls, brackets, quotes, exactly one @. */
export function isPlainAddress(address: string): boolean {
  return address.length <= 254 && /^[^\s<>()[\]\\,;:"@\p{Cc}\p{Cf}\p{Cs}]{1,64}@[^\s<>()[\]\\,;:"@\p{Cc}\p{Cf}\p{Cs}]+$/u.test(address);
}

/** A sender nobody can answer is refused: a person who writes back must reach somebody. */
export function isNoReply(address: string): boolean {
  const local = address.split('@')[0] ?? '';
  return /^(?:no|not|do-?not|don-?t|geen|niet)[-_.]?(?:reply|respond|answer|antwoord(?:en)?|reageren)/i.test(local.split('+')[0] ?? '');
}

function cleanMailbox({ name, address }: Mailbox): Mailbox {
  const clean = name === undefined ? '' : cleanValue(name);
  return clean === '' ? { address } : { name: clean, address };
}

function cleanLink(url: string): string {
  return url.replace(/[^\u0021-\u007e]|[<>]/g, ''); // nothing may end the line or the bracket
}

function listLabel(purpose: string): string {
  return purpose.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export function rfc5322Date(moment: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${DAYS[moment.getUTCDay()]}, ${two(moment.getUTCDate())} ${MONTHS[moment.getUTCMonth()]} ${moment.getUTCFullYear()}`;
  return `${day} ${two(moment.getUTCHours())}:${two(moment.getUTCMinutes())}:${two(moment.getUTCSeconds())} +0000`;
}
