import { assertNever } from '../core/shared/assert-never.js';
import type { MemberCard } from './member-cards.js';
import type { SegmentProblem } from './segment-problem.js';

/** What the commands about segments and lists print. */
export function cards(sample: readonly MemberCard[]): string {
  const rows = sample.map((card) => ('email' in card ? [String(card.id), card.name ?? '', card.email ?? '', card.account ?? ''] : [String(card.id), card.name, card.sector ?? '', card.country ?? '']));
  return table(sample[0] && 'email' in sample[0] ? ['Id', 'Name', 'E-mail', 'Account'] : ['Id', 'Name', 'Sector', 'Country'], rows);
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ').trimEnd();
  return [line(head), widths.map((width, column) => '─'.repeat(Math.min(width, column === widths.length - 1 ? 60 : width))).join('───'), ...rows.map(line)].join('\n');
}

export function sayProblem(problem: SegmentProblem): string {
  switch (problem.kind) {
    case 'segment_missing':
      return `There is no segment “${problem.key}”. A file with a rule must end in .json; "tactful segments list" lists the segments.`;
    case 'rule_invalid':
      return ['The rule cannot be used as it is:', ...problem.problems.map(({ path, message }) => `  ${path === '' ? 'the whole rule' : path}: ${message}`)].join('\n');
    case 'segment_slow':
      return `The rule was not answered within ${problem.seconds} seconds. Narrow it: a shorter window for events, or a smaller segment to begin from.`;
    case 'is_list':
      return `“${problem.key}” is a list: it has no rule and no versions.`;
    case 'no_list':
      return `“${problem.key}” is no list: its members follow from its rule.`;
    case 'version_missing':
      return `Segment “${problem.key}” has no version ${problem.version}. "tactful segments versions ${problem.key}" lists them.`;
    case 'snapshot_missing':
      return `Segment “${problem.key}” has no snapshot “${problem.name}”.`;
    case 'snapshot_exists':
      return `Segment “${problem.key}” has a snapshot “${problem.name}” already. Choose another name.`;
    case 'purpose_missing':
      return `There is no purpose “${problem.purpose}”.${problem.guess === undefined ? ' "tactful purposes list" lists them.' : ` Did you mean “${problem.guess}”?`}`;
    case 'other_scope':
      return `Segment “${problem.key}” is about ${problem.scope}s, not about ${problem.wanted}s.`;
    case 'nobody':
      return `There is no ${problem.scope} ${problem.asked}.`;
    case 'segment_exists':
      return `There is a segment or list “${problem.key}” already.`;
    case 'scope_fixed':
    case 'segment_changed':
    case 'segment_in_use':
      return `Unexpected here: ${problem.kind}.`;
    default:
      return assertNever(problem);
  }
}
