import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Caller } from '../platform/http/caller.js';
import { Documented } from '../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../platform/http/page.js';
import { parse } from '../platform/http/parse.js';
import { ReadsPeople } from '../platform/http/reads-people.js';
import { Scopes } from '../platform/http/scopes.js';
import { ListsService, memberReferences, newList, renamedList } from './lists.service.js';
import { PreviewService } from './preview.service.js';
import { answer, summaryView } from './segment-answers.js';
import { SegmentsService } from './segments.service.js';

/** A list is a segment, so that everything under /api/v1/segments answers for it too. */
@ApiTags('Lists')
@Controller('api/v1/lists')
export class ListsController {
  constructor(
    private readonly lists: ListsService,
    private readonly segments: SegmentsService,
    private readonly previews: PreviewService,
  ) {}

  @Get()
  @Scopes('segments:read')
  @Documented({ summary: 'The lists, by key', query: pageQuery })
  async list(@Query() query: unknown): Promise<unknown> {
    const { limit, cursor } = parse(pageQuery, query);
    const [after] = decodeCursor(z.tuple([z.string()]), cursor) ?? [''];
    const { items, next } = pageOf(await this.lists.list(after, limit + 1), limit, (list) => [list.key]);
    return { items: items.map(summaryView), next };
  }

  @Post()
  @Scopes('segments:write')
  @Documented({ summary: 'Make an empty list, of contacts or of accounts', body: newList })
  async create(@Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    return summaryView(answer(await this.lists.create(parse(newList, body), actor)));
  }

  @Get(':key')
  @Scopes('segments:read')
  @Documented({ summary: 'One list: how many are in it, and who uses it' })
  async get(@Param('key') key: string): Promise<unknown> {
    const members = answer(await this.lists.count(key));
    const list = await this.segments.find(key);
    return { ...(list && { ...summaryView(list), usedBy: list.usedBy }), touches: undefined, members };
  }

  @Put(':key')
  @Scopes('segments:write')
  @Documented({ summary: 'Replace name and description', body: renamedList })
  async rename(@Param('key') key: string, @Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    return summaryView(answer(await this.lists.rename(key, parse(renamedList, body), actor)));
  }

  @Delete(':key')
  @HttpCode(204)
  @Scopes('segments:write')
  @Documented({ summary: 'Delete a list that no campaign and no segment uses' })
  async remove(@Param('key') key: string, @Caller() actor: string): Promise<void> {
    answer(await this.lists.count(key));
    answer(await this.segments.remove(key, actor));
  }

  @Get(':key/members')
  @Scopes('segments:read')
  @ReadsPeople('list', ['key'])
  @Documented({ summary: 'Who is in the list, by id', query: pageQuery })
  async members(@Param('key') key: string, @Query() query: unknown): Promise<unknown> {
    const { limit, cursor } = parse(pageQuery, query);
    const [after] = decodeCursor(z.tuple([z.int()]), cursor) ?? [0];
    return pageOf(answer(await this.previews.members(key, after, limit + 1)), limit, (member) => [member.id]);
  }

  @Post(':key/members')
  @HttpCode(200)
  @Scopes('segments:write')
  @Documented({ summary: 'Put members in, up to 10,000 at once, each named by id, email, externalId or userId. Says of each what became of it', body: memberReferences })
  async add(@Param('key') key: string, @Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    return answer(await this.lists.add(key, parse(memberReferences, body).members, actor));
  }

  @Post(':key/members/remove')
  @HttpCode(200)
  @Scopes('segments:write')
  @Documented({ summary: 'Take members out, up to 10,000 at once, named as when they are put in', body: memberReferences })
  async take(@Param('key') key: string, @Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    return answer(await this.lists.remove(key, parse(memberReferences, body).members, actor));
  }
}
