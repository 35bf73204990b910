/** Keys of purposes; ['*'] any, [] none. */
export type Purposes = readonly string[];

/** What two pieces of data that are used together may be used for. */
export function commonPurposes(a: Purposes, b: Purposes): string[] {
  if (a.includes('*')) return [...b];
  if (b.includes('*')) return [...a];
  return a.filter((purpose) => b.includes(purpose));
}

/** Those of the purposes that go beyond what is allowed; '*' does unless all is allowed. */
export function beyondPurposes(purposes: Purposes, allowed: Purposes): string[] {
  return allowed.includes('*') ? [] : purposes.filter((purpose) => !allowed.includes(purpose));
}
