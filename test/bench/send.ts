import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createTransport } from 'nodemailer';
import { createApplicationContext } from '../../src/application.js';
import { CampaignEntriesService } from '../../src/campaigns/campaign-entries.service.js';
import { CampaignsService } from '../../src/campaigns/campaigns.service.js';
import { PlannerService } from '../../src/campaigns/planner.service.js';
import { SteeringService } from '../../src/campaigns/steering.service.js';
import { compileTemplate, type RenderedMail } from '../../src/core/template/render.js';
import { DeliveryService } from '../../src/messages/delivery.service.js';
import { SteppedClock } from '../../src/platform/clock/clock.js';
import { giveBackMemory } from '../../src/platform/give-back-memory.js';
import { Secrets } from '../../src/platform/secrets.js';
import { SegmentsService } from '../../src/segments/segments.service.js';
import { TemplatesService } from '../../src/templates/templates.service.js';
import { populate } from '../chaos/population.js';
import { startTemporaryPlatform } from '../support/temporary-platform.js';
import { slowest, spent } from './statements.js';

/** A Tuesday, ten in the morning in Amsterdam: inside sending hours. */
const NOW = new Date('2026-06-09T08:00:00Z');
const CONNECTIONS = 60;

interface Counted {
  readonly mails: number;
  readonly recipients: number;
  readonly doubled: number;
  readonly bytes: number;
}

/**
 * `--recipients` people (default 20,000) from segment to mail server: audience, enrollments, gate (consent, caps, quiet hours) twice,
 * rendered newsletter of both parts with signed links, SMTP. Then, in the same run, what nodemailer does with the finished texts, and with
 * the finished messages; not with `--alone`.
 */
export async function run(args: string[]): Promise<Record<string, unknown>> {
  const recipients = option(args, 'recipients', 20_000);
  const sink = await startSink();
  const memory = watchMemory();
  try {
    const ours = await benchOurs(sink, recipients);
    const figures = {
      recipients,
      ours_per_s: ours.perSecond,
      statements_per_message: ours.statementsPerMessage,
      rss_peak_mb: ours.rssPeakMb,
      delivered: ours.counted.recipients,
      doubled: ours.counted.doubled,
      lost: recipients - ours.counted.recipients,
      kilobytes_per_message: round(ours.counted.bytes / Math.max(1, ours.counted.mails) / 1024),
      plan_s: ours.planSeconds,
      deliver_s: ours.deliverSeconds,
      connections: CONNECTIONS,
    };
    if (args.includes('--alone')) return figures;
    const nodemailer = await benchNodemailer(sink, recipients, ours.sample, undefined);
    say(`nodemailer: ${nodemailer} messages/s`);
    const raw = await benchNodemailer(sink, recipients, ours.sample, await sampleSource(ours.sample));
    say(`nodemailer with finished messages: ${raw} messages/s`);
    return {
      ...figures,
      nodemailer_per_s: nodemailer,
      raw_per_s: raw,
      vs_nodemailer: round(ours.perSecond / nodemailer),
      vs_raw: round(ours.perSecond / raw),
      dkim_vs_nodemailer: null,
      dkim_reason: 'Tactful does not sign yet',
    };
  } finally {
    clearInterval(memory.timer);
    sink.process.disconnect();
  }

  async function benchOurs(target: Sink, people: number): Promise<Ours> {
    const environment = { TACTFUL_ROLES: 'api', SMTP_URL: target.url, TACTFUL_PUBLIC_URL: 'https://mail.voorbeeld.example', TACTFUL_SMTP_CONNECTIONS: String(CONNECTIONS) };
    const temporary = await startTemporaryPlatform(environment, new SteppedClock(NOW));
    const app = await createApplicationContext(temporary.platform, temporary.logger);
    giveBackMemory(); // as every start does
    try {
      const { database, metrics } = temporary.platform;
      say(`making ${people} people`);
      await populate(database.sql, app.get(Secrets), people, NOW);
      // Everybody gets the mail here, so that what goes out can be counted; consent, caps and hours are asked all the same.
      await database.sql.exec('bench.policies', `insert into settings (key, value) values ('policies', '{"holdoutPercent": 0, "duplicateContentDays": 0}')`);
      await app.get(SegmentsService, { strict: false }).create({ key: 'leads', name: 'Leads', scope: 'contact', rule: { kind: 'attribute', attribute: 'lifecycle_stage', operator: 'equals', value: 'lead' } }, 'bench');
      const sample = await prepareTemplate(app.get(TemplatesService, { strict: false }));
      const made = await app.get(CampaignsService, { strict: false }).create('bench', 'Bench', { audience: { segment: 'leads', scope: 'contact' }, entry: { kind: 'now' }, purpose: 'newsletter', steps: [{ kind: 'send', template: 'newsletter' }] }, 'bench');
      if (!made.ok) throw new Error(JSON.stringify(made.error));
      const [steering, entries, planner, delivery] = [app.get(SteeringService, { strict: false }), app.get(CampaignEntriesService, { strict: false }), app.get(PlannerService, { strict: false }), app.get(DeliveryService, { strict: false })];
      await database.sql.exec('bench.checkpoint', 'checkpoint');
      memory.reset();
      const statements = metrics.statementCount;
      const before = await spent(metrics);
      const started = performance.now();
      await steering.start('bench', 'bench');
      await entries.enterDue(NOW);
      const planned = await planner.planDue(NOW);
      const planSeconds = (performance.now() - started) / 1_000;
      say(`decided on ${planned.people}, queued ${planned.queued} in ${planSeconds.toFixed(1)} s`);
      const report = await delivery.deliverDue(NOW);
      const seconds = (performance.now() - started) / 1_000;
      say(`sent ${report.sent} in ${(seconds - planSeconds).toFixed(1)} s`);
      for (const line of slowest(before, await spent(metrics), 30)) say(line);
      return {
        perSecond: Math.round(report.sent / seconds),
        planSeconds: round(planSeconds),
        deliverSeconds: round(seconds - planSeconds),
        statementsPerMessage: round((metrics.statementCount - statements) / Math.max(1, report.sent)),
        rssPeakMb: memory.peakMb(),
        counted: await target.count(),
        sample,
      };
    } finally {
      await app.close();
      await temporary.remove();
    }
  }
}

interface Ours {
  readonly perSecond: number;
  readonly planSeconds: number;
  readonly deliverSeconds: number;
  readonly statementsPerMessage: number;
  readonly rssPeakMb: number;
  readonly counted: Counted;
  readonly sample: RenderedMail;
}

/** The newsletter as one reader gets it: what the other senders are given ready-made. */
async function prepareTemplate(templates: TemplatesService): Promise<RenderedMail> {
  const row = (await templates.sources('newsletter')).find(({ language }) => language === 'nl');
  if (!row) throw new Error('There is no newsletter');
  const link = 'https://mail.voorbeeld.example/unsubscribe/AQEAAAAAAAEAAAAAAAFuZXdzbGV0dGVyCwNkPq0vUq4cXn7aJ0m6zg';
  const values = { contact: { first_name: 'Anna' }, campaign: { purpose: 'Nieuwsbrief' }, workspace: { name: 'Voorbeeld & Co', postal_address: 'Voorbeeldstraat 1' }, links: { unsubscribe: link, preferences: link, human: 'mailto:hallo@voorbeeld.example' } };
  const rendered = compileTemplate({ subject: row.subject, html: row.html, text: row.text_part }, 'nl', 'Europe/Amsterdam').render(values);
  if (!rendered.ok) throw new Error(rendered.error);
  return rendered.value;
}

const HEADERS = { 'List-Unsubscribe': '<https://mail.voorbeeld.example/unsubscribe/x>', 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click', 'List-Id': '<newsletter.voorbeeld.example>' };

/** nodemailer's pool: it builds each message itself, or gets it built (`source`). */
async function benchNodemailer(sink: Sink, count: number, mail: RenderedMail, source: Buffer | undefined): Promise<number> {
  const pool = createTransport({ pool: true, host: '127.0.0.1', port: sink.port, secure: false, ignoreTLS: true, maxConnections: CONNECTIONS, maxMessages: Infinity });
  const send = (index: number): Promise<unknown> => {
    const to = `p${index + 1}@klant.example`;
    const envelope = { from: 'bounce@voorbeeld.example', to };
    return source ? pool.sendMail({ envelope, raw: source }) : pool.sendMail({ envelope, from: 'Voorbeeld & Co <hallo@voorbeeld.example>', to, ...mail, headers: HEADERS });
  };
  await Promise.all(Array.from({ length: CONNECTIONS * 5 }, (_, index) => send(index))); // connections open, code warm
  const started = performance.now();
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < count) await send(next++);
  };
  await Promise.all(Array.from({ length: CONNECTIONS * 2 }, sender));
  const seconds = (performance.now() - started) / 1_000;
  pool.close();
  await sink.count();
  return Math.round(count / seconds);
}

async function sampleSource(mail: RenderedMail): Promise<Buffer> {
  const { message } = await createTransport({ streamTransport: true, buffer: true, newline: 'windows' }).sendMail({ from: 'hallo@voorbeeld.example', to: 'p1@klant.example', ...mail, headers: HEADERS });
  return message as Buffer;
}

interface Sink {
  readonly process: ChildProcess;
  readonly port: number;
  readonly url: string;
  count(): Promise<Counted>;
}

async function startSink(): Promise<Sink> {
  const child = fork(fileURLToPath(new URL('./sink.js', import.meta.url)), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    process: child,
    port,
    url: `smtp://127.0.0.1:${port}?ignoreTLS=true`,
    count: async () => {
      child.send('count');
      return ((await once(child, 'message')) as [Counted])[0];
    },
  };
}

function watchMemory(): { timer: NodeJS.Timeout; reset(): void; peakMb(): number } {
  let peak = 0;
  const look = (): void => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const timer = setInterval(look, 50);
  const reset = (): void => {
    peak = 0;
  };
  return { timer, reset, peakMb: () => Math.round(peak / 1024 / 1024) };
}

function option(args: readonly string[], name: string, initial: number): number {
  const at = args.indexOf(`--${name}`);
  const value = at === -1 ? initial : Number(args[at + 1]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} must be a whole number`);
  return value;
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

function say(text: string): void {
  console.error(text);
}
