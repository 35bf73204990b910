import { Inject, Injectable } from '@nestjs/common';
import type { RuleProblem } from '../../core/rule/parse-rule.js';
import type { Result } from '../../core/shared/result.js';
import type { TablePlace } from '../../core/table/compile-table.js';
import { readTableAsk, type TableInput } from '../../core/table/table-ask.js';
import { Clock } from '../../platform/clock/clock.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { Sql } from '../../platform/database/sql.js';
import { contactConditions, type ContactFilter, type ContactRow, estimateContacts, pageOfContacts, readContacts } from '../contacts.queries.js';
import { loadCatalogue } from '../values/catalogue.js';
import { readTable, type TableReader, type TableRows } from './read-table.js';

/** The table of contacts: sorted and filtered by any attribute. */
@Injectable()
export class ContactsTableService {
  private readonly reader: TableReader<ContactRow>;

  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Config, 'defaultTimeZone'>,
  ) {
    this.reader = {
      page: (statement) => pageOfContacts(sql, statement),
      estimate: (statement) => estimateContacts(sql, statement),
      rows: async (ids) => new Map((await readContacts(sql, ids)).map((row) => [row.contact_id, row])),
    };
  }

  async read(input: TableInput, filter: ContactFilter, after: TablePlace | undefined, limit: number): Promise<Result<TableRows<ContactRow>, RuleProblem[]>> {
    const ask = readTableAsk('contact', input, await loadCatalogue(this.sql));
    if (!ask.ok) return ask;
    const moment = { now: this.clock.now(), timeZone: this.config.defaultTimeZone };
    return readTable(this.reader, { ask: ask.value, own: contactConditions(filter), moment }, after, limit);
  }
}
