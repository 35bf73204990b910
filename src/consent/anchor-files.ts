import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { appendFile, mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** One line of the anchor file: what all ledgers came to at a moment. */
export interface Anchor {
  readonly number: number;
  readonly at: string;
  /** The transaction from which the next anchor goes on. */
  readonly horizon: number;
  /** How many ledgers had grown since the anchor before; their heads stand in a file of their own, whose digest is here. */
  readonly heads: number;
  readonly digest: string;
  /** HMAC over this line and the one before: whoever changes, drops or adds a line needs the installation's secret. */
  readonly mac: string;
}

export interface AnchoredHead {
  readonly contactId: number;
  readonly sequence: number;
  /** The first 128 bits of the record's hash, in base64url. */
  readonly hash: string;
}

const HASH_BYTES = 16;

export function shortHash(hash: Buffer): string {
  return hash.subarray(0, HASH_BYTES).toString('base64url');
}

/** The files of one ledger's anchors in a folder outside the database: lines are only ever added. */
export class AnchorFiles {
  constructor(
    private readonly folder: string,
    private readonly ledger: string,
  ) {}

  async anchors(): Promise<(Partial<Anchor> | undefined)[]> {
    const text = await readFile(this.path('anchors.jsonl'), 'utf8').catch(absent);
    return (text ?? '').split('\n').filter((line) => line !== '').map(parsed);
  }

  /** Writes heads to a file that gets its name only when it is complete; gives how many there are and their digest. */
  async writeHeads(number: number, pages: AsyncIterable<readonly AnchoredHead[]>): Promise<{ heads: number; digest: string }> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const digest = createHash('sha256');
    let heads = 0;
    const file = await open(`${this.headsPath(number)}.part`, 'w', 0o600);
    try {
      for await (const page of pages) {
        const text = page.map((head) => `${head.contactId} ${head.sequence} ${head.hash}\n`).join('');
        digest.update(text);
        heads += page.length;
        await file.write(text);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${this.headsPath(number)}.part`, this.headsPath(number));
    return { heads, digest: digest.digest('hex') };
  }

  async append(anchor: Anchor): Promise<void> {
    await appendFile(this.path('anchors.jsonl'), `${JSON.stringify(anchor)}\n`, { mode: 0o600, flush: true });
  }

  /** The heads of one anchor in pages. Ends with the digest of what was read, undefined when the file is not there. */
  async *heads(number: number, perPage: number): AsyncGenerator<AnchoredHead[], string | undefined> {
    const digest = createHash('sha256');
    let page: AnchoredHead[] = [];
    try {
      for await (const line of createInterface({ input: createReadStream(this.headsPath(number)), crlfDelay: Infinity })) {
        digest.update(`${line}\n`);
        const [contact = '', sequence = '', hash = ''] = line.split(' ');
        page.push({ contactId: Number(contact), sequence: Number(sequence), hash });
        if (page.length === perPage) {
          yield page;
          page = [];
        }
      }
    } catch (error) {
      absent(error as NodeJS.ErrnoException);
      return undefined;
    }
    if (page.length > 0) yield page;
    return digest.digest('hex');
  }

  /** The number of the last anchor that was posted away. */
  async posted(): Promise<number> {
    return Number((await readFile(this.path('posted'), 'utf8').catch(absent)) ?? 0);
  }

  async setPosted(number: number): Promise<void> {
    await writeFile(this.path('posted'), String(number), { mode: 0o600 });
  }

  private headsPath(number: number): string {
    return this.path(`${String(number).padStart(6, '0')}.heads`);
  }

  private path(name: string): string {
    return join(this.folder, `${this.ledger}.${name}`);
  }
}

function parsed(line: string): Partial<Anchor> | undefined {
  try {
    return JSON.parse(line) as Partial<Anchor>;
  } catch {
    return undefined;
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}
