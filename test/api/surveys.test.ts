import { PreferenceLinks } from '../../src/consent/preference-links.js';
import { LinkTokens } from '../../src/consent/link-tokens.js';
import { CampaignEntriesService } from '../../src/campaigns/campaign-entries.service.js';
import { PlannerService } from '../../src/campaigns/planner.service.js';
import { DeliveryService } from '../../src/messages/delivery.service.js';
import { MailboxService } from '../../src/messages/mailbox/mailbox.service.js';
import { HoldsService } from '../../src/tasks/holds/holds.service.js';
import { type TestResponse, useApp } from '../support/app.js';
import { addReaders, prepareMailWorld, readers } from '../support/mail-world.js';

const DAY = 86_400_000;

describe('a survey', () => {
  const app = useApp();
  let rounds = 0;

  beforeAll(() => prepareMailWorld(app));

  /** Sends the survey to new people; gives their ids and the links of their mails. */
  async function send(count = 1): Promise<{ contactId: number; messageId: number; links: string[] }[]> {
    const round = (rounds += 1);
    await app.sql.exec('test.others', `update contacts set email = null`);
    const ids = await addReaders(app, readers(count, `r${round}-`));
    const key = `nps-${round}`;
    const definition = { audience: { segment: 'everybody', scope: 'contact' }, entry: { kind: 'now' }, purpose: 'newsletter', messageClass: 'survey', steps: [{ kind: 'send', template: 'nps-survey' }] };
    expect((await app.request('POST', '/api/v1/campaigns', { body: { key, name: `Survey ${round}`, definition } })).status).toBe(201);
    expect((await app.request('POST', `/api/v1/campaigns/${key}/start`)).status).toBeLessThan(300);
    await app.get(CampaignEntriesService).enterDue(app.clock.now());
    await app.get(PlannerService).planDue(app.clock.now());
    await app.get(DeliveryService).deliverDue(app.clock.now());
    const mailbox = app.get(MailboxService);
    return Promise.all(
      ids.map(async (contactId, index) => {
        const [row] = await mailbox.list(`r${round}-${index}@readers.example`, Number.MAX_SAFE_INTEGER, 1);
        const mail = await mailbox.read(row?.mail_id ?? 0);
        const { message_id: messageId } = await app.sql.one<{ message_id: number }>('test.message', 'select message_id from messages where contact_id = $1', [contactId]);
        return { contactId, messageId, links: (mail?.links ?? []).map(({ href }) => href).filter((href) => href.startsWith('https://mail.voorbeeld.example/')) };
      }),
    );
  }

  const path = (url: string): string => url.replace('https://mail.voorbeeld.example', '');
  const surveyOf = ({ contactId, messageId }: { contactId: number; messageId: number }): string => path(app.get(PreferenceLinks).surveyUrl({ contactId, messageId }));
  const answer = (to: { contactId: number; messageId: number } | string, score: number | string, comment = ''): Promise<TestResponse> =>
    app.request('POST', typeof to === 'string' ? to : surveyOf(to), { key: null, body: new URLSearchParams({ score: String(score), comment }).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } });
  const stored = (contactId: number): Promise<unknown[]> => app.sql.many('test.answers', 'select score, comment, changes from nps_responses where contact_id = $1 order by message_id', [contactId]);
  const events = (contactId: number): Promise<{ name: string; properties: unknown }[]> => app.sql.many('test.events', 'select name, properties from events where contact_id = $1 order by occurred_at, name', [contactId]);
  const holds = (contactId: number): Promise<{ hold_id: number; kind: string; ends_at: Date | null; task_id: number }[]> => app.sql.many('test.holds', 'select hold_id, kind, ends_at, task_id from contact_holds where contact_id = $1', [contactId]);

  describe('in a mail that was really sent', () => {
    it('has a link for each number, and unsubscribe, preferences and a person as every mail', async () => {
      const [mail] = await send();
      const scores = mail!.links.filter((link) => link.includes('/survey/')).map((link) => new URL(link).searchParams.get('score'));
      expect(scores).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10']);
      for (const kind of ['/unsubscribe/', '/preferences/', '/person/']) expect(mail!.links.filter((link) => link.includes(kind))).toHaveLength(1);
    });

    it.each(['GET', 'HEAD'] as const)('is not answered, and changes nothing at all, when a scanner follows every link with %s', async (method) => {
      const [mail] = await send();
      const tables = ['nps_responses', 'events', 'consent_records', 'consents', 'suppressions', 'contact_preferences', 'contact_holds', 'tasks', 'link_mails', 'pressure_factors', 'audit_entries', 'messages', 'contacts'];
      const everything = async (): Promise<unknown> => Object.fromEntries(await Promise.all(tables.map(async (table) => [table, await app.sql.many('test.everything', `select to_jsonb(t) as row from ${table} t order by to_jsonb(t)::text`)] as const)));
      const before = await everything();
      expect(mail!.links.length).toBeGreaterThan(13);
      const pages = new Set<string>();
      for (const link of mail!.links) {
        const page = await app.request(method, path(link), { key: null, headers: { 'user-agent': 'Barracuda Sentinel' } });
        expect([link, page.status]).toEqual([link, 200]);
        for (const [, href] of page.text.matchAll(/href="(\/[^"]+)"/g)) pages.add(href!.replaceAll('&#x3D;', '=').replaceAll('&amp;', '&'));
      }
      for (const page of pages) expect((await app.request(method, page, { key: null })).status).toBe(200);
      expect(await everything()).toEqual(before);
    });

    it('opens with the number that was clicked chosen', async () => {
      const [mail] = await send();
      const page = await app.request('GET', path(mail!.links.find((link) => link.endsWith('score=7'))!), { key: null });
      expect(page.text).toMatch(/name="score" value="7" required checked>/);
      expect(page.text.match(/ checked>/g)).toHaveLength(1);
      for (const strange of ['11', '-1', '7.5', 'x', '07x', '']) expect((await app.request('GET', `${surveyOf(mail!)}?score=${strange}`, { key: null })).text).not.toContain(' checked>');
    });
  });

  it('keeps an answer with its words, and tells segments of it', async () => {
    const [mail] = await send();
    const page = await answer(mail!, 8, 'Prima <b>hoor</b>\u0000.');
    expect([page.status, page.text.includes('Your answer has come in.') || page.text.includes('Je antwoord is binnen.')]).toEqual([200, true]);
    expect(await stored(mail!.contactId)).toEqual([{ score: 8, comment: 'Prima <b>hoor</b>.', changes: 0 }]);
    expect(await events(mail!.contactId)).toEqual([{ name: 'NPS Answered', properties: { score: 8, group: 'passive', campaign: `nps-${rounds}` } }]);
    const preview = await app.request('POST', '/api/v1/segments/preview', { body: { scope: 'contact', rule: { kind: 'event', event: 'NPS Answered', where: [{ property: 'score', operator: 'at_least', value: 7 }] } } });
    expect(preview.status === 200 ? preview.body.count : preview.body).toBeGreaterThanOrEqual(1);
  });

  it('counts one answer a mail: the same again is nothing, another one within two weeks takes its place, after that none', async () => {
    const [mail] = await send();
    await answer(mail!, 8, 'Eerst dit');
    await Promise.all([answer(mail!, 8), answer(mail!, 8), answer(mail!, 8)]);
    expect(await events(mail!.contactId)).toHaveLength(1);
    app.clock.advance(DAY);
    await answer(mail!, 7);
    expect(await stored(mail!.contactId)).toEqual([{ score: 7, comment: 'Eerst dit', changes: 1 }]);
    expect((await events(mail!.contactId)).map(({ properties }) => properties)).toMatchObject([{ score: 8 }, { score: 7, changed: true }]);
    app.clock.advance(13 * DAY);
    expect((await answer(mail!, 10)).status).toBe(404);
    expect(await stored(mail!.contactId)).toMatchObject([{ score: 7 }]);
  });

  it('is closed sixty days after its mail', async () => {
    const [mail] = await send();
    app.clock.advance(60 * DAY);
    expect((await answer(mail!, 10)).status).toBe(404);
    expect(await stored(mail!.contactId)).toEqual([]);
  });

  it.each([['no number', ''], ['a number too high', 11], ['one below zero', -1], ['half a number', 7.5], ['a word', 'ten'], ['a number with something behind it', '7; drop table']])('asks for a number where there is %s', async (_, score) => {
    const [mail] = await send();
    const page = await answer(mail!, score);
    expect([page.status, /Kies eerst een cijfer|Choose a number first/.test(page.text)]).toEqual([422, true]);
    expect(await stored(mail!.contactId)).toEqual([]);
  });

  it('takes no answer by a link that is not its own', async () => {
    const [mine, other] = await send(2);
    const tokens = app.get(LinkTokens);
    const good = surveyOf(mine!);
    const strange = [
      good.slice(0, -1), `${good}A`, good.replace(/.(?=.{8}$)/, (letter) => (letter === 'A' ? 'B' : 'A')), '/survey/x', `/survey/${tokens.person(mine!)}`, `/survey/${tokens.preferences({ contactId: mine!.contactId })}`,
      surveyOf({ contactId: mine!.contactId, messageId: other!.messageId }), surveyOf({ contactId: 999_999_999, messageId: mine!.messageId }),
    ];
    const pages = new Set<string>();
    for (const link of strange) {
      const page = await answer(link, 9);
      expect(page.status).toBe(404);
      pages.add(page.text);
    }
    expect(pages.size).toBe(1);
    expect(await stored(mine!.contactId)).toEqual([]);
  });

  describe('somebody unhappy', () => {
    it('is held and called within two working days, public holidays left out', async () => {
      app.clock.advance(new Date('2026-12-24T10:00:00Z').getTime() - app.clock.now().getTime()); // Thursday before Christmas
      const [mail] = await send();
      const page = await answer(mail!, 3, 'Niemand belde terug.');
      expect(page.text).toMatch(/within two working days|binnen twee werkdagen/);
      const [hold] = await holds(mail!.contactId);
      expect(hold).toMatchObject({ kind: 'detractor', ends_at: null });
      const task = await app.sql.one('test.task', 'select kind, due_at, details, opened_by, state from tasks where task_id = $1', [hold!.task_id]);
      expect(task).toMatchObject({ kind: 'detractor', opened_by: 'self', state: 'open', details: { score: 3, comment: 'Niemand belde terug.', messageId: mail!.messageId } });
      // Friday and Saturday are Christmas, then a weekend: the first working day is Monday 28, the second Tuesday 29 December.
      expect((task as { due_at: Date }).due_at.toISOString()).toBe('2026-12-29T10:00:00.000Z');
    });

    it('is one call, however often the answer is sent or lowered', async () => {
      const [mail] = await send();
      await Promise.all([answer(mail!, 6), answer(mail!, 6)]);
      await answer(mail!, 0);
      expect(await holds(mail!.contactId)).toHaveLength(1);
    });

    it('is left alone for thirty days after somebody has followed it up', async () => {
      const [mail] = await send();
      await answer(mail!, 2);
      const [hold] = await holds(mail!.contactId);
      await app.get(HoldsService).close(app.sql, [{ of: { taskId: hold!.task_id }, step: 'followed_up', by: 'key:vera' }], app.clock.now());
      expect((await holds(mail!.contactId))[0]?.ends_at).toEqual(new Date(app.clock.now().getTime() + 30 * DAY));
    });

    it('has his whole account held where he decides for it, and not where he does not', async () => {
      const people = await send(2);
      const accounts: number[] = [];
      for (const [index, { contactId }] of people.entries()) {
        const { account_id: accountId } = await app.sql.one<{ account_id: number }>('test.account', `insert into accounts (name, name_key, source, created_at, updated_at) values ($1, lower($1), 'test', $2, $2) returning account_id`, [`Unhappy ${rounds} ${index}`, app.clock.now()]);
        await app.sql.exec('test.move', 'update contacts set account_id = $2, bucket = bucket_of(contact_id, $2) where contact_id = $1', [contactId, accountId]);
        await app.sql.exec('test.role', `insert into buying_group_members (contact_id, account_id, role, source, valid_from) values ($1, $2, $3, 'test', $4)`, [contactId, accountId, index === 0 ? 'decider' : 'user', app.clock.now()]);
        await answer(people[index]!, 4);
        accounts.push(accountId);
      }
      expect(await app.sql.many('test.accountHolds', 'select account_id, kind from account_holds where account_id = any($1)', [accounts])).toEqual([{ account_id: accounts[0], kind: 'detractor' }]);
    });
  });

  it('asks a promoter for a reference once in 180 days, by an event that campaigns can start on', async () => {
    const [first] = await send();
    await answer(first!, 10);
    expect((await events(first!.contactId)).map(({ name }) => name)).toEqual(['NPS Answered', 'NPS Reference Due']);
    const again = async (): Promise<string[]> => {
      const { message_id: messageId } = await app.sql.one<{ message_id: number }>(
        'test.again',
        `insert into messages (contact_id, campaign_id, campaign_version, step, occurrence, bucket, purpose, class, language, state, due_at, expires_at, queued_at, sent_at)
         select contact_id, campaign_id, campaign_version, step, (select max(occurrence) + 1 from messages), bucket, purpose, class, language, 'sent', $2, $2, $2, $2 from messages where contact_id = $1 limit 1 returning message_id`,
        [first!.contactId, app.clock.now()],
      );
      await answer({ contactId: first!.contactId, messageId }, 9);
      return (await events(first!.contactId)).map(({ name }) => name).filter((name) => name === 'NPS Reference Due');
    };
    app.clock.advance(179 * DAY);
    expect(await again()).toHaveLength(1);
    app.clock.advance(DAY);
    expect(await again()).toHaveLength(2);
    app.clock.advance(DAY);
    expect(await again()).toHaveLength(2);
  });

  it('goes along when its person turns out to be another, and comes back', async () => {
    const [survivor, merged] = await send(2);
    await answer(merged!, 9);
    const { body } = await app.request('POST', `/api/v1/contacts/${survivor!.contactId}/merge`, { body: { contactId: merged!.contactId } });
    expect([await stored(survivor!.contactId), await stored(merged!.contactId)]).toMatchObject([[{ score: 9 }], []]);
    await app.request('POST', `/api/v1/merges/${body.id}/undo`);
    expect([await stored(survivor!.contactId), await stored(merged!.contactId)]).toMatchObject([[], [{ score: 9 }]]);
  });

  it('refuses a campaign whose mail asks for a score and is not a survey', async () => {
    const definition = { audience: { segment: 'everybody', scope: 'contact' }, entry: { kind: 'now' }, purpose: 'newsletter', steps: [{ kind: 'send', template: 'nps-survey' }] };
    const made = await app.request('POST', '/api/v1/campaigns', { body: { key: 'sly', name: 'Sly', definition } });
    const started = made.status === 201 ? await app.request('POST', '/api/v1/campaigns/sly/start') : made;
    expect([started.status, started.text.includes('is of class survey')]).toEqual([422, true]);
  });
});

describe('the score', () => {
  const app = useApp();
  const ask = (query = '', key?: string): Promise<TestResponse> => app.request('GET', `/api/v1/insights/nps${query}`, key === undefined ? {} : { key });

  beforeAll(async () => {
    await prepareMailWorld(app);
    const people = await addReaders(app, readers(10));
    const accounts = await app.sql.many<{ account_id: number }>('test.accounts', `insert into accounts (name, name_key, source, created_at, updated_at) select 'Account ' || n, 'account ' || n, 'test', $1, $1 from generate_series(1, 2) n returning account_id`, [app.clock.now()]);
    const campaigns = await app.sql.many<{ campaign_id: number }>('test.campaigns', `insert into campaigns (key, name, scope, created_at, updated_at) values ('spring', 'Spring', 'contact', $1, $1), ('autumn', 'Autumn', 'contact', $1, $1) returning campaign_id`, [app.clock.now()]);
    const scores = [10, 9, 9, 8, 7, 6, 3, 10, 0, 9];
    await app.sql.exec(
      'test.answers',
      `insert into nps_responses (contact_id, message_id, score, account_id, campaign_id, purpose, answered_at, changed_at)
       select contact, contact, score, account, campaign, 'newsletter', at, at from unnest($1::bigint[], $2::int[], $3::bigint[], $4::int[], $5::timestamptz[]) u (contact, score, account, campaign, at)`,
      [people, scores, people.map((_, index) => (index < 4 ? accounts[0]!.account_id : index < 8 ? accounts[1]!.account_id : null)), people.map((_, index) => campaigns[index % 2]!.campaign_id), people.map((_, index) => new Date(index < 5 ? '2026-04-30T21:59:00Z' : '2026-04-30T22:00:00Z'))],
    );
    await app.sql.exec('test.city', `update contacts set city = 'Delft' where contact_id = any($1)`, [people.slice(5, 7)]);
    const made = await app.request('POST', '/api/v1/segments', { body: { key: 'delft', name: 'Delft', scope: 'contact', rule: { kind: 'attribute', attribute: 'city', operator: 'equals', value: 'Delft' } } });
    expect(made.status).toBe(201);
  });

  it('is a whole number with the counts behind it', async () => {
    expect((await ask()).body.total).toEqual({ promoters: 5, passives: 2, detractors: 3, answers: 10, score: 20 });
  });

  it('is told by month of the workspace, by campaign and by account', async () => {
    expect((await ask('?by=month')).body.groups).toMatchObject([{ group: '2026-04', score: 60, answers: 5 }, { group: '2026-05', score: -20, answers: 5 }]);
    expect((await ask('?by=campaign')).body.groups).toMatchObject([{ group: 'autumn', name: 'Autumn', score: 40 }, { group: 'spring', score: 0 }]);
    expect((await ask('?by=account')).body.groups.map((one: { name: string; score: number }) => [one.name, one.score])).toEqual([['', 0], ['Account 1', 75], ['Account 2', -25]]);
  });

  it('is told of who is in a segment, of a campaign, of a time', async () => {
    expect((await ask('?segment=delft')).body.total).toMatchObject({ score: -100, answers: 2 });
    expect((await ask('?campaign=spring&from=2026-05-01&to=2026-06-01')).body.total.answers).toBe(2);
    expect((await ask('?from=2020-01-01&to=2020-02-01')).body).toMatchObject({ total: { answers: 0, score: null }, groups: [] });
  });

  it.each([['?segment=nonsense', 404], ['?by=colour', 422], ['?from=2026-05-01&to=2026-04-01', 422], ['?from=yesterday', 422]])('refuses %s with %i', async (query, status) => {
    expect((await ask(query)).status).toBe(status);
  });

  it('is not for whoever has no key', async () => {
    expect((await app.request('GET', '/api/v1/insights/nps', { key: null })).status).toBe(401);
  });
});
