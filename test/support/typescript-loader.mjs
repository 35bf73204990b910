import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { transformSync, version } from '@swc/core';

/** What was compiled is kept: the tests start some twenty processes, and each would compile 700 files anew, for seconds. */
export const CACHE = fileURLToPath(new URL('../../node_modules/.cache/tactful-typescript/', import.meta.url));

const OPTIONS = {
  sourceMaps: 'inline',
  module: { type: 'es6' },
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
};

/** Lets plain Node run the project's TypeScript: `x.js` is found as `x.ts`, and swc compiles it. */
export function resolve(specifier, context, next) {
  if (specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL?.startsWith('file:')) {
    const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
    if (existsSync(fileURLToPath(source))) return { url: source.href, shortCircuit: true };
  }
  return next(specifier, context);
}

export function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  return { format: 'module', source: compiled(fileURLToPath(url)), shortCircuit: true };
}

function compiled(filename) {
  const text = readFileSync(filename, 'utf8');
  const kept = `${CACHE}${createHash('sha256').update(JSON.stringify([version, OPTIONS, filename, text])).digest('hex')}.js`;
  try {
    return readFileSync(kept, 'utf8');
  } catch {
    const { code } = transformSync(text, { ...OPTIONS, filename });
    keep(kept, code);
    return code;
  }
}

/** Renamed into place, so that no other process reads half of it; where the folder cannot be written, nothing is kept. */
function keep(path, code) {
  try {
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(`${path}.${process.pid}`, code);
    renameSync(`${path}.${process.pid}`, path);
  } catch {
    return;
  }
}
