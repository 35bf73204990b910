import { HoldsService } from '../../src/tasks/holds/holds.service.js';
import type { AdvancedHold, HoldStepTaken, HoldToOpen, OpenedHold } from '../../src/tasks/holds/hold.js';
import type { TestApp } from './app.js';
import { addAccount } from './accounts.js';
import { addContact } from './people.js';

export interface HoldRow {
  kind: string;
  contact_id?: number;
  account_id?: number;
  campaign_id: number | null;
  task_id: number | null;
  ends_at: Date | null;
  closed_at: Date | null;
}

/** An account with an owner, and people in it. */
export class HumansWorld {
  private people = 0;

  constructor(readonly app: TestApp) {}

  async user(email: string, role = 'account_manager'): Promise<number> {
    const row = await this.app.sql.one<{ user_id: number }>('test.user', `insert into users (email, name, role) values ($1, $1, $2) on conflict (email) do update set role = excluded.role returning user_id`, [email, role]);
    return row.user_id;
  }

  async account(name: string, owner?: string): Promise<number> {
    const accountId = await addAccount(this.app, { name });
    if (owner !== undefined) await this.app.sql.exec('test.owner', 'update accounts set owner_id = $2 where account_id = $1', [accountId, await this.user(owner)]);
    return accountId;
  }

  async person(accountId?: number, role?: string): Promise<number> {
    const contactId = await addContact(this.app, { email: `person${(this.people += 1)}@humans.example` });
    if (accountId !== undefined) await this.app.sql.exec('test.place', 'update contacts set account_id = $2, bucket = bucket_of(contact_id, $2) where contact_id = $1', [contactId, accountId]);
    if (accountId !== undefined && role !== undefined) {
      await this.app.sql.exec('test.role', `insert into buying_group_members (contact_id, account_id, role, source, valid_from) values ($1, $2, $3, 'test', $4)`, [contactId, accountId, role, this.app.clock.now()]);
    }
    return contactId;
  }

  open(hold: Partial<HoldToOpen> & Pick<HoldToOpen, 'kind'>): Promise<OpenedHold[]> {
    return this.app.get(HoldsService).open(this.app.sql, [{ cause: `test:${hold.kind}`, reason: 'a test', by: 'key:test', ...hold }]);
  }

  close(step: HoldStepTaken['step'], of: HoldStepTaken['of']): Promise<AdvancedHold[]> {
    return this.app.get(HoldsService).close(this.app.sql, [{ of, step, by: 'key:test' }]);
  }

  holds(): Promise<HoldRow[]> {
    return this.app.sql.many<HoldRow & Record<string, unknown>>(
      'test.holds',
      `select kind, contact_id, null as account_id, campaign_id, task_id, ends_at, closed_at, hold_id from contact_holds
       union all select kind, null, account_id, campaign_id, task_id, ends_at, closed_at, hold_id from account_holds order by contact_id nulls last, hold_id`,
    );
  }

  tasks(): Promise<{ task_id: number; kind: string; contact_id: number | null; account_id: number | null; owner: string | null; state: string; due_at: Date; reason: string }[]> {
    return this.app.sql.many('test.tasks', 'select task_id, kind, contact_id, account_id, u.email as owner, state, due_at, reason from tasks left join users u on u.user_id = owner_id order by task_id');
  }

  async event(contactId: number, name: string, properties: object = {}, at = this.app.clock.now()): Promise<void> {
    const response = await this.app.request('POST', '/api/v1/events', { body: { source: 'test', events: [{ contact: { id: contactId }, name, occurredAt: at.toISOString(), properties }] } });
    if (response.status !== 200 || response.body.rejected > 0) throw new Error(response.text);
  }

  async clear(): Promise<void> {
    for (const table of ['contact_holds', 'account_holds', 'tasks', 'human_touches', 'messages', 'enrollments', 'events', 'buying_group_members', 'identities', 'contacts', 'opportunities', 'accounts', 'users']) await this.app.sql.exec('test.clear', `delete from ${table}`);
    await this.app.sql.exec('test.clear', `delete from settings where key in ('handover_policy')`);
  }
}
