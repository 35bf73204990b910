import { z } from 'zod';
import { ProblemError } from './problem.js';

export const MAX_PAGE = 200;

/**
 * Query of every list: `limit` (1–200) and the `cursor` that the previous page gave as `next`. A filter that the list does not know is refused by name:
 * passed over, it would show everybody to whoever asked for one.
 */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(50),
  cursor: z.string().max(512).optional(),
});

export interface Page<Item> {
  readonly items: Item[];
  /** Cursor of the following page; null on the last one. */
  readonly next: string | null;
}

/** Makes a page of `limit + 1` rows read: the extra row only tells that there is more. */
export function pageOf<Row>(rows: readonly Row[], limit: number, cursorOf: (row: Row) => readonly (string | number | null)[]): Page<Row> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? encodeCursor(cursorOf(last)) : null };
}

function encodeCursor(values: readonly (string | number | null)[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** The sort values of the last row seen; undefined without a cursor. Throws a 422 problem on a cursor that was not ours. */
export function decodeCursor<Schema extends z.ZodType>(schema: Schema, cursor: string | undefined): z.output<Schema> | undefined {
  if (cursor === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch {
    throw new ProblemError({ status: 422, type: 'invalid-cursor', title: 'The cursor is not one that this list gave. Leave it out to begin at the first page.' });
  }
}
