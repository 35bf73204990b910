import { Body, Controller, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { accountTrigger } from '../../core/account/account-trigger.js';
import type { Reach } from '../../core/shared/reach.js';
import type { Result } from '../../core/shared/result.js';
import { Caller, CallerReach } from '../../platform/http/caller.js';
import { Documented } from '../../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../../platform/http/page.js';
import { parse } from '../../platform/http/parse.js';
import { notFound, ProblemError } from '../../platform/http/problem.js';
import { Reaches, Scopes } from '../../platform/http/scopes.js';
import { ReadTrailService } from '../../privacy/read-trail.service.js';
import { type Trigger, type TriggerProblem, TriggersService } from './triggers.service.js';

const triggerKey = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'must be a key such as pricing-interest');
const name = z.string().trim().min(1).max(200);
const triggerInput = z.strictObject({ key: triggerKey, name, definition: accountTrigger.prefault({}) });
const triggerChange = z.strictObject({ name, definition: accountTrigger.prefault({}) });
const firingsQuery = pageQuery.extend({ account: z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER).optional() });
const before = z.tuple([z.iso.datetime(), z.number().int()]);
const ALL_TIME = new Date(8_640_000_000_000_000 / 2);

@ApiTags('Accounts')
@Controller('api/v1/account-triggers')
export class TriggersController {
  constructor(
    private readonly triggers: TriggersService,
    private readonly reads: ReadTrailService,
  ) {}

  @Get()
  @Scopes('accounts:read')
  @Reaches('shows nobody')
  @Documented({ summary: 'What is watched of accounts, and how often it fired' })
  async list(): Promise<unknown> {
    return { items: (await this.triggers.list()).map(triggerView) };
  }

  @Post()
  @Scopes('accounts:write')
  @Documented({ summary: 'Watch accounts from now on. Without a definition: three people of the buying group viewed pricing within seven days. The owner of the account gets a task', body: triggerInput })
  async create(@Body() body: unknown, @Caller() by: string): Promise<unknown> {
    const input = parse(triggerInput, body);
    return viewOf(await this.triggers.create(input.key, input.name, input.definition, by), input.key);
  }

  @Get(':key')
  @Scopes('accounts:read')
  @Reaches('shows nobody')
  @Documented({ summary: 'One trigger' })
  async one(@Param('key') key: string): Promise<unknown> {
    return triggerView(await this.known(key));
  }

  @Put(':key')
  @Scopes('accounts:write')
  @Documented({ summary: 'Change what is watched; what happened before fires nothing by the new definition', body: triggerChange })
  async change(@Param('key') key: string, @Body() body: unknown, @Caller() by: string): Promise<unknown> {
    const input = parse(triggerChange, body);
    return viewOf(await this.triggers.change(key, input.name, input.definition, by), key);
  }

  @Post(':key/pause')
  @HttpCode(200)
  @Scopes('accounts:write')
  @Documented({ summary: 'Watch no longer, until it is resumed' })
  async pause(@Param('key') key: string, @Caller() by: string): Promise<unknown> {
    return viewOf(await this.triggers.turn(key, 'paused', by), key);
  }

  @Post(':key/resume')
  @HttpCode(200)
  @Scopes('accounts:write')
  @Documented({ summary: 'Watch again, from now on' })
  async resume(@Param('key') key: string, @Caller() by: string): Promise<unknown> {
    return viewOf(await this.triggers.turn(key, 'active', by), key);
  }

  @Get(':key/firings')
  @Scopes('accounts:read', 'contacts:read')
  @Reaches('limits itself')
  @Documented({ summary: 'When it fired, for which account, newest first: how many people, who they were as far as their events are still here, the task, and until when it keeps quiet', query: firingsQuery })
  async firings(@Param('key') key: string, @Query() query: unknown, @CallerReach() reach: Reach, @Caller() actor: string): Promise<unknown> {
    const { limit, cursor, account } = parse(firingsQuery, query);
    const trigger = await this.known(key);
    const after = decodeCursor(before, cursor);
    const rows = await this.triggers.firings(trigger, account, reach, after ? [new Date(after[0]), after[1]] : [ALL_TIME, 0], limit + 1);
    const { items, next } = pageOf(rows, limit, ({ row }) => [row.fired_at.toISOString(), row.account_id]);
    this.reads.note(actor, 'account_trigger', key, items.reduce((people, { contactIds }) => people + contactIds.length, 0));
    return {
      items: items.map(({ row, contactIds }) => ({
        account: { id: row.account_id, name: row.account_name, owner: row.owner_email }, firedAt: row.fired_at, noticedAt: row.noticed_at, people: row.people, contactIds, quietUntil: row.rearms_at,
        task: row.task_id === null ? null : { id: row.task_id, state: row.task_state },
      })),
      next,
    };
  }

  private async known(key: string): Promise<Trigger> {
    const trigger = await this.triggers.find(key);
    if (!trigger) throw notFound('trigger', key);
    return trigger;
  }
}

function viewOf(result: Result<Trigger, TriggerProblem>, key: string): Record<string, unknown> {
  if (result.ok) return triggerView(result.value);
  if (result.error.kind === 'missing') throw notFound('trigger', key);
  throw new ProblemError({ status: 409, type: 'trigger-exists', title: `There is a trigger "${key}" already.` });
}

export function triggerView(trigger: Trigger): Record<string, unknown> {
  const { key, name: called, state, definition, active_since: activeSince, firings, last_fired_at: lastFiredAt, updated_at: updatedAt, updated_by: updatedBy } = trigger;
  return { key, name: called, state, definition, activeSince, firings, lastFiredAt, updatedAt, updatedBy };
}
