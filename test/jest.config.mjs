import { browserTestsRun } from './support/chromium.mjs';

// Compiles the code and the ESM-only packages to CommonJS, because Jest cannot require ESM without flags that break TypeORM.
// "Must use import to load ES Module: X" means: add X to the list below.
const esmOnly = ['@nestjs', 'nodemailer', 'cookie', 'htmlnano', '@fastify', 'commander', 'canonicalize', 'croner', 'content-disposition', 'glob', 'minimatch', 'lru-cache', 'path-scurry', 'minipass', 'brace-expansion', 'balanced-match', 'request-filtering-agent'];

const folders = ['unit', 'db', 'api', 'console', 'architecture', ...(browserTestsRun() ? ['browser'] : [])];

/** @type {import('jest').Config} */
export default {
  rootDir: '..',
  testMatch: [`<rootDir>/test/{${folders.join(',')}}/**/*.test.ts`],
  transform: {
    '^.+\\.[cm]?[jt]sx?$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          target: 'es2023',
        },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(?:.+/node_modules/)?(?:${esmOnly.join('|')})/)`],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  testEnvironment: '<rootDir>/test/support/environment.cjs',
  setupFiles: ['reflect-metadata'],
  reporters: ['default', '<rootDir>/test/support/closing-line-reporter.mjs'],
  // Far more than any test takes: on a busy machine a process that starts takes half a minute.
  testTimeout: 120_000,
  maxWorkers: 2,
  // A worker keeps what each file loaded; at 2 GB every collection of garbage takes a second.
  workerIdleMemoryLimit: '1GB',
};
