import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Secrets } from '../platform/secrets.js';

/**
 * Links in mails that speak for the person who got them. A token is base64url of
 *   version (1 byte) ‖ kind (1) ‖ what it is about ‖ 16 bytes of HMAC-SHA-256
 * The HMAC key differs per version and kind, so that no token can be used as another. 128 bits cannot be guessed.
 */
const VERSION = 1;
const MAC_BYTES = 16;
const ID_BYTES = 6; // 48 bits: 2.8·10^14 people, messages or milliseconds
/** 2 is of mails sent before preference links had an end: they have no date in them and open for good. */
const KINDS = { unsubscribe: 1, preferences: 2, confirm: 3, dated_preferences: 4, my_data: 5, person: 6, survey: 7 } as const;
type Kind = keyof typeof KINDS;

const HOUR = 3_600_000;
/** Longer than a year, so that the link in a yearly mail works until the next one comes. */
const PREFERENCES_VALID_MS = 400 * 24 * HOUR;
/** What is behind it is somebody's data: the link has to come from his mailbox just now. */
const MY_DATA_VALID_MS = 24 * HOUR;
const MAX_TOKEN_LENGTH = 256;

export interface UnsubscribeLink {
  readonly kind: 'unsubscribe';
  readonly contactId: number;
  readonly messageId: number;
  readonly purpose: string;
}
export interface PreferencesLink {
  readonly kind: 'preferences';
  readonly contactId: number;
  readonly issuedAt?: Date;
}
export interface ConfirmLink {
  readonly kind: 'confirm';
  readonly contactId: number;
  /** The request that the mail was about: whether it may still be answered stands in the database. */
  readonly requestId: number;
}
export interface MyDataLink {
  readonly kind: 'my_data';
  readonly contactId: number;
  readonly issuedAt: Date;
}
/** To the page on which somebody asks for a person, or answers a survey; `messageId` is the mail that it stood in. */
export interface MessageLink {
  readonly kind: 'person' | 'survey';
  readonly contactId: number;
  readonly messageId: number;
}
export type Link = UnsubscribeLink | PreferencesLink | ConfirmLink | MyDataLink | MessageLink;

@Injectable()
export class LinkTokens {
  constructor(private readonly secrets: Secrets) {}

  /** Never expires: people unsubscribe from mail of years ago, and must be able to (RFC 8058, rules.md section 6). */
  unsubscribe(link: Omit<UnsubscribeLink, 'kind'>): string {
    return this.seal('unsubscribe', Buffer.concat([id(link.contactId), id(link.messageId), Buffer.from(link.purpose)]));
  }

  /** Valid for 400 days from its date. */
  preferences(link: Omit<PreferencesLink, 'kind'>): string {
    return link.issuedAt ? this.seal('dated_preferences', Buffer.concat([id(link.contactId), id(link.issuedAt.getTime())])) : this.seal('preferences', id(link.contactId));
  }

  /** Good for one answer, within 72 hours of its mail. */
  confirm(link: Omit<ConfirmLink, 'kind'>): string {
    return this.seal('confirm', Buffer.concat([id(link.contactId), id(link.requestId)]));
  }

  /** Valid for 24 hours. */
  myData(link: Omit<MyDataLink, 'kind'>): string {
    return this.seal('my_data', Buffer.concat([id(link.contactId), id(link.issuedAt.getTime())]));
  }

  /** Never expires: it shows nothing, and whoever asks for a person after two years should reach one. */
  person(link: Omit<MessageLink, 'kind'>): string {
    return this.seal('person', Buffer.concat([id(link.contactId), id(link.messageId)]));
  }

  /** How long it is good for depends on the mail and on when it was answered: the survey knows. */
  survey(link: Omit<MessageLink, 'kind'>): string {
    return this.seal('survey', Buffer.concat([id(link.contactId), id(link.messageId)]));
  }

  /** What a token is about; undefined for every text that this installation did not sign, without saying what is wrong with it. */
  open(token: string): Link | undefined {
    const bytes = token.length <= MAX_TOKEN_LENGTH ? Buffer.from(token, 'base64url') : Buffer.alloc(0);
    // The decoder skips what it does not know: only the one spelling that we wrote counts.
    if (bytes.toString('base64url') !== token || bytes.length < 2 + ID_BYTES + MAC_BYTES || bytes[0] !== VERSION) return undefined;
    const kind = (Object.keys(KINDS) as Kind[]).find((name) => KINDS[name] === bytes[1]);
    if (!kind) return undefined;
    const signed = bytes.subarray(0, -MAC_BYTES);
    return timingSafeEqual(bytes.subarray(-MAC_BYTES), this.mac(kind, signed)) ? read(kind, signed.subarray(2)) : undefined;
  }

  private seal(kind: Kind, about: Buffer): string {
    const signed = Buffer.concat([Buffer.from([VERSION, KINDS[kind]]), about]);
    return Buffer.concat([signed, this.mac(kind, signed)]).toString('base64url');
  }

  private mac(kind: Kind, signed: Buffer): Buffer {
    return this.secrets.hmac(`link-v${VERSION}-${kind}`, signed).subarray(0, MAC_BYTES);
  }
}

/** `issuedAt` undefined: a link of before they had an end. */
export function isPreferencesLinkFresh(issuedAt: Date | undefined, now: Date): boolean {
  return issuedAt === undefined || now.getTime() - issuedAt.getTime() < PREFERENCES_VALID_MS;
}

export function isMyDataLinkFresh(link: MyDataLink, now: Date): boolean {
  return now.getTime() - link.issuedAt.getTime() < MY_DATA_VALID_MS;
}

function read(kind: Kind, about: Buffer): Link {
  const contactId = about.readUIntBE(0, ID_BYTES);
  const second = (): number => about.readUIntBE(ID_BYTES, ID_BYTES);
  switch (kind) {
    case 'unsubscribe':
      return { kind, contactId, messageId: second(), purpose: about.toString('utf8', 2 * ID_BYTES) };
    case 'preferences':
      return { kind, contactId };
    case 'dated_preferences':
      return { kind: 'preferences', contactId, issuedAt: new Date(second()) };
    case 'confirm':
      return { kind, contactId, requestId: second() };
    case 'my_data':
      return { kind, contactId, issuedAt: new Date(second()) };
    case 'person':
    case 'survey':
      return { kind, contactId, messageId: second() };
  }
}

function id(value: number): Buffer {
  const bytes = Buffer.alloc(ID_BYTES);
  bytes.writeUIntBE(value, 0, ID_BYTES);
  return bytes;
}
