import { readFile } from 'node:fs/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { PortfolioRefreshService } from '../accounts/portfolio/refresh.service.js';
import { ScoresService } from '../accounts/scores/scores.service.js';
import { CampaignsService } from '../campaigns/campaigns.service.js';
import { PurposesService } from '../consent/purposes.service.js';
import { purposeInput } from '../core/consent/purpose.js';
import type { Result } from '../core/shared/result.js';
import type { ImportKind } from '../customers/import/import-fields.js';
import { ImportService } from '../customers/import/import.service.js';
import { SegmentsService } from '../segments/segments.service.js';
import { DEMO_CAMPAIGNS, DEMO_PURPOSES, DEMO_SEGMENTS } from './demo-definitions.js';
import { dataFile, writeDemoFiles } from './demo-files.js';
import { BUSINESS_CONTACTS_MAP, CONSUMER_DETAILS_MAP, EVENTS_MAP } from './demo-maps.js';
import { listDemoAccounts } from './demo.queries.js';
import { Sql } from '../platform/database/sql.js';

const ACTOR = 'demo';
const ALL_PURPOSES = DEMO_PURPOSES.map(({ key }) => key);

/** Sets the company up by the services that API and command line use, and tells each step. */
export async function prepareCompany(app: INestApplicationContext, folder: string, now: Date, tell: (step: string) => void): Promise<void> {
  const purposes = app.get(PurposesService, { strict: false });
  for (const purpose of DEMO_PURPOSES) expectOk('purpose', await purposes.create(purposeInput.parse(purpose), ACTOR));
  tell('Importing sales teams, accounts and the sales pipeline');
  await importFile(app, 'users', dataFile('crm-sales/sales_teams.csv'), await mapFile('crm-users'), ['account_advice']);
  await importFile(app, 'accounts', dataFile('crm-sales/accounts.csv'), await mapFile('crm-accounts'), ['account_advice', 'product_updates']);
  await importFile(app, 'opportunities', dataFile('crm-sales/sales_pipeline.csv'), await mapFile('crm-opportunities'), ['account_advice']);
  const files = await writeDemoFiles(folder, await listDemoAccounts(app.get(Sql)), now);
  tell('Importing contacts with their consents');
  await importFile(app, 'contacts', files.businessContacts, BUSINESS_CONTACTS_MAP, ['product_updates', 'account_advice']);
  await importFile(app, 'contacts', dataFile('consumers/marketing_campaign.csv'), await mapFile('consumers'), ['newsletter']);
  await importFile(app, 'contacts', files.consumers, CONSUMER_DETAILS_MAP, ['newsletter']);
  tell('Importing a year of events');
  await importFile(app, 'events', files.events, EVENTS_MAP, ALL_PURPOSES);
  tell('Working out stages and RFM from orders');
  await app.get(PortfolioRefreshService, { strict: false }).refreshAll(ACTOR);
  tell('Scoring accounts by fit and engagement');
  await app.get(ScoresService, { strict: false }).refreshAll(ACTOR);
  tell('Saving segments and campaigns');
  const segments = app.get(SegmentsService, { strict: false });
  for (const segment of DEMO_SEGMENTS) expectOk(`segment ${segment.key}`, await segments.create({ ...segment }, ACTOR));
  const campaigns = app.get(CampaignsService, { strict: false });
  for (const campaign of DEMO_CAMPAIGNS) expectOk(`campaign ${campaign.key}`, await campaigns.create(campaign.key, campaign.name, campaign.definition, ACTOR));
}

export async function importFile(app: INestApplicationContext, kind: ImportKind, file: string, map: unknown, purposes: readonly string[]): Promise<void> {
  const imported = expectOk(`import of ${file}`, await app.get(ImportService, { strict: false }).run({ kind, file, map, source: 'demo', purposes, noticeVersion: '2024-01' }));
  if (imported.rejected > 0) throw new Error(`The demo's own file ${file} has rows that were rejected: ${JSON.stringify(imported.firstRejected)}`);
}

async function mapFile(name: string): Promise<unknown> {
  return JSON.parse(await readFile(dataFile(`maps/${name}.json`), 'utf8')) as unknown;
}

export function expectOk<Value>(what: string, result: Result<Value, unknown>): Value {
  if (!result.ok) throw new Error(`The demo could not prepare its ${what}: ${JSON.stringify(result.error)}`);
  return result.value;
}
