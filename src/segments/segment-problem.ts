import type { RuleProblem } from '../core/rule/parse-rule.js';
import type { Scope } from '../core/rule/rule.js';
import type { SegmentSlow } from './limited-reading.js';
import type { UsingCampaign } from './segments.queries.js';

/** What can be wrong with a request about segments. */
export type SegmentProblem =
  | { readonly kind: 'segment_missing'; readonly key: string }
  | { readonly kind: 'segment_exists'; readonly key: string }
  | { readonly kind: 'rule_invalid'; readonly problems: readonly RuleProblem[] }
  | { readonly kind: 'is_list'; readonly key: string }
  | { readonly kind: 'no_list'; readonly key: string }
  | { readonly kind: 'version_missing'; readonly key: string; readonly version: number }
  | { readonly kind: 'snapshot_missing'; readonly key: string; readonly name: string }
  | { readonly kind: 'snapshot_exists'; readonly key: string; readonly name: string }
  | { readonly kind: 'scope_fixed'; readonly scope: string }
  | { readonly kind: 'segment_changed'; readonly version: number }
  | { readonly kind: 'segment_in_use'; readonly key: string; readonly campaigns: readonly UsingCampaign[]; readonly segments: readonly string[] }
  | { readonly kind: 'purpose_missing'; readonly purpose: string; readonly guess: string | undefined }
  | { readonly kind: 'other_scope'; readonly key: string; readonly scope: Scope; readonly wanted: Scope }
  | { readonly kind: 'nobody'; readonly scope: Scope; readonly asked: string }
  | SegmentSlow;
