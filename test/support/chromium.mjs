import { existsSync } from 'node:fs';

const KNOWN = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium'];

export const CHROMIUM_MISSING = 'There is no Chromium: install it (Debian: apt-get install chromium), or name it in TACTFUL_TEST_CHROMIUM.';

/** Where the browser is that pages are tested in. */
export function chromiumPath() {
  const named = process.env.TACTFUL_TEST_CHROMIUM;
  return named === undefined || named === '' ? KNOWN.find((path) => existsSync(path)) : named;
}

/** Where a browser is demanded (.ci/run) the tests run, and fail without one; elsewhere they run where there is one. */
export function browserTestsRun() {
  return process.env.TACTFUL_TEST_BROWSER === 'required' || chromiumPath() !== undefined;
}
