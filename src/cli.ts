#!/usr/bin/env node
import 'reflect-metadata';
import type { INestApplicationContext } from '@nestjs/common';
import { Command } from 'commander';
import { registerAccountsCommands } from './accounts/accounts.commands.js';
import { createApplicationContext, loggerOf, startPlatform } from './application.js';
import { registerCampaignsCommands } from './campaigns/campaigns.commands.js';
import { registerSimulationCommands } from './campaigns/simulation/simulation.commands.js';
import { registerConsentCommands } from './consent/consent.commands.js';
import { registerAttributesCommands } from './customers/attributes.commands.js';
import { registerCustomersCommands } from './customers/customers.commands.js';
import { registerWriteKeysCommands } from './customers/ingest/write-keys.commands.js';
import { registerDecisionsCommands } from './decisions/decisions.commands.js';
import { registerSendingCommands } from './messages/sending/sending.commands.js';
import { registerDraftsCommands } from './messages/drafts/drafts.commands.js';
import { registerAuditCommands } from './privacy/audit.commands.js';
import { registerRightsCommands } from './privacy/rights/rights.commands.js';
import { registerSegmentsCommands } from './segments/segments.commands.js';
import { registerRetentionCommands } from './privacy/retention/retention.commands.js';
import { registerHoldsCommands } from './tasks/holds/holds.commands.js';
import { registerTasksCommands } from './tasks/tasks.commands.js';
import { registerTemplatesCommands } from './templates/templates.commands.js';
import { registerUsersCommands } from './users/users.commands.js';
import { registerDemoCommands } from './demo/demo.commands.js';
import { startTactful } from './main.js';
import { type Config, ConfigError, loadConfig, ROLES } from './platform/config/config.js';
import { nodeProblem } from './platform/node-version.js';

const tooOld = nodeProblem(process.version);
if (tooOld !== undefined) {
  console.error(tooOld);
  process.exit(1);
}

/** A command needs no log lines between its output: only what goes wrong is logged. */
async function boot(): Promise<INestApplicationContext> {
  const config: Config = { ...loadConfig(process.env), roles: [], logLevel: process.env['TACTFUL_LOG_LEVEL'] ?? 'warn' };
  const logger = loggerOf(config);
  const platform = await startPlatform(config, logger);
  const app = await createApplicationContext(platform, logger);
  return app;
}

const program = new Command('tactful')
  .description('Marketing automation and account-based marketing that knows when not to send')
  .showHelpAfterError()
  .configureHelp({ showGlobalOptions: true });

program
  .command('start')
  .description('start Tactful: API, worker and scheduler in one process, or the roles you name')
  .option('--roles <list>', `comma-separated: ${ROLES.join(', ')} (default: TACTFUL_ROLES, else all)`)
  .action(async ({ roles }: { roles?: string }) => {
    await startTactful(loadConfig({ ...process.env, ...(roles !== undefined && { TACTFUL_ROLES: roles }) }));
  });

program
  .command('migrate')
  .description('bring the database to this version')
  .action(async () => {
    const config = loadConfig(process.env);
    const { database } = await startPlatform(config, loggerOf(config));
    console.log(database.migrated.length > 0 ? `Applied: ${database.migrated.join(', ')}` : 'Nothing to apply: the database is up to date.');
    await database.close();
  });

registerDemoCommands(program);
const registrations = [registerCustomersCommands, registerAttributesCommands, registerAccountsCommands, registerSegmentsCommands, registerTemplatesCommands, registerCampaignsCommands, registerSimulationCommands, registerDecisionsCommands, registerConsentCommands, registerUsersCommands, registerWriteKeysCommands, registerTasksCommands, registerHoldsCommands, registerSendingCommands, registerDraftsCommands, registerRightsCommands, registerRetentionCommands, registerAuditCommands];
for (const register of registrations) register(program, boot);

try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exitCode = 1;
}
