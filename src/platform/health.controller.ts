import { Controller, Get, Header, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Sql } from './database/sql.js';
import { Public } from './http/scopes.js';
import { Metrics } from './metrics/metrics.js';

@ApiTags('operations')
@Controller()
export class HealthController {
  constructor(
    private readonly sql: Sql,
    private readonly metrics: Metrics,
  ) {}

  @Get('health/live')
  @Public()
  @ApiOperation({ summary: 'Whether the process runs' })
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('health/ready')
  @Public()
  @ApiOperation({ summary: 'Whether the process can work: the database answers' })
  async ready(@Res() reply: FastifyReply): Promise<void> {
    const database = await this.sql.exec('health.ping', 'select 1').then(() => true, () => false);
    await reply.status(database ? 200 : 503).send({ status: database ? 'ok' : 'unavailable', checks: { database } });
  }

  @Get('health')
  @Public()
  @ApiOperation({ summary: 'The same as /health/ready' })
  health(@Res() reply: FastifyReply): Promise<void> {
    return this.ready(reply);
  }

  @Get('metrics')
  @Public()
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @ApiOperation({ summary: 'Prometheus metrics: counts and times, nothing about persons' })
  text(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
