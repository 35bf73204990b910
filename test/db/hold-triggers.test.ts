import { DealsService } from '../../src/tasks/holds/deals.service.js';
import { HoldTriggersService } from '../../src/tasks/holds/hold-triggers.service.js';
import { TEST_NOW, useApp } from '../support/app.js';
import { HumansWorld } from '../support/humans-world.js';
import { settled } from '../support/settled.js';

const daysLater = (days: number) => new Date(TEST_NOW.getTime() + days * 86_400_000);

describe('holds by what people do:', () => {
  const app = useApp();
  const world = new HumansWorld(app);
  const look = async (): Promise<number> => {
    let opened = 0;
    await settled(app.sql, async () => { opened = await app.get(HoldTriggersService).readEvents(app.clock.now()); });
    return opened;
  };
  beforeEach(() => world.clear());
  afterEach(() => app.clock.set(TEST_NOW));

  it('a complaint holds until it is resolved, each event once', async () => {
    const person = await world.person(await world.account('Bakker BV', 'anna@voorbeeld.example'));
    await world.event(person, 'Complaint Opened', { complaint_id: 'C-1', severity: 'high' });
    expect(await look()).toBe(2);
    expect(await look()).toBe(0);
    expect(await world.holds()).toMatchObject([{ kind: 'complaint', ends_at: null }, { kind: 'complaint', ends_at: null }]);
    expect(await world.tasks()).toMatchObject([{ kind: 'complaint', owner: 'anna@voorbeeld.example', reason: 'Complained ("Complaint Opened", severe)' }]);
    app.clock.set(daysLater(1));
    await world.event(person, 'Complaint Resolved', { complaint_id: 'C-1' });
    await look();
    const [task] = await world.tasks();
    await world.close('followed_up', { taskId: task?.task_id ?? 0 });
    expect(await world.holds()).toMatchObject([{ ends_at: daysLater(8) }, { ends_at: daysLater(8) }]);
  });

  it('the end of a ticket that arrives before its beginning ends it all the same', async () => {
    const person = await world.person();
    await world.event(person, 'Ticket Resolved', { ticket_id: 7 }, daysLater(-1));
    await look();
    await world.event(person, 'Ticket Opened', { ticket_id: 7 }, daysLater(-2));
    await world.event(person, 'Ticket Opened', { ticket_id: 8 }, daysLater(-2));
    await look();
    const rows = await app.sql.many<{ reference: string; resolved_at: Date | null }>('test.resolved', 'select reference, resolved_at from contact_holds order by reference');
    expect(rows).toEqual([{ reference: '7', resolved_at: daysLater(-1) }, { reference: '8', resolved_at: null }]);
  });

  it('a reply holds the person, and bears on how much he takes; an automatic reply does nothing', async () => {
    const [person, away] = [await world.person(), await world.person()];
    await world.event(person, 'Email Replied');
    await world.event(away, 'Email Replied', { auto_reply: true });
    await look();
    expect(await world.holds()).toMatchObject([{ kind: 'reply', contact_id: person }]);
    expect(await app.sql.many('test.factors', 'select contact_id, cause, round(factor::numeric, 2) as factor from pressure_factors')).toEqual([{ contact_id: person, cause: 'reply', factor: 1.2 }]);
  });

  it('events of last year, imported now, hold nobody', async () => {
    const person = await world.person();
    await world.event(person, 'Complaint Opened', {}, daysLater(-200));
    await look();
    expect(await world.holds()).toEqual([]);
  });

  it('several readers, and one that fails in the middle, hold each matter once', async () => {
    const people = await Promise.all(Array.from({ length: 20 }, () => world.person()));
    for (const person of people) await world.event(person, 'Complaint Opened');
    await app.sql.exec('test.break', `alter table tasks add constraint broken check (kind <> 'complaint') not valid`);
    await expect(look()).rejects.toThrow('broken');
    expect(await world.holds()).toEqual([]);
    await app.sql.exec('test.mend', 'alter table tasks drop constraint broken');
    await Promise.all([look(), look(), look()]);
    await look();
    expect(await world.holds()).toHaveLength(20);
    expect(await world.tasks()).toHaveLength(20);
  });

  it('an event whose transaction is slow is read when it is there, not skipped', async () => {
    const [slow, quick] = [await world.person(), await world.person()];
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => { release = resolve; });
    let written = (): void => undefined;
    const isWritten = new Promise<void>((resolve) => { written = resolve; });
    const storing = app.sql.transaction(async (sql) => {
      await sql.exec('test.slow', `insert into events (contact_id, occurred_at, idempotency_key, name, source) values ($1, $2, 'slow', 'Complaint Opened', 'test')`, [slow, TEST_NOW]);
      written();
      await held;
    });
    await isWritten;
    await world.event(quick, 'Complaint Opened');
    await app.get(HoldTriggersService).readEvents(app.clock.now());
    release();
    await storing;
    await look();
    expect((await world.holds()).map(({ contact_id: id }) => id)).toEqual([slow, quick]);
  });
});

describe('an open deal', () => {
  const app = useApp();
  const world = new HumansWorld(app);
  const compare = () => app.get(DealsService).compare(app.clock.now());
  const deal = (id: string, account: number, stage: string, closedOn: string | null = null) =>
    app.sql.exec(
      'test.deal',
      `insert into opportunities (opportunity_id, account_id, stage, closed_on, source, updated_at) values ($1, $2, $3, $4, 'test', $5)
       on conflict (opportunity_id) do update set stage = excluded.stage, closed_on = excluded.closed_on, account_id = excluded.account_id`,
      [id, account, stage, closedOn, TEST_NOW],
    );
  beforeEach(() => world.clear());
  afterEach(() => app.clock.set(TEST_NOW));

  it('holds the account until fourteen days after it was decided, and asks nobody for anything by itself', async () => {
    const account = await world.account('Bakker BV', 'anna@voorbeeld.example');
    await deal('D-1', account, 'engaging');
    expect(await compare()).toEqual({ opened: 1, closed: 0 });
    expect(await compare()).toEqual({ opened: 0, closed: 0 });
    expect(await world.holds()).toMatchObject([{ kind: 'opportunity', account_id: account, ends_at: null }]);
    expect(await world.tasks()).toEqual([]);
    await deal('D-1', account, 'won', '2026-06-05');
    expect(await compare()).toEqual({ opened: 0, closed: 1 });
    expect(await world.holds()).toMatchObject([{ ends_at: new Date('2026-06-19T00:00:00Z') }]);
    await deal('D-1', account, 'engaging');
    await compare();
    expect(await world.holds()).toMatchObject([{ ends_at: null, closed_at: null }]);
  });

  it.each([['2026-06-05', new Date('2026-06-19T00:00:00Z')], ['2026-05-01', undefined]])('that was decided on %s before anybody knew of it holds until %s', async (day, endsAt) => {
    await deal('D-2', await world.account('Bakker BV'), 'lost', day);
    await compare();
    expect((await world.holds()).map((hold) => hold.ends_at)).toEqual(endsAt ? [endsAt] : []);
  });

  it('that moves to another account holds that one', async () => {
    const [first, second] = [await world.account('Bakker BV'), await world.account('Slager BV')];
    await deal('D-3', first, 'engaging');
    await compare();
    await deal('D-3', second, 'engaging');
    await compare();
    expect((await world.holds()).map(({ account_id: id, closed_at: at }) => [id, at === null])).toEqual([[first, false], [second, true]]);
  });

  it('holds nobody where the workspace decided so, and again when it thinks better of it', async () => {
    await deal('D-4', await world.account('Bakker BV'), 'engaging');
    await compare();
    await app.sql.exec('test.policy', `insert into settings (key, value) values ('handover_policy', '{"openDeals": false}')`);
    await compare();
    expect(await world.holds()).toMatchObject([{ ends_at: TEST_NOW }]);
    await app.sql.exec('test.policy', `delete from settings where key = 'handover_policy'`);
    await compare();
    expect(await world.holds()).toMatchObject([{ ends_at: null }]);
  });

  it('is found among many thousands', async () => {
    const account = await world.account('Bakker BV');
    await app.sql.exec('test.many', `insert into opportunities (opportunity_id, account_id, stage, source, updated_at) select 'M-' || n, $1, 'engaging', 'test', $2 from generate_series(1, 1200) n`, [account, TEST_NOW]);
    expect(await compare()).toEqual({ opened: 1200, closed: 0 });
    expect(await compare()).toEqual({ opened: 0, closed: 0 });
  });
});
