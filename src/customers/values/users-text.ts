import type { DataUsers } from '../../core/attribute/data-users.js';

/** Who stands in the way, in a sentence: "It is used by the segments gold, silver and the campaign spring." */
export function saysUsers({ segments, templates, campaigns, attributes }: DataUsers): string {
  const parts = [
    named('segment', segments),
    named('template', templates),
    named('campaign', campaigns),
    named('attribute', attributes),
  ].filter((part) => part !== undefined);
  return `It is used by ${parts.join(' and ')}.`;
}

function named(what: string, keys: readonly string[]): string | undefined {
  return keys.length === 0 ? undefined : `the ${what}${keys.length === 1 ? '' : 's'} ${keys.join(', ')}`;
}
