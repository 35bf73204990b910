import type { Sql } from '../../platform/database/sql.js';
import { type AttributeRow, insertAttributes, insertEventDefinitions, readAttributeDefinitions } from '../attributes.queries.js';
import { typeOfValue, valueOfType } from '../custom-attributes.js';
import type { CustomValue } from '../field-input.js';
import { countUnclassified, knownEventNames } from './ingest.queries.js';
import type { TrackingProblem } from './tracking-problem.js';

/** A client that makes its names up must not fill the list that people classify. */
const MOST_UNCLASSIFIED = 200;
// Kinds of event are never taken away, only classified: what was seen need not be looked up again.
const MOST_REMEMBERED = 10_000;

export type Definitions = ReadonlyMap<string, Pick<AttributeRow, 'type' | 'standard' | 'computation' | 'removing'>>;
type AttributeType = AttributeRow['type'];

export interface NamedValues {
  readonly source: string;
  readonly values: ReadonlyMap<string, CustomValue | null>;
}

/** Attributes and kinds of event at their first sight: defined, for no purpose, until somebody classifies them. */
export class DataDefinitions {
  private readonly events = new Set<string>();

  /** Defines what is new, as far as the source still may, and gives what is defined. */
  async attributes(sql: Sql, scope: 'contact' | 'account', given: readonly NamedValues[], now: Date): Promise<Definitions> {
    const keys = [...new Set(given.flatMap(({ values }) => [...values.keys()]))];
    if (keys.length === 0) return new Map();
    const defined = await this.read(sql, scope, keys);
    const unseen = new Map<string, Map<string, AttributeType>>();
    for (const { source, values } of given) {
      for (const [key, value] of values) if (value !== null && !defined.has(key)) perSource(unseen, source).set(key, typeOfValue(value));
    }
    if (unseen.size === 0) return defined;
    for (const [source, types] of unseen) {
      const left = MOST_UNCLASSIFIED - (await countUnclassified(sql, source)).attributes;
      const taken = [...types].slice(0, Math.max(0, left)).map(([key, type]) => ({ key, type }));
      await insertAttributes(sql, scope, taken.sort((a, b) => (a.key < b.key ? -1 : 1)), [], source, now);
    }
    return this.read(sql, scope, keys); // somebody else may have been first, with another type
  }

  /** Gives the sources that have brought more kinds of event than may wait to be classified. Their events are stored all the same. */
  async eventNames(sql: Sql, given: readonly { source: string; name: string }[], now: Date): Promise<Set<string>> {
    const unseen = given.filter(({ name }) => !this.events.has(name));
    if (unseen.length === 0) return new Set();
    const known = new Set(await knownEventNames(sql, [...new Set(unseen.map(({ name }) => name))]));
    const over = new Set<string>();
    for (const [source, names] of Map.groupBy(unseen.filter(({ name }) => !known.has(name)), (one) => one.source)) {
      const fresh = [...new Set(names.map(({ name }) => name))];
      const left = Math.max(0, MOST_UNCLASSIFIED - (await countUnclassified(sql, source)).events);
      const undefinedYet = left > 0 ? await insertEventDefinitions(sql, fresh.slice(0, left).sort(), [], source, now) : fresh;
      if (fresh.length > left || undefinedYet.length > 0) over.add(source);
    }
    if (this.events.size > MOST_REMEMBERED) this.events.clear();
    for (const name of known) this.events.add(name);
    return over;
  }

  private async read(sql: Sql, scope: 'contact' | 'account', keys: readonly string[]): Promise<Map<string, AttributeRow>> {
    return new Map((await readAttributeDefinitions(sql, scope, keys)).map((row) => [row.key, row]));
  }
}

/** The values that fit their definitions; the others are named. */
export function fitting(values: ReadonlyMap<string, CustomValue | null>, definitions: Definitions): { kept: Map<string, CustomValue | null>; problems: TrackingProblem[] } {
  const kept = new Map<string, CustomValue | null>();
  const problems: TrackingProblem[] = [];
  for (const [key, value] of values) {
    const definition = definitions.get(key);
    const path = `traits.${key}`;
    if (definition && (definition.standard || definition.computation !== null)) problems.push({ kind: 'trait_standard', path });
    else if (definition?.removing === true) problems.push({ kind: 'trait_limit', path });
    else if (value === null) kept.set(key, null);
    else if (!definition) problems.push({ kind: 'trait_limit', path });
    else {
      const fitted = valueOfType(value, definition.type);
      if (fitted === undefined) problems.push({ kind: 'trait_type', path });
      else kept.set(key, fitted);
    }
  }
  return { kept, problems };
}

function perSource<T>(map: Map<string, Map<string, T>>, source: string): Map<string, T> {
  let inner = map.get(source);
  if (!inner) map.set(source, (inner = new Map<string, T>()));
  return inner;
}
