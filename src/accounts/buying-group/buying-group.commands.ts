import type { INestApplicationContext } from '@nestjs/common';
import type { Command } from 'commander';
import { groupView } from './buying-group.controller.js';
import { type BuyingGroup, BuyingGroupService } from './buying-group.service.js';

/** `tactful accounts group KEY`. */
export function registerGroupCommand(accounts: Command, within: (work: (app: INestApplicationContext) => Promise<void>) => Promise<void>): void {
  accounts
    .command('group')
    .description('the buying group of an account: who plays which part, and who is missing')
    .argument('<account>', 'id, external id or name')
    .option('--json', 'print one JSON object instead')
    .action((key: string, { json = false }: { json?: boolean }) => within((app) => show(app.get(BuyingGroupService, { strict: false }), key, json)));
}

async function show(groups: BuyingGroupService, key: string, json: boolean): Promise<void> {
  const accountId = await groups.find(key);
  const group = accountId === undefined ? undefined : await groups.get(accountId);
  if (!group) {
    console.error(`There is no account "${key}".`);
    process.exitCode = 1;
    return;
  }
  console.log(json ? JSON.stringify(groupView(group)) : textOf(group));
}

function textOf({ account, members, coverage }: BuyingGroup): string {
  return [
    `${account.name}: ${coverage.percent} % of the buying group is known`,
    ...coverage.gaps.map(({ role, missing }) => `  missing: ${missing} × ${role}`),
    ...members.map((row) => {
      const name = [row.first_name, row.last_name].filter((part) => part !== null).join(' ') || (row.email ?? `contact ${row.contact_id}`);
      return `${row.role}\t${name}\t${Math.round(row.confidence * 100)} %\t${row.source}\t${row.valid_from.toISOString().slice(0, 10)}\t${row.colleague_email ?? '-'}`;
    }),
  ].join('\n');
}
