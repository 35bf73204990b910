/** Keys that reach an object's prototype when somebody forgets Object.hasOwn. No name in Tactful needs them. */
const POISONED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** A custom attribute: what a rule and a template can name. */
export const ATTRIBUTE_KEY = /^[a-z][a-z0-9_]{0,62}$/;

/** A property of an event; capitals too, because tracking clients send `productId`. */
export const PROPERTY_KEY = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;

export function isPoisoned(key: string): boolean {
  return POISONED.has(key);
}

/** The paths of poisoned keys anywhere inside; looked for before Zod, which drops `__proto__` without a word. */
export function poisonedPaths(value: unknown, path = ''): string[] {
  const found: string[] = [];
  const waiting: { value: unknown; path: string }[] = [{ value, path }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next.value === null || typeof next.value !== 'object') continue;
    for (const key of Reflect.ownKeys(next.value)) {
      if (typeof key !== 'string') continue;
      const at = next.path === '' ? key : `${next.path}.${key}`;
      if (isPoisoned(key)) found.push(at);
      else waiting.push({ value: (next.value as Record<string, unknown>)[key], path: at });
    }
  }
  return found;
}
