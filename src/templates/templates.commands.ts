import type { Command } from 'commander';
import { type Boot, withApp } from '../platform/command-line.js';
import { TemplatesService } from './templates.service.js';

export function registerTemplatesCommands(program: Command, boot: Boot): void {
  const templates = program.command('templates').description('mail templates');
  templates
    .command('list')
    .description('all templates with their current version and languages')
    .action(async () => {
      await withApp(boot, async (app) => {
        const rows = await app.get(TemplatesService, { strict: false }).list(undefined, 10_000);
        const width = Math.max(3, ...rows.map(({ key }) => key.length));
        console.log(`${'key'.padEnd(width)}  version  languages  name`);
        for (const row of rows) console.log(`${row.key.padEnd(width)}  ${String(row.current_version).padStart(7)}  ${row.languages.join(', ').padEnd(9)}  ${row.name}`);
      });
    });
}
