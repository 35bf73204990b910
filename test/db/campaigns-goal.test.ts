import { useApp } from '../support/app.js';
import { CampaignWorld } from '../support/campaign-world.js';

describe('the goal of a campaign', () => {
  const app = useApp();

  it('ends the way of whoever reached it, and says so', async () => {
    const world = new CampaignWorld(app);
    await world.prepare();
    const ids = await world.people(2);
    await world.started('with-goal', { goal: { event: 'Registered' }, steps: [{ kind: 'send', template: 'june' }, { kind: 'wait', days: 2 }, { kind: 'send', template: 'reminder' }] });
    expect(await world.turn()).toMatchObject({ queued: 2 });
    await world.handOver();
    app.clock.advance(3_600_000);
    await app.sql.exec('test.event', `insert into events (contact_id, occurred_at, idempotency_key, name, source) values ($1, $2, 'goal', 'Registered', 'test')`, [ids[0], app.clock.now()]);
    app.clock.advance(2 * 86_400_000);
    expect(await world.turn()).toMatchObject({ people: 2, queued: 1, denied: 1 });
    const ended = await app.sql.many('test.ended', `select contact_id, end_reason from enrollments where end_reason = 'relationship.goal_met'`);
    expect(ended).toEqual([{ contact_id: ids[0], end_reason: 'relationship.goal_met' }]);
  });
});
