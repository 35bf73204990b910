import { isPoisoned } from '../import/safe-keys.js';

const DEEPEST = 10;
/** Writing JSON recurses: some thousand levels end in a stack overflow. No message of a client comes near this. */
const DEEPEST_MESSAGE = 100;

/** Whether a parsed JSON value can be written again; looked at without recursion, because it may be what somebody made up to break that. */
export function isWritable(value: unknown): boolean {
  const waiting: { value: unknown; depth: number }[] = [{ value, depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next.value !== 'object' || next.value === null) continue;
    if (next.depth >= DEEPEST_MESSAGE) return false;
    for (const inner of Object.values(next.value)) if (typeof inner === 'object' && inner !== null) waiting.push({ value: inner, depth: next.depth + 1 });
  }
  return true;
}

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

function isSoundText(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}

export function isSoundKey(key: string): boolean {
  return key.length <= 200 && isSoundText(key) && !isPoisoned(key);
}
