import { timingSafeEqual } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { ERASURE_CAUSES, type ErasureCause } from '../../../core/privacy/certificate.js';
import { CONFIG, type Config } from '../../../platform/config/config.js';
import { Secrets } from '../../../platform/secrets.js';

/** One erasure as it is kept outside the database: keyed hashes, so that the file names nobody. */
export interface LoggedErasure {
  readonly erasureId: string;
  readonly erasedAt: Date;
  readonly cause: ErasureCause;
  readonly personKeys: readonly Buffer[];
  readonly addressHashes: readonly Buffer[];
}

const hex = z.string().regex(/^[0-9a-f]{64}$/).transform((text) => Buffer.from(text, 'hex'));
const line = z.strictObject({
  id: z.uuid(),
  at: z.iso.datetime().transform((text) => new Date(text)),
  cause: z.enum(ERASURE_CAUSES),
  people: z.array(hex),
  addresses: z.array(hex),
  mac: hex,
});

/**
 * The file `erasures.jsonl` in the data folder, beside the database: only ever appended to. A backup that is put back brings people back who were
 * erased since; this file knows. Each line carries a keyed digest: whoever can write to the folder cannot have somebody erased.
 */
@Injectable()
export class ErasureLog {
  readonly path: string;

  constructor(
    @Inject(CONFIG) config: Pick<Config, 'dataDir'>,
    private readonly secrets: Secrets,
  ) {
    mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
    this.path = join(config.dataDir, 'erasures.jsonl');
  }

  /** Returns once the lines are on the disk. */
  async append(erasures: readonly LoggedErasure[]): Promise<void> {
    if (erasures.length === 0) return;
    const file = await open(this.path, 'a', 0o600);
    try {
      // A line that a crash cut short must not swallow the next one.
      const torn = await endsTorn(this.path);
      await file.write((torn ? '\n' : '') + erasures.map((one) => `${this.lineOf(one)}\n`).join(''));
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /** Every line that we wrote, each erasure once; how many others there are. */
  async read(): Promise<{ erasures: LoggedErasure[]; unreadable: number }> {
    const text = await readFile(this.path, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw error;
    });
    const lines = text.split('\n').filter((one) => one !== '');
    const found = new Map<string, LoggedErasure>();
    let unreadable = 0;
    for (const one of lines) {
      const erasure = this.parse(one);
      if (erasure) found.set(erasure.erasureId, erasure);
      else unreadable += 1;
    }
    return { erasures: [...found.values()], unreadable };
  }

  private lineOf(erasure: LoggedErasure): string {
    const content = contentOf(erasure);
    return JSON.stringify({ ...content, mac: this.macOf(content) });
  }

  private parse(text: string): LoggedErasure | undefined {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      return undefined;
    }
    const parsed = line.safeParse(json);
    if (!parsed.success) return undefined;
    const { id, at, cause, people, addresses, mac } = parsed.data;
    const erasure = { erasureId: id, erasedAt: at, cause, personKeys: people, addressHashes: addresses };
    return timingSafeEqual(mac, Buffer.from(this.macOf(contentOf(erasure)), 'hex')) ? erasure : undefined;
  }

  private macOf(content: ReturnType<typeof contentOf>): string {
    return this.secrets.hmac('erasure-log', JSON.stringify(content)).toString('hex');
  }
}

function contentOf({ erasureId, erasedAt, cause, personKeys, addressHashes }: LoggedErasure) {
  const texts = (hashes: readonly Buffer[]): string[] => hashes.map((hash) => hash.toString('hex'));
  return { id: erasureId, at: erasedAt.toISOString(), cause, people: texts(personKeys), addresses: texts(addressHashes) };
}

async function endsTorn(path: string): Promise<boolean> {
  const text = await readFile(path);
  return text.length > 0 && text.at(-1) !== 0x0a;
}
