import type { INestApplicationContext } from '@nestjs/common';
import type { Command } from 'commander';
import { TemplatesService } from './templates.service.js';

export function registerTemplatesCommands(program: Command, boot: () => Promise<INestApplicationContext>): void {
  const templates = program.command('templates').description('mail templates');
  templates
    .command('list')
    .description('all templates with their current version and languages')
    .action(async () => {
      const app = await boot();
      try {
        const rows = await app.get(TemplatesService, { strict: false }).list(undefined, 10_000);
        const width = Math.max(3, ...rows.map(({ key }) => key.length));
        console.log(`${'key'.padEnd(width)}  version  languages  name`);
        for (const row of rows) console.log(`${row.key.padEnd(width)}  ${String(row.current_version).padStart(7)}  ${row.languages.join(', ').padEnd(9)}  ${row.name}`);
      } finally {
        await app.close();
      }
    });
}
