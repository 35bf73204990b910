import { useApp } from '../support/app.js';
import { CampaignWorld } from '../support/campaign-world.js';

describe('/api/v1/simulation', () => {
  const app = useApp();
  const world = new CampaignWorld(app);

  beforeAll(async () => {
    await world.prepare({ releaseSpreadMinutes: 0 });
    await world.people(12);
    await world.people(3, { consent: null });
    await world.campaign('june-news');
  });

  it('answers what the coming days bring, and what another cap would change', async () => {
    const { status, body } = await app.request('POST', '/api/v1/simulation', { body: { days: 7, campaigns: ['june-news'], whatIf: { holdoutPercent: 50 } } });
    expect(status).toBe(200);
    expect(body).toMatchObject({ campaigns: ['june-news'], journeys: 15, problems: {}, course: { totals: [{ purpose: 'newsletter', planned: 15, sent: 12, denied: 3 }] } });
    expect(body.course.days).toHaveLength(7);
    expect(body.whatIf.totals[0].byReason['holdout.control']).toBeGreaterThan(0);
    expect(body.assumptions).not.toHaveLength(0);
  });

  it.each([
    ['a campaign that nobody knows', { campaigns: ['nowhere'] }, 404],
    ['more days than can be foreseen', { days: 1_000 }, 422],
    ['a policy that is none', { whatIf: { minimumGapHours: -3 } }, 422],
  ])('says what is wrong with %s', async (_, body, status) => {
    expect((await app.request('POST', '/api/v1/simulation', { body })).status).toBe(status);
  });

  it('says that none is running', async () => {
    expect(await app.request('GET', '/api/v1/simulation')).toMatchObject({ status: 200, body: { running: false } });
  });

  it('is not for everybody', async () => {
    expect((await app.request('POST', '/api/v1/simulation', { body: {}, key: null })).status).toBe(401);
    expect((await app.request('GET', '/api/v1/simulation', { key: null })).status).toBe(401);
  });
});
