import { z } from 'zod';

/** What somebody writes in a form: without controls (a NUL cannot be stored, others would hide what a colleague reads), cut at the longest that is taken. */
export const plainText = (longest: number) => z.string().max(4 * longest).transform((text) => text.replace(/(?![\n\t])[\p{Cc}\p{Cs}]/gu, '').trim().slice(0, longest));
