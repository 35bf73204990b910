import { DEFAULT_PORTFOLIO_POLICY } from '../../src/core/account/portfolio-policy.js';
import { DEFAULT_SCORE_POLICY } from '../../src/core/account/score-policy.js';
import { DEFAULT_POLICIES } from '../../src/core/decision/policies.js';
import { LinkTokens } from '../../src/consent/link-tokens.js';
import { LettersService } from '../../src/privacy/rights/letters/letters.service.js';
import { PreferenceLinks } from '../../src/consent/preference-links.js';
import { UpkeepService } from '../../src/customers/values/upkeep.service.js';
import { CampaignWorld, DAY } from '../support/campaign-world.js';
import { type TestApp, useApp } from '../support/app.js';
import { addContact, askToConfirm } from '../support/people.js';
import { nameOf, routesOf } from '../support/routes.js';

type Is = Record<string, number | string>;
/** A route, how it is called once in good order, and what the trail says of it afterwards. */
type Given<Value> = (is: Is, app: TestApp) => Value | Promise<Value>;
type Act = readonly [route: string, action: string, path: Given<string>, body?: Given<unknown>];

const FORM = 'application/x-www-form-urlencoded';
const rule = { kind: 'attribute', attribute: 'email', operator: 'is_set' };
const definition = { audience: { segment: 'leads', scope: 'contact' }, entry: { kind: 'now' }, purpose: 'newsletter', steps: [{ kind: 'send', template: 'june' }] };
const languages = { en: { subject: 'Hello', preheader: '', mjml: '<mj-section><mj-column><mj-text>Hi <a href="{{links.unsubscribe}}">Unsubscribe</a></mj-text></mj-column></mj-section>', layout: 'base' } };
const assessment = { interest: 'Selling what we make.', necessity: 'Little else would do.', balance: 'It weighs lightly.', safeguards: 'An objection counts at once.', assessedBy: 'Fien', assessedOn: '2026-06-01', reviewOn: '2027-06-01' };
const to = (path: string) => () => path;

/** In the order in which somebody would do it. */
const ACTS: readonly Act[] = [
  ['POST /api/v1/users', 'user.added', to('/api/v1/users'), () => ({ email: 'fien@tactful.example', name: 'Fien', role: 'officer' })],
  ['POST /api/v1/api-keys', 'api_key.created', to('/api/v1/api-keys'), () => ({ name: 'more', scopes: ['segments:read'] })],
  ['DELETE /api/v1/api-keys/:id', 'api_key.revoked', async (_, app) => `/api/v1/api-keys/${(await app.sql.one<{ id: number }>('test.key', `select key_id as id from api_keys where name = 'more'`)).id}`],
  ['POST /api/v1/write-keys', 'write_key.created', to('/api/v1/write-keys'), () => ({ source: 'site', kind: 'server', purposes: ['newsletter'], noticeVersion: '1' })],
  ['DELETE /api/v1/write-keys/:id', 'write_key.revoked', (is) => `/api/v1/write-keys/${is['POST /api/v1/write-keys']}`],
  ['PUT /api/v1/policies', 'policies.changed', to('/api/v1/policies'), () => ({ ...DEFAULT_POLICIES, holdoutPercent: 0 })],
  ['PUT /api/v1/portfolio/policy', 'portfolio_policy.changed', to('/api/v1/portfolio/policy'), () => ({ ...DEFAULT_PORTFOLIO_POLICY, rfm: { ...DEFAULT_PORTFOLIO_POLICY.rfm, windowDays: 400 } })],
  ['POST /api/v1/portfolio/refresh', 'portfolio.refreshed', to('/api/v1/portfolio/refresh')],
  ['PUT /api/v1/scores/policy', 'score_policy.changed', to('/api/v1/scores/policy'), () => ({ ...DEFAULT_SCORE_POLICY, fit: { ...DEFAULT_SCORE_POLICY.fit, conditions: [] }, engagement: { ...DEFAULT_SCORE_POLICY.engagement, kinds: [{ key: 'visit', events: [{ event: 'Visited', where: [] }], weight: 1, halfLifeDays: 5 }] } })],
  ['POST /api/v1/scores/refresh', 'scores.refreshed', to('/api/v1/scores/refresh')],
  ['PUT /api/v1/tasks/policy', 'handover_policy.changed', to('/api/v1/tasks/policy'), async (_, app) => ({ ...(await app.request('GET', '/api/v1/tasks/policy')).body, openDeals: false })],
  ['PUT /api/v1/sending-domains/:domain', 'sending_domain.changed', to('/api/v1/sending-domains/mail.example'), () => ({ hourlyLimit: 100 })],
  ['PUT /api/v1/suppressed-domains/:domain', 'suppressed_domain.added', to('/api/v1/suppressed-domains/rival.example'), () => ({ reason: 'a competitor' })],
  ['DELETE /api/v1/suppressed-domains/:domain', 'suppressed_domain.removed', to('/api/v1/suppressed-domains/rival.example')],

  ['POST /api/v1/purposes', 'purpose.created', to('/api/v1/purposes'), () => ({ key: 'fair', name: { nl: 'Beurs', en: 'Fair' }, legalBasis: 'consent', retentionDays: 90 })],
  ['PATCH /api/v1/purposes/:key', 'purpose.changed', to('/api/v1/purposes/fair'), () => ({ retentionDays: 91 })],
  ['POST /api/v1/purposes/:key/balancing-assessments', 'purpose.assessed', to('/api/v1/purposes/fair/balancing-assessments'), () => assessment],
  ['POST /api/v1/consent-wordings', 'wording.published', to('/api/v1/consent-wordings'), () => ({ wording: 'sign-up', purpose: 'newsletter', texts: { nl: 'Ja, graag.', en: 'Yes, please.' } })],
  ['POST /api/v1/consent-forms', 'form.published', to('/api/v1/consent-forms'), () => ({ form: 'site', title: { nl: 'Nieuws', en: 'News' }, noticeVersion: '1', wordings: ['sign-up'] })],
  ['POST /api/v1/opt-in-requests', 'ledger:requested', to('/api/v1/opt-in-requests'), () => ({ email: 'new@readers.example', wordings: ['sign-up@1'], noticeVersion: '1', proof: { method: 'web_form' } })],
  ['POST /api/v1/purposes/:key/re-confirmations', 'consent.asked_again', to('/api/v1/purposes/newsletter/re-confirmations'), () => ({ dryRun: false, who: ['unconfirmed'] })],
  ['POST /api/v1/purposes/:key/retire', 'purpose.retired', to('/api/v1/purposes/fair/retire')],

  ['POST /api/v1/imports', 'import.ran', to('/api/v1/imports'), () => importOf('email,name\nimported@people.example,Imre\n')],
  ['POST /api/v1/contacts', 'contact.created', to('/api/v1/contacts'), () => ({ email: 'made@people.example', provenance: { source: 'test', purposes: ['newsletter'] } })],
  ['PATCH /api/v1/contacts/:id', 'contact.changed', (is) => `/api/v1/contacts/${is['anna']}`, () => ({ city: 'Delft' })],
  ['POST /api/v1/contacts/:id/touches', 'touch.logged', (is) => `/api/v1/contacts/${is['anna']}/touches`, (_, app) => ({ kind: 'call', at: app.clock.now().toISOString() })],
  ['POST /api/v1/contacts/:id/consents', 'consent.recorded', (is) => `/api/v1/contacts/${is['anna']}/consents`, () => ({ purpose: 'newsletter', event: 'given', proof: { actor: 'agent', actorName: 'Bert', method: 'phone', controller: 'Voorbeeld', wording: 'Ja, graag.' } })],
  ['POST /api/v1/suppressions', 'suppression.added', to('/api/v1/suppressions'), (is) => ({ contactId: is['anna'], reason: 'manual' })],
  ['POST /api/v1/suppressions/lift', 'suppression.lifted', to('/api/v1/suppressions/lift'), (is) => ({ contactId: is['anna'], reason: 'manual', why: 'asked by phone', requestedByPerson: true })],
  ['POST /api/v1/contacts/:id/merge', 'contact.merged', (is) => `/api/v1/contacts/${is['anna']}/merge`, (is) => ({ contactId: is['bea'] })],
  ['POST /api/v1/merges/:id/undo', 'contact.unmerged', async (_, app) => `/api/v1/merges/${(await app.sql.one<{ id: number }>('test.merge', 'select merge_id as id from contact_merges')).id}/undo`],

  ['POST /api/v1/accounts', 'account.created', to('/api/v1/accounts'), () => ({ name: 'First BV', source: 'test' })],
  ['PATCH /api/v1/accounts/:id', 'account.changed', (is) => `/api/v1/accounts/${is['account']}`, () => ({ city: 'Delft' })],
  ['PUT /api/v1/accounts/:id/domains', 'account.domains_changed', (is) => `/api/v1/accounts/${is['account']}/domains`, () => ({ domains: [{ domain: 'first.example', verified: true }] })],
  ['POST /api/v1/accounts/match', 'account_match.ran', async (_, app) => {
    await addContact(app, { email: 'new@first.example' });
    return '/api/v1/accounts/match';
  }, () => ({})],
  ['POST /api/v1/accounts/matches/pin', 'contact.match_pinned', to('/api/v1/accounts/matches/pin'), (is) => ({ contactId: is['anna'], accountId: is['account'] })],
  ['PUT /api/v1/accounts/:id/buying-group', 'account.buying_group_changed', (is) => `/api/v1/accounts/${is['account']}/buying-group`, (is) => ({ source: 'crm', members: [{ contactId: is['anna'], role: 'decider' }] })],
  ['PUT /api/v1/accounts/buying-group-policy', 'buying_group_policy.changed', to('/api/v1/accounts/buying-group-policy'), () => ({ required: { decider: 2 } })],
  ['POST /api/v1/account-triggers', 'account_trigger.created', to('/api/v1/account-triggers'), () => ({ key: 'pricing', name: 'Pricing' })],
  ['PUT /api/v1/account-triggers/:key', 'account_trigger.changed', to('/api/v1/account-triggers/pricing'), () => ({ name: 'Prices', definition: { people: 4 } })],
  ['POST /api/v1/account-triggers/:key/pause', 'account_trigger.paused', to('/api/v1/account-triggers/pricing/pause')],
  ['POST /api/v1/account-triggers/:key/resume', 'account_trigger.resumed', to('/api/v1/account-triggers/pricing/resume')],
  ['POST /api/v1/accounts/matches/:id/accept', 'contact.match_accepted', (is, app) => proposed(is, app, 'accept')],
  ['POST /api/v1/accounts/matches/:id/undo', 'contact.match_undone', async (_, app) => `/api/v1/accounts/matches/${(await app.sql.one<{ id: number }>('test.matched', `select match_id as id from account_matches where state = 'matched' and ended_at is null`)).id}/undo`],
  ['POST /api/v1/accounts/matches/:id/reject', 'contact.match_rejected', (is, app) => proposed(is, app, 'reject', 'dirk')],
  ['POST /api/v1/accounts/:id/merge', 'account.merged', (is) => `/api/v1/accounts/${is['account']}/merge`, (is) => ({ accountId: is['other'] })],
  ['POST /api/v1/accounts/merges/:id/undo', 'account.unmerged', async (_, app) => `/api/v1/accounts/merges/${(await app.sql.one<{ id: number }>('test.merge', 'select merge_id as id from account_merges')).id}/undo`],

  ['POST /api/v1/segments', 'segment.created', to('/api/v1/segments'), () => ({ key: 'mailable', name: 'Mailable', scope: 'contact', rule })],
  ['PUT /api/v1/segments/:key', 'segment.changed', to('/api/v1/segments/mailable'), () => ({ name: 'Mailable', scope: 'contact', rule: { kind: 'not', condition: rule } })],
  ['POST /api/v1/segments/:key/versions/:version/restore', 'segment.restored', to('/api/v1/segments/mailable/versions/1/restore')],
  ['POST /api/v1/segments/:key/snapshots', 'snapshot.taken', to('/api/v1/segments/mailable/snapshots'), () => ({ name: 'june' })],
  ['POST /api/v1/segments/:key/snapshots/:name/list', 'list.created', to('/api/v1/segments/mailable/snapshots/june/list'), () => ({ key: 'of-june', name: 'Of June' })],
  ['DELETE /api/v1/segments/:key/snapshots/:name', 'snapshot.deleted', to('/api/v1/segments/mailable/snapshots/june')],
  ['DELETE /api/v1/segments/:key', 'segment.deleted', to('/api/v1/segments/mailable')],
  ['POST /api/v1/lists', 'list.created', to('/api/v1/lists'), () => ({ key: 'guests', name: 'Guests' })],
  ['PUT /api/v1/lists/:key', 'list.changed', to('/api/v1/lists/guests'), () => ({ name: 'Guests of honour' })],
  ['POST /api/v1/lists/:key/members', 'list.members_added', to('/api/v1/lists/guests/members'), (is) => ({ members: [{ id: is['anna'] }] })],
  ['POST /api/v1/lists/:key/members/remove', 'list.members_removed', to('/api/v1/lists/guests/members/remove'), (is) => ({ members: [{ id: is['anna'] }] })],
  ['DELETE /api/v1/lists/:key', 'segment.deleted', to('/api/v1/lists/guests')],

  ['POST /api/v1/templates', 'template.saved', to('/api/v1/templates'), () => ({ key: 'plain', name: 'Plain', languages })],
  ['PUT /api/v1/templates/:key', 'template.saved', to('/api/v1/templates/plain'), () => ({ name: 'Plainer', languages: { en: { ...languages.en, subject: 'Hello again' } } })],
  ['POST /api/v1/campaigns', 'campaign.created', to('/api/v1/campaigns'), () => ({ key: 'spring', name: 'Spring', definition })],
  ['PUT /api/v1/campaigns/:key', 'campaign.changed', to('/api/v1/campaigns/spring'), () => ({ name: 'Spring!', definition })],
  ['POST /api/v1/campaigns/:key/start', 'campaign.started', to('/api/v1/campaigns/spring/start')],
  ['POST /api/v1/campaigns/:key/pause', 'campaign.paused', to('/api/v1/campaigns/spring/pause')],
  ['POST /api/v1/campaigns/:key/resume', 'campaign.resumed', to('/api/v1/campaigns/spring/resume')],
  ['POST /api/v1/campaigns/:key/stop', 'campaign.stopped', to('/api/v1/campaigns/spring/stop')],
  ['DELETE /api/v1/campaigns/:key', 'campaign.removed', async (_, app) => {
    await app.request('POST', '/api/v1/campaigns', { body: { key: 'never', name: 'Never', definition } });
    return '/api/v1/campaigns/never';
  }],
  ['POST /api/v1/messages/:contactId/:messageId/resend', 'message.resent', async (is, app) => `/api/v1/messages/${is['anna']}/${await uncertain(is, app)}/resend`],

  ['POST /api/v1/drafts/:contactId/:messageId/approve', 'message.approved', async (is, app) => `/api/v1/drafts/${is['lead']}/${await draft(is, app, 8)}/approve`],
  ['POST /api/v1/drafts/approve', 'campaign.wave_approved', async (is, app) => {
    await draft(is, app, 10);
    return '/api/v1/drafts/approve';
  }, () => ({ campaign: 'spring', step: 1, count: 1 })],
  ['POST /api/v1/drafts/:contactId/:messageId/drop', 'message.dropped', async (is, app) => `/api/v1/drafts/${is['lead']}/${await draft(is, app, 9)}/drop`],

  ['POST /api/v1/tasks', 'task.opened', to('/api/v1/tasks'), (is) => ({ kind: 'complaint', contact: is['anna'], reason: 'Late again.' })],
  ['POST /api/v1/tasks/:id/assign', 'task.assigned', (is, app) => task(is, app, 'assign'), () => ({ owner: 'fien@tactful.example' })],
  ['POST /api/v1/tasks/:id/notes', 'task.noted', (is, app) => task(is, app, 'notes'), () => ({ note: 'Called.' })],
  ['POST /api/v1/tasks/:id/write', 'task.written', (is, app) => task(is, app, 'write'), () => ({ subject: 'Sorry', text: 'It will not happen again.', purpose: 'newsletter' })],
  ['POST /api/v1/tasks/:id/close', 'task.closed', (is, app) => task(is, app, 'close'), () => ({ outcome: 'Settled.' })],
  ['POST /api/v1/tasks/:id/hand-back', 'task.handed_back', (is, app) => task(is, app, 'hand-back'), () => ({ outcome: 'Settled.' })],
  ['POST /api/v1/tasks/:id/drop', 'task.dropped', (is, app) => task(is, app, 'drop'), () => ({ outcome: 'Nothing to do.' })],
  ['POST /api/v1/tasks/:id/approve', 'task.approved', (is, app) => deal(is, app)],
  ['POST /api/v1/holds', 'hold.opened', to('/api/v1/holds'), (is) => ({ kind: 'complaint', contact: is['anna'], reason: 'Late again.' })],
  ['POST /api/v1/holds/:scope/:id/close', 'hold.step', (_, app) => hold(app, 'close'), () => ({ step: 'resolved' })],
  ['POST /api/v1/holds/:scope/:id/retract', 'hold.retracted', (_, app) => hold(app, 'retract'), () => ({ why: 'another person' })],
  ['POST /api/v1/replies', 'hold.opened', to('/api/v1/replies'), (is) => ({ contact: is['anna'], key: 'reply-1', text: 'Call me.' })],

  ['PATCH /api/v1/attributes/:scope/:key', 'attribute.classified', (_, app) => attribute(app, 'plan', ''), () => ({ purposes: ['newsletter'] })],
  ['POST /api/v1/attributes/:scope/:key/type', 'attribute.retyped', (_, app) => attribute(app, 'size', '/type'), () => ({ type: 'number' })],
  ['POST /api/v1/attributes/:scope/:key/index', 'attribute.indexed', (_, app) => attribute(app, 'plan', '/index')],
  ['DELETE /api/v1/attributes/:scope/:key/index', 'attribute.unindexed', (_, app) => attribute(app, 'plan', '/index')],
  ['POST /api/v1/attributes/:scope/:key/rename', 'attribute.renamed', (_, app) => attribute(app, 'old', '/rename'), () => ({ key: 'fresh' })],
  ['DELETE /api/v1/attributes/:scope/:key', 'attribute.deleted', (_, app) => attribute(app, 'gone', '')],
  ['PUT /api/v1/attributes/contact/:key/computation', 'attribute.computed', to('/api/v1/attributes/contact/visits/computation'), () => ({ computation: { aggregate: 'count', event: 'Visited' } })],
  ['PATCH /api/v1/events/definitions/:name', 'event.classified', to('/api/v1/events/definitions/Visited'), () => ({ purposes: ['newsletter'] })],

  ['PUT /api/v1/privacy/register/facts', 'register.changed', to('/api/v1/privacy/register/facts'), () => ({ controller: 'Voorbeeld' })],
  ['PUT /api/v1/privacy/retention', 'retention.changed', to('/api/v1/privacy/retention'), () => ({ mailbox: 30 })],
  ['POST /api/v1/privacy/recipients', 'recipient.added', to('/api/v1/privacy/recipients'), () => ({ name: 'Mailshop', url: 'https://mailshop.example/hook' })],
  ['DELETE /api/v1/privacy/recipients/:id', 'recipient.retired', (is) => `/api/v1/privacy/recipients/${is['POST /api/v1/privacy/recipients']}`],
  ['PUT /api/v1/privacy/contacts/:id/restriction', 'contact.restricted', (is) => `/api/v1/privacy/contacts/${is['anna']}/restriction`, () => ({ restricted: true })],
  ['POST /api/v1/privacy/requests', 'privacy.request_received', to('/api/v1/privacy/requests'), (is) => ({ contactId: is['anna'], kind: 'portability', channel: 'phone' })],
  ['POST /api/v1/privacy/requests/:id/identity', 'privacy.request_verified', (is) => `/api/v1/privacy/requests/${is['POST /api/v1/privacy/requests']}/identity`, () => ({ how: 'known voice' })],
  ['POST /api/v1/privacy/requests/:id/start', 'privacy.request_in_progress', (is) => `/api/v1/privacy/requests/${is['POST /api/v1/privacy/requests']}/start`],
  ['POST /api/v1/privacy/requests/:id/extend', 'privacy.request_extended', (is) => `/api/v1/privacy/requests/${is['POST /api/v1/privacy/requests']}/extend`, () => ({ reason: 'much of it' })],
  ['POST /api/v1/privacy/requests/:id/fulfil', 'privacy.request_done', (is) => `/api/v1/privacy/requests/${is['POST /api/v1/privacy/requests']}/fulfil`, () => ({})],
  ['POST /api/v1/privacy/requests/:id/refuse', 'privacy.request_refused', async (is, app) => `/api/v1/privacy/requests/${(await app.request('POST', '/api/v1/privacy/requests', { body: { contactId: is['bea'], kind: 'access', channel: 'phone', identityHow: 'known' } })).body.id}/refuse`, () => ({ reason: 'asked every day' })],
  ['POST /api/v1/privacy/erasures', 'privacy.erased', to('/api/v1/privacy/erasures'), () => ({ email: 'let-go@elders.example' })],
  ['DELETE /api/v1/privacy/contacts/:id', 'privacy.erased', (is) => `/api/v1/privacy/contacts/${is['cas']}`],

  // What people do themselves, by a link of theirs.
  ['POST /subscribe/:form', 'ledger:requested', to('/subscribe/site'), () => 'email=by-form%40readers.example'],
  ['POST /confirm/:token', 'ledger:confirmed', async (is, app) => {
    await app.request('POST', `/api/v1/contacts/${is['bea']}/consents`, { body: { purpose: 'newsletter', event: 'requested', proof: { actor: 'agent', actorName: 'Bert', method: 'phone', controller: 'Voorbeeld', wording: 'Ja, graag.' } } });
    return askToConfirm(app, is['bea'] as number);
  }, () => ''],
  ['POST /preferences/:token', 'preferences.changed', (is, app) => pathOf(app.get(PreferenceLinks).preferenceUrl({ contactId: is['bea'] as number })), () => 'action=pause_30'],
  ['POST /unsubscribe/:token', 'ledger:withdrawn', (is, app) => `/unsubscribe/${app.get(LinkTokens).unsubscribe({ contactId: is['bea'] as number, messageId: 1, purpose: 'newsletter' })}`, () => 'List-Unsubscribe=One-Click'],
  ['POST /my-data', 'privacy.request_received', to('/my-data?lang=en'), () => 'email=bea%40people.example&kind=access'],
  ['POST /my-data/confirm/:token', 'privacy.request_verified', (_, app) => mailedLink(app, 'confirm'), () => ''],
  ['POST /my-data/export/:token', 'privacy.export_fetched', (_, app) => mailedLink(app, 'export'), () => 'form=json'],
  ['POST /my-data/:token', 'privacy.request_received', (is, app) => `/my-data/${myData(is, app)}`, () => 'action=restriction'],
];

/** Routes that leave no entry, and why that is right. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'POST /api/v1/events': 'data of machines, not an act of a person: each event keeps its source and the moment it came',
  'POST /api/v1/segments/preview': 'changes nothing; that ten people were shown is noted (test/api/people-reads.test.ts)',
  'POST /api/v1/templates/:key/preview': 'changes nothing: one mail to one person',
  'POST /preferences/:token/renew': 'asks for a mail to the address on file: link_mails says that it was asked',
  'POST /preferences/:token/my-data': 'asks for a mail to the address on file: link_mails says that it was asked',
  'POST /person/:token': 'what is asked stands in the task it opens, with the hold that names it; both say that the person did it',
  'POST /my-profile/:token': 'an old link: leads to /my-data',
  'POST /survey/:token': 'an answer: nps_responses keeps it, with when and how often it was changed; a hold that follows is in the trail',
  'POST /api/v1/portfolio/policy/preview': 'changes nothing: a rule too long for an address',
  'POST /api/v1/scores/policy/preview': 'changes nothing: counts only',
  'POST /api/v1/segments/overlap': 'changes nothing: counts only',
  'POST /api/v1/segments/:key/difference': 'changes nothing: counts only',
  'POST /api/v1/campaigns/:key/dry-run': 'changes nothing: counts, and ten people whose reading is noted',
  'POST /api/v1/simulation': 'changes nothing: counts only',
};

const myData = (is: Is, app: TestApp): string => app.get(LinkTokens).myData({ contactId: is['bea'] as number, issuedAt: app.clock.now() });

/** From the newest letter that has such a link. */
async function mailedLink(app: TestApp, kind: string): Promise<string> {
  await app.get(LettersService).deliverDue(app.clock.now());
  const mails = await app.sql.many<{ source: string }>('test.letters', `select convert_from(source, 'UTF8') as source from mailbox_mails order by mail_id desc`);
  const found = mails.map(({ source }) => new RegExp(`/my-data/${kind}/[\\w-]+`).exec(source.replace(/=\r?\n/g, ''))?.[0]).find((link) => link !== undefined);
  return found ?? 'no link was mailed';
}

const pathOf = (url: string): string => new URL(url).pathname;

function importOf(csv: string): Buffer {
  const fields = { kind: 'contacts', map: JSON.stringify({ fields: { email: 'email', first_name: 'name' } }), source: 'fair', purpose: 'newsletter' };
  const parts = Object.entries(fields).map(([name, value]) => `--x\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`);
  return Buffer.from(`${parts.join('')}--x\r\ncontent-disposition: form-data; name="file"; filename="p.csv"\r\ncontent-type: text/csv\r\n\r\n${csv}\r\n--x--\r\n`);
}

async function proposed(is: Is, app: TestApp, act: string, who = 'bea'): Promise<string> {
  const { id } = await app.sql.one<{ id: number }>(
    'test.proposed',
    `insert into account_matches (contact_id, account_id, rule, inputs, confidence, state, matched_at, matched_by) values ($1, $2, 'name', '{"name": "first"}', 0.7, 'review', $3, 'system') returning match_id as id`,
    [is[who], is['account'], app.clock.now()],
  );
  return `/api/v1/accounts/matches/${id}/${act}`;
}

async function uncertain(is: Is, app: TestApp): Promise<number> {
  const { id } = await app.sql.one<{ id: number }>(
    'test.uncertain',
    `insert into messages (contact_id, campaign_id, campaign_version, step, occurrence, bucket, purpose, class, language, state, due_at, expires_at, queued_at)
     select $1, campaign_id, 1, 0, 7, 0, 'newsletter', 'marketing', 'en', 'uncertain', $2, $3, $2 from campaigns where key = 'spring' returning message_id as id`,
    [is['anna'], app.clock.now(), new Date(app.clock.now().getTime() + DAY)],
  );
  return id;
}

/** A mail that waits for somebody to approve it, of somebody who is in the campaign. */
async function draft(is: Is, app: TestApp, occurrence: number): Promise<number> {
  const { id } = await app.sql.one<{ id: number }>(
    'test.draft',
    `with entered as (
       insert into enrollments (contact_id, campaign_id, occurrence, campaign_version, bucket, due_at, step_since, entered_at, entry_cause) select $1, campaign_id, $3, 1, 0, $2, $2, $2, 'start' from campaigns where key = 'spring' returning campaign_id)
     insert into messages (contact_id, campaign_id, campaign_version, step, occurrence, bucket, purpose, class, language, state, due_at, expires_at, queued_at, response)
     select $1, campaign_id, 1, 0, $3, 0, 'newsletter', 'marketing', 'en', 'draft', $2, $2, $2, 'approval.due' from entered returning message_id as id`,
    [is['lead'], app.clock.now(), occurrence],
  );
  return id;
}

async function task(is: Is, app: TestApp, act: string): Promise<string> {
  const made = await app.request('POST', '/api/v1/tasks', { body: { kind: 'other', contact: is['lead'], reason: `to ${act}`, key: act } });
  if (act !== 'assign') await app.request('POST', `/api/v1/tasks/${made.body.id}/assign`, { body: { owner: 'fien@tactful.example' } });
  return `/api/v1/tasks/${made.body.id}/${act}`;
}

async function deal(is: Is, app: TestApp): Promise<string> {
  const { id } = await app.sql.one<{ id: number }>(
    'test.deal',
    `insert into tasks (kind, account_id, campaign_id, reason, due_at, opened_at, opened_by) select 'opportunity', $1, campaign_id, 'a deal', $2, $2, 'system' from campaigns where key = 'spring' returning task_id as id`,
    [is['account'], app.clock.now()],
  );
  return `/api/v1/tasks/${id}/approve`;
}

async function hold(app: TestApp, act: string): Promise<string> {
  const { id } = await app.sql.one<{ id: number }>('test.hold', 'select hold_id as id from contact_holds where closed_at is null order by hold_id limit 1');
  return `/api/v1/holds/contact/${id}/${act}`;
}

async function attribute(app: TestApp, key: string, part: string): Promise<string> {
  await app.sql.exec('test.attribute', `insert into attribute_definitions (scope, key, type, source) values ('contact', $1, 'text', 'test') on conflict do nothing`, [key]);
  await app.get(UpkeepService).work(app.clock.now());
  return `/api/v1/attributes/contact/${key}${part}`;
}

describe('the trail', () => {
  const app = useApp();
  const is: Is = {};

  beforeAll(async () => {
    const world = new CampaignWorld(app);
    await world.prepare();
    is['lead'] = (await world.people(1))[0]!;
    await app.sql.exec('test.numbers', `select setval(pg_get_serial_sequence('contacts', 'contact_id'), $1)`, [is['lead']]);
    for (const name of ['anna', 'bea', 'cas', 'dirk']) is[name] = await addContact(app, { email: `${name}@people.example` });
    is['account'] = (await app.request('POST', '/api/v1/accounts', { body: { name: 'Old BV', source: 'test' } })).body.id;
    is['other'] = (await app.request('POST', '/api/v1/accounts', { body: { name: 'Other BV', source: 'test' } })).body.id;
    await app.sql.exec('test.event', `insert into event_definitions (name, purposes) values ('Visited', '{newsletter}')`);
  });

  it.each(ACTS.map(([route, action, path, body]) => ({ route, action, path, body })))('of $route says $action', async ({ route, action, path, body }) => {
    const [method = '', pattern = ''] = route.split(' ');
    const given = await body?.(is, app);
    const address = await path(is, app);
    expect(address).toMatch(new RegExp(`^${pattern.replace(/:\w+/g, '[^/?]+')}(\\?|$)`));
    const headers: Record<string, string> = typeof given === 'string' ? { 'content-type': FORM } : Buffer.isBuffer(given) ? { 'content-type': 'multipart/form-data; boundary=x' } : {};
    const last = await app.sql.one<{ audit: number; ledger: number }>('test.last', 'select (select coalesce(max(audit_id), 0) from audit_entries) as audit, pg_snapshot_xmax(pg_current_snapshot())::text::bigint as ledger');
    const answer = await app.request(method as 'POST', address, { ...(given !== undefined && { body: given }), headers, ...(pattern.startsWith('/api/') ? {} : { key: null }) });
    expect([answer.status < 300, answer.status < 300 ? '' : answer.text]).toEqual([true, '']);
    if (answer.body?.id !== undefined) is[route] = answer.body.id;
    const by = pattern.startsWith('/api/') ? 'key:%' : 'self';
    const entries = await app.sql.many<{ action: string }>(
      'test.entries',
      // A consent's own record says who, how and when, under a chain: it is the trail of what people decide about their mail.
      `select action from audit_entries where audit_id > $1 and actor like $2
       union all select 'ledger:' || event from consent_records where written_xid >= $3`,
      [last.audit, by, last.ledger],
    );
    expect(entries.map((entry) => entry.action)).toContain(action);
  });

  it('knows every route that changes something', () => {
    const changing = routesOf(app).filter(({ method }) => method !== 'GET').map(nameOf);
    const known = [...ACTS.map(([route]) => route), ...Object.keys(EXCEPTIONS)];
    expect(changing.filter((route) => !known.includes(route))).toEqual([]);
    expect(known.filter((route) => !changing.includes(route))).toEqual([]);
  });
});
