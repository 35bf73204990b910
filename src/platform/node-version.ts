const OLDEST = [22, 19] as const;

/** What is wrong with this Node ("v20.1.0"); undefined when nothing is. Older ones start, and then fail in the middle of the work. */
export function nodeProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return undefined;
  return `Tactful needs Node ${OLDEST.join('.')} or newer, and this is ${version}. Start it by npm ("npm start", "npx tactful …"): that uses the Node which "npm ci" brought.`;
}
