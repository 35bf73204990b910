import 'reflect-metadata';

/** The benchmarks by name; each gives the object that is printed as the last line. */
const BENCHES = ['send', 'segment', 'gate', 'import', 'match', 'track', 'attributes', 'live', 'verify', 'simulate', 'flood', 'scores', 'growth'];

interface Bench {
  run(args: string[]): Promise<Record<string, unknown>>;
}

const [name = '', ...args] = process.argv.slice(2);
if (!BENCHES.includes(name)) {
  console.error(`Usage: npm run bench -- ${BENCHES.join('|')} [options]`);
  process.exit(2);
}
const started = performance.now();
const bench = (await import(`./${name}.js`)) as Bench;
const result = await bench.run(args);
console.error(`${name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
console.log(JSON.stringify({ bench: name, ...result }));
process.exit(0);
