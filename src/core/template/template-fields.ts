/** The names a template may read. Everything else is refused when the template is saved, by name. */
export interface KnownFields {
  has(path: string): boolean;
  near(path: string): string[];
}

const FIXED: Readonly<Record<string, readonly string[]>> = {
  contact: ['email', 'first_name', 'last_name', 'language', 'country', 'city', 'time_zone', 'phone', 'job_title', 'birth_date', 'lifecycle_stage', 'source', 'created_at', 'updated_at'],
  account: [
    'name', 'domain', 'sector', 'country', 'city', 'employees', 'revenue', 'year_established', 'tier', 'lifecycle_stage',
    'open_opportunities', 'won_opportunities', 'won_value', 'last_won_on', 'created_at',
  ],
  sender: ['name', 'first_name', 'email'],
  campaign: ['name', 'key', 'purpose'],
  links: ['unsubscribe', 'preferences', 'human', 'confirm', 'survey'],
  workspace: ['name', 'email', 'postal_address', 'domain'],
};

/** What an event carries is up to whoever sends it, so any plain name below `event.` is allowed. */
const EVENT_FIELD = /^event\.[a-z_][a-z0-9_]*$/i;

export const TEMPLATE_ROOTS: readonly string[] = [...Object.keys(FIXED), 'event'];

/** The fixed names plus the workspace's own attributes, written `contact.attributes.x` and `account.attributes.x`. */
export function knownFields(custom: { contact: readonly string[]; account: readonly string[] }): KnownFields {
  const all = new Set<string>();
  for (const [root, names] of Object.entries(FIXED)) for (const name of names) all.add(`${root}.${name}`);
  for (const name of custom.contact) all.add(`contact.attributes.${name}`);
  for (const name of custom.account) all.add(`account.attributes.${name}`);
  return {
    has: (path) => all.has(path) || EVENT_FIELD.test(path),
    near: (path) => nearest(path, all),
  };
}

/** Up to three names that differ by little, or that end in the same word: `contact.firstname` → `contact.first_name`. */
function nearest(path: string, all: ReadonlySet<string>): string[] {
  const wanted = path.toLowerCase().slice(0, 100);
  const last = wanted.split('.').at(-1) ?? wanted;
  const limit = Math.max(2, Math.floor(wanted.length / 6));
  return [...all]
    .map((name) => ({ name, distance: name.split('.').at(-1) === last ? 0.5 : editDistance(wanted, name.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .sort((left, right) => left.distance - right.distance || (left.name < right.name ? -1 : 1))
    .slice(0, 3)
    .map(({ name }) => name);
}

function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
