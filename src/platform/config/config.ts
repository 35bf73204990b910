import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';

export const ROLES = ['api', 'worker', 'scheduler'] as const;
export type Role = (typeof ROLES)[number];

/** Injection token of the frozen configuration. */
export const CONFIG = Symbol('CONFIG');

const emptyAsUnset = (value: unknown): unknown => (typeof value === 'string' && value.trim() === '' ? undefined : value);
const optionalUrl = (...schemes: string[]) =>
  z.preprocess(emptyAsUnset, z.url({ protocol: new RegExp(`^(${schemes.join('|')})$`), error: `must be a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}` }).optional());
const integer = (lowest: number, highest: number, initial: number) =>
  z.preprocess(emptyAsUnset, z.coerce.number({ error: 'must be a whole number' }).int().min(lowest).max(highest).default(initial));
const text = (initial: string) => z.preprocess(emptyAsUnset, z.string().default(initial));
const zone = z.string().refine((name) => Intl.supportedValuesOf('timeZone').includes(name) || name === 'UTC', 'must be an IANA time zone such as Europe/Amsterdam');
const address = z.email({ error: 'must be an e-mail address' });

/** Everything an operator can set. The comment of each line in .env.example says what it is for. */
const environment = z.object({
  DATABASE_URL: optionalUrl('postgres', 'postgresql'),
  REDIS_URL: optionalUrl('redis', 'rediss'),
  SMTP_URL: optionalUrl('smtp', 'smtps'),
  TACTFUL_ROLES: z.preprocess(
    emptyAsUnset,
    z.string().default(ROLES.join(',')).transform((list) => list.split(',').map((role) => role.trim())).pipe(z.array(z.enum(ROLES, { error: `must be a list of ${ROLES.join(', ')}` })).min(1)),
  ),
  TACTFUL_HOST: text('127.0.0.1'),
  TACTFUL_PORT: integer(0, 65_535, 3000),
  TACTFUL_PUBLIC_URL: optionalUrl('http', 'https'),
  TACTFUL_SECRET: z.preprocess(emptyAsUnset, z.string().min(32, 'must be at least 32 characters').optional()),
  TACTFUL_DATA_DIR: z.preprocess(emptyAsUnset, z.string().optional()),
  TACTFUL_LOG_LEVEL: z.preprocess(emptyAsUnset, z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info')),
  TACTFUL_MAIL_FROM_NAME: text('Voorbeeld & Co'),
  TACTFUL_MAIL_FROM: z.preprocess(emptyAsUnset, address.default('hallo@voorbeeld.example')),
  TACTFUL_MAIL_REPLY_TO: z.preprocess(emptyAsUnset, address.optional()),
  TACTFUL_POSTAL_ADDRESS: text('Voorbeeld & Co, Voorbeeldstraat 1, 1000 AA Amsterdam'),
  TACTFUL_TIME_ZONE: z.preprocess(emptyAsUnset, zone.default('Europe/Amsterdam')),
  TACTFUL_COUNTRY: z.preprocess(emptyAsUnset, z.string().regex(/^[A-Z]{2}$/, 'must be a two-letter country code such as NL').default('NL')),
  TACTFUL_SMTP_CONNECTIONS: integer(1, 100, 10),
  TACTFUL_BATCH_SIZE: integer(1, 5_000, 1_000),
  TACTFUL_LEASE_SECONDS: integer(5, 3_600, 120),
  TACTFUL_DATABASE_CONNECTIONS: integer(4, 100, 10),
  TACTFUL_IMPORT_MAX_MB: integer(1, 100_000, 2_048),
  TACTFUL_RECONCILE_HOURS: integer(1, 8_760, 24),
  TACTFUL_EVENT_RETENTION_MONTHS: integer(0, 1_200, 13),
  TACTFUL_COUNTRY_PROFILES: z.preprocess(emptyAsUnset, z.string().transform(jsonFile).optional()),
  TACTFUL_ANCHOR_DIR: z.preprocess(emptyAsUnset, z.string().optional()),
  TACTFUL_ANCHOR_URL: optionalUrl('https', 'http'),
});

export interface Config {
  readonly databaseUrl: string | undefined;
  readonly databaseConnections: number;
  readonly redisUrl: string | undefined;
  readonly smtpUrl: string | undefined;
  readonly smtpConnections: number;
  readonly roles: readonly Role[];
  readonly host: string;
  readonly port: number;
  readonly publicUrl: string;
  readonly secret: string;
  readonly dataDir: string;
  readonly logLevel: string;
  readonly mailFrom: { readonly name: string; readonly address: string };
  readonly mailReplyTo: string;
  readonly mailDomain: string;
  readonly postalAddress: string;
  readonly defaultTimeZone: string;
  readonly defaultCountry: string;
  readonly batchSize: number;
  readonly leaseSeconds: number;
  readonly importMaxMb: number;
  readonly reconcileHours: number;
  /** How long raw events are kept; 0: for good. */
  readonly eventRetentionMonths: number;
  /** The contents of the operator's file of country profiles; undefined: the built-in ones. */
  readonly countryProfiles: unknown;
  /** Where the heads of the consent ledgers are written down every day, outside the database. */
  readonly anchorDir: string;
  readonly anchorUrl: string | undefined;
}

/** Thrown when the environment cannot be used; the message names each bad variable, one a line. */
export class ConfigError extends Error {}

/**
 * Reads the environment into one frozen object.
 * Without TACTFUL_SECRET a secret is made once and kept (0600) in the data folder: links in mails must outlive a restart.
 */
export function loadConfig(env: Record<string, string | undefined>): Config {
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${String(issue.path[0])}: ${issue.message}`);
    throw new ConfigError(`The configuration cannot be used. Mend these environment variables (see .env.example):\n${lines.join('\n')}`);
  }
  const values = parsed.data;
  const dataDir = resolve(values.TACTFUL_DATA_DIR ?? (isRoot() ? '/var/lib/tactful' : '.tactful'));
  return Object.freeze({
    databaseUrl: values.DATABASE_URL,
    databaseConnections: values.TACTFUL_DATABASE_CONNECTIONS,
    redisUrl: values.REDIS_URL,
    smtpUrl: values.SMTP_URL,
    smtpConnections: values.TACTFUL_SMTP_CONNECTIONS,
    roles: Object.freeze(values.TACTFUL_ROLES),
    host: values.TACTFUL_HOST,
    port: values.TACTFUL_PORT,
    publicUrl: (values.TACTFUL_PUBLIC_URL ?? `http://localhost:${values.TACTFUL_PORT}`).replace(/\/+$/, ''),
    secret: values.TACTFUL_SECRET ?? keptSecret(dataDir),
    dataDir,
    logLevel: values.TACTFUL_LOG_LEVEL,
    mailFrom: Object.freeze({ name: values.TACTFUL_MAIL_FROM_NAME, address: values.TACTFUL_MAIL_FROM }),
    mailReplyTo: values.TACTFUL_MAIL_REPLY_TO ?? values.TACTFUL_MAIL_FROM,
    mailDomain: values.TACTFUL_MAIL_FROM.split('@')[1] ?? 'localhost',
    postalAddress: values.TACTFUL_POSTAL_ADDRESS,
    defaultTimeZone: values.TACTFUL_TIME_ZONE,
    defaultCountry: values.TACTFUL_COUNTRY,
    batchSize: values.TACTFUL_BATCH_SIZE,
    leaseSeconds: values.TACTFUL_LEASE_SECONDS,
    importMaxMb: values.TACTFUL_IMPORT_MAX_MB,
    reconcileHours: values.TACTFUL_RECONCILE_HOURS,
    eventRetentionMonths: values.TACTFUL_EVENT_RETENTION_MONTHS,
    countryProfiles: values.TACTFUL_COUNTRY_PROFILES,
    anchorDir: resolve(values.TACTFUL_ANCHOR_DIR ?? join(dataDir, 'anchors')),
    anchorUrl: values.TACTFUL_ANCHOR_URL,
  });
}

/** The names of all variables, for the test that .env.example is complete. */
export const CONFIG_VARIABLES: readonly string[] = Object.keys(environment.shape);

/** Read at once, so that a wrong path or a slip in the file stops the start and not the first mail. */
function jsonFile(path: string, context: z.RefinementCtx<string>): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    context.addIssue(`must be a JSON file that can be read: ${(error as Error).message}`);
    return z.NEVER;
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function keptSecret(dataDir: string): string {
  const file = join(dataDir, 'secret');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  mkdirSync(dataDir, { recursive: true });
  const secret = randomBytes(32).toString('base64url');
  try {
    writeFileSync(file, `${secret}\n`, { mode: 0o600, flag: 'wx' });
    return secret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return readFileSync(file, 'utf8').trim(); // another process was first
  }
}
