import { assertNever } from '../shared/assert-never.js';
import type { ParentCondition, Rule, Scope, SegmentRule, SubsidiariesCondition } from './rule.js';

/**
 * From a row to those whose answer it bears on: from a person to his account, from an account to its people, its parent or its subsidiaries,
 * `all_` of them up or down the group.
 */
export type Step = 'account' | 'people' | GroupStep;
export type GroupStep = 'parent' | 'all_parents' | 'subsidiaries' | 'all_subsidiaries';

/** From an account to those of its group that ask about it. */
export function askers({ kind, depth }: ParentCondition | SubsidiariesCondition): GroupStep {
  if (kind === 'parent') return depth === 'any' ? 'all_subsidiaries' : 'subsidiaries';
  return depth === 'any' ? 'all_parents' : 'parent';
}

/** A condition that reads data itself. Groups and segments with a rule only lead to such; a list is data. */
export type Leaf = Exclude<Rule, { kind: 'all' | 'any' | 'not' | 'segment' | 'sample' }> | { readonly kind: 'list'; readonly list: number };

export interface LeafVisit {
  readonly leaf: Leaf;
  /** Whose data it reads. */
  readonly scope: Scope;
  /** From the one whose data it reads to those whom the whole rule selects. */
  readonly path: readonly Step[];
}

/** Every condition of a rule that reads data, also inside the segments it uses, `account` and `people` before what stands in them. */
export function leavesOf(rule: Rule, scope: Scope, segments: (key: string) => SegmentRule | undefined): LeafVisit[] {
  const visits: LeafVisit[] = [];
  const seen = new Set<string>();
  const visit = (node: Rule, here: Scope, path: readonly Step[]): void => {
    switch (node.kind) {
      case 'all':
      case 'any':
        node.conditions.forEach((condition) => visit(condition, here, path));
        return;
      case 'not':
        return visit(node.condition, here, path);
      case 'segment': {
        // The same segment at the same place reads the same: without this, segments that use each other widely would be walked for ever.
        const place = `${node.segment} ${path.join(' ')}`;
        if (seen.has(place)) return;
        seen.add(place);
        const segment = segments(node.segment);
        if (segment?.rule) visit(segment.rule, segment.scope, path);
        else if (segment) visits.push({ leaf: { kind: 'list', list: segment.list }, scope: segment.scope, path });
        return;
      }
      case 'attribute':
      case 'event':
      case 'event_value':
      case 'event_time':
      case 'sequence':
      case 'engagement':
      case 'mailable':
        visits.push({ leaf: node, scope: here, path });
        return;
      case 'account':
        visits.push({ leaf: node, scope: here, path });
        return visit(node.rule, 'account', shortened(['people', ...path]));
      case 'people':
        visits.push({ leaf: node, scope: here, path });
        return visit(node.rule, 'contact', shortened(['account', ...path]));
      case 'parent':
      case 'subsidiaries':
        visits.push({ leaf: node, scope: here, path });
        return visit(node.rule, 'account', [askers(node), ...path]);
      case 'sample': // by the id alone
        return;
      default:
        return assertNever(node);
    }
  };
  visit(rule, scope, []);
  return visits;
}

/** The account of an account's people is that account. (The people of a person's account are more than that person.) */
function shortened(path: readonly Step[]): readonly Step[] {
  return path[0] === 'people' && path[1] === 'account' ? path.slice(2) : path;
}
