import '@fastify/multipart';
import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { Controller, Get, HttpCode, Inject, Param, Post, Query, Req, StreamableFile } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { assertNever } from '../../core/shared/assert-never.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { Caller } from '../../platform/http/caller.js';
import { Documented } from '../../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../../platform/http/page.js';
import { parse } from '../../platform/http/parse.js';
import { notFound, ProblemError } from '../../platform/http/problem.js';
import { Scopes } from '../../platform/http/scopes.js';
import { ReadTrailService } from '../../privacy/read-trail.service.js';
import { ImportFiles } from './import-files.js';
import { type ImportOrder, ImportService } from './import.service.js';
import { IMPORT_KINDS } from './import-fields.js';
import type { ImportProblem, ImportReport } from './import-report.js';
import type { ImportRow } from './imports.queries.js';

// An import takes up to four database connections; imports that wait for each other's would wait for ever.
const CONNECTIONS_EACH = 4;
const MOST_AT_ONCE = 2;

const importId = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const words = z.string().trim().min(1).max(200);
const importFields = z.strictObject({
  kind: z.enum(IMPORT_KINDS),
  map: z.string().min(2),
  source: words,
  purpose: z.string().transform((list) => list.split(',').map((item) => item.trim()).filter((item) => item !== '')).pipe(z.array(z.string()).min(1)),
  sourceDate: z.union([z.iso.date(), z.iso.datetime({ offset: true })]).transform((text) => new Date(text)).optional(),
  noticeVersion: words.optional(),
  list: words.optional(),
  dryRun: z.enum(['true', 'false']).default('false').transform((text) => text === 'true'),
});

interface Received {
  readonly fields: Record<string, string>;
  readonly fileName: string | undefined;
}

@ApiTags('Imports')
@Controller('api/v1/imports')
export class ImportsController {
  private running = 0;
  private readonly atOnce: number;

  constructor(
    private readonly imports: ImportService,
    private readonly files: ImportFiles,
    private readonly reads: ReadTrailService,
    @Inject(CONFIG) config: Pick<Config, 'databaseConnections'>,
  ) {
    this.atOnce = Math.max(1, Math.min(MOST_AT_ONCE, Math.floor(config.databaseConnections / CONNECTIONS_EACH)));
  }

  @Post()
  @HttpCode(200)
  @Scopes('imports:write')
  @Documented({ summary: 'Import a CSV file: multipart with `file` and `map`, and the fields of provenance. Answers with the report.' })
  @ApiConsumes('multipart/form-data')
  @ApiBody({
    schema: {
      type: 'object',
      required: ['file', 'map', 'kind', 'source', 'purpose'],
      properties: {
        file: { type: 'string', format: 'binary' },
        map: { type: 'string', description: 'JSON, as text or as a file' },
        kind: { type: 'string', enum: [...IMPORT_KINDS] },
        source: { type: 'string' },
        purpose: { type: 'string', description: 'comma-separated' },
        sourceDate: { type: 'string' },
        noticeVersion: { type: 'string' },
        list: { type: 'string', description: 'key of a list that everybody of the file is put into' },
        dryRun: { type: 'string', enum: ['true', 'false'] },
      },
    },
  })
  async start(@Req() request: FastifyRequest, @Caller() actor: string): Promise<unknown> {
    if (!request.isMultipart()) throw new ProblemError({ status: 415, type: 'multipart-needed', title: 'Send the file as multipart/form-data, with the parts file, map, kind, source and purpose.' });
    if (this.running >= this.atOnce) throw new ProblemError({ status: 503, type: 'imports-busy', title: 'Enough imports are running already. Try again when one has ended.' });
    this.running += 1;
    const place = await this.files.place();
    try {
      const { fields, fileName } = await this.receive(request, place.upload);
      const { purpose: purposes, sourceDate: sourceAt, noticeVersion, list, ...rest } = parse(importFields, fields);
      if (fileName === undefined) throw new ProblemError({ status: 422, type: 'invalid-input', title: 'The request cannot be used as it is.', errors: [{ path: 'file', message: 'is missing' }] });
      const order: ImportOrder = { ...rest, actor, purposes, file: place.upload, fileName, rejectedFile: place.rejected, ...(sourceAt && { sourceAt }), ...(noticeVersion !== undefined && { noticeVersion }), ...(list !== undefined && { list }) };
      const result = await this.imports.run(order);
      if (!result.ok) throw new ProblemError(problemOf(result.error));
      return reportView(result.value);
    } finally {
      this.running -= 1;
      await this.files.discard(place.upload);
    }
  }

  @Get()
  @Scopes('imports:read')
  @Documented({ summary: 'List imports, newest first', query: pageQuery })
  async list(@Query() query: unknown): Promise<unknown> {
    const { limit, cursor } = parse(pageQuery, query);
    const [before] = decodeCursor(z.tuple([z.number().int()]), cursor) ?? [Number.MAX_SAFE_INTEGER];
    const { items, next } = pageOf(await this.imports.list(before, limit + 1), limit, (row) => [row.import_id]);
    return { items: items.map(importView), next };
  }

  @Get(':id')
  @Scopes('imports:read')
  @Documented({ summary: 'One import with its counts, its map and its warnings' })
  async one(@Param('id') id: string): Promise<unknown> {
    const row = await this.rowOf(id);
    return { ...importView(row), map: row.mapping, warnings: row.warnings };
  }

  @Get(':id/rejected')
  @Scopes('imports:read')
  @Documented({ summary: 'The rejected rows as CSV: their own columns, line and reason' })
  async rejected(@Param('id') id: string, @Caller() actor: string): Promise<StreamableFile> {
    const { rejected_file: path, rejected } = await this.rowOf(id);
    const there = path !== null && this.files.holds(path) && (await access(path).then(() => true, () => false));
    if (!there) throw new ProblemError({ status: 404, type: 'not-found', title: path === null ? 'This import rejected nothing.' : 'The rejected rows of this import are not kept here.' });
    this.reads.note(actor, 'import', id, rejected ?? 0);
    return new StreamableFile(createReadStream(path), { type: 'text/csv; charset=utf-8', disposition: `attachment; filename="import-${id}.rejected.csv"` });
  }

  private async rowOf(id: string): Promise<ImportRow> {
    const row = await this.imports.get(parse(importId, id));
    if (!row) throw notFound('import', id);
    return row;
  }

  /** Takes the parts in the order they come: the file goes to disk, whatever stands before or after it. */
  private async receive(request: FastifyRequest, upload: string): Promise<Received> {
    const fields: Record<string, string> = Object.create(null) as Record<string, string>;
    let fileName: string | undefined;
    for await (const part of request.parts()) {
      if (part.type === 'field') fields[part.fieldname] = String(part.value);
      else if (part.fieldname === 'file' && fileName === undefined) {
        await this.files.receive(upload, part.file);
        fileName = part.filename.slice(0, 200) || 'upload.csv';
      } else if (part.fieldname === 'map') fields['map'] = await textOf(part.file);
      else part.file.resume();
    }
    return { fields: { ...fields }, fileName };
  }
}

async function textOf(stream: Readable): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of stream as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > 1_048_576) throw new ProblemError({ status: 413, type: 'map-too-large', title: 'A map is at most 1 MB.' });
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function problemOf(problem: ImportProblem): ConstructorParameters<typeof ProblemError>[0] {
  switch (problem.kind) {
    case 'map_invalid':
      return {
        status: 422,
        type: 'import-map-invalid',
        title: 'The map cannot be used for this file. Nothing was imported.',
        detail: problem.columns && `The file has these columns: ${problem.columns.join(', ')}`,
        errors: problem.problems.map(({ path, message }) => ({ path: path === '' ? 'map' : `map.${path}`, message })),
      };
    case 'file_unreadable':
      return { status: 422, type: 'import-file-unreadable', title: 'The file cannot be read. Nothing was imported.', detail: problem.detail };
    case 'purpose_unknown':
      return {
        status: 422,
        type: 'purpose-unknown',
        title: 'There is no such purpose to collect data for. Nothing was imported.',
        detail: `Purposes that can be used: ${problem.existing.join(', ') || 'none yet'}`,
        errors: problem.unknown.map((purpose) => ({ path: 'purpose', message: `"${purpose}" does not exist` })),
      };
    default:
      return assertNever(problem);
  }
}

/** A path of ours means nothing to a client: rejected rows are fetched by the import's id. */
function reportView(report: ImportReport): unknown {
  return { ...report, rejectedFile: report.rejectedFile === null ? null : `/api/v1/imports/${report.importId}/rejected` };
}

function importView(row: ImportRow): Record<string, unknown> {
  return {
    importId: row.import_id,
    kind: row.kind,
    file: row.file_name,
    source: row.source,
    purposes: row.purposes,
    dryRun: row.dry_run,
    state: row.state,
    error: row.error,
    rows: row.rows_read,
    inserted: row.inserted,
    updated: row.updated,
    unchanged: row.unchanged,
    rejected: row.rejected,
    duplicates: row.duplicates,
    skipped: row.skipped,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  };
}
