import { z } from 'zod';
import { CONSENT_CHANNELS } from './consent-scope.js';

const key = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'must begin with a letter and hold only a–z, 0–9 and - (at most 63)');
const line = (maximum: number) => z.string().trim().min(1).max(maximum).refine((text) => !/[\p{Cc}\p{Cs}]/u.test(text), 'must not hold control characters');
const text = z.string().trim().min(1).max(10_000).refine((words) => !/(?![\n\r\t])[\p{Cc}\p{Cs}]/u.test(words), 'must not hold control characters');

/** A text that people agree to, in the languages it is shown in. Publishing it again with other words makes the next version. */
export const wordingInput = z.strictObject({
  wording: key,
  purpose: z.string().min(1).max(63),
  /** What a yes to it is a yes to: the mail, or a consent of its own beside it. */
  channel: z.enum(CONSENT_CHANNELS).default('email'),
  texts: z.strictObject({ nl: text.optional(), en: text.optional() }).refine((texts) => texts.nl !== undefined || texts.en !== undefined, 'needs the text in nl, in en, or in both'),
});
export type WordingInput = z.output<typeof wordingInput>;

/** A sign-up form: which texts it shows, the mail's first. Publishing it again makes the next version; `open: false` closes it. */
export const formInput = z.strictObject({
  form: key,
  title: z.strictObject({ nl: line(120), en: line(120) }),
  noticeVersion: line(100),
  noticeUrl: z.url({ protocol: /^https?$/ }).max(2_000).optional(),
  wordings: z.array(key).min(1).max(4),
  open: z.boolean().default(true),
});
export type FormInput = z.output<typeof formInput>;

/** How the ledger names a version of a text or form. */
export function versionName(name: string, version: number): string {
  return `${name}@${version}`;
}

/** The text and version that a name in the ledger means; undefined for names of other systems. */
export function parseVersionName(name: string): { name: string; version: number } | undefined {
  const match = /^([a-z][a-z0-9-]{0,62})@([1-9]\d{0,8})$/.exec(name);
  return match ? { name: match[1] ?? '', version: Number(match[2]) } : undefined;
}
