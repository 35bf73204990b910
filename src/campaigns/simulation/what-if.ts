import { type Policies, policySettings, versioned } from '../../core/decision/policies.js';
import { err, ok, type Result } from '../../core/shared/result.js';

/** The policies in force with some settings changed: `{ contactCaps: { total: { limit: 3, days: 7 } } }`. Objects are joined, anything else is replaced. */
export function whatIf({ version: _, countries, workspaceName, ...current }: Policies, changes: Readonly<Record<string, unknown>>): Result<Policies, { readonly path: string; readonly message: string }[]> {
  const parsed = policySettings.safeParse(joined(current, changes));
  return parsed.success ? ok(versioned({ ...parsed.data, countries, workspaceName })) : err(parsed.error.issues.map(({ path, message }) => ({ path: ['whatIf', ...path].join('.'), message })));
}

function joined(base: unknown, change: unknown): unknown {
  if (!isObject(base) || !isObject(change)) return change;
  const keys = new Set([...Object.keys(base), ...Object.keys(change)]);
  return Object.fromEntries([...keys].map((key) => [key, Object.hasOwn(change, key) ? joined(base[key], change[key]) : base[key]]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
