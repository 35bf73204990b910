import { registerCampaignsCommands } from '../../src/campaigns/campaigns.commands.js';
import { useApp } from '../support/app.js';
import { commandLine } from '../support/command-line.js';
import { CampaignWorld } from '../support/campaign-world.js';

describe('campaigns on the command line', () => {
  const app = useApp();
  const world = new CampaignWorld(app);

  const run = commandLine(app, registerCampaignsCommands);
  const campaigns = (...words: string[]) => run('campaigns', ...words);

  it('lists, tries, starts, pauses, resumes, stops and reports', async () => {
    expect((await campaigns('list')).out).toContain('There are no campaigns yet');
    await world.prepare();
    await world.people(3);
    await world.consent(await world.people(2), 'withdrawn');
    await world.campaign('june-news');

    const tried = (await campaigns('dry-run', 'june-news')).out;
    expect(tried).toContain('audience 5: send 3, defer 0, review 0, deny 2');
    expect(tried).toMatch(/ 2 {2}legal\.withdrawn/);
    expect(tried).toContain('Eva does not get "Campaign june-news".');
    expect((await campaigns('dry-run', 'june-news', '--language', 'nl')).out).toContain('Eva krijgt "Campaign june-news" niet.');

    expect((await campaigns('start', 'june-news')).out).toBe('Campaign "june-news" is running.');
    expect(await campaigns('start', 'june-news')).toMatchObject({ out: '', err: expect.stringContaining('is running already'), code: 1 });
    expect((await campaigns('list')).out).toMatch(/june-news {2}running {3}contact {2}2026-06-09T08:00:00.000Z {2}Campaign june-news/);
    await world.turn();
    expect(JSON.parse((await campaigns('report', 'june-news')).out)).toMatchObject({ audience: 5, queued: 3, denied: 2 });
    expect((await campaigns('pause', 'june-news')).out).toBe('Campaign "june-news" is paused.');
    expect((await campaigns('resume', 'june-news')).out).toBe('Campaign "june-news" is running.');
    expect((await campaigns('stop', 'june-news')).out).toBe('Campaign "june-news" is stopped.');
    expect(await campaigns('resume', 'june-news')).toMatchObject({ err: expect.stringContaining('was stopped at'), code: 1 });
    expect(JSON.parse((await campaigns('show', 'june-news')).out)).toMatchObject({ key: 'june-news', state: 'stopped' });
  });

  it.each([['show'], ['start'], ['pause'], ['dry-run'], ['report']])('%s says when there is no such campaign', async (command) => {
    expect(await campaigns(command, 'nothing')).toMatchObject({ out: '', err: 'There is no campaign "nothing".', code: 1 });
  });

  it('names what is wrong with a campaign that cannot start', async () => {
    await world.segment('short-lived', 'contact', { kind: 'attribute', attribute: 'city', operator: 'is_set' });
    await world.campaign('unstartable', { audience: { segment: 'short-lived', scope: 'contact' } });
    await app.sql.exec('test.delete', `delete from segments where key = 'short-lived'`);
    expect((await campaigns('start', 'unstartable')).err).toContain('  audience.segment: There is no segment "short-lived".');
  });
});
