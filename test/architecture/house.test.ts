import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MIGRATIONS } from '../../src/platform/database/migrations.js';

const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));

const withoutComments = (path: string): string => readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');

describe('the house', () => {
  it('lets every arrow point the right way', () => {
    const { stdout } = spawnSync(process.execPath, ['node_modules/dependency-cruiser/bin/dependency-cruiser.mjs', '--config', 'test/architecture/arrows.cjs', 'src'], { encoding: 'utf8' });
    expect(stdout).toContain('no dependency violations found');
  });

  it('keeps the core pure: time, chance and the process come in as arguments', () => {
    const impure = files('src/core').filter((path) => /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\.|\bperformance\.now\(|\bcrypto\.|\bDateTime\.(now|local|utc)\(\)/.test(withoutComments(path)));
    expect(impure).toEqual([]);
  });

  it('gives names that say what a thing is', () => {
    expect(files('src').filter((path) => /\/(utils?|helpers?|common|misc|manager|impl)(\/|\.|-)/i.test(path))).toEqual([]);
  });

  it('has all SQL in queries files', () => {
    const elsewhere = files('src')
      .filter((path) => !path.endsWith('.queries.ts') && !path.startsWith('src/platform/') && !path.startsWith('src/core/'))
      .filter((path) => /\bsql\.(many|one|maybe|exec|copyFrom)\(/i.test(withoutComments(path)));
    expect(elsewhere).toEqual([]);
  });

  it('reads the domain time from the clock, never from the system', () => {
    const realTime = ['src/platform/', 'src/core/', 'src/demo/', 'src/customers/import/import-files.ts']; // file times are real time
    const features = files('src').filter((path) => !realTime.some((start) => path.startsWith(start)));
    expect(features.filter((path) => /\bDate\.now\(|\bnew Date\(\)/.test(withoutComments(path)))).toEqual([]);
  });

  it('applies every migration file', () => {
    const onDisk = readdirSync('migrations').filter((name) => name.endsWith('.ts'));
    expect(onDisk).toHaveLength(MIGRATIONS.length);
  });
});
