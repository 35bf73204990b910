import type { INestApplicationContext } from '@nestjs/common';
import { type Command, InvalidArgumentError } from 'commander';
import type { Result } from '../core/shared/result.js';
import { type Boot, withApp } from '../platform/command-line.js';
import { registerGroupCommand } from './buying-group/buying-group.commands.js';
import { accountMergeProblem } from './merge/account-merges.controller.js';
import { type AccountMergeProblem, AccountMergesService } from './merge/account-merges.service.js';
import type { MergeRow } from './merge/merge.queries.js';
import { registerTriggerCommands } from './triggers/triggers.commands.js';
import { type MatchReport, MatchingService } from './matching/matching.service.js';
import { PortfolioRefreshService } from './portfolio/refresh.service.js';
import { addScoresCommands } from './scores/scores.commands.js';


const ACTOR = 'operator';

export function registerAccountsCommands(program: Command, boot: Boot): void {
  const accounts = program.command('accounts').description('accounts: find the accounts of contacts that have none, make one of two, see who warms up');
  accounts
    .command('match')
    .description('look for the account of every contact that has none; what is doubtful goes to the review queue')
    .option('--dry-run', 'count what would be found, and write nothing')
    .option('--json', 'print one JSON object instead')
    .action((options: { dryRun?: boolean; json?: boolean }) => withApp(boot, (app) => match(app, options)));
  accounts
    .command('merge')
    .description('make one account of two; "accounts unmerge" takes them apart again')
    .argument('<kept>', 'id of the account that stays', accountId)
    .argument('<merged>', 'id of the account that becomes part of it', accountId)
    .action((kept: number, merged: number) => withApp(boot, async (app) => told(await app.get(AccountMergesService, { strict: false }).merge(kept, merged, ACTOR))));
  accounts
    .command('unmerge')
    .description('make two accounts of one again, each with what was its own')
    .argument('<merge>', 'id of the merge, as "accounts merge" and GET /api/v1/accounts/merges give it', accountId)
    .action((mergeId: number) => withApp(boot, async (app) => told(await app.get(AccountMergesService, { strict: false }).undo(mergeId, ACTOR))));
  registerTriggerCommands(program, (work) => withApp(boot, work));
  registerGroupCommand(accounts, (work) => withApp(boot, work));
  addScoresCommands(accounts, (work) => withApp(boot, work), ACTOR);
  program
    .command('portfolio')
    .description('lifecycle stages and RFM, worked out from orders')
    .command('refresh')
    .description('work out the lifecycle stage and RFM class of everybody now; it is done every night by itself')
    .option('--json', 'print one JSON object instead')
    .action((options: { json?: boolean }) => withApp(boot, (app) => refresh(app, options)));
}

function accountId(text: string): number {
  if (!/^[1-9]\d{0,15}$/.test(text)) throw new InvalidArgumentError('write the id as a whole number');
  return Number(text);
}

function told(result: Result<MergeRow, AccountMergeProblem>): void {
  if (!result.ok) {
    console.error(accountMergeProblem(result.error).message);
    process.exitCode = 1;
    return;
  }
  const { merge_id: id, merged_name: name, kept_account_id: kept, undone_at: undoneAt } = result.value;
  console.log(undoneAt === null ? `Merge ${id}: "${name}" is part of account ${kept} now. "tactful accounts unmerge ${id}" takes them apart.` : `Merge ${id} is undone: "${name}" is an account of its own again.`);
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
