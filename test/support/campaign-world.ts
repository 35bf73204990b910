import { CampaignEntriesService } from '../../src/campaigns/campaign-entries.service.js';
import { type CampaignReport, CampaignReportService } from '../../src/campaigns/campaign-report.service.js';
import { CampaignsService } from '../../src/campaigns/campaigns.service.js';
import { type PlanReport, PlannerService } from '../../src/campaigns/planner.service.js';
import { SteeringService } from '../../src/campaigns/steering.service.js';
import { addressHash } from '../../src/consent/address-hash.js';
import { LedgerService } from '../../src/consent/ledger.service.js';
import { PurposesService } from '../../src/consent/purposes.service.js';
import type { ConsentEvent } from '../../src/core/consent/consent-event.js';
import { purposeInput } from '../../src/core/consent/purpose.js';
import { DEFAULT_POLICIES, type PolicySettings } from '../../src/core/decision/policies.js';
import type { Result } from '../../src/core/shared/result.js';
import { PoliciesService } from '../../src/decisions/policies.service.js';
import { Secrets } from '../../src/platform/secrets.js';
import { LiveService } from '../../src/segments/live/live.service.js';
import { SegmentsService } from '../../src/segments/segments.service.js';
import { TemplatesService } from '../../src/templates/templates.service.js';
import type { TestApp } from './app.js';
import { settled } from './settled.js';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
const BY = 'test';

/** What a campaign needs around it, on a real database: purpose, templates, segments, people who said yes. */
export class CampaignWorld {
  constructor(private readonly app: Pick<TestApp, 'sql' | 'clock' | 'get'>) {}

  /** Purpose "newsletter", templates "june" and "reminder" (which needs a first name), segments "leads" and "all-accounts". */
  async prepare(policies: Partial<PolicySettings> = {}): Promise<void> {
    const purpose = { key: 'newsletter', name: { nl: 'Nieuwsbrief', en: 'Newsletter' }, legalBasis: 'consent', doubleOptIn: false, retentionDays: 730 };
    value(await this.app.get(PurposesService).create(purposeInput.parse(purpose), BY));
    await this.app.get(PoliciesService).replace({ ...DEFAULT_POLICIES, holdoutPercent: 0, duplicateContentDays: 0, ...policies }, BY, this.app.clock.now());
    await this.template('june', 'News of June', 'Good morning.');
    await this.template('reminder', 'A word more, {{contact.first_name}}', 'Good morning {{contact.first_name}}.');
    await this.template('offer', 'For {{account.name}}', 'For {{account.name}}, from {{sender.name}}.');
    await this.segment('leads', 'contact', { kind: 'attribute', attribute: 'lifecycle_stage', operator: 'equals', value: 'lead' });
    await this.segment('all-accounts', 'account', { kind: 'attribute', attribute: 'name', operator: 'is_set' });
  }

  async template(key: string, subject: string, text: string): Promise<void> {
    const mjml = `<mj-section><mj-column><mj-text>${text} <a href="{{links.unsubscribe}}">Unsubscribe</a></mj-text></mj-column></mj-section>`;
    value(await this.app.get(TemplatesService).save(key, { name: key, languages: { en: { subject, preheader: '', mjml, layout: 'base' } } }, BY));
  }

  async segment(key: string, scope: 'contact' | 'account', rule: unknown): Promise<void> {
    value(await this.app.get(SegmentsService).create({ key, name: key, scope, rule }, BY));
  }

  /** Leads with complete consent for the newsletter; with accounts, spread over them in turn. Gives their ids. */
  async people(count: number, options: { accounts?: readonly number[]; stage?: string; consent?: ConsentEvent | null; firstName?: string | null } = {}): Promise<number[]> {
    const { accounts = [], stage = 'lead', consent = 'given', firstName = 'Eva' } = options;
    const secrets = this.app.get(Secrets);
    const now = this.app.clock.now();
    const { last } = await this.app.sql.one<{ last: number }>(
      'test.last',
      // Of people who were removed the ledger stays.
      'select greatest((select max(contact_id) from contacts), (select max(contact_id) from consent_records), 0) as last',
    );
    const ids = Array.from({ length: count }, (_, index) => last + 1 + index);
    const emails = ids.map((id) => `person${id}@people.example`);
    await this.app.sql.exec(
      'test.people',
      `insert into contacts (contact_id, bucket, account_id, email, address_hash, first_name, language, country, time_zone, lifecycle_stage, source, source_at, notice_version, collected_for, created_at, updated_at)
       overriding system value
       select id, bucket_of(id, account), account, email, hash, $5, 'en', 'NL', 'Europe/Amsterdam', $6, 'test', $7, '2026-01', '{newsletter}', $7, $7
         from unnest($1::bigint[], $2::bigint[], $3::text[], $4::bytea[]) person (id, account, email, hash)`,
      [ids, ids.map((id) => (accounts.length > 0 ? accounts[id % accounts.length] : null)), emails, emails.map((email) => addressHash(secrets, email)), firstName, stage, now],
    );
    if (consent !== null) await this.consent(ids, consent, new Date(now.getTime() - 30 * DAY));
    return ids;
  }

  async consent(ids: readonly number[], event: ConsentEvent, occurredAt = this.app.clock.now()): Promise<void> {
    const proof = { actor: 'self' as const, method: 'web_form', controller: 'Voorbeeld & Co', wording: 'Yes, send me the newsletter.', noticeVersion: '2026-01', language: 'en' as const };
    const entries = ids.map((contactId) => ({ contactId, purpose: 'newsletter', event, occurredAt, legalBasis: 'consent' as const, proof }));
    const { refused } = await this.app.get(LedgerService).append(this.app.sql, entries, this.app.clock.now());
    if (refused.length > 0) throw new Error(JSON.stringify(refused[0]));
  }

  /** Removes people, accounts and mail, and stops what runs: each test begins with its own. */
  async clear(): Promise<void> {
    for (const table of ['messages', 'enrollments', 'segment_members', 'consents', 'buying_group_members', 'contacts', 'accounts']) await this.app.sql.exec('test.clear', `delete from ${table}`);
    await this.app.sql.exec('test.clear', `update campaigns set state = 'stopped' where state in ('running', 'paused')`);
  }

  /** Accounts with an owner each; gives their ids. */
  async accounts(count: number, options: { owner?: boolean } = {}): Promise<number[]> {
    const rows = await this.app.sql.many<{ account_id: number }>(
      'test.accounts',
      `with owner as (insert into users (email, name) values ('anna@voorbeeld.example', 'Anna de Vries') on conflict (email) do update set name = excluded.name returning user_id)
       insert into accounts (name, name_key, owner_id, source, created_at, updated_at)
       select 'Account ' || seq, 'account ' || seq, case when $3 then (select user_id from owner) end, 'test', $2, $2
         from generate_series((select count(*) + 1 from accounts), (select count(*) + $1::int from accounts)) seq returning account_id`,
      [count, this.app.clock.now(), options.owner ?? true],
    );
    return rows.map((row) => row.account_id);
  }

  async members(contactIds: readonly number[], role: string): Promise<void> {
    await this.app.sql.exec(
      'test.members',
      `insert into buying_group_members (contact_id, account_id, role, source, valid_from) select contact_id, account_id, $2, 'test', $3 from contacts where contact_id = any($1)`,
      [contactIds, role, this.app.clock.now()],
    );
  }

  async event(contactIds: readonly number[], name: string, properties: object = {}, at = this.app.clock.now()): Promise<void> {
    await this.app.sql.exec('test.defineEvent', `insert into event_definitions (name, purposes) values ($1, '{*}') on conflict do nothing`, [name]);
    await this.app.sql.exec(
      'test.events',
      `insert into events (contact_id, occurred_at, idempotency_key, name, properties, source) select id, $2, gen_random_uuid()::text, $3, $4, 'test' from unnest($1::bigint[]) id`,
      [contactIds, at, name, properties],
    );
  }

  /** Saves a campaign: a newsletter to the leads, but for what is given. */
  async campaign(key: string, change: Record<string, unknown> = {}): Promise<string> {
    const definition = { audience: { segment: 'leads', scope: 'contact' }, entry: { kind: 'now' }, purpose: 'newsletter', steps: [{ kind: 'send', template: 'june' }], ...change };
    value(await this.app.get(CampaignsService).create(key, `Campaign ${key}`, definition, BY));
    return key;
  }

  async start(key: string): Promise<void> {
    value(await this.app.get(SteeringService).start(key, BY));
  }

  async started(key: string, change: Record<string, unknown> = {}): Promise<string> {
    await this.campaign(key, change);
    await this.start(key);
    return key;
  }

  /** Brings segments up to date, lets in and plans whatever is due at the clock's time. */
  async turn(): Promise<PlanReport> {
    await this.app.get(LiveService).settle();
    await settled(this.app.sql, () => this.app.get(CampaignEntriesService).enterDue(this.app.clock.now()));
    return this.app.get(PlannerService).planDue(this.app.clock.now());
  }

  /** What is queued has gone out, as of now; delivery itself has tests of its own. */
  async handOver(): Promise<void> {
    await this.app.sql.exec('test.sent', `update messages set state = 'sent', sent_at = $1 where state = 'queued'`, [this.app.clock.now()]);
  }

  async report(key: string): Promise<CampaignReport> {
    return value(await this.app.get(CampaignReportService).report(key));
  }

  /** What is queued, as [contact, step] in order. */
  async messages(key: string): Promise<[number, number][]> {
    const rows = await this.app.sql.many<{ contact_id: number; step: number }>(
      'test.messages',
      'select contact_id, step from messages m join campaigns c using (campaign_id) where c.key = $1 order by contact_id, occurrence, step',
      [key],
    );
    return rows.map((row) => [row.contact_id, row.step]);
  }

  async state(key: string): Promise<{ state: string; problem: string | null }> {
    return this.app.sql.one('test.state', 'select state, problem from campaigns where key = $1', [key]);
  }

  enrollments(key: string): Promise<{ contact_id: number; occurrence: number; step: number; state: string; due_at: Date; end_reason: string | null; attempts: number }[]> {
    return this.app.sql.many(
      'test.enrollments',
      'select contact_id, occurrence, step, e.state, due_at, end_reason, attempts from enrollments e join campaigns c using (campaign_id) where c.key = $1 order by contact_id, occurrence',
      [key],
    );
  }
}

export function value<Value>(result: Result<Value, unknown>): Value {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}
