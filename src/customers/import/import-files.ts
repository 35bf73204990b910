import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../platform/config/config.js';

const FORGOTTEN_AFTER_MS = 86_400_000;

/** Files of imports over HTTP: uploads pass through a file, never through memory; rejected rows stay to be fetched. */
@Injectable()
export class ImportFiles {
  private readonly folder: string;

  constructor(@Inject(CONFIG) config: Pick<Config, 'dataDir'>) {
    this.folder = join(config.dataDir, 'imports');
  }

  /** Where the next upload goes, and its rejected rows. What a killed process left behind for a day is removed. */
  async place(): Promise<{ upload: string; rejected: string }> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await this.sweep();
    const id = randomUUID();
    return { upload: join(this.folder, `upload-${id}.csv`), rejected: join(this.folder, `${id}.rejected.csv`) };
  }

  async receive(path: string, bytes: Readable): Promise<void> {
    await pipeline(bytes, createWriteStream(path, { mode: 0o600 }));
  }

  async discard(path: string): Promise<void> {
    await rm(path, { force: true });
  }

  /** Only files that came in over HTTP are given out over HTTP: a command's rejected rows stay beside its file. */
  holds(path: string): boolean {
    return path.startsWith(join(this.folder, '/'));
  }

  private async sweep(): Promise<void> {
    const uploads = (await readdir(this.folder)).filter((name) => name.startsWith('upload-'));
    const oldest = Date.now() - FORGOTTEN_AFTER_MS; // file times are real time, not the domain's
    await Promise.all(
      uploads.map(async (name) => {
        const file = await stat(join(this.folder, name)).catch(() => undefined);
        if (file && file.mtimeMs < oldest) await this.discard(join(this.folder, name));
      }),
    );
  }
}
