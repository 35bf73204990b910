import type { z } from 'zod';
import { ProblemError } from './problem.js';

/** Parses what came in over HTTP; throws a 422 problem that names each bad field. */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ProblemError({
    status: 422,
    type: 'invalid-input',
    title: 'The request cannot be used as it is.',
    errors: parsed.error.issues.map((issue) => ({ path: issue.path.map(String).join('.'), message: issue.message })),
  });
}
