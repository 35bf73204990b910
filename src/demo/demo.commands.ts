import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { createHttpApplication, loggerOf, startPlatform } from '../application.js';
import { type Config, loadConfig } from '../platform/config/config.js';
import { startEmbeddedPostgres } from '../platform/database/embedded-postgres.js';
import { ApiKeysService } from '../users/api-keys.service.js';
import { DemoClock } from './demo-clock.js';
import { prepareCompany } from './demo-company.js';
import { demoReport } from './demo-report.js';
import { collectResult, explainSome, RUN_DAYS, runCampaigns } from './demo-run.js';

/** A Tuesday in June, half past nine in Amsterdam: the figures are the same at every run. */
const DEMO_NOW = new Date('2026-06-09T07:30:00Z');
const EXPLAINED = 5;

export function registerDemoCommands(program: Command): void {
  program
    .command('demo')
    .description('prepare a company, run three campaigns on an accelerated clock, explain what happened')
    .option('--exit', 'end after the run instead of staying up')
    .option('--json', 'print one JSON object as the last line')
    .action(runDemo);
}

async function runDemo(options: { exit?: boolean; json?: boolean }): Promise<void> {
  const config = await demoConfig(options.exit === true);
  const logger = loggerOf(config);
  const tell = (step: string): void => console.error(`  ${step}`);
  const clock = new DemoClock(DEMO_NOW);
  await discardLastDemo(config);
  console.error('Tactful demo');
  tell(config.databaseUrl === undefined ? 'Starting the built-in database' : 'Using the database of DATABASE_URL');
  const platform = await startPlatform(config, logger, clock);
  const app = await createHttpApplication(platform, logger);
  const folder = await mkdtemp(join(tmpdir(), 'tactful-demo-'));
  try {
    await app.listen(config.port, config.host);
    await prepareCompany(app, folder, clock.now(), tell);
    tell(`Running ${RUN_DAYS} days of campaigns`);
    await runCampaigns(app, clock, folder, tell);
    const result = await collectResult(app);
    console.log(demoReport(result, await explainSome(app, EXPLAINED)));
    if (options.json === true) console.log(JSON.stringify(result));
  } catch (error) {
    await app.close();
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  if (options.exit === true) {
    await app.close();
    return;
  }
  clock.goOn();
  const key = await app.get(ApiKeysService, { strict: false }).ensureFirstKey();
  console.log(invitation(config.publicUrl, key));
}

/** The demo keeps its company apart from real data, and begins anew each time. */
async function demoConfig(exit: boolean): Promise<Config> {
  const config = loadConfig(process.env);
  const port = (exit ? undefined : await portAt(config.host, config.port)) ?? (await portAt(config.host, 0)) ?? config.port;
  return {
    ...config,
    dataDir: join(config.dataDir, 'demo'),
    port,
    publicUrl: process.env['TACTFUL_PUBLIC_URL'] === undefined ? `http://localhost:${port}` : config.publicUrl,
    logLevel: process.env['TACTFUL_LOG_LEVEL'] ?? 'warn',
    roles: exit ? [] : config.roles,
    eventRetentionMonths: 0, // its year of events is part of the picture
  };
}

async function discardLastDemo(config: Config): Promise<void> {
  const data = join(config.dataDir, 'postgres');
  if (config.databaseUrl !== undefined || !existsSync(data)) return;
  const left = await startEmbeddedPostgres({ dataDir: config.dataDir });
  await left.stop(); // refuses while another process works with it
  if (existsSync(join(data, 'postmaster.pid'))) throw new Error('Another demo is still running. Stop it first, with Ctrl-C.');
  await rm(data, { recursive: true, force: true });
}

/** Whether a server could listen there; 0 asks for any free port. */
function portAt(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(undefined)).listen(port, host, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : undefined));
    });
  });
}

function invitation(url: string, key: string | undefined): string {
  return ['', 'Tactful stays up. Look at', `  ${url}/mailbox   every mail, as people see it`, `  ${url}/docs      the API${key === undefined ? '' : `, with this key: ${key}`}`, 'Stop with Ctrl-C.', ''].join('\n');
}
