import { z } from 'zod';

const purpose = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'must be the key of a purpose');
const line = (maximum: number) => z.string().trim().min(1).max(maximum).regex(/^[^\p{C}]+$/u, 'must not hold control characters');

function isOrigin(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

/** A write key as somebody asks for it. */
export const writeKeyInput = z.strictObject({
  /** Where the data comes from: the provenance of every contact that this key makes. */
  source: line(100),
  /** A browser's key is public: with it nobody's address can be changed, and only visitors can be joined. */
  kind: z.enum(['browser', 'server']),
  /** What the data is collected for. */
  purposes: z.array(purpose).min(1).max(50),
  /** Version of the privacy notice that people see there. */
  noticeVersion: line(100),
  /** Which purposes a category of the site's consent tool (context.consent.categoryPreferences) is about. */
  consentCategories: z.record(z.string().min(1).max(100), z.array(purpose).min(1).max(50)).default({}),
  /** Version of the text beside the consent tool's switches; without it a yes is not recorded. */
  consentWordingVersion: line(100).nullable().default(null),
  eventsPerSecond: z.number().int().min(1).max(100_000).default(5_000),
  /** Of a browser's key: the pages that may use it, as "https://www.example.com". Left out: any page. */
  allowedOrigins: z.array(z.string().max(300).refine(isOrigin, 'must be an origin, such as https://www.example.com')).max(50).default([]),
});
export type WriteKeyInput = z.output<typeof writeKeyInput>;
