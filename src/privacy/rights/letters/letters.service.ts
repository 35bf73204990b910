import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import Handlebars from 'handlebars';
import { addressHash } from '../../../consent/address-hash.js';
import { cleanValue, isPlainAddress, type MailHeaders, rfc5322Date } from '../../../core/mail/headers.js';
import { type LetterFacts, type LetterKind, type LetterLanguage, writeLetter } from '../../../core/privacy/letter-texts.js';
import { afterSending } from '../../../messages/after-sending.js';
import { CONFIG, type Config } from '../../../platform/config/config.js';
import { Sql } from '../../../platform/database/sql.js';
import { buildMime } from '../../../platform/mail/mime.js';
import { MailTransport } from '../../../platform/mail/transport.js';
import { packageRoot } from '../../../platform/package-root.js';
import { Secrets } from '../../../platform/secrets.js';
import { keyFor, seal, unseal } from '../sealed-box.js';
import * as queries from './letters.queries.js';

interface SealedLetter {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const AT_ONCE = 20;

/**
 * Letters about requests: a legal duty (art. 12), so neither caps nor opt-outs hold them up, and no advertising is in them. They are written in the transaction
 * that decides, kept sealed until they leave, and rest on the request as their evidence.
 */
@Injectable()
export class LettersService {
  private readonly layout: Handlebars.TemplateDelegate;

  constructor(
    private readonly sql: Sql,
    private readonly secrets: Secrets,
    private readonly transport: MailTransport,
    @Inject(CONFIG) private readonly config: Pick<Config, 'mailFrom' | 'mailReplyTo' | 'mailDomain' | 'postalAddress' | 'defaultCountry'>,
  ) {
    this.layout = Handlebars.create().compile(readFileSync(join(packageRoot(), 'templates', 'letters', 'letter.hbs'), 'utf8'), { strict: true, knownHelpersOnly: true });
  }

  /** Queues a letter in the caller's transaction. */
  async queue(sql: Sql, kind: LetterKind, to: string, language: LetterLanguage, facts: Omit<LetterFacts, 'sender' | 'replyTo' | 'country'>, now: Date): Promise<void> {
    const { mailFrom, mailReplyTo: replyTo, postalAddress, defaultCountry: country } = this.config;
    const letter = writeLetter(kind, { ...facts, sender: mailFrom.name, replyTo, country }, language);
    const html = this.layout({ ...letter, link: letter.link ?? null, language, sender: mailFrom.name, postalAddress });
    const text = [...letter.paragraphs, ...(letter.link ? [`${letter.link.text}: ${letter.link.href}`] : []), mailFrom.name, '--', ...letter.closing, postalAddress].join('\n\n');
    const sealed = seal(this.key(), JSON.stringify({ to, subject: letter.subject, text, html } satisfies SealedLetter));
    await queries.insertLetter(sql, { requestId: facts.requestId, kind, messageClass: 'legal_duty', language, sealed }, now);
  }

  async deliverDue(now: Date): Promise<{ sent: number; failed: number; retried: number }> {
    const due = await queries.leaseLetters(this.sql, now, AT_ONCE);
    if (due.length === 0) return { sent: 0, failed: 0, retried: 0 };
    const letters = due.map((row) => ({ row, letter: JSON.parse(unseal(this.key(), row.sealed)) as SealedLetter }));
    const bounced = new Set((await queries.bouncedAddresses(this.sql, letters.map(({ letter }) => addressHash(this.secrets, letter.to)))).map((hash) => hash.toString('hex')));
    const outcomes = await Promise.all(
      letters.map(async ({ row, letter }) => {
        if (!isPlainAddress(letter.to)) return failed(row, 'the address cannot be used');
        if (bounced.has(addressHash(this.secrets, letter.to).toString('hex'))) return failed(row, 'suppression.hard_bounce');
        const outcome = await this.transport.send({ from: this.config.mailFrom.address, to: letter.to }, buildMime(this.headers(row.letter_id, letter, now), letter));
        return { letterId: row.letter_id, ...afterSending(outcome, { attempts: row.attempts, since: row.queued_at }, now) };
      }),
    );
    await queries.storeLetterOutcomes(this.sql, outcomes, now);
    const count = (state: string): number => outcomes.filter((one) => one.state === state).length;
    return { sent: count('sent'), failed: count('failed'), retried: count('queued') };
  }

  of(requestId: number): Promise<queries.LetterRow[]> {
    return queries.lettersOf(this.sql, requestId);
  }

  sentToLately(sql: Sql, hash: Buffer, since: Date): Promise<number> {
    return queries.countIdentityLetters(sql, hash, since);
  }

  private headers(letterId: number, letter: SealedLetter, now: Date): MailHeaders {
    const messageId = `<letter${letterId.toString(36)}@${this.config.mailDomain}>`;
    return {
      from: { name: cleanValue(this.config.mailFrom.name), address: this.config.mailFrom.address },
      replyTo: { address: this.config.mailReplyTo },
      to: { address: letter.to },
      subject: cleanValue(letter.subject),
      messageId,
      plain: [['Date', rfc5322Date(now)], ['Message-ID', messageId]],
    };
  }

  private key(): Buffer {
    return keyFor(this.secrets.hmac('seal', 'letters'), 'letter');
  }
}

function failed(row: queries.DueLetter, response: string): queries.LetterOutcome {
  return { letterId: row.letter_id, state: 'failed', dueAt: null, response };
}
