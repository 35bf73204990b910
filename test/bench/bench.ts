import 'reflect-metadata';

/** The benchmarks by name; each gives the object that is printed as the last line. */
const BENCHES: Readonly<Record<string, () => Promise<{ run(args: string[]): Promise<Record<string, unknown>> }>>> = {
  send: () => import('./send.js'),
  segment: () => import('./segment.js'),
  gate: () => import('./gate.js'),
  import: () => import('./import.js'),
};

const [name = '', ...args] = process.argv.slice(2);
const load = BENCHES[name];
if (!load) {
  console.error(`Usage: npm run bench -- ${Object.keys(BENCHES).join('|')} [options]`);
  process.exit(2);
}
const started = performance.now();
const bench = await load();
const result = await bench.run(args);
console.error(`${name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
console.log(JSON.stringify({ bench: name, ...result }));
process.exit(0);
