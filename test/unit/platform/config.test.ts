import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONFIG_VARIABLES, ConfigError, loadConfig } from '../../../src/platform/config/config.js';
import { startWarnings } from '../../../src/platform/config/start-warnings.js';

describe('what is told at the start', () => {
  it.each([
    ['mail over SMTP with links over http', 'smtp://mail.example', 'http://mail.voorbeeld.example', 1],
    ['mail over SMTP with a public address that begins with https but is not', 'smtp://mail.example', 'httpsx://mail.voorbeeld.example', 1],
    ['mail over SMTP with links over https', 'smtp://mail.example', 'https://mail.voorbeeld.example', 0],
    ['its own mailbox', undefined, 'http://localhost:3000', 0],
  ] as const)('of %s', (_, smtpUrl, publicUrl, count) => {
    const warnings = startWarnings({ smtpUrl, publicUrl });
    expect(warnings).toHaveLength(count);
    for (const warning of warnings) expect(warning).toContain('delivery.unsubscribe_headers_missing');
  });
});

describe('the configuration', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tactful-config-'));
  const env = { TACTFUL_DATA_DIR: dataDir };
  afterAll(() => rmSync(dataDir, { recursive: true }));

  it('needs nothing: every variable has a default', () => {
    const config = loadConfig(env);
    expect(config).toMatchObject({ roles: ['api', 'worker', 'scheduler'], port: 3000, databaseUrl: undefined, publicUrl: 'http://localhost:3000' });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('takes an empty variable for one that is not set', () => {
    expect(loadConfig({ ...env, DATABASE_URL: '', TACTFUL_PORT: ' ' })).toMatchObject({ databaseUrl: undefined, port: 3000 });
  });

  it('names every bad variable at once', () => {
    const bad = { ...env, TACTFUL_PORT: 'http', DATABASE_URL: 'mysql://db', TACTFUL_ROLES: 'api,cook', TACTFUL_TIME_ZONE: 'Mars/Base', TACTFUL_SECRET: 'short' };
    expect(() => loadConfig(bad)).toThrow(ConfigError);
    const message = messageOf(() => loadConfig(bad));
    for (const name of ['TACTFUL_PORT', 'DATABASE_URL', 'TACTFUL_ROLES', 'TACTFUL_TIME_ZONE', 'TACTFUL_SECRET']) expect(message).toContain(`${name}: must be`);
  });

  it('makes a secret once and keeps it for its owner only', () => {
    const { secret } = loadConfig(env);
    expect(secret.length).toBeGreaterThanOrEqual(32);
    expect(loadConfig(env).secret).toBe(secret);
    expect(statSync(join(dataDir, 'secret')).mode & 0o777).toBe(0o600);
  });

  it('is described completely by .env.example', () => {
    const described = [...readFileSync('.env.example', 'utf8').matchAll(/^([A-Z_]+)=/gm)].map((match) => match[1]);
    expect(described.sort()).toEqual([...CONFIG_VARIABLES].sort());
  });
});

function messageOf(work: () => unknown): string {
  try {
    work();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}
