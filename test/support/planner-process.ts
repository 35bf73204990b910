import { createInterface } from 'node:readline';
import { createApplicationContext, startPlatform } from '../../src/application.js';
import { PlannerService } from '../../src/campaigns/planner.service.js';
import { SteppedClock } from '../../src/platform/clock/clock.js';
import { loadConfig } from '../../src/platform/config/config.js';
import { PinoLogger } from '../../src/platform/logging/pino-logger.js';

/**
 * A process of planners, for tests that kill it. It reads lines of the form `<moment> <planners>`, plans with so many planners at once until
 * nothing is due at that moment, and answers with a line of JSON. Started with the environment of the application.
 */
async function main(): Promise<void> {
  const config = { ...loadConfig(process.env), roles: [] };
  const logger = new PinoLogger('error');
  const clock = new SteppedClock(new Date(0));
  const app = await createApplicationContext(await startPlatform(config, logger, clock), logger);
  const planner = app.get(PlannerService, { strict: false });
  console.log('ready');
  for await (const line of createInterface({ input: process.stdin })) {
    const [moment = '', planners = '1'] = line.split(' ');
    clock.set(new Date(moment));
    const started = performance.now();
    const reports = await Promise.all(Array.from({ length: Number(planners) }, () => planner.planDue(clock.now())));
    const sum = (of: 'people' | 'queued' | 'deferred' | 'denied' | 'retries'): number => reports.reduce((total, report) => total + report[of], 0);
    console.log(JSON.stringify({ people: sum('people'), queued: sum('queued'), deferred: sum('deferred'), denied: sum('denied'), retries: sum('retries'), milliseconds: performance.now() - started }));
  }
  await app.close();
}

void main();
