import { Inject, Injectable } from '@nestjs/common';
import type { RuleProblem } from '../core/rule/parse-rule.js';
import type { Reach } from '../core/shared/reach.js';
import type { Result } from '../core/shared/result.js';
import type { TablePlace } from '../core/table/compile-table.js';
import { readTableAsk, type TableInput } from '../core/table/table-ask.js';
import { Clock } from '../platform/clock/clock.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { Sql } from '../platform/database/sql.js';
import { accountConditions, type AccountRow, estimateAccounts, pageOfAccounts, readAccounts } from './accounts.queries.js';
import { loadCatalogue } from '../customers/values/catalogue.js';
import { accountNameKey } from './name-key.js';
import { readTable, type TableReader, type TableRows } from '../customers/table/read-table.js';

interface AccountFinding {
  readonly name?: string | undefined;
  readonly domain?: string | undefined;
  readonly parentId?: number | undefined;
  readonly ownerId?: number | undefined;
  readonly reach?: Reach;
}

/** The table of accounts: sorted and filtered by any attribute. */
@Injectable()
export class AccountsTableService {
  private readonly reader: TableReader<AccountRow>;

  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Config, 'defaultTimeZone'>,
  ) {
    this.reader = {
      page: (statement) => pageOfAccounts(sql, statement),
      estimate: (statement) => estimateAccounts(sql, statement),
      rows: async (ids) => new Map((await readAccounts(sql, ids)).map((row) => [row.account_id, row])),
    };
  }

  async read(input: TableInput, { name, ...rest }: AccountFinding, after: TablePlace | undefined, limit: number): Promise<Result<TableRows<AccountRow>, RuleProblem[]>> {
    const ask = readTableAsk('account', input, await loadCatalogue(this.sql));
    if (!ask.ok) return ask;
    const moment = { now: this.clock.now(), timeZone: this.config.defaultTimeZone };
    return readTable(this.reader, { ask: ask.value, own: accountConditions({ ...rest, nameKey: name === undefined ? undefined : accountNameKey(name) }), moment }, after, limit);
  }
}
