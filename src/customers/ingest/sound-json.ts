import { isPoisoned } from '../import/safe-keys.js';

const DEEPEST = 10;

/** Whether a parsed JSON value can be stored as it is: no NUL (no text of PostgreSQL holds one), no half characters, no key that reaches a prototype. */
export function isSound(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'string' || isSoundText(value);
  const waiting: { value: object; depth: number }[] = [{ value, depth: 1 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next.depth > DEEPEST) return false;
    for (const key of Object.keys(next.value)) {
      const inner = (next.value as Record<string, unknown>)[key];
      if (!isSoundKey(key)) return false;
      if (typeof inner === 'string') {
        if (!isSoundText(inner)) return false;
      } else if (typeof inner === 'object' && inner !== null) waiting.push({ value: inner, depth: next.depth + 1 });
    }
  }
  return true;
}

export function isSoundText(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}

export function isSoundKey(key: string): boolean {
  return key.length <= 200 && isSoundText(key) && !isPoisoned(key);
}
