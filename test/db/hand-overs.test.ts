import { ClaimService } from '../../src/messages/claim.service.js';
import { recordAndStart } from '../../src/messages/delivery.queries.js';
import { HoldsService } from '../../src/tasks/holds/holds.service.js';
import { TEST_NOW, useApp } from '../support/app.js';
import { CampaignWorld, DAY, HOUR } from '../support/campaign-world.js';

const SEQUENCE = [1, 2, 3, 4].flatMap((mail) => [...(mail === 1 ? [] : [{ kind: 'wait', days: 8 }]), { kind: 'send', template: 'june' }]);

describe('what the machine hands over:', () => {
  const app = useApp();
  const world = new CampaignWorld(app);
  const begin = TEST_NOW;
  beforeAll(() => world.prepare());
  beforeEach(async () => {
    app.clock.set(begin);
    for (const table of ['tasks', 'contact_holds', 'account_holds', 'hold_approvals', 'events', 'settings']) await app.sql.exec('test.clear', table === 'settings' ? `delete from settings where key = 'handover_policy'` : `delete from ${table}`);
    await world.clear();
  });
  const tasks = () => app.sql.many<{ kind: string; contact_id: number | null; account_id: number | null; task_id: number }>('test.tasks', 'select task_id, kind, contact_id, account_id from tasks order by task_id');
  const hold = (contactIds: readonly number[], kind: 'complaint' | 'meeting' = 'complaint') =>
    app.get(HoldsService).open(app.sql, contactIds.map((contactId) => ({ kind, contactId, cause: `test:${contactId}`, reason: 'a test', by: 'key:test', ...(kind === 'meeting' && { momentAt: app.clock.now() }) })));
  const states = (key: string) => app.sql.many<{ state: string; count: number }>('test.states', 'select m.state, count(*)::int as count from messages m join campaigns c using (campaign_id) where c.key = $1 group by 1 order by 1', [key]);

  it('mail under review becomes one task each, the others get their mail', async () => {
    const people = await world.people(40);
    await app.sql.exec('test.human', 'update contacts set prefers_human_at = $1 where contact_id = any($2)', [begin, people.slice(0, 15)]);
    await world.started('review');
    expect(await world.turn()).toMatchObject({ queued: 25, review: 15 });
    expect((await tasks()).map((task) => [task.kind, task.contact_id])).toEqual(people.slice(0, 15).map((id) => ['review', id]));
    app.clock.advance(HOUR);
    await world.turn();
    expect(await tasks()).toHaveLength(15);
  });

  describe('while a deal is open', () => {
    const play = { audience: { segment: 'all-accounts', scope: 'account', roles: ['decider', 'user'] }, sender: 'account_owner', steps: [{ kind: 'send', template: 'offer' }] };

    it('a play waits for the owner, who is asked once for the account; what the law forbids he cannot approve', async () => {
      const [account = 0, other = 0] = await world.accounts(2);
      const people = await world.people(4, { accounts: [account, other] });
      const [first = 0, refused = 0] = (await app.sql.many<{ contact_id: number }>('test.of', 'select contact_id from contacts where account_id = $1 order by 1', [account])).map((row) => row.contact_id);
      await world.members(people, 'decider');
      await app.get(HoldsService).open(app.sql, [{ kind: 'opportunity', accountId: account, cause: 'deal:1', reason: 'a deal', by: 'system' }]);
      await world.started('deal-play', play);
      expect(await world.turn()).toMatchObject({ queued: 2, deferred: 2 });
      const [task, ...more] = await tasks();
      expect([task, more]).toMatchObject([{ kind: 'opportunity', account_id: account, contact_id: null }, []]);
      await app.sql.exec('test.withdraw', `update consents set state = 'withdrawn', ended_at = $1 where contact_id = $2`, [begin, refused]);
      app.clock.advance(60_000);
      expect((await app.request('POST', `/api/v1/tasks/${task?.task_id ?? 0}/approve`)).body).toMatchObject({ state: 'done', outcome: 'approved' });
      expect(await world.turn()).toMatchObject({ queued: 1, denied: 1 });
      expect((await world.messages('deal-play')).map(([id]) => id).filter((id) => id === first || id === refused)).toEqual([first]);
      expect((await app.request('GET', `/api/v1/holds/account/${(await app.sql.one<{ hold_id: number }>('test.hold', 'select hold_id from account_holds')).hold_id}`)).body.counts).toMatchObject({ waiting: 1, refused: 1 });
    });

    it('another campaign is another question', async () => {
      const [account = 0] = await world.accounts(1);
      const people = await world.people(1, { accounts: [account] });
      await world.members(people, 'decider');
      await app.get(HoldsService).open(app.sql, [{ kind: 'opportunity', accountId: account, cause: 'deal:2', reason: 'a deal', by: 'system' }]);
      await world.started('asked', play);
      await world.turn();
      await app.request('POST', `/api/v1/tasks/${(await tasks())[0]?.task_id ?? 0}/approve`);
      await world.started('not-asked');
      await world.turn();
      expect((await tasks()).map(({ kind }) => kind)).toEqual(['opportunity', 'opportunity']);
      expect(await states('not-asked')).toEqual([]);
    });
  });

  describe('a sequence', () => {
    const mails = async (key: string, weeks: number) => {
      for (let week = 0; week < weeks; week += 1) {
        await world.turn();
        await world.handOver();
        app.clock.advance(8 * DAY);
      }
      return (await world.messages(key)).map(([id, step]) => [id, step / 2 + 1]);
    };

    it('ends after three mails that nobody reacted to, in a task; who reacted gets the fourth', async () => {
      const [silent = 0, lively = 0] = await world.people(2);
      await world.started('long', { steps: SEQUENCE, exitOn: [{ event: 'Order Completed' }] });
      await world.turn();
      await world.event([lively], 'Page Viewed', {}, new Date(begin.getTime() + 9 * DAY));
      await world.event([silent], 'Email Opened', {}, new Date(begin.getTime() + 9 * DAY));
      expect(await mails('long', 5)).toEqual([[silent, 1], [silent, 2], [silent, 3], [lively, 1], [lively, 2], [lively, 3], [lively, 4]]);
      expect(await tasks()).toMatchObject([{ kind: 'sequence_ended', contact_id: silent }]);
      expect((await world.enrollments('long')).map(({ state, end_reason: why }) => [state, why])).toEqual([['exited', 'sequence_ended'], ['done', 'completed']]);
    });

    it('only stops where the workspace wants no task', async () => {
      await world.people(1);
      await app.sql.exec('test.policy', `insert into settings (key, value) values ('handover_policy', '{"sequence": {"touches": 2, "then": "stop"}}')`);
      await world.started('short', { steps: SEQUENCE, exitOn: [{ event: 'Order Completed' }] });
      expect(await mails('short', 5)).toHaveLength(2);
      expect(await tasks()).toEqual([]);
    });
  });

  describe('a hold while mail is queued', () => {
    const owner = 'worker';
    const claim = async () => (await app.get(ClaimService).claim(Array.from({ length: 256 }, (_, bucket) => bucket), owner, app.clock.now())).claimed.map(({ message }) => ({ contactId: message.contact_id, messageId: message.message_id }));
    const begun = (next: readonly { contactId: number; messageId: number }[]) => recordAndStart(app.sql, owner, [], next, app.clock.now(), 60);

    it('stops it at the claim, and what was claimed before it is handed over', async () => {
      const people = await world.people(30);
      await world.started('held');
      await world.turn();
      await hold(people.slice(0, 10));
      const claimed = await claim();
      expect(claimed).toHaveLength(20);
      await hold(people.slice(10, 20));
      expect(await begun(claimed)).toHaveLength(10);
      expect((await claim()).length).toBe(0);
    });

    it('lets nothing leave once it is committed, with workers in the middle of it', async () => {
      const people = await world.people(150);
      await world.started('raced');
      await world.turn();
      let held = false;
      const after: number[] = [];
      const worker = async (): Promise<void> => {
        for (;;) {
          const claimed = await claim();
          if (claimed.length === 0) return;
          for (let at = 0; at < claimed.length; at += 5) {
            const late = held;
            const started = await begun(claimed.slice(at, at + 5));
            if (late) after.push(...started.map((row) => row.contact_id));
          }
          if (held) return;
        }
      };
      const holding = (async () => {
        await new Promise((resolve) => setTimeout(resolve, 60));
        await hold(people);
        held = true;
      })();
      await Promise.all([worker(), worker(), holding]);
      const sending = (await states('raced')).find(({ state }) => state === 'sending')?.count ?? 0;
      await worker();
      expect(after).toEqual([]);
      expect((await states('raced')).find(({ state }) => state === 'sending')?.count ?? 0).toBe(sending);
    });

    it('tells which mails it stopped and, when it is over, what became of them', async () => {
      const [early = 0, late = 0] = await world.people(2);
      await world.started('told', { timeToLiveHours: 24 * 10 });
      await world.started('stale', { timeToLiveHours: 24 });
      const opened = await hold([early, late], 'meeting');
      await world.turn();
      const see = async () => (await app.request('GET', `/api/v1/holds/contact/${opened[0]?.holdId ?? 0}`)).body;
      expect(await see()).toMatchObject({ inForce: true, counts: { waiting: 2, sent: 0 }, stopped: [{ campaign: 'told' }, { campaign: 'stale' }] });
      for (let day = 0; day < 9; day += 1) {
        app.clock.advance(DAY);
        await world.turn();
        await world.handOver();
      }
      expect(await see()).toMatchObject({ inForce: false, counts: { waiting: 0, sent: 1, too_late: 1 } });
    });
  });

  it('an answer ends the person’s way through that campaign, and in a play that of colleagues', async () => {
    const [account = 0] = await world.accounts(1);
    const [answers = 0, colleague = 0] = await world.people(2, { accounts: [account] });
    await world.members([answers, colleague], 'decider');
    await world.started('answered', { audience: { segment: 'all-accounts', scope: 'account', roles: ['decider'] }, sender: 'account_owner', steps: [{ kind: 'send', template: 'offer' }, { kind: 'wait', days: 2 }, { kind: 'send', template: 'june' }] });
    await world.turn();
    await world.handOver();
    const { body } = await app.request('POST', '/api/v1/replies', { body: { contact: answers, campaign: 'answered', key: '<1@mail>' } });
    expect(body.holds).toMatchObject([{ kind: 'reply' }, { kind: 'reply' }]);
    expect((await world.enrollments('answered')).map(({ state, end_reason: why }) => [state, why])).toEqual([['exited', 'replied'], ['exited', 'replied']]);
    expect(await states('answered')).toEqual([{ state: 'replied', count: 1 }, { state: 'sent', count: 1 }]);
    app.clock.advance(4 * DAY);
    await world.turn();
    expect(await world.messages('answered')).toHaveLength(2);
  });

  describe('a human writes himself', () => {
    const letter = { subject: 'Even persoonlijk', text: 'Beste Eva,\nzullen we bellen?' };
    const write = async (person: number, body: object = letter) => {
      await app.sql.exec('test.anna', `insert into users (email, name) values ('anna@voorbeeld.example', 'Anna de Vries') on conflict do nothing`);
      const { body: task } = await app.request('POST', '/api/v1/tasks', { body: { contact: person, kind: 'review', reason: 'x' } });
      await app.request('POST', `/api/v1/tasks/${task.id}/assign`, { body: { owner: 'anna@voorbeeld.example' } });
      return app.request('POST', `/api/v1/tasks/${task.id}/write`, { body: { purpose: 'newsletter', ...body } });
    };
    const touches = async () => (await app.sql.many<{ note: string }>('test.touches', 'select note from human_touches')).map(({ note }) => note);
    beforeEach(() => app.sql.exec('test.clear', 'delete from human_touches'));

    it('to somebody who wants no automated mail and has a complaint open: the gate lets a human, and it counts', async () => {
      const [person = 0] = await world.people(1);
      await app.sql.exec('test.human', 'update contacts set prefers_human_at = $1 where contact_id = $2', [begin, person]);
      await hold([person]);
      expect((await write(person)).body).toMatchObject({ written: true });
      expect(await touches()).toEqual(['Even persoonlijk']);
      const mail = await app.sql.one<{ envelope_from: string; subject: string }>('test.mail', 'select envelope_from, subject from mailbox_mails order by mail_id desc limit 1');
      expect(mail).toEqual({ envelope_from: 'anna@voorbeeld.example', subject: 'Even persoonlijk' });
      expect(await app.sql.many('test.decisions', `select verdict, b.class from decisions d join decision_batches b using (batch_id) where d.contact_id = $1 and d.campaign_id = 0`, [person])).toEqual([{ verdict: 1, class: 'personal' }]);
    });

    it.each([
      ['said no', `update consents set state = 'withdrawn', ended_at = now() where contact_id = $1`, 'legal.withdrawn'],
      ['never said yes', 'delete from consents where contact_id = $1', 'basis.consent_missing'],
      ['asked for nothing at all', `insert into suppressions (address_hash, reason, suppressed_at, source) select address_hash, 'unsubscribed_all', now(), 'test' from contacts where contact_id = $1`, 'suppression.unsubscribed_all'],
      ['has his data restricted', 'update contacts set restricted_at = now() where contact_id = $1', 'legal.restricted'],
      ['is of an account in dispute', `insert into contact_holds (contact_id, kind, cause, opened_at, opened_by) values ($1, 'dispute', 'x', now(), 'test')`, 'suppression.account'],
    ])('not to somebody who %s: no approval overrides that', async (_, change, code) => {
      const [person = 0] = await world.people(1);
      await app.sql.exec('test.change', change, [person]);
      const response = await write(person);
      expect([response.status, response.body.type]).toEqual([409, 'urn:tactful:problem:mail-stopped']);
      expect(response.body.errors).toContainEqual({ path: 'gate', message: code });
      expect(await touches()).toEqual([]);
    });

    it('not with a second header in the subject', async () => {
      expect((await write((await world.people(1))[0] ?? 0, { ...letter, subject: 'Hi\r\nBcc: all@voorbeeld.example' })).status).toBe(422);
    });
  });
});
