import type { z } from 'zod';
import { inputWords } from '../../core/shared/input-words.js';
import { ProblemError } from './problem.js';

/** Parses what came in over HTTP; throws a 422 problem that names each bad field, or 400 where nothing came at all. */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value, { error: inputWords });
  if (parsed.success) return parsed.data;
  if (value === undefined) throw new ProblemError({ status: 400, type: 'body-missing', title: 'This request needs a body.', detail: 'Send it as JSON, with the header "Content-Type: application/json". /docs shows what it holds.' });
  throw new ProblemError({
    status: 422,
    type: 'invalid-input',
    title: 'The request cannot be used as it is.',
    errors: parsed.error.issues.map((issue) => ({ path: issue.path.map(String).join('.'), message: issue.message })),
  });
}
