import { createHash } from 'node:crypto';
import { createApplicationContext } from '../../src/application.js';
import { CampaignsService } from '../../src/campaigns/campaigns.service.js';
import { type Simulation, SimulationService } from '../../src/campaigns/simulation/simulation.service.js';
import { SegmentsService } from '../../src/segments/segments.service.js';
import { TemplatesService } from '../../src/templates/templates.service.js';
import { startTemporaryPlatform } from '../support/temporary-platform.js';
import { populateGate } from './gate-data.js';

const NOW = new Date('2026-06-09T08:00:00Z');
const NEWS = '<mj-section><mj-column><mj-text>Good morning {{contact.first_name}}. <a href="{{links.unsubscribe}}">Unsubscribe</a></mj-text></mj-column></mj-section>';

/**
 * "The next thirty days" over `--contacts` people (default 100,000) of a base like the gate's: a weekly newsletter, a monthly one and a
 * follow-up of three mails, all to everybody; then once more with a cap of three a week beside it. Twice, to see that it says the same.
 */
export async function run(args: string[]): Promise<Record<string, unknown>> {
  const contacts = Number(args[args.indexOf('--contacts') + 1] ?? 0) || 100_000;
  const temporary = await startTemporaryPlatform();
  const app = await createApplicationContext(temporary.platform, temporary.logger);
  try {
    const { sql } = temporary.platform.database;
    console.error(`making ${contacts} contacts, ${contacts * 5} earlier messages`);
    await populateGate(sql, contacts, contacts * 5, NOW);
    const by = 'bench';
    for (const key of ['news', 'offer', 'follow-up-1', 'follow-up-2', 'follow-up-3']) {
      await app.get(TemplatesService, { strict: false }).save(key, { name: key, languages: { nl: { subject: key, preheader: '', mjml: NEWS, layout: 'base' } } }, by);
    }
    await app.get(SegmentsService, { strict: false }).create({ key: 'everybody', name: 'Everybody', scope: 'contact', rule: { kind: 'attribute', attribute: 'email', operator: 'is_set' } }, by);
    const send = (template: string) => ({ kind: 'send', template });
    const cron = (expression: string) => ({ kind: 'cron', cron: expression, timeZone: 'Europe/Amsterdam' });
    const campaigns = {
      weekly: { entry: cron('0 10 * * 2'), steps: [send('news')] },
      monthly: { entry: cron('0 9 15 * *'), steps: [send('offer')], priority: 70 },
      'follow-up': { entry: { kind: 'now' }, exitOn: [{ event: 'Order Completed' }], steps: [send('follow-up-1'), { kind: 'wait', days: 5 }, send('follow-up-2'), { kind: 'wait', days: 5 }, send('follow-up-3')] },
    };
    for (const [key, change] of Object.entries(campaigns)) {
      const saved = await app.get(CampaignsService, { strict: false }).create(key, key, { audience: { segment: 'everybody', scope: 'contact' }, purpose: 'newsletter', ...change }, by);
      if (!saved.ok) throw new Error(JSON.stringify(saved.error));
    }
    const question = { days: 30, campaigns: Object.keys(campaigns) };
    const first = await timed(() => app.get(SimulationService, { strict: false }).run(question, NOW));
    const second = await timed(() => app.get(SimulationService, { strict: false }).run({ ...question, whatIf: { contactCaps: { total: { limit: 3, days: 7 }, purpose: null } } }, NOW));
    return {
      contacts, days: 30, seconds: first.seconds, seconds_with_what_if: second.seconds, journeys: first.simulation.journeys, decisions: first.simulation.course.decisions,
      decisions_per_s: Math.round(first.simulation.course.decisions / first.seconds), totals: first.simulation.course.totals, what_if_totals: second.simulation.whatIf?.totals, waiting: first.simulation.course.waiting,
      same_again: digest(first.simulation.course) === digest(second.simulation.course), rss_peak_mb: Math.round(process.resourceUsage().maxRSS / 1_024),
    };
  } finally {
    await app.close();
    await temporary.remove();
  }
}

async function timed(work: () => ReturnType<SimulationService['run']>): Promise<{ simulation: Simulation; seconds: number }> {
  const started = performance.now();
  const answer = await work();
  if (!answer.ok) throw new Error(JSON.stringify(answer.error));
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  console.error(`${answer.value.journeys} journeys, ${answer.value.course.decisions} decisions: ${seconds} s`);
  return { simulation: answer.value, seconds };
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
