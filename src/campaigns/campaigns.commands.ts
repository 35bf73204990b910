import type { INestApplicationContext } from '@nestjs/common';
import type { Command } from 'commander';
import type { Result } from '../core/shared/result.js';
import { Clock } from '../platform/clock/clock.js';
import { type Boot, fail, withApp } from '../platform/command-line.js';
import type { Campaign } from './campaign.js';
import { CampaignReportService } from './campaign-report.service.js';
import { type CampaignFailure, CampaignsService } from './campaigns.service.js';
import { DryRunService } from './dry-run.service.js';
import { type Steering, SteeringService } from './steering.service.js';

const OPERATOR = 'operator';

export function registerCampaignsCommands(program: Command, boot: Boot): void {
  const campaigns = program.command('campaigns').description('look at campaigns and steer them');

  campaigns
    .command('list')
    .description('all campaigns')
    .action(() => withApp(boot, async (app) => printList(await app.get(CampaignsService, { strict: false }).list(undefined, '', 10_000))));
  campaigns
    .command('show <key>')
    .description('a campaign with its definition')
    .action((key: string) =>
      withApp(boot, async (app) => {
        const campaign = await app.get(CampaignsService, { strict: false }).find(key);
        if (campaign) console.log(JSON.stringify(campaign, undefined, 2));
        else fail(`There is no campaign "${key}".`);
      }),
    );
  campaigns
    .command('start <key>')
    .description('start a draft')
    .action((key: string) => withApp(boot, async (app) => printOutcome(key, await app.get(SteeringService, { strict: false }).start(key, OPERATOR))));
  for (const [action, description] of Object.entries(STEERING) as [Steering, string][]) {
    campaigns
      .command(`${action} <key>`)
      .description(description)
      .action((key: string) => withApp(boot, async (app) => printOutcome(key, await app.get(SteeringService, { strict: false }).steer(key, action, OPERATOR))));
  }
  campaigns
    .command('dry-run <key>')
    .description('who would get the first mail and who not, and why; writes nothing')
    .option('--language <language>', 'of the explanations: nl or en', 'en')
    .action((key: string, { language }: { language: string }) => withApp(boot, (app) => dryRun(app, key, language === 'nl' ? 'nl' : 'en')));
  campaigns
    .command('report <key>')
    .description('what became of a campaign')
    .action((key: string) =>
      withApp(boot, async (app) => {
        const report = await app.get(CampaignReportService, { strict: false }).report(key);
        if (report.ok) console.log(JSON.stringify(report.value, undefined, 2));
        else fail(`There is no campaign "${key}".`);
      }),
    );
}

const STEERING: Readonly<Record<Steering, string>> = { pause: 'pause at once', resume: 'go on after a pause', stop: 'stop at once and for good' };

function printList(campaigns: readonly Campaign[]): void {
  if (campaigns.length === 0) return console.log('There are no campaigns yet. Make one with POST /api/v1/campaigns.');
  const width = Math.max(3, ...campaigns.map(({ key }) => key.length));
  console.log(`${'key'.padEnd(width)}  state     scope    next entry                name`);
  for (const { key, state, scope, nextEntryAt, name, problem } of campaigns) {
    console.log(`${key.padEnd(width)}  ${state.padEnd(8)}  ${scope.padEnd(7)}  ${(nextEntryAt?.toISOString() ?? '').padEnd(24)}  ${name}${problem === null ? '' : ` (${problem})`}`);
  }
}

function printOutcome(key: string, result: Result<Campaign, CampaignFailure>): void {
  if (result.ok) return console.log(`Campaign "${key}" is ${result.value.state}.`);
  switch (result.error.kind) {
    case 'campaign_missing':
      return fail(`There is no campaign "${key}".`);
    case 'campaign_exists':
      return fail(`There is a campaign "${key}" already.`);
    case 'definition_invalid':
      return fail(`Campaign "${key}" cannot be started:\n${result.error.problems.map(({ path, message }) => `  ${path}: ${message}`).join('\n')}`);
    case 'state_conflict':
      return fail(result.error.detail);
  }
}

async function dryRun(app: INestApplicationContext, key: string, language: 'nl' | 'en'): Promise<void> {
  const campaign = await app.get(CampaignsService, { strict: false }).find(key);
  if (!campaign) return fail(`There is no campaign "${key}".`);
  const run = await app.get(DryRunService, { strict: false }).run(campaign, app.get(Clock).now(), language);
  if (!run.ok) return fail(run.error);
  const { at, audience, template, send, defer, review, deny, byReason, lists, samples } = run.value;
  console.log(`"${campaign.name}", mail "${template}", as of ${at.toISOString()}: nothing was written.`);
  console.log(`audience ${audience}: send ${send}, defer ${defer}, review ${review}, deny ${deny}`);
  for (const [reason, count] of Object.entries(byReason)) console.log(`  ${String(count).padStart(8)}  ${reason}`);
  for (const { step, change, list, people } of lists) console.log(`step ${step + 1} ${change === 'add_to_list' ? 'puts' : 'takes'} ${people ?? 'whoever reaches it'} ${change === 'add_to_list' ? 'into' : 'out of'} the list “${list}”`);
  for (const { headline, reasons } of samples) {
    console.log(`- ${headline}`);
    for (const { text } of reasons) console.log(`    ${text}`);
  }
}
