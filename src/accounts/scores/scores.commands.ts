import type { INestApplicationContext } from '@nestjs/common';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { ACCOUNT_STAGES, type AccountStage } from '../../core/account/account-stage.js';
import type { ScoreLine, StageChangeRow } from './scores-view.queries.js';
import { changeView, ScoresViewService } from './scores-view.service.js';
import { ScoresService } from './scores.service.js';

type Run = (work: (app: INestApplicationContext) => Promise<void>) => Promise<void>;

/** What "tactful accounts" tells about fit, engagement and stages. */
export function addScoresCommands(accounts: Command, run: Run, actor: string): void {
  accounts
    .command('scores')
    .description('accounts by engagement, with their fit and stage')
    .addOption(new Option('--stage <stage>', 'only those in this stage').choices(ACCOUNT_STAGES))
    .option('--limit <number>', 'how many', limit, 20)
    .option('--refresh', 'score everybody anew first, from the events that are there')
    .option('--json', 'print one JSON object instead')
    .action((options: { stage?: AccountStage; limit: number; refresh?: boolean; json?: boolean }) =>
      run(async (app) => {
        if (options.refresh === true) await app.get(ScoresService, { strict: false }).refreshAll(actor);
        const lines = await app.get(ScoresViewService, { strict: false }).mostEngaged(options.stage ?? null, options.limit);
        console.log(options.json === true ? JSON.stringify({ accounts: lines }) : scoresText(lines));
      }),
    );
  accounts
    .command('stages')
    .description('how many accounts are in which stage, and which moved last and why')
    .option('--limit <number>', 'how many moves', limit, 10)
    .option('--json', 'print one JSON object instead')
    .action((options: { limit: number; json?: boolean }) =>
      run(async (app) => {
        const { counts, latest } = await app.get(ScoresViewService, { strict: false }).stages(options.limit);
        const moves = latest.map((row) => ({ accountId: row.account_id, account: row.account_name, ...changeView(row) }));
        console.log(options.json === true ? JSON.stringify({ counts, moves }) : stagesText(counts, latest));
      }),
    );
}

function limit(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('write a whole number from 1 to 9999');
  return Number(text);
}

function scoresText(lines: readonly ScoreLine[]): string {
  if (lines.length === 0) return 'No account has been scored.';
  const rows = lines.map((line) => `${String(line.engagement_score).padStart(10)}   ${`${line.fit_grade ?? '-'} ${line.fit_score ?? ''}`.padEnd(5)}   ${(line.account_stage ?? '').padEnd(15)}   ${line.name}`);
  return [`Engagement   Fit     ${'Stage'.padEnd(15)}   Account`, ...rows].join('\n');
}

function stagesText(counts: Readonly<Record<string, number>>, latest: readonly StageChangeRow[]): string {
  const rows = ACCOUNT_STAGES.map((stage) => `${stage.padEnd(15)} ${(counts[stage] ?? 0).toLocaleString('en-GB').padStart(8)}`);
  const moves = latest.map((row) => `${row.at.toISOString().slice(0, 16).replace('T', ' ')} UTC   ${row.account_name ?? row.account_id}: ${row.from_stage ?? 'new'} → ${row.to_stage}, because ${(changeView(row)['because'] as { en: string }).en}`);
  return [...rows, ...(moves.length > 0 ? ['', 'Moved last', ...moves] : [])].join('\n');
}
