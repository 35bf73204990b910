import type { StatusRow } from './history.queries.js';

/** Live membership of one segment as the API shows it. */
export function liveView(status: StatusRow | undefined): Record<string, unknown> | null {
  if (!status) return null;
  const { state, members, problem, building_since, live_since, reconciled_at, missing, surplus } = status;
  return {
    state,
    members,
    ...(state === 'broken' && { problem }),
    ...(state === 'building' && { buildingSince: building_since }),
    ...(state === 'live' && { since: live_since }),
    ...(reconciled_at && { reconciled: { at: reconciled_at, missing, surplus } }),
  };
}
