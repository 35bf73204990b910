import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { startTestApp, type TestApp } from './app.js';

export interface Surroundings {
  readonly language: 'nl' | 'en';
  readonly colours: 'light' | 'dark';
  readonly device: 'phone' | 'desk';
}

export interface BrowserWorld {
  readonly app: TestApp;
  readonly url: string;
  /** A page as a person has it: without JavaScript, which ours never need. One for each surroundings: a new one is a new process, and ours leave nothing behind in it. */
  page(surroundings?: Partial<Surroundings>): Promise<Page>;
}

const SIZES = { phone: { width: 360, height: 740 }, desk: { width: 1_280, height: 900 } } as const;

/** Gives the describe around it the application on a port, and a real browser. */
export function useBrowser(): BrowserWorld {
  let app: Awaited<ReturnType<typeof startTestApp>> | undefined;
  let browser: Browser | undefined;
  const pages = new Map<string, Page>();
  beforeAll(async () => {
    const found = spawnSync(process.execPath, ['--input-type=module', '-e', `import { chromiumPath, CHROMIUM_MISSING } from '${join(__dirname, 'chromium.mjs')}'; console.log(JSON.stringify([chromiumPath() ?? null, CHROMIUM_MISSING]))`], { encoding: 'utf8' });
    const [executablePath, missing] = JSON.parse(found.stdout) as [string | null, string];
    if (executablePath === null) throw new Error(missing);
    browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
    app = await startTestApp();
    await app.http.listen(0, '127.0.0.1');
  });
  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });
  const theApp = (): TestApp => {
    if (!app) throw new Error('The application exists only inside tests and hooks.');
    return app;
  };
  return {
    get app() {
      return theApp();
    },
    get url() {
      return `http://127.0.0.1:${(theApp().http.getHttpServer().address() as AddressInfo).port}`;
    },
    async page({ language = 'nl', colours = 'light', device = 'desk' } = {}) {
      if (!browser) throw new Error('The browser exists only inside tests and hooks.');
      const key = [language, colours, device].join(' ');
      const page = pages.get(key) ?? (await (await browser.newContext({ javaScriptEnabled: false, locale: language === 'nl' ? 'nl-NL' : 'en-GB', colorScheme: colours, viewport: SIZES[device], deviceScaleFactor: 1 })).newPage());
      pages.set(key, page);
      return page;
    },
  };
}

/**
 * What axe finds against WCAG 2.2 AA and good practice, in words that say what to mend; nothing, when all is well. axe needs a script, so it looks
 * at the same document, as it stands now, in a context that runs some: one for all pages, because to read axe itself takes longer than to let it look.
 */
export async function accessibilityProblems(page: Page, { colours, device }: Pick<Surroundings, 'colours' | 'device'>): Promise<string[]> {
  const browser = page.context().browser();
  if (!browser) throw new Error('The page belongs to no browser');
  const copy = await copyOf(browser, colours, device);
  await copy.setContent(await page.content());
  const { violations } = await copy.evaluate<axe.AxeResults>(`axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'] })`);
  return violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help} (${node.target.join(' ')}) ${node.failureSummary ?? ''}`));
}

const copies = new WeakMap<Browser, Map<string, Promise<Page>>>();

/** A page with axe in it, which stays when the document is written anew; it ends with its browser. */
function copyOf(browser: Browser, colours: Surroundings['colours'], device: Surroundings['device']): Promise<Page> {
  const pages = copies.get(browser) ?? new Map<string, Promise<Page>>();
  copies.set(browser, pages);
  const key = `${colours} ${device}`;
  const page = pages.get(key) ?? openCopy(browser, colours, device);
  pages.set(key, page);
  return page;
}

async function openCopy(browser: Browser, colours: Surroundings['colours'], device: Surroundings['device']): Promise<Page> {
  const context = await browser.newContext({ colorScheme: colours, viewport: SIZES[device] });
  const page = await context.newPage();
  await page.evaluate(axe.source);
  return page;
}

/** Kept where TACTFUL_TEST_SCREENSHOTS says; nowhere otherwise. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  const folder = process.env['TACTFUL_TEST_SCREENSHOTS'];
  if (folder === undefined || folder === '') return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

/** Whether the page is wider than the screen: somebody would have to scroll sideways. */
export async function overflows(page: Page): Promise<boolean> {
  return page.evaluate('document.documentElement.scrollWidth > window.innerWidth');
}
