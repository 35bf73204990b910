import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Argument } from 'commander';
import { type Boot, fail, withApp } from '../platform/command-line.js';
import { type ImportOrder, ImportService } from './import/import.service.js';
import { IMPORT_KINDS, type ImportKind } from './import/import-fields.js';
import { problemText, reportText } from './import/print-report.js';
import { ProgressLine } from './import/progress-line.js';

interface ImportOptions {
  readonly map: string;
  readonly source: string;
  readonly purpose: string[];
  readonly sourceDate?: Date;
  readonly notice?: string;
  readonly list?: string;
  readonly rejected?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function registerCustomersCommands(program: Command, boot: Boot): void {
  program
    .command('import')
    .description('import a CSV file: contacts, accounts, events, opportunities or users')
    .addArgument(new Argument('<kind>', 'what the rows are').choices(IMPORT_KINDS))
    .argument('<file>', 'the CSV file: any delimiter, any usual encoding')
    .requiredOption('--map <file>', 'JSON: which column is which field (examples: test/support/data/maps)')
    .requiredOption('--source <name>', 'provenance: where this data comes from')
    .requiredOption('--purpose <list>', 'provenance: comma-separated purposes that it was collected for', commaSeparated)
    .option('--source-date <date>', 'provenance: when it was collected (default: now)', isoDate)
    .option('--notice <version>', 'provenance: version of the privacy notice that people saw')
    .option('--list <key>', 'put everybody of the file into this list (contacts, accounts)')
    .option('--rejected <file>', 'where rejected rows go (default: FILE.rejected.csv)')
    .option('--dry-run', 'report what would happen, and write nothing')
    .option('--json', 'print the report as JSON')
    .action(async (kind: ImportKind, file: string, options: ImportOptions) => {
      const map = await readFile(options.map, 'utf8').catch((error: unknown) => error as Error);
      if (map instanceof Error) return fail(`The map cannot be read: ${map.message}`);
      await withApp(boot, async (app) => {
        await runImport(app.get(ImportService, { strict: false }), orderOf(kind, file, map, options), options.json === true);
      });
    });
}

async function runImport(imports: ImportService, order: ImportOrder, json: boolean): Promise<void> {
  const progress = new ProgressLine(process.stderr);
  const result = await imports.run({ ...order, onProgress: (state) => progress.show(state) }).finally(() => progress.end());
  if (!result.ok) {
    console.error(problemText(result.error));
    process.exitCode = 1;
  } else console.log(json ? JSON.stringify(result.value) : reportText(result.value));
}

function orderOf(kind: ImportKind, file: string, map: string, options: ImportOptions): ImportOrder {
  return {
    kind,
    file,
    map,
    source: options.source,
    purposes: options.purpose,
    dryRun: options.dryRun === true,
    ...(options.sourceDate && { sourceAt: options.sourceDate }),
    ...(options.notice !== undefined && { noticeVersion: options.notice }),
    ...(options.list !== undefined && { list: options.list }),
    ...(options.rejected !== undefined && { rejectedFile: options.rejected }),
  };
}

function commaSeparated(text: string): string[] {
  return text.split(',').map((item) => item.trim()).filter((item) => item !== '');
}

function isoDate(text: string): Date {
  const date = new Date(text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(date.getTime())) throw new InvalidArgumentError('write it as 2026-06-09');
  return date;
}
