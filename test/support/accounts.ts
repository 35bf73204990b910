import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ImportService } from '../../src/customers/import/import.service.js';
import { accountNameKey } from '../../src/accounts/name-key.js';
import type { TestApp } from './app.js';

const DATA = 'test/support/data';

/** The accounts (and, asked for, the pipeline) of the crm-sales set, with domains under .example. */
export async function importCrm(app: TestApp, kinds: readonly ('users' | 'accounts' | 'opportunities')[] = ['accounts']): Promise<void> {
  await app.sql.exec('test.purpose', `insert into purposes (purpose, name_nl, name_en, legal_basis, retention_days) values ('sales', 'x', 'x', 'consent', 365) on conflict do nothing`);
  const files = { users: 'sales_teams', accounts: 'accounts', opportunities: 'sales_pipeline' };
  for (const kind of kinds) {
    const map: unknown = JSON.parse(readFileSync(`${DATA}/maps/crm-${kind}.json`, 'utf8'));
    const report = await app.get(ImportService).run({ kind, file: `${DATA}/crm-sales/${files[kind]}.csv`, map, source: 'crm', purposes: ['sales'], rejectedFile: join(app.config.dataDir, `rejected-${kind}.csv`) });
    if (!report.ok) throw new Error(JSON.stringify(report.error));
  }
}

export interface AccountGiven {
  readonly name: string;
  readonly domain?: string;
  readonly country?: string | null;
  readonly vat?: string;
  readonly coc?: string;
  readonly parentId?: number;
}

export async function addAccount(app: TestApp, given: AccountGiven): Promise<number> {
  const row = await app.sql.one<{ account_id: number }>(
    'test.addAccount',
    `insert into accounts (name, name_key, domain, country, vat_number, coc_number, parent_account_id, source, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7, 'test', $8, $8) returning account_id`,
    [given.name, accountNameKey(given.name), given.domain ?? null, given.country === undefined ? 'NL' : given.country, given.vat ?? null, given.coc ?? null, given.parentId ?? null, app.clock.now()],
  );
  return row.account_id;
}

/** Adds somebody over the API, as a form or a webshop would. */
export async function addLead(app: TestApp, body: Record<string, unknown>): Promise<number> {
  const response = await app.request('POST', '/api/v1/contacts', { body: { provenance: { source: 'form', purposes: ['sales'] }, ...body } });
  if (response.status >= 300) throw new Error(response.text);
  return response.body.id as number;
}

export async function accountOf(app: TestApp, contactId: number): Promise<number | null> {
  const { account_id: accountId } = await app.sql.one<{ account_id: number | null }>('test.accountOf', 'select account_id from contacts where contact_id = $1', [contactId]);
  return accountId;
}
