import type { Command } from 'commander';
import type { PurposeDay, SimulatedCourse } from '../../core/simulation/tally.js';
import { Clock } from '../../platform/clock/clock.js';
import { type Boot, fail, withApp } from '../../platform/command-line.js';
import { type Simulation, SimulationService } from './simulation.service.js';

interface Options {
  readonly days: string;
  readonly campaign?: string[];
  readonly weeklyCap?: string;
  readonly json?: boolean;
}

export function registerSimulationCommands(program: Command, boot: Boot): void {
  program
    .command('simulate')
    .description('the next days over the real base: planned, sent, deferred, denied by reason; writes nothing')
    .option('--days <n>', 'how many days ahead', '30')
    .option('--campaign <key...>', 'drafts or paused campaigns to take as running')
    .option('--weekly-cap <n>', 'and what if nobody got more than this many mails in seven days?')
    .option('--json', 'the whole answer as JSON')
    .action(async (options: Options) => {
      const days = wholeNumber(options.days, 1, 90);
      const limit = options.weeklyCap === undefined ? undefined : wholeNumber(options.weeklyCap, 1, 1_000);
      if (days === undefined || (options.weeklyCap !== undefined && limit === undefined)) return fail('Give --days 1 to 90 and --weekly-cap 1 to 1000.');
      await withApp(boot, async (app) => {
        const whatIf = limit === undefined ? undefined : { contactCaps: { total: { limit, days: 7 } } };
        const now = app.get(Clock, { strict: false }).now();
        const answer = await app.get(SimulationService, { strict: false }).run({ days, campaigns: options.campaign ?? [], whatIf }, now, showProgress);
        if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
        if (!answer.ok) return fail(`The simulation could not be made: ${JSON.stringify(answer.error)}`);
        if (options.json === true) console.log(JSON.stringify(answer.value, undefined, 2));
        else print(answer.value, limit);
      });
    });
}

function print({ course, whatIf, journeys, campaigns, problems, assumptions }: Simulation, limit: number | undefined): void {
  if (campaigns.length === 0) return console.log('No campaign is running: name drafts with --campaign KEY to see what they would do.');
  for (const [key, problem] of Object.entries(problems)) console.log(`${key} cannot be planned: ${problem}`);
  console.log(`${campaigns.join(', ')}: ${journeys.toLocaleString('en')} journeys\n`);
  console.log(row(['date', 'purpose', 'planned', 'sent', 'deferred', 'review', 'denied', 'people full', 'accounts full']));
  for (const day of course.days) {
    for (const [index, purpose] of day.purposes.entries()) {
      const full = index === 0 ? [day.peopleAtLimit, day.accountsAtLimit] : ['', ''];
      console.log(row([index === 0 ? day.date : '', ...counts(purpose), ...full]));
    }
  }
  printTotals('in all', course);
  if (whatIf) printTotals(`with at most ${limit ?? ''} in seven days`, whatIf);
  console.log(`\n${assumptions.join('\n')}`);
}

function printTotals(title: string, { totals, waiting }: SimulatedCourse): void {
  console.log(`\n${title}${waiting > 0 ? ` (${waiting.toLocaleString('en')} still wait at the end)` : ''}`);
  for (const purpose of totals) {
    console.log(row(['', ...counts(purpose), '', '']));
    for (const [code, count] of Object.entries(purpose.byReason)) console.log(`    ${count.toLocaleString('en').padStart(9)}  ${code}`);
  }
}

function counts({ purpose, planned, sent, deferred, review, denied }: PurposeDay): (string | number)[] {
  return [purpose, planned, sent, deferred, review, denied];
}

const WIDTHS = [10, -20, 9, 9, 9, 7, 9, 11, 13];

function row(cells: readonly (string | number)[]): string {
  return cells.map((cell, column) => {
    const width = WIDTHS[column] ?? 9;
    const text = typeof cell === 'number' ? cell.toLocaleString('en') : cell;
    return width < 0 || column === 0 ? text.padEnd(Math.abs(width)) : text.padStart(width);
  }).join(' ').trimEnd();
}

function showProgress(done: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\rsimulating … ${Math.round(done * 100)} %`);
}

function wholeNumber(text: string, least: number, most: number): number | undefined {
  const number = Number(text);
  return Number.isInteger(number) && number >= least && number <= most ? number : undefined;
}
