import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Clock } from '../../platform/clock/clock.js';
import { Documented } from '../../platform/http/documented.js';
import { parse } from '../../platform/http/parse.js';
import { notFound, ProblemError } from '../../platform/http/problem.js';
import { Scopes } from '../../platform/http/scopes.js';
import { type SimulationFailure, SimulationService } from './simulation.service.js';

const question = z.strictObject({
  days: z.int().min(1).max(90).default(30).describe('how many days ahead, today included'),
  campaigns: z.array(z.string().max(63)).max(100).default([]).describe('keys of drafts or paused campaigns to take as running'),
  whatIf: z.record(z.string(), z.unknown()).optional().describe('policies to try beside those in force, such as {"contactCaps": {"total": {"limit": 3, "days": 7}}}'),
});

@ApiTags('Campaigns')
@Controller('api/v1/simulation')
export class SimulationController {
  constructor(
    private readonly simulations: SimulationService,
    private readonly clock: Clock,
  ) {}

  @Post()
  @HttpCode(200)
  @Scopes('campaigns:read', 'policies:read')
  @Documented({ summary: 'The next days over the real base, per day and purpose: planned, sent, deferred, denied by reason; people and accounts at their limit. Writes nothing; takes up to a minute for 100,000 people, while GET tells how far it is', body: question })
  async simulate(@Body() body: unknown): Promise<unknown> {
    const answer = await this.simulations.run(parse(question, body ?? {}), this.clock.now());
    if (!answer.ok) throw problemOf(answer.error);
    return answer.value;
  }

  /** For whoever waits for the answer of a large base, and for whoever was told that one is running. */
  @Get()
  @Scopes('campaigns:read', 'policies:read')
  @Documented({ summary: 'Whether a simulation is running (in this process), since when, and how much of it is done, 0 to 1' })
  underway(): unknown {
    const underway = this.simulations.underway();
    return underway ? { running: true, ...underway, done: Math.round(underway.done * 100) / 100 } : { running: false };
  }
}

function problemOf(failure: SimulationFailure): ProblemError {
  switch (failure.kind) {
    case 'campaign_missing':
      return notFound('campaign', failure.key);
    case 'campaign_over':
      return new ProblemError({ status: 409, type: 'campaign-is-over', title: `Campaign "${failure.key}" is over; a simulation takes campaigns that run or can be started.` });
    case 'busy':
      return new ProblemError({ status: 409, type: 'simulation-running', title: 'A simulation is running; ask again when it is done.' });
    case 'policies_invalid':
      return new ProblemError({ status: 422, type: 'policies-invalid', title: 'The policies to try are not valid.', errors: failure.problems });
  }
}
