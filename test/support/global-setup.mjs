import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { browserTestsRun, CHROMIUM_MISSING } from './chromium.mjs';

/**
 * Starts one throw-away PostgreSQL for the run, with a migrated template database that each test file copies.
 * It runs in a child process (compiled by swc on the fly), because Jest does not transform a global setup's TypeScript ESM.
 */
export default async function globalSetup() {
  if (!browserTestsRun()) console.warn(`\nNote: the tests in test/browser do not run here. ${CHROMIUM_MISSING}`);
  const child = spawn(process.execPath, ['--import', new URL('./register-typescript.mjs', import.meta.url).href, new URL('./test-server.ts', import.meta.url).pathname], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`The test database ended with ${code}`)));
  });
  process.env.TACTFUL_TEST_SERVER = url;
  globalThis.__tactfulTestServer = child;
}
