import { z } from 'zod';

/** Longest window and gap: ages travel as minutes in 16 bits (45 days). */
export const MAX_WINDOW_DAYS = 31;

export const capSchema = z.strictObject({ limit: z.int().min(1).max(1_000), days: z.number().positive().max(MAX_WINDOW_DAYS) }).nullable();
