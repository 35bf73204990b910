export default async function globalTeardown() {
  const child = globalThis.__tactfulTestServer;
  if (!child || child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.stdin.end(); // the server stops and removes its folder when its input ends, also when Jest itself is killed
  await ended;
}
