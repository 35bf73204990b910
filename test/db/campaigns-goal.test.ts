import { exitsOfMail } from '../../src/campaigns/exits.js';
import { type DeliveryReport, DeliveryService } from '../../src/messages/delivery.service.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { useApp } from '../support/app.js';
import { CampaignWorld, DAY, HOUR } from '../support/campaign-world.js';
import { aDefinition } from '../unit/campaign/definitions.js';

describe('the goal of a campaign', () => {
  const app = useApp();
  const world = (): CampaignWorld => new CampaignWorld(app);
  let started = 0;

  beforeAll(() => world().prepare());
  beforeEach(() => world().clear());

  it('ends the way of whoever reached it, and says so', async () => {
    const ids = await world().people(2);
    await world().started('with-goal', { goal: { event: 'Registered' }, steps: [{ kind: 'send', template: 'june' }, { kind: 'wait', days: 2 }, { kind: 'send', template: 'reminder' }] });
    expect(await world().turn()).toMatchObject({ queued: 2 });
    await world().handOver();
    app.clock.advance(HOUR);
    await world().event([ids[0]!], 'Registered');
    app.clock.advance(2 * DAY);
    expect(await world().turn()).toMatchObject({ people: 2, queued: 1, denied: 1 });
    const ended = await app.sql.many('test.ended', `select contact_id, end_reason from enrollments where end_reason = 'relationship.goal_met'`);
    expect(ended).toEqual([{ contact_id: ids[0], end_reason: 'relationship.goal_met' }]);
  });

  const exitOn = [{ event: 'Replied by phone' }];
  const exit = { kind: 'exit_on_event', event: 'Replied by phone' };
  const mail = { kind: 'send', template: 'june' };

  it.each([
    ['reached the goal', { goal: { event: 'Registered' } }, 'Registered', {}, 1, 'relationship.goal_met'],
    ['reached it, and left as well', { goal: { event: 'Registered' }, exitOn: [{ event: 'Registered' }] }, 'Registered', {}, 1, 'relationship.goal_met'],
    ['did what the campaign ends on', { exitOn }, 'Replied by phone', {}, 1, 'campaign.exited'],
    ['did what ends it, as it asks for it', { exitOn: [{ event: 'Ordered', where: [{ property: 'value', operator: 'at_least', value: 100 }] }] }, 'Ordered', { value: 100 }, 1, 'campaign.exited'],
    ['did what the step before the mail ends on', { steps: [exit, mail] }, 'Replied by phone', {}, 1, 'campaign.exited'],
    ['did something else', { exitOn, goal: { event: 'Registered' } }, 'Product Viewed', {}, 0, null],
    ['ordered for less than it asks for', { exitOn: [{ event: 'Ordered', where: [{ property: 'value', operator: 'at_least', value: 100 }] }] }, 'Ordered', { value: 99 }, 0, null],
    ['did what a step after the mail ends on', { steps: [mail, { kind: 'wait', days: 1 }, exit, { kind: 'send', template: 'reminder' }] }, 'Replied by phone', {}, 0, null],
    ['did it in a campaign without goal or exits', {}, 'Registered', {}, 0, null],
  ] as const)('is asked again before mail leaves: who %s', async (_, change, event, properties, stopped, reason) => {
    const [one, other] = await world().people(2);
    await world().started(`claim-${(started += 1)}`, change);
    expect(await world().turn()).toMatchObject({ queued: 2 });
    app.clock.advance(60_000);
    await world().event([one!], event, properties);
    expect(await deliver()).toMatchObject({ denied: stopped, sent: 2 - stopped });
    const states = await app.sql.many('test.mail', 'select contact_id, state, case when state = \'denied\' then response end as reason from messages order by contact_id');
    expect(states).toEqual([{ contact_id: one, state: stopped ? 'denied' : 'sent', reason }, { contact_id: other, state: 'sent', reason: null }]);
  });

  it('is not asked about what was done before somebody came in', async () => {
    const [one] = await world().people(1);
    await world().event([one!], 'Registered', {}, new Date(app.clock.now().getTime() - HOUR));
    await world().started('goal-before', { goal: { event: 'Registered' }, exitOn: [{ event: 'Registered' }] });
    expect(await world().turn()).toMatchObject({ queued: 1 });
    expect(await deliver()).toMatchObject({ sent: 1, denied: 0 });
  });

  it('costs nothing where nobody leaves by what he does', async () => {
    const campaign = { campaignId: 1, definition: aDefinition({ steps: [{ kind: 'send', template: 'june' }] }) };
    expect(await exitsOfMail(undefined as unknown as Sql, campaign, 0, [{ contact_id: 1, occurrence: 1 }], app.clock.now())).toEqual(new Map());
  });

  it('in a play, counts somebody as gone who left the account while the mail waited', async () => {
    const [first, second] = await world().accounts(2);
    const [leaver, stayer] = await world().people(2, { accounts: [first!] });
    await world().members([leaver!, stayer!], 'decider');
    await world().started('play-left', { audience: { segment: 'all-accounts', scope: 'account', roles: ['decider'] } });
    expect(await world().turn()).toMatchObject({ queued: 2 });
    await app.sql.exec('test.move', 'update contacts set account_id = $2 where contact_id = $1', [leaver, second]);
    expect(await deliver()).toMatchObject({ sent: 1, denied: 1 });
    expect(await app.sql.one('test.left', `select contact_id, response from messages where state = 'denied'`)).toEqual({ contact_id: leaver, response: 'campaign.exited' });
  });

  const deliver = (): Promise<DeliveryReport> => app.get(DeliveryService).deliverDue(app.clock.now());
});
