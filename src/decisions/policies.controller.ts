import { Body, Controller, Get, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type Policies, policySettings } from '../core/decision/policies.js';
import { Clock } from '../platform/clock/clock.js';
import { Caller } from '../platform/http/caller.js';
import { Documented } from '../platform/http/documented.js';
import { parse } from '../platform/http/parse.js';
import { Reaches, Scopes } from '../platform/http/scopes.js';
import { PoliciesService } from './policies.service.js';

@ApiTags('Policies')
@Controller('api/v1/policies')
export class PoliciesController {
  constructor(
    private readonly policies: PoliciesService,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Scopes('policies:read')
  @Reaches('shows nobody')
  @Documented({ summary: 'The restraint policies in force: caps, gap, sending hours, control group. "version" follows from the contents' })
  async get(): Promise<unknown> {
    return view(await this.policies.current());
  }

  @Put()
  @Scopes('policies:write')
  @Documented({ summary: 'Replace the restraint policies as a whole: what is left out is refused. They hold from the next batch on', body: policySettings })
  async replace(@Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    return view(await this.policies.replace(parse(policySettings, withoutVersion(body)), actor, this.clock.now()));
  }
}

/** Country profiles and the workspace's name are the operator's, not edited here: GET /api/v1/country-profiles shows the former. */
function view({ countries: _, workspaceName: __, ...policies }: Policies): Omit<Policies, 'countries' | 'workspaceName'> {
  return policies;
}

/** What was got may be put back: the version is ours to work out. */
function withoutVersion(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const { version: _, ...settings } = body as Record<string, unknown>;
  return settings;
}
