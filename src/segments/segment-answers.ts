import { assertNever } from '../core/shared/assert-never.js';
import type { Result } from '../core/shared/result.js';
import { notFound, ProblemError } from '../platform/http/problem.js';
import type { SegmentProblem } from './segment-problem.js';
import type { SegmentSummary } from './segments.service.js';

export function summaryView({ created_at, updated_at, updated_by, ...segment }: SegmentSummary): Record<string, unknown> {
  return { ...segment, createdAt: created_at, updatedAt: updated_at, updatedBy: updated_by };
}

/** The value, or the problem that HTTP answers with. */
export function answer<Value>(result: Result<Value, SegmentProblem>): Value {
  if (result.ok) return result.value;
  throw problemOf(result.error);
}

function problemOf(problem: SegmentProblem): Error {
  switch (problem.kind) {
    case 'segment_missing':
      return notFound('segment', problem.key);
    case 'segment_exists':
      return new ProblemError({ status: 409, type: 'segment-exists', title: `There is a segment “${problem.key}” already.`, detail: 'Change that one, or choose another key.' });
    case 'rule_invalid':
      return new ProblemError({
        status: 422,
        type: 'rule-invalid',
        title: 'The rule cannot be used as it is.',
        errors: problem.problems.map(({ path, message }) => ({ path: ['rule', path].filter((part) => part !== '').join('.'), message })),
      });
    case 'is_list':
      return new ProblemError({ status: 422, type: 'segment-is-list', title: `“${problem.key}” is a list: it has no rule.`, detail: 'Put members in and take them out under /api/v1/lists, or make a segment with a rule.' });
    case 'no_list':
      return new ProblemError({ status: 422, type: 'segment-no-list', title: `“${problem.key}” is no list: its members follow from its rule.`, detail: 'Change the rule, or make a list.' });
    case 'version_missing':
      return notFound(`version of segment “${problem.key}”`, problem.version);
    case 'snapshot_missing':
      return notFound(`snapshot of segment “${problem.key}”`, problem.name);
    case 'snapshot_exists':
      return new ProblemError({ status: 409, type: 'snapshot-exists', title: `Segment “${problem.key}” has a snapshot “${problem.name}” already.`, detail: 'Choose another name, or delete that one first.' });
    case 'scope_fixed':
      return new ProblemError({ status: 422, type: 'scope-fixed', title: `This segment is about ${problem.scope}s and stays so.`, detail: 'Campaigns and segments that use it count on that. Make a new segment.' });
    case 'segment_changed':
      return new ProblemError({ status: 409, type: 'segment-changed', title: `The rule was changed in the meantime: it is at version ${problem.version}.`, detail: 'Read it again and decide whether your change still fits.' });
    case 'segment_in_use': {
      const users = [...problem.campaigns.map(({ name, key }) => `campaign “${name}” (${key})`), ...problem.segments.map((key) => `segment “${key}”`)];
      return new ProblemError({
        status: 409,
        type: 'segment-in-use',
        title: `Segment “${problem.key}” is in use.`,
        detail: `Used by ${users.join(', ')}. Give them another segment first.`,
        errors: [...problem.campaigns.map(({ key, state }) => ({ path: `campaigns.${key}`, message: `Campaign, ${state}.` })), ...problem.segments.map((key) => ({ path: `segments.${key}`, message: 'Segment.' }))],
      });
    }
    case 'purpose_missing':
      return new ProblemError({ status: 422, type: 'purpose-missing', title: `There is no purpose “${problem.purpose}”.`, detail: problem.guess === undefined ? 'GET /api/v1/purposes lists them.' : `Did you mean “${problem.guess}”?` });
    case 'other_scope':
      return new ProblemError({ status: 422, type: 'segment-other-scope', title: `Segment “${problem.key}” is about ${problem.scope}s, not about ${problem.wanted}s.`, detail: `Ask about ${problem.scope === 'contact' ? 'a contact' : 'an account'}, or choose a segment of ${problem.wanted}s.` });
    case 'nobody':
      return notFound(problem.scope, problem.asked);
    case 'segment_slow':
      return new ProblemError({
        status: 422,
        type: 'segment-slow',
        title: `The rule was not answered within ${problem.seconds} seconds.`,
        detail: 'Narrow it: a shorter window for events, fewer conditions that contain or begin with a text, or a smaller segment to begin from.',
      });
    default:
      return assertNever(problem);
  }
}
