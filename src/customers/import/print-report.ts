import type { ImportProblem, ImportReport } from './import-report.js';
import { assertNever } from '../../core/shared/assert-never.js';
import { count } from './progress-line.js';

const SHOWN_WARNINGS = 10;

/** The report as people read it in a terminal. */
export function reportText(report: ImportReport): string {
  const line = (word: string, rows: number, note = ''): string => `  ${word.padEnd(10)} ${count(rows).padStart(12)}${note === '' ? '' : `  ${note}`}`;
  const lines = [
    `${report.kind} from ${report.file} (${report.encoding}, ${JSON.stringify(report.delimiter)}): ${count(report.rows)} rows in ${report.seconds.toFixed(1)} s${report.dryRun ? ' – dry run, nothing was written' : ''}`,
    line('inserted', report.inserted),
    line('updated', report.updated),
    line('unchanged', report.unchanged),
    ...(report.duplicates > 0 ? [line('duplicates', report.duplicates, 'a later row of the file counts')] : []),
    ...(report.skipped > 0 ? [line('skipped', report.skipped, 'by the map')] : []),
    line('rejected', report.rejected, report.rejectedFile ?? ''),
    ...report.firstRejected.slice(0, 5).map(({ line: at, reason }) => `    line ${at}: ${reason}`),
    ...(report.rejected > 5 ? [`    … and ${count(report.rejected - 5)} more`] : []),
  ];
  if (report.list) lines.push(`  list “${report.list.key}”: ${count(report.list.added)} came in, the others were in it`);
  if (report.defined.length > 0) lines.push(`  new here, usable for the purposes of this import only: ${report.defined.join(', ')}`);
  for (const warning of report.warnings.slice(0, SHOWN_WARNINGS)) lines.push(`  note${warning.line === undefined ? '' : ` on line ${warning.line}`}: ${warning.message}`);
  if (report.warnings.length > SHOWN_WARNINGS) lines.push(`  … and ${report.warnings.length - SHOWN_WARNINGS} more notes; the import's record has them`);
  return lines.join('\n');
}

/** Why nothing was imported, and what to do about it. */
export function problemText(problem: ImportProblem): string {
  switch (problem.kind) {
    case 'map_invalid':
      return [
        'The map cannot be used for this file. Nothing was imported.',
        ...problem.problems.map(({ path, message }) => `  ${path === '' ? 'the map' : path}: ${message}`),
        ...(problem.columns ? [`The file has these columns: ${problem.columns.join(', ')}`] : []),
      ].join('\n');
    case 'file_unreadable':
      return `The file cannot be read: ${problem.detail}. Nothing was imported.`;
    case 'purpose_unknown':
      return [
        problem.unknown.length > 0 ? `There is no purpose ${problem.unknown.map((purpose) => `"${purpose}"`).join(', ')} to collect data for. Nothing was imported.` : 'An import needs a purpose: what is this data collected for?',
        problem.existing.length > 0 ? `Purposes that can be used: ${problem.existing.join(', ')}` : 'There are no purposes yet: make one first (POST /api/v1/purposes).',
      ].join('\n');
    default:
      return assertNever(problem);
  }
}
