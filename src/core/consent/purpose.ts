import { z } from 'zod';
import { MAIL_CHANNELS } from './consent-scope.js';

export const LEGAL_BASES = ['consent', 'soft_opt_in', 'contract', 'legal_duty', 'legitimate_interest'] as const;
export type LegalBasis = (typeof LEGAL_BASES)[number];

export const MESSAGE_CLASSES = ['marketing', 'service', 'legal_duty', 'opt_in_request', 'survey', 'personal'] as const;
export type MessageClass = (typeof MESSAGE_CLASSES)[number];

const CHANNELS = MAIL_CHANNELS;

/** A text that people read, in both languages. */
export interface Bilingual {
  readonly nl: string;
  readonly en: string;
}

/** Why data is used and mail is sent. */
export interface Purpose {
  readonly key: string;
  readonly name: Bilingual;
  readonly description: Bilingual;
  /** How often, as the preference page promises it. */
  readonly frequency: Bilingual;
  readonly legalBasis: LegalBasis;
  readonly messageClass: MessageClass;
  readonly channels: readonly string[];
  readonly doubleOptIn: boolean;
  readonly retentionDays: number;
  readonly balancingAssessment: string | null;
  readonly validUntil: Date | null;
  readonly retiredAt: Date | null;
}

const words = (maximum: number) => z.string().trim().max(maximum);
const bilingual = (maximum: number) => z.strictObject({ nl: words(maximum).min(1), en: words(maximum).min(1) });
const bilingualOrEmpty = (maximum: number) => z.strictObject({ nl: words(maximum).default(''), en: words(maximum).default('') }).default({ nl: '', en: '' });

/** What an officer fills in. The key never changes: ledgers and links carry it. */
export const purposeInput = z
  .strictObject({
    key: z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'must begin with a letter and hold only a–z, 0–9 and _ (at most 63)'),
    name: bilingual(80),
    description: bilingualOrEmpty(500),
    frequency: bilingualOrEmpty(120),
    legalBasis: z.enum(LEGAL_BASES),
    messageClass: z.enum(MESSAGE_CLASSES).default('marketing'),
    channels: z.array(z.enum(CHANNELS)).min(1).default(['email']),
    doubleOptIn: z.boolean().default(true),
    retentionDays: z.number().int().min(1).max(36_500),
    balancingAssessment: words(10_000).min(1).nullable().default(null),
    validUntil: z.iso.datetime({ offset: true }).transform((text) => new Date(text)).nullable().default(null),
  })
  // GDPR art. 6(1)(f): the interest is weighed before the data is used, and the weighing is written down (art. 5(2)).
  .refine((purpose) => purpose.legalBasis !== 'legitimate_interest' || purpose.balancingAssessment !== null, {
    path: ['balancingAssessment'],
    message: 'a purpose that rests on legitimate interest needs its balancing assessment',
  })
  .refine((purpose) => purpose.messageClass !== 'legal_duty' || purpose.legalBasis === 'legal_duty', {
    path: ['legalBasis'],
    message: 'a legal_duty message rests on a legal duty',
  });

export type PurposeInput = z.output<typeof purposeInput>;

/** Whether people may switch this mail off themselves; contract mail and legal notices are only explained to them. */
export function mayBeSwitchedOff(purpose: Pick<Purpose, 'messageClass'>): boolean {
  return purpose.messageClass !== 'service' && purpose.messageClass !== 'legal_duty';
}

/** Whether mail for this purpose may start at all at this moment. */
export function isActive(purpose: Pick<Purpose, 'retiredAt' | 'validUntil'>, now: Date): boolean {
  return (purpose.retiredAt === null || purpose.retiredAt > now) && (purpose.validUntil === null || purpose.validUntil > now);
}
