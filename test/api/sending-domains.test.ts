import { useApp } from '../support/app.js';

describe('domains that mail leaves from, and domains that get none, over the API', () => {
  const app = useApp();

  it('are paused, warmed up and released, with a trail', async () => {
    expect((await app.request('GET', '/api/v1/sending-domains/voorbeeld.example')).status).toBe(404);
    const put = (body: object) => app.request('PUT', '/api/v1/sending-domains/Voorbeeld.example', { body });
    expect((await put({ paused: true, pauseReason: '0.3 % complaints', warmUpStartedOn: '2026-06-01', dailyTarget: 5_000 })).body).toMatchObject({ domain: 'voorbeeld.example', aligned: null, pause_reason: '0.3 % complaints', warm_up_started_on: '2026-06-01' });
    expect((await put({ aligned: false, problem: 'There is no DKIM key.' })).body).toMatchObject({ aligned: false, paused_at: null, problem: 'There is no DKIM key.' });
    expect((await app.request('GET', '/api/v1/sending-domains/voorbeeld.example')).body).toMatchObject({ aligned: false });
    expect((await put({ hourlyLimit: 0 })).status).toBe(422);
    expect((await app.sql.many('test.trail', `select action from audit_entries where subject_id = 'voorbeeld.example'`)).map(({ action }) => action)).toEqual(['sending_domain.changed', 'sending_domain.changed']);
  });

  it('are blocked and taken off the list; nobody blocks a whole country', async () => {
    expect((await app.request('PUT', '/api/v1/suppressed-domains/Münster.Example', { body: { reason: 'They asked.' } })).status).toBe(204);
    expect((await app.request('GET', '/api/v1/suppressed-domains')).body.items).toMatchObject([{ domain: 'xn--mnster-3ya.example', reason: 'They asked.' }]);
    for (const domain of ['nl', 'co.uk', 'a@b.example', '-']) expect((await app.request('PUT', `/api/v1/suppressed-domains/${domain}`, { body: {} })).status).toBe(422);
    expect((await app.request('DELETE', '/api/v1/suppressed-domains/xn--mnster-3ya.example')).status).toBe(204);
    expect((await app.request('DELETE', '/api/v1/suppressed-domains/xn--mnster-3ya.example')).status).toBe(404);
    expect((await app.sql.many('test.trail', `select action from audit_entries where subject_type = 'suppressed_domain' order by audit_id`)).map(({ action }) => action)).toEqual(['suppressed_domain.added', 'suppressed_domain.removed']);
  });
});
