import { Body, Controller, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { handoverPolicy } from '../core/account/handover-policy.js';
import { TASK_KINDS } from '../core/account/task-kinds.js';
import { assertNever } from '../core/shared/assert-never.js';
import type { Language } from '../core/decision/explain.js';
import type { Reach } from '../core/shared/reach.js';
import type { Result } from '../core/shared/result.js';
import { Caller, CallerReach, CallerUser } from '../platform/http/caller.js';
import { CallerLanguage } from '../platform/http/caller-language.js';
import { Documented } from '../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../platform/http/page.js';
import { parse } from '../platform/http/parse.js';
import { notFound, ProblemError } from '../platform/http/problem.js';
import { ReadsPeople } from '../platform/http/reads-people.js';
import { Reaches, Scopes } from '../platform/http/scopes.js';
import { HandoverPolicyService } from './handover-policy.service.js';
import { TASK_STATES } from './task.js';
import { TaskViewService } from './work/task-view.service.js';
import { type TaskProblem, TaskWorkService, type Worker } from './work/task-work.service.js';

const id = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const email = z.string().trim().toLowerCase().max(254).pipe(z.email());
const text = z.string().trim().min(1).max(5_000);
const cursorOf = z.tuple([z.iso.datetime(), z.number().int()]);
const listQuery = pageQuery.extend({
  state: z.enum(TASK_STATES).default('open'),
  owner: z.union([z.literal('me'), z.literal('nobody'), email]).optional().describe('"me": of the colleague this key is bound to; "nobody": those without an owner; else an e-mail address. Left out: everybody’s'),
  kind: z.enum(TASK_KINDS).optional(),
  language: z.enum(['nl', 'en']).optional().describe('of "reason"; left out: as Accept-Language says, else English. "told" has it in both'),
  contact: id.optional(),
  account: id.optional(),
  dueBefore: z.iso.datetime({ offset: true }).transform((moment) => new Date(moment)).optional(),
});
const taskInput = z
  .strictObject({
    kind: z.enum(TASK_KINDS).default('other'),
    contact: id.optional(),
    account: id.optional(),
    reason: z.string().trim().min(1).max(500),
    dueAt: z.iso.datetime({ offset: true }).transform((moment) => new Date(moment)).optional(),
    key: z.string().trim().min(1).max(200).optional().describe('your own key: the same task asked for twice is opened once'),
  })
  .refine((task) => task.contact !== undefined || task.account !== undefined, 'name the contact or the account it is about');
const assignInput = z.strictObject({ owner: z.union([z.literal('me'), email, z.null()]).describe('"me" takes it over; null gives it to nobody') });
const outcomeInput = z.strictObject({ outcome: z.string().trim().min(1).max(2_000).describe('what came of it, in your own words') });
const noteInput = z.strictObject({ note: text });

@ApiTags('Tasks')
@Controller('api/v1/tasks')
export class TasksController {
  constructor(
    private readonly tasks: TaskViewService,
    private readonly work: TaskWorkService,
    private readonly handover: HandoverPolicyService,
  ) {}

  @Get()
  @Scopes('tasks:read')
  @Reaches('limits itself')
  @ReadsPeople('tasks')
  @Documented({ summary: 'What humans are asked to do, due first: everybody’s, mine or nobody’s', query: listQuery })
  async list(@Query() query: unknown, @CallerReach() reach: Reach, @CallerUser() userId: number | undefined, @CallerLanguage() language: Language): Promise<unknown> {
    const { limit, cursor, owner, contact, account, language: _, ...filter } = parse(listQuery, query);
    const after = decodeCursor(cursorOf, cursor);
    const ownerId = await this.tasks.ownerId(owner, userId);
    if (ownerId === 'unknown') return { items: [], next: null };
    const rows = await this.tasks.list({ ...filter, contactId: contact, accountId: account, ownerId }, reach, after ? [new Date(after[0]), after[1]] : [new Date(0), 0], limit + 1);
    const { items, next } = pageOf(rows, limit, (row) => [row.due_at.toISOString(), row.task_id]);
    return { items: items.map((row) => this.tasks.view(row, language)), next };
  }

  @Post()
  @Scopes('tasks:write')
  @Documented({ summary: 'Ask a human for something; the owner is the account’s, else the workspace’s default', body: taskInput })
  async create(@Body() body: unknown, @Caller() by: string, @CallerLanguage() language: Language): Promise<unknown> {
    const { contact, account, key, dueAt, ...task } = parse(taskInput, body);
    const taskId = await this.work.create({ ...task, contactId: contact ?? null, accountId: account ?? null, cause: `${by}:${key ?? crypto.randomUUID()}`, by, ...(dueAt && { dueAt }) });
    if (taskId === undefined) throw notFound('contact', String(contact));
    return this.get(String(taskId), undefined, language);
  }

  @Get('policy')
  @Scopes('policies:read')
  @Reaches('shows nobody')
  @Documented({ summary: 'When the machine hands over to humans: which events open and resolve holds, due times, the default owner, how many mails without a reaction' })
  async policy(): Promise<unknown> {
    return (await this.handover.current()).policy;
  }

  @Put('policy')
  @Scopes('policies:write')
  @Documented({ summary: 'Replace these rules; they hold from the next event and the next task on', body: handoverPolicy })
  replacePolicy(@Body() body: unknown, @Caller() by: string): Promise<unknown> {
    return this.handover.replace(parse(handoverPolicy, body), by);
  }

  @Get(':id')
  @Scopes('tasks:read')
  @Reaches('limits itself')
  @Documented({ summary: 'A task: why the machine stepped back, the holds with what they stopped, and the conversation so far' })
  async get(@Param('id') taskId: string, @CallerReach() reach: Reach, @CallerLanguage() language: Language): Promise<unknown> {
    const task = await this.tasks.find(parse(id, taskId), reach, language);
    if (!task) throw notFound('task', taskId);
    return task;
  }

  @Post(':id/assign')
  @HttpCode(200)
  @Scopes('tasks:write')
  @Reaches('limits itself')
  @Documented({ summary: 'Take a task over, or give it to a colleague; the holds go with it', body: assignInput })
  async assign(@Param('id') taskId: string, @Body() body: unknown, @Caller() actor: string, @CallerReach() reach: Reach, @CallerUser() userId: number | undefined, @CallerLanguage() language: Language): Promise<unknown> {
    const { owner } = parse(assignInput, body);
    return this.done(taskId, await this.work.assign(parse(id, taskId), owner === 'me' ? undefined : owner, { actor, reach, userId }), reach, language);
  }

  @Post(':id/notes')
  @HttpCode(200)
  @Scopes('tasks:write')
  @Reaches('limits itself')
  @Documented({ summary: 'Write something down with a task', body: noteInput })
  async note(@Param('id') taskId: string, @Body() body: unknown, @Caller() actor: string, @CallerReach() reach: Reach, @CallerUser() userId: number | undefined, @CallerLanguage() language: Language): Promise<unknown> {
    return this.done(taskId, await this.work.note(parse(id, taskId), parse(noteInput, body).note, { actor, reach, userId }), reach, language);
  }

  @Post(':id/close')
  @HttpCode(200)
  @Scopes('tasks:write')
  @Reaches('limits itself')
  @Documented({ summary: 'You have followed up: holds that waited for that end by their rule. Closing twice is harmless', body: outcomeInput })
  close(@Param('id') taskId: string, @Body() body: unknown, @Caller() actor: string, @CallerReach() reach: Reach, @CallerUser() userId: number | undefined, @CallerLanguage() language: Language): Promise<unknown> {
    return this.finish('close', taskId, body, { actor, reach, userId }, language);
  }

  @Post(':id/hand-back')
  @HttpCode(200)
  @Scopes('tasks:write')
  @Reaches('limits itself')
  @Documented({ summary: 'Hand back to automation: the matter is over and followed up; mail goes on after the quiet days of the rule', body: outcomeInput })
  handBack(@Param('id') taskId: string, @Body() body: unknown, @Caller() actor: string, @CallerReach() reach: Reach, @CallerUser() userId: number | undefined, @CallerLanguage() language: Language): Promise<unknown> {
    return this.finish('handBack', taskId, body, { actor, reach, userId }, language);
  }

  @Post(':id/drop')
  @HttpCode(200)
  @Scopes('tasks:write')
  @Reaches('limits itself')
  @Documented({ summary: 'There was nothing to do. Not while somebody is held until this task is done', body: outcomeInput })
  drop(@Param('id') taskId: string, @Body() body: unknown, @Caller() actor: string, @CallerReach() reach: Reach, @CallerUser() userId: number | undefined, @CallerLanguage() language: Language): Promise<unknown> {
    return this.finish('drop', taskId, body, { actor, reach, userId }, language);
  }

  @Post(':id/approve')
  @HttpCode(200)
  @Scopes('tasks:write')
  @Reaches('limits itself')
  @Documented({ summary: 'The account’s owner lets this campaign mail it while a deal is open. The gate asks everything else as ever' })
  async approve(@Param('id') taskId: string, @Caller() actor: string, @CallerReach() reach: Reach, @CallerUser() userId: number | undefined, @CallerLanguage() language: Language): Promise<unknown> {
    return this.done(taskId, await this.work.approve(parse(id, taskId), { actor, reach, userId }), reach, language);
  }

  private async finish(act: 'close' | 'handBack' | 'drop', taskId: string, body: unknown, worker: Worker, language: Language): Promise<unknown> {
    return this.done(taskId, await this.work[act](parse(id, taskId), parse(outcomeInput, body).outcome, worker), worker.reach, language);
  }

  private async done(taskId: string, result: Result<undefined, TaskProblem>, reach: Reach, language: Language): Promise<unknown> {
    if (!result.ok) throw taskProblem(result.error, taskId);
    const row = await this.tasks.row(Number(taskId), reach);
    return row ? this.tasks.view(row, language) : { id: Number(taskId) }; // given to a colleague whose tasks the caller does not see
  }
}

export function taskProblem(problem: TaskProblem, taskId: string): ProblemError {
  switch (problem.kind) {
    case 'missing':
      return notFound('task', taskId);
    case 'owner_unknown':
      return new ProblemError({ status: 422, type: 'owner-unknown', title: 'There is no such colleague.', detail: 'Give the e-mail address of a user. "me" needs a key that is bound to one.' });
    case 'closed':
      return new ProblemError({ status: 409, type: 'task-closed', title: 'This task is closed.' });
    case 'holds_somebody':
      return new ProblemError({ status: 409, type: 'task-holds-somebody', title: 'Somebody is held until this task is done.', detail: 'Close it, hand it back to automation, or retract the hold when it was a mistake.' });
    case 'not_approvable':
      return new ProblemError({ status: 409, type: 'task-not-approvable', title: 'Only mail that waits for an open deal can be approved.' });
    case 'not_owner':
      return new ProblemError({ status: 403, type: 'not-the-owner', title: 'Only the owner of the account can agree to this.', detail: 'Take the task over first when the account is yours now.' });
    default:
      return assertNever(problem);
  }
}
