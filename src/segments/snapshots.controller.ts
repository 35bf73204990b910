import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Caller } from '../platform/http/caller.js';
import { Documented } from '../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../platform/http/page.js';
import { parse } from '../platform/http/parse.js';
import { ReadsPeople } from '../platform/http/reads-people.js';
import { Scopes } from '../platform/http/scopes.js';
import { newList } from './lists.service.js';
import { answer } from './segment-answers.js';
import { newSnapshot, type Snapshot, type SnapshotComparison, SnapshotsService } from './snapshots.service.js';

const listOfSnapshot = newList.omit({ scope: true });

@ApiTags('Segments')
@Controller('api/v1/segments/:key/snapshots')
export class SnapshotsController {
  constructor(
    private readonly snapshots: SnapshotsService,
  ) {}

  @Get()
  @Scopes('segments:read')
  @Documented({ summary: 'The snapshots of a segment, newest first', query: pageQuery })
  async list(@Param('key') key: string, @Query() query: unknown): Promise<unknown> {
    const { limit, cursor } = parse(pageQuery, query);
    const [before] = decodeCursor(z.tuple([z.int()]), cursor) ?? [2 ** 31 - 1];
    const { items, next } = pageOf(answer(await this.snapshots.list(key, before, limit + 1)), limit, ({ place }) => [place]);
    return { items: items.map(({ place: _, ...snapshot }) => snapshot), next };
  }

  @Post()
  @Scopes('segments:write')
  @Documented({ summary: 'Keep who is in the segment now, under a name', body: newSnapshot })
  async take(@Param('key') key: string, @Body() body: unknown, @Caller() actor: string): Promise<Snapshot> {
    return answer(await this.snapshots.take(key, parse(newSnapshot, body).name, actor));
  }

  @Get(':name/members')
  @Scopes('segments:read')
  @ReadsPeople('snapshot', ['key', 'name'])
  @Documented({ summary: 'Who was in the segment then and is still known here, by id', query: pageQuery })
  async members(@Param('key') key: string, @Param('name') name: string, @Query() query: unknown): Promise<unknown> {
    const { limit, cursor } = parse(pageQuery, query);
    const [after] = decodeCursor(z.tuple([z.int()]), cursor) ?? [0];
    return pageOf(answer(await this.snapshots.members(key, name, after, limit + 1)), limit, (member) => [member.id]);
  }

  @Get(':name/comparison')
  @Scopes('segments:read')
  @Documented({ summary: 'The snapshot beside the segment of now: who entered and who left since, with ten of each' })
  async compare(@Param('key') key: string, @Param('name') name: string): Promise<SnapshotComparison> {
    return answer(await this.snapshots.compare(key, name));
  }

  @Post(':name/list')
  @Scopes('segments:write')
  @Documented({ summary: 'Make a list of the snapshot, which campaigns and rules can use', body: listOfSnapshot })
  async toList(@Param('key') key: string, @Param('name') name: string, @Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    return answer(await this.snapshots.toList(key, name, parse(listOfSnapshot, body), actor));
  }

  @Delete(':name')
  @HttpCode(204)
  @Scopes('segments:write')
  @Documented({ summary: 'Delete a snapshot' })
  async remove(@Param('key') key: string, @Param('name') name: string, @Caller() actor: string): Promise<void> {
    answer(await this.snapshots.remove(key, name, actor));
  }
}
