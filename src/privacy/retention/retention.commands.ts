import type { Command } from 'commander';
import { type Boot, withApp } from '../../platform/command-line.js';
import { DataRetentionService, type DueClass } from './data-retention.service.js';

export function registerRetentionCommands(program: Command, boot: Boot): void {
  program
    .command('retention')
    .description('retention: what was kept long enough')
    .command('preview')
    .description('what would go tonight, by class of data and purpose, and ten of the people; nothing goes')
    .action(async () => {
      await withApp(boot, async (app) => {
        const { classes, sample } = await app.get(DataRetentionService, { strict: false }).preview();
        if (classes.length === 0) console.log('Nothing was kept too long.');
        for (const one of classes) console.log(`${one.dataClass.padEnd(16)} ${(one.purpose || '-').padEnd(24)} ${one.count} (${kept(one)})`);
        for (const one of sample) console.log(`contact ${one.contactId}, due since ${one.dueOn}`);
      });
    });
}

function kept({ keptDays, keptMonths }: DueClass): string {
  if (keptMonths !== undefined) return `kept ${keptMonths} months`;
  return keptDays === undefined ? 'at its own end' : `kept ${keptDays} days`;
}
