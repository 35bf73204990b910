import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeRejected } from '../../../src/customers/import/rejected-file.js';

const nothing = async function* (): AsyncGenerator<never> {};
const something = async function* (): AsyncGenerator<{ line: number; reason: string; raw: string }[]> {
  yield await Promise.resolve([{ line: 2, reason: 'bad', raw: 'x' }]);
};
const unused = (): Promise<never> => Promise.reject(new Error('the table is not needed'));

describe('the file of rejected rows', () => {
  let folder = '';
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tactful-rejected-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('goes when there is nothing to write', async () => {
    const path = join(folder, 'old.csv');
    writeFileSync(path, 'old');
    await writeRejected(path, nothing(), unused);
    expect(existsSync(path)).toBe(false);
  });

  it('never takes the place of a device or a pipe, nor removes one', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await writeRejected(pipe, nothing(), unused);
    await expect(writeRejected(pipe, something(), unused)).rejects.toThrow('not a plain file');
    expect(lstatSync(pipe).isFIFO()).toBe(true);
  });
});
