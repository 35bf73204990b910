import { z } from 'zod';
import type { Moment } from '../../core/rule/bounds.js';
import { type OwnConditions, type TablePlace, type TableStatement, compileTablePage, compileTableRows } from '../../core/table/compile-table.js';
import type { RuleProblem } from '../../core/rule/parse-rule.js';
import { err, ok, type Result } from '../../core/shared/result.js';
import { type TableAsk, TABLE_LIMITS } from '../../core/table/table-ask.js';

/** The statements a table needs, each run by the feature whose table it is. */
export interface TableReader<Row> {
  page(statement: TableStatement): Promise<{ id: number; sort_value: string | null }[]>;
  /** How many rows there are: `exact` where they are quickly counted, else as the planner expects. */
  estimate(statement: TableStatement): Promise<{ value: number; exact: boolean }>;
  /** The rows whole; somebody deleted meanwhile is left out. */
  rows(ids: readonly number[]): Promise<Map<number, Row>>;
}

/** One row more than asked for, when there is one: it only tells that there is more. */
export interface TableRows<Row> {
  readonly rows: readonly { readonly row: Row; readonly place: TablePlace }[];
  /** With the first page only; exact when the first page is the last. */
  readonly total: { readonly value: number; readonly exact: boolean } | undefined;
}

/** Query of a table, beside `limit` and `cursor`. */
export const tableQuery = z.object({
  sort: z.string().regex(/^-?[a-z][a-z0-9_]{0,62}$/, 'must be the key of an attribute, with a minus before it for the other direction').optional(),
  filter: z.string().max(20_000).optional(),
  q: z.string().max(TABLE_LIMITS.search).refine((text) => !text.includes('\0'), 'holds a NUL character').optional(),
});

const PLACE = z.tuple([z.string().max(10_000).nullable(), z.number().int()]);

/** The cursor of a table: what the last row was sorted by, and its id. */
export const tableCursor = PLACE.transform(([value, id]): TablePlace => ({ value, id }));

/** What somebody asked for, in the words of rules. */
export interface TableQuestion {
  readonly ask: TableAsk;
  readonly own: OwnConditions;
  readonly moment: Moment;
}

export async function readTable<Row>(reader: TableReader<Row>, question: TableQuestion, after: TablePlace | undefined, limit: number): Promise<Result<TableRows<Row>, RuleProblem[]>> {
  const ids = await idsInOrder(reader, question, after, limit + 1).then(ok, (error: unknown) => {
    // Class 22: the cursor holds what is no value of the column it is compared with.
    if (after && (error as { code?: string }).code?.startsWith('22') === true) return err([{ path: 'cursor', message: 'is not one that this list gave: leave it out to begin at the first page' }]);
    throw error;
  });
  if (!ids.ok) return ids;
  const found = ids.value;
  const rows = await reader.rows(found.map(({ id }) => id));
  const isAll = found.length <= limit;
  const total = after ? undefined : isAll ? { value: found.length, exact: true } : await reader.estimate(compileTableRows(question.ask, question.own, question.moment)).then(({ value, exact }) => ({ value: Math.max(value, found.length), exact }));
  return ok({
    rows: found.flatMap(({ id, sort_value: value }) => {
      const row = rows.get(id);
      return row === undefined ? [] : [{ row, place: { value, id } }];
    }),
    total,
  });
}

/** Those with a value first, then those without one, whichever the direction. */
async function idsInOrder(reader: TableReader<unknown>, { ask, own, moment }: TableQuestion, after: TablePlace | undefined, limit: number): Promise<{ id: number; sort_value: string | null }[]> {
  const half = (which: 'valued' | 'missing', place: TablePlace | undefined, most: number) => reader.page(compileTablePage(ask, own, moment, which, place, most));
  if (!ask.sort) return half('valued', after, limit);
  if (after?.value === null) return half('missing', after, limit);
  const valued = await half('valued', after, limit);
  return valued.length === limit ? valued : [...valued, ...(await half('missing', undefined, limit - valued.length))];
}
