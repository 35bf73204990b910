import type { Command } from 'commander';
import { type Boot, fail, withApp } from '../platform/command-line.js';
import { auditCsv } from './audit-csv.js';
import { AuditService } from './audit.service.js';

const NEWEST = 500;

export function registerAuditCommands(program: Command, boot: Boot): void {
  program
    .command('audit')
    .description(`who did what to whom, newest first, ${NEWEST} at most`)
    .option('--actor <actor>', 'who, such as key:officer')
    .option('--action <action>', 'what, such as people.read')
    .option('--subject <type[:id]>', 'to what, such as purpose or purpose:newsletter')
    .option('--since <day>', 'from this day or moment on, such as 2026-05-01')
    .option('--csv', 'as CSV')
    .action(async (options: { actor?: string; action?: string; subject?: string; since?: string; csv?: true }) => {
      const from = options.since === undefined ? undefined : new Date(options.since);
      if (from && Number.isNaN(from.getTime())) return fail(`${options.since} is no day.`);
      const [subjectType, ...id] = options.subject?.split(':') ?? [];
      await withApp(boot, async (app) => {
        const by = { actor: options.actor, action: options.action, subjectType, subjectId: id.length > 0 ? id.join(':') : undefined, from };
        const rows = await app.get(AuditService, { strict: false }).list(by, Number.MAX_SAFE_INTEGER, NEWEST);
        if (options.csv) console.log(auditCsv(rows).trimEnd());
        else for (const row of rows) console.log(`${row.at.toISOString()} ${row.actor} ${row.action} ${row.subject_type} ${row.subject_id ?? '-'} ${JSON.stringify(row.details)}`);
      });
    });
}
