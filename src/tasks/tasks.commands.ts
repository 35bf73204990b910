import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Boot, fail, withApp } from '../platform/command-line.js';
import type { TaskRow } from './work/task-list.queries.js';
import { TaskViewService } from './work/task-view.service.js';
import { type TaskProblem, TaskWorkService } from './work/task-work.service.js';

const OPERATOR = { actor: 'operator', reach: undefined, userId: undefined };
const MOST = 10_000;

export function registerTasksCommands(program: Command, boot: Boot): void {
  const tasks = program.command('tasks').description('tasks: what the machine handed over to humans');
  tasks
    .command('list')
    .description('open tasks, due first')
    .option('--owner <email>', 'of this colleague; "nobody" for those without an owner')
    .addOption(new Option('--language <language>', 'language of the reasons').choices(['nl', 'en']).default('en'))
    .action((options: { owner?: string; language: 'nl' | 'en' }) => withApp(boot, (app) => list(app.get(TaskViewService, { strict: false }), options)));
  tasks
    .command('close <id>')
    .description('close a task: what waited for it ends by its rule')
    .argument('<outcome>', 'what came of it')
    .option('--hand-back', 'the matter itself is over too')
    .action((id: string, outcome: string, { handBack }: { handBack?: true }) => withApp(boot, (app) => close(app.get(TaskWorkService, { strict: false }), taskId(id), outcome, handBack === true)));
}

async function list(tasks: TaskViewService, { owner, language }: { owner?: string; language: 'nl' | 'en' }): Promise<void> {
  const ownerId = await tasks.ownerId(owner, undefined);
  if (ownerId === 'unknown') return fail(`There is no colleague "${owner ?? ''}".`);
  const rows = await tasks.list({ state: 'open', ownerId }, undefined, [new Date(0), 0], MOST);
  for (const row of rows) console.log(line(row, tasks.view(row)['why'] as Record<'nl' | 'en', string>, language));
  if (rows.length === 0) console.log('Nobody is asked for anything.');
}

function line(row: TaskRow, why: Record<'nl' | 'en', string>, language: 'nl' | 'en'): string {
  const who = [row.contact_name ?? row.contact_email, row.account_name].filter((name) => name !== null).join(', ');
  return `${row.task_id}\t${row.due_at.toISOString().slice(0, 16)}\t${row.kind}\t${who || '-'}\t${row.owner_email ?? '-'}\t${why[language]}`;
}

async function close(tasks: TaskWorkService, id: number, outcome: string, handBack: boolean): Promise<void> {
  const result = handBack ? await tasks.handBack(id, outcome, OPERATOR) : await tasks.close(id, outcome, OPERATOR);
  if (!result.ok) fail(problemText(result.error, id));
}

function problemText({ kind }: TaskProblem, id: number): string {
  return kind === 'missing' ? `There is no task ${id}.` : `Task ${id} cannot be closed (${kind.replaceAll('_', ' ')}).`;
}

function taskId(text: string): number {
  const id = Number(text);
  if (!Number.isSafeInteger(id) || id < 1) throw new InvalidArgumentError('must be the number of a task');
  return id;
}
