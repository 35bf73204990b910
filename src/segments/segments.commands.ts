import type { INestApplicationContext } from '@nestjs/common';
import type { Command } from 'commander';
import { type Boot, withApp } from '../platform/command-line.js';
import { table } from './command-output.js';
import { registerListCommands, registerVersionCommands } from './lists.commands.js';
import { registerInsightCommands, registerPreviewCommand } from './insight.commands.js';
import { SegmentsService } from './segments.service.js';

export function registerSegmentsCommands(program: Command, boot: Boot): void {
  const segments = program.command('segments').description('segments: rules over contacts or accounts');
  segments
    .command('list')
    .description('list the segments, each with the sentence of its rule')
    .action(() => withApp(boot, listSegments));
  registerVersionCommands(segments, boot);
  registerListCommands(program, boot);
  registerInsightCommands(segments, boot);
  registerPreviewCommand(program, boot);
}

const PAGE = 200;

async function listSegments(app: INestApplicationContext): Promise<void> {
  const service = app.get(SegmentsService, { strict: false });
  const rows: string[][] = [];
  for (let page = await service.list('', PAGE); page.length > 0; page = await service.list(page.at(-1)?.key ?? '', PAGE)) {
    rows.push(...page.map((segment) => [segment.key, segment.scope, String(segment.version), segment.sentence?.en ?? 'a rule this version cannot read']));
  }
  console.log(rows.length === 0 ? 'There are no segments yet. POST /api/v1/segments makes one.' : table(['Segment', 'Scope', 'Version', 'Selects'], rows));
}
