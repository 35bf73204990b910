import type { INestApplicationContext } from '@nestjs/common';
import type { Command } from 'commander';
import { type MatchReport, MatchingService } from './matching/matching.service.js';
import { PortfolioRefreshService } from './portfolio/refresh.service.js';

type Boot = () => Promise<INestApplicationContext>;

const ACTOR = 'operator';

export function registerAccountsCommands(program: Command, boot: Boot): void {
  const accounts = program.command('accounts').description('accounts: find the accounts of contacts that have none');
  accounts
    .command('match')
    .description('look for the account of every contact that has none; what is doubtful goes to the review queue')
    .option('--dry-run', 'count what would be found, and write nothing')
    .option('--json', 'print one JSON object instead')
    .action((options: { dryRun?: boolean; json?: boolean }) => withApp(boot, (app) => match(app, options)));
  program
    .command('portfolio')
    .description('lifecycle stages and RFM, worked out from orders')
    .command('refresh')
    .description('work out the lifecycle stage and RFM class of everybody now; it is done every night by itself')
    .option('--json', 'print one JSON object instead')
    .action((options: { json?: boolean }) => withApp(boot, (app) => refresh(app, options)));
}

async function withApp(boot: Boot, work: (app: INestApplicationContext) => Promise<void>): Promise<void> {
  const app = await boot();
  try {
    await work(app);
  } finally {
    await app.close();
  }
}

async function match(app: INestApplicationContext, { dryRun = false, json = false }: { dryRun?: boolean; json?: boolean }): Promise<void> {
  const { next: _, ...report } = await app.get(MatchingService, { strict: false }).matchAll({ dryRun, by: ACTOR });
  console.log(json ? JSON.stringify({ dryRun, ...report }) : matchText(report, dryRun));
}

function matchText({ examined, matched, review, byRule }: MatchReport, dryRun: boolean): string {
  const number = (value: number): string => value.toLocaleString('en-GB');
  return [
    `${number(examined)} contacts without an account looked at${dryRun ? ' (nothing was written)' : ''}`,
    `${number(matched)} ${dryRun ? 'would be ' : ''}matched`,
    ...Object.entries(byRule).map(([rule, count]) => `  by ${rule.padEnd(8)} ${number(count)}`),
    `${number(review)} new in the review queue: GET /api/v1/accounts/matches?state=review`,
  ].join('\n');
}

async function refresh(app: INestApplicationContext, { json = false }: { json?: boolean }): Promise<void> {
  const report = await app.get(PortfolioRefreshService, { strict: false }).refreshAll(ACTOR);
  if (!report) {
    console.error('A refresh is running already.');
    process.exitCode = 1;
  } else console.log(json ? JSON.stringify(report) : `${report.contacts.toLocaleString('en-GB')} contacts and ${report.accounts.toLocaleString('en-GB')} accounts changed their stage or class`);
}
