import { setTimeout as sleep } from 'node:timers/promises';
import { createApplicationContext } from '../../src/application.js';
import { DEFAULT_POLICIES, type PolicySettings } from '../../src/core/decision/policies.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/platform/database/embedded-postgres.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { Secrets } from '../../src/platform/secrets.js';
import { ApiKeysService } from '../../src/users/api-keys.service.js';
import { SeededRandom } from '../../src/demo/seeded-random.js';
import { freePort } from '../../src/platform/database/free-port.js';
import { startTemporaryPlatform } from '../support/temporary-platform.js';
import { populate, PURPOSE } from './population.js';
import { Part } from './processes.js';
import { Sink } from './sink.js';

export interface ChaosResult {
  kills: number;
  killed: Record<string, number>;
  recipients: number;
  delivered: number;
  doubled: number;
  lost: number;
  uncertain: number;
  uncertain_messages: string[];
  caps_exceeded: number;
  withdrawn: number;
  sent_after_withdrawal: number;
  denied: number;
  seconds: number;
}

const CAMPAIGNS = ['chaos-one', 'chaos-two'];
const CAP_PER_WEEK = 1;
const FINISH_TIMEOUT_MS = 10 * 60_000;

/**
 * Kills parts of a running installation at random moments, lets it finish, and counts at the receiving mail server.
 * Two campaigns go to the same people with room for one mail a week each: a cap that leaks shows.
 */
export async function runChaos(options: { kills: number; recipients: number; seed: number }): Promise<ChaosResult> {
  const started = performance.now();
  const random = new SeededRandom(options.seed);
  const sink = new Sink();
  const smtpUrl = await sink.listen();
  const secret = 'chaos-secret-of-more-than-thirty-two-characters';
  // This process only prepares: the parts that can be killed do the work.
  const temporary = await startTemporaryPlatform({ TACTFUL_SECRET: secret, TACTFUL_ROLES: 'api' });
  const { platform } = temporary;
  const app = await createApplicationContext(platform, temporary.logger);
  const now = new Date();
  await populate(platform.database.sql, app.get(Secrets), options.recipients, now);
  const key = (await app.get(ApiKeysService, { strict: false }).ensureFirstKey()) ?? '';
  const port = await freePort();
  const env = {
    DATABASE_URL: platform.database.url,
    SMTP_URL: smtpUrl,
    TACTFUL_PUBLIC_URL: 'https://mail.voorbeeld.example',
    TACTFUL_SECRET: secret,
    TACTFUL_DATA_DIR: platform.config.dataDir,
    TACTFUL_PORT: String(port),
    TACTFUL_LEASE_SECONDS: '5',
    TACTFUL_LOG_LEVEL: 'warn',
  };
  const server: EmbeddedPostgres = await startEmbeddedPostgres({ dataDir: platform.config.dataDir });
  const parts = [new Part('api', 'api', env, platform.config.dataDir), new Part('worker-1', 'worker', env, platform.config.dataDir), new Part('worker-2', 'worker', env, platform.config.dataDir), new Part('scheduler', 'scheduler', env, platform.config.dataDir)];
  const api = apiClient(`http://127.0.0.1:${port}`, key);
  try {
    for (const part of parts) part.start();
    await prepareCampaigns(api);
    const killed = await strike(parts, server, api, options, random, sink);
    await finish(platform.database.sql);
    const counts = await count(platform.database.sql, sink);
    return { kills: options.kills, killed, recipients: options.recipients, ...counts, seconds: Math.round((performance.now() - started) / 1000) };
  } finally {
    await Promise.all(parts.map((part) => part.kill()));
    await app.close();
    await temporary.remove();
    await sink.close();
  }
}

type Api = (method: string, path: string, body?: unknown) => Promise<Response>;

/** Asks again while the API is being killed: what a careful client does. */
function apiClient(base: string, key: string): Api {
  return async (method, path, body) => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const response = await fetch(`${base}${path}`, { method, headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': 'application/json' }) }, ...(body !== undefined && { body: JSON.stringify(body) }), signal: AbortSignal.timeout(10_000) });
        if (response.status < 500) return response;
      } catch (error) {
        if (attempt > 120) throw error;
      }
      await sleep(250);
    }
  };
}

async function expectOk(response: Response): Promise<void> {
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${await response.text()}`);
}

async function prepareCampaigns(api: Api): Promise<void> {
  await expectOk(await api('PUT', '/api/v1/policies', chaosPolicies()));
  await expectOk(await api('POST', '/api/v1/segments', { key: 'everybody', name: 'Everybody', scope: 'contact', rule: { kind: 'attribute', attribute: 'lifecycle_stage', operator: 'equals', value: 'lead' } }));
  for (const key of CAMPAIGNS) {
    const definition = { audience: { scope: 'contact', segment: 'everybody' }, entry: { kind: 'now' }, purpose: PURPOSE, messageClass: 'marketing', sender: 'workspace', steps: [{ kind: 'send', template: 'newsletter' }], timeToLiveHours: 72 };
    await expectOk(await api('POST', '/api/v1/campaigns', { key, name: key, definition }));
  }
  for (const key of CAMPAIGNS) await expectOk(await api('POST', `/api/v1/campaigns/${key}/start`));
}

/** Chaos runs at any hour and day: no quiet hours; one mail a week per person. */
function chaosPolicies(): PolicySettings {
  return {
    ...DEFAULT_POLICIES,
    contactCaps: { total: { limit: CAP_PER_WEEK, days: 7 }, purpose: null, channels: { email: null } },
    accountCaps: { messages: null, people: null },
    minimumGapHours: 0,
    openHours: { from: '00:00', to: '24:00', closedWeekdays: [], publicHolidays: false },
    holdoutPercent: 0,
    duplicateContentDays: 0,
  };
}

async function strike(parts: Part[], server: EmbeddedPostgres, api: Api, options: { kills: number; recipients: number }, random: SeededRandom, sink: Sink): Promise<Record<string, number>> {
  const killed: Record<string, number> = {};
  for (let kill = 0; kill < options.kills; kill += 1) {
    await sleep(random.between(300, 1_800));
    const victim = random.pick(['database', ...parts.map(({ name }) => name)]);
    killed[victim] = (killed[victim] ?? 0) + 1;
    console.error(`kill ${kill + 1}/${options.kills}: ${victim}; ${sink.deliveries.length} mails arrived so far`);
    if (victim === 'database') {
      process.kill(server.pid, 'SIGKILL');
      while (!(await server.revive().catch(() => false))) await sleep(50);
    } else {
      const part = parts.find(({ name }) => name === victim);
      await part?.kill();
      part?.start();
    }
    await withdrawSomebody(api, random, options.recipients);
  }
  return killed;
}

/** In the middle of it all somebody has had enough. */
async function withdrawSomebody(api: Api, random: SeededRandom, recipients: number): Promise<void> {
  const contactId = random.between(1, recipients);
  await expectOk(await api('POST', `/api/v1/contacts/${contactId}/consents`, { purpose: PURPOSE, event: 'withdrawn', proof: { actor: 'agent', actorName: 'chaos', method: 'phone' } }));
}

/** Done when nothing is due any more: what is left waits for its cap. */
async function finish(sql: Sql): Promise<void> {
  const deadline = Date.now() + FINISH_TIMEOUT_MS;
  while (Date.now() < deadline) {
    await sleep(1_000);
    const open = await sql
      .one<{ due: number; unsent: number }>(
        'chaos.open',
        `select (select count(*) from enrollments where state = 'active' and due_at <= now())::int as due,
                (select count(*) from messages where state = 'sending' or (state = 'queued' and due_at <= now()))::int as unsent`,
      )
      .catch(() => ({ due: 1, unsent: 1 }));
    console.error(`finishing: ${open.due} enrollments due, ${open.unsent} messages to go`);
    if (open.due + open.unsent === 0) return;
  }
  throw new Error('The campaign did not finish after the last kill.');
}

async function count(sql: Sql, sink: Sink): Promise<Omit<ChaosResult, 'kills' | 'killed' | 'recipients' | 'seconds'>> {
  const byMessage = new Map<string, number>();
  for (const { messageId, recipient } of sink.deliveries) byMessage.set(`${messageId} ${recipient}`, (byMessage.get(`${messageId} ${recipient}`) ?? 0) + 1);
  const uncertain = await sql.many<{ message: string }>('chaos.uncertain', `select contact_id || '/' || message_id as message from messages where state = 'uncertain' order by 1`);
  const { denied } = await sql.one<{ denied: number }>('chaos.denied', `select count(*)::int as denied from enrollments where state <> 'active' and not exists (select from messages where messages.contact_id = enrollments.contact_id and messages.campaign_id = enrollments.campaign_id and state in ('sent', 'uncertain'))`);
  // Lost: enrolled, neither sent nor uncertain, nor waiting, and no decision says why not.
  const { lost } = await sql.one<{ lost: number }>(
    'chaos.lost',
    `select (select count(*) from enrollments where state <> 'active'
       and not exists (select from messages where messages.contact_id = enrollments.contact_id and messages.campaign_id = enrollments.campaign_id and messages.state in ('sent', 'uncertain', 'failed'))
       and not exists (select from decisions where decisions.contact_id = enrollments.contact_id and decisions.campaign_id = enrollments.campaign_id and verdict in (3, 4)))::int
     + (select count(*) from (select contact_id, count(*) as campaigns from contacts cross join campaigns group by 1) expected
        where campaigns <> (select count(*) from enrollments where enrollments.contact_id = expected.contact_id))::int as lost`,
  );
  const { marked } = await sql.one<{ marked: number }>('chaos.marked', `select count(*)::int as marked from messages where state = 'sent'`);
  const { exceeded } = await sql.one<{ exceeded: number }>('chaos.caps', `select count(*)::int as exceeded from (select contact_id from messages where state in ('queued', 'sending', 'sent', 'uncertain') group by 1 having count(*) > $1) over_cap`, [CAP_PER_WEEK]);
  const withdrawals = await sql.one<{ withdrawn: number; after: number }>(
    'chaos.withdrawals',
    `select count(distinct withdrawal.contact_id)::int as withdrawn,
            count(*) filter (where exists (
              select from decisions join decision_batches using (batch_id)
              where decisions.contact_id = withdrawal.contact_id and phase = 'claim' and verdict = 1 and decisions.decided_at > withdrawal.recorded_at))::int as after
     from consent_records withdrawal where event = 'withdrawn'`,
  );
  const arrivedUnmarked = Math.max(0, marked - byMessage.size); // marked as sent, but the server never saw it
  return {
    delivered: byMessage.size,
    doubled: [...byMessage.values()].filter((times) => times > 1).length,
    lost: lost + arrivedUnmarked,
    uncertain: uncertain.length,
    uncertain_messages: uncertain.map(({ message }) => message),
    caps_exceeded: exceeded,
    withdrawn: withdrawals.withdrawn,
    sent_after_withdrawal: withdrawals.after,
    denied,
  };
}
