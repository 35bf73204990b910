import { Inject, Injectable } from '@nestjs/common';
import { listsAsked } from '../core/rule/lists-asked.js';
import type { Scope } from '../core/rule/rule.js';
import { AttributeIndexesService } from '../customers/values/attribute-indexes.service.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { Sql } from '../platform/database/sql.js';
import { isSmall } from './look.js';
import { RuleBook, type Sentence } from './rule-book.js';

/** An index that a segment's rule gets, and what its author is told about it. */
export interface ListIndex {
  readonly scope: Scope;
  readonly attribute: string;
  readonly state: 'building' | 'ready' | 'missing';
  readonly says: Sentence;
}

/**
 * What a list contains is found by an index, or by reading everybody (a million people: 45 ms, or 0.9 s each time the segment is built, compared
 * or counted). So whoever saves a segment that asks it gets the index, unasked; where few people are, it would only make writing slower.
 */
@Injectable()
export class ListIndexesService {
  constructor(
    private readonly sql: Sql,
    private readonly indexes: AttributeIndexesService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** After the segment was saved. `small`: how few rows need none; left out, what everybody else takes for few. */
  async provide(segment: { readonly key: string; readonly scope: Scope; readonly rule: unknown }, actor: string, small?: number): Promise<ListIndex[]> {
    const book = await RuleBook.load(this.sql, this.config.defaultTimeZone);
    const rule = book.read(segment.rule, segment.scope, segment.key);
    const provided: ListIndex[] = [];
    // One after the other on purpose: a rule asks of few lists, and each index is an act of its own.
    for (const { scope, key } of rule.ok ? listsAsked(rule.value, segment.scope) : []) {
      const field = book.fields.find(scope, key);
      if (!field || (await isSmall(this.sql, scope, small))) continue;
      const state = stateOf((await this.indexes.wantForSegment(scope, key, segment.key, actor))?.state);
      provided.push({ scope, attribute: key, state, says: SAYS[state](field.label) });
    }
    return provided;
  }
}

function stateOf(state: string | undefined): ListIndex['state'] {
  if (state === undefined || state === 'failed') return 'missing';
  return state === 'ready' ? 'ready' : 'building';
}

const SAYS: Record<ListIndex['state'], (label: Sentence) => Sentence> = {
  building: ({ nl, en }) => ({
    nl: `Op ${nl} wordt nu een index gemaakt, zodat regels die vragen wat daarin staat snel blijven. Tot die klaar is wordt iedereen gelezen; het segment werkt al wel.`,
    en: `An index on ${en} is being made, so that rules about what it contains stay fast. Until it is ready everybody is read; the segment works already.`,
  }),
  ready: ({ nl, en }) => ({ nl: `Op ${nl} is een index: deze regel blijft snel.`, en: `There is an index on ${en}: this rule stays fast.` }),
  missing: ({ nl, en }) => ({
    nl: `Op ${nl} is geen index en er komt er vanzelf geen bij: iedereen wordt gelezen. Maak er een bij het kenmerk, of haal daar eerst een andere weg.`,
    en: `There is no index on ${en}, and none is made by itself: everybody is read. Make one at the attribute, or drop another one there first.`,
  }),
};
