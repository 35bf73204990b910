import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { Command } from 'commander';
import { registerSendingCommands } from '../../src/messages/sending/sending.commands.js';
import { registerRightsCommands } from '../../src/privacy/rights/rights.commands.js';
import { registerRetentionCommands } from '../../src/privacy/retention/retention.commands.js';
import { registerHoldsCommands } from '../../src/tasks/holds/holds.commands.js';
import { HoldsService } from '../../src/tasks/holds/holds.service.js';
import { useApp } from '../support/app.js';
import { addFullPerson, addPersonOnFile, prepareRightsWorld } from '../support/rights-world.js';
import { TactfulProcess } from '../support/tactful-process.js';

describe('the officer’s and operator’s work on the command line', () => {
  const app = useApp();
  const folder = mkdtempSync(join(tmpdir(), 'tactful-officer-'));
  let accountId = 0;
  beforeAll(async () => ({ accountId } = await prepareRightsWorld(app)));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Runs `tactful …` on the test's own application; the command must not close it for the others. */
  async function tactful(...words: string[]): Promise<{ out: string; err: string; code: typeof process.exitCode }> {
    const lines = { out: [] as string[], err: [] as string[] };
    const say = (line: unknown): void => void lines.out.push(typeof line === 'string' ? line : JSON.stringify(line));
    const spies = [jest.spyOn(console, 'log').mockImplementation(say), jest.spyOn(console, 'table').mockImplementation(say), jest.spyOn(console, 'error').mockImplementation((line: string) => void lines.err.push(line))];
    const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
    for (const register of [registerRightsCommands, registerSendingCommands, registerHoldsCommands, registerRetentionCommands]) register(program, () => Promise.resolve({ get: app.get, close: () => Promise.resolve() } as unknown as INestApplicationContext));
    try {
      await program.parseAsync(['node', 'tactful', ...words]);
      return { out: lines.out.join('\n'), err: lines.err.join('\n'), code: process.exitCode };
    } finally {
      spies.forEach((spy) => spy.mockRestore());
      process.exitCode = undefined;
    }
  }
  const audit = async (action: string): Promise<string[]> => (await app.request('GET', `/api/v1/audit?action=${action}`)).body.items.map((one: { actor: string }) => one.actor);

  describe('privacy', () => {
    it('gives a copy of somebody’s data, then forgets him: as a process of its own', async () => {
      const email = 'hanna@molen.example';
      await addFullPerson(app, { email, accountId, firstName: 'Hanna' });
      const env = { DATABASE_URL: app.url, TACTFUL_SECRET: 'a-secret-of-thirty-two-characters!', TACTFUL_DATA_DIR: app.config.dataDir, TACTFUL_LOG_LEVEL: 'warn' };
      const copy = await new TactfulProcess(['privacy', 'access', email, '--out', join(folder, 'copy'), '--language', 'en'], env).ended;
      expect([copy.code, copy.output.trim().split('\n')]).toEqual([0, ['html', 'json', 'csv'].map((form) => join(folder, `copy.${form}`))]);
      for (const form of ['html', 'json', 'csv']) expect(readFileSync(join(folder, `copy.${form}`), 'utf8')).toContain('Hanna');
      const erased = await new TactfulProcess(['privacy', 'erase', email, '--yes'], env).ended;
      expect([erased.code, JSON.parse(erased.output)]).toEqual([0, expect.objectContaining({ people: 1 })]);
      expect(await app.sql.many('test.gone', 'select from contacts where email = $1', [email])).toEqual([]);
      expect([await audit('privacy.access_read'), await audit('privacy.erased')]).toEqual([['operator'], ['operator']]);
    }, 240_000);

    it('lists what people ask, and what is late', async () => {
      expect((await tactful('privacy', 'requests')).out).toBe('No requests yet.');
      const contactId = await addPersonOnFile(app, { email: 'bas@molen.example' });
      await app.request('POST', '/api/v1/privacy/requests', { body: { contactId, kind: 'access', channel: 'phone' } });
      expect((await tactful('privacy', 'requests')).out).toContain(`"kind":"access","state":"identity_pending","told":"Waits for the person to confirm","contact":${contactId}`);
      expect((await tactful('privacy', 'requests', '--language', 'nl')).out).toContain('Wacht tot de persoon bevestigt');
      expect((await tactful('privacy', 'requests', '--state', 'lapsed')).out).toBe('No request is lapsed.');
      await expect(tactful('privacy', 'requests', '--state', 'lost')).rejects.toThrow('--state');
      expect((await tactful('privacy', 'requests', '--overdue')).out).toBe('No request is overdue.');
      app.clock.advance(40 * 86_400_000);
      expect((await tactful('privacy', 'requests', '--overdue')).out).toContain('"kind":"access"');
    });

    it.each([
      [['access', 'nobody@nowhere.example'], 'There is no contact "nobody@nowhere.example".'],
      [['erase', '999999', '--yes'], 'There is no contact "999999".'],
    ])('says that there is nobody: %j', async (words, says) => {
      const { err, code } = await tactful('privacy', ...words);
      expect([err, code]).toEqual([says, 1]);
    });

    it('erases nobody by half a command, and replays nothing where nothing came back', async () => {
      const contactId = await addPersonOnFile(app, { email: 'stay@molen.example' });
      await expect(tactful('privacy', 'erase', String(contactId))).rejects.toThrow('--yes');
      expect((await app.request('GET', `/api/v1/contacts/${contactId}`)).status).toBe(200);
      expect(JSON.parse((await tactful('privacy', 'replay-erasures')).out)).toMatchObject({ people: 0 });
    });
  });

  it('shows what would go tonight', async () => {
    await app.sql.exec('test.mail', `insert into mailbox_mails (received_at, envelope_from, envelope_to, source) values ('2020-01-01', 'a', 'b', '')`);
    expect((await tactful('retention', 'preview')).out).toMatch(/^mailbox +- +1 \(kept 90 days\)$/m);
  });

  describe('domains', () => {
    it('are paused, slowed down and warmed up one thing at a time', async () => {
      expect((await tactful('sending-domains', 'list')).out).toBe('Nothing was said of any domain: mail leaves as it comes.');
      expect((await tactful('sending-domains', 'set', 'Mail.Voorbeeld.example', '--pause', 'complaints', '--hourly', '500')).out).toMatch(/^mail\.voorbeeld\.example: paused since .* \(complaints\), not checked, 500 an hour at most$/);
      expect((await tactful('sending-domains', 'set', 'mail.voorbeeld.example', '--warm-up', '2026-06-01', '--daily', '5000', '--aligned', 'yes')).out).toMatch(/paused since .*, aligned, warming up since 2026-06-01 to 5000 a day, 500 an hour at most$/);
      await tactful('sending-domains', 'set', 'mail.voorbeeld.example', '--resume', '--hourly', 'none');
      expect((await tactful('sending-domains', 'list')).out).toMatch(/^mail\.voorbeeld\.example +aligned, warming up since 2026-06-01 to 5000 a day$/);
      expect((await app.request('GET', '/api/v1/sending-domains')).body.items).toMatchObject([{ domain: 'mail.voorbeeld.example', paused_at: null, hourly_limit: null }]);
      expect(await audit('sending_domain.changed')).toEqual(['operator', 'operator', 'operator']);
    });

    it('are left out with all that stands under them, and taken back', async () => {
      expect((await tactful('suppressed-domains', 'add', 'Rival.example', '--reason', 'a competitor')).out).toBe('Nobody at rival.example or under it is mailed any more.');
      expect((await tactful('suppressed-domains', 'list')).out).toMatch(/^rival\.example +\d{4}-\d\d-\d\d a competitor$/);
      expect((await tactful('suppressed-domains', 'remove', 'rival.example')).out).toBe('rival.example is off the list.');
      expect((await tactful('suppressed-domains', 'list')).out).toBe('No domain is left out.');
    });

    it.each([
      [['suppressed-domains', 'add', 'co.uk'], 'a domain that somebody owns'],
      [['suppressed-domains', 'add', 'not a domain'], 'must be a domain'],
      [['suppressed-domains', 'remove', 'nobody.example'], 'nobody.example is not on the list.'],
      [['sending-domains', 'set', 'mail.example', '--hourly', 'many'], 'state.hourlyLimit'],
      [['sending-domains', 'set', 'mail.example', '--warm-up', 'tomorrow'], 'state.warmUpStartedOn'],
    ])('are not changed by what makes no sense: %j', async (words, says) => {
      const { err, code } = await tactful(...words);
      expect([err.includes(says), code]).toEqual([true, 1]);
      expect(await app.sql.many('test.domains', `select from sending_domains where domain = 'mail.example' union all select from suppressed_domains`)).toEqual([]);
    });
  });

  describe('holds', () => {
    it('are opened, seen and closed', async () => {
      await app.sql.exec('test.others', 'delete from account_holds');
      const contactId = await addPersonOnFile(app, { email: 'held@molen.example' });
      expect((await tactful('holds', 'list')).out).toBe('Nobody is held.');
      const [, id = ''] = /^(contact\/\d+) is held; task \d+\.$/.exec((await tactful('holds', 'open', 'complaint', '--contact', String(contactId), '--reason', 'Late again')).out)!;
      expect((await tactful('holds', 'list', '--contact', String(contactId))).out).toMatch(new RegExp(`^${id}\tcomplaint\tuntil .+\t-\tLate again$`));
      expect((await app.request('GET', '/api/v1/holds')).body.items).toMatchObject([{ id, openedBy: 'operator' }]);
      await tactful('holds', 'close', id, 'resolved');
      expect((await tactful('holds', 'close', id, 'followed_up')).out).toMatch(new RegExp(`^${id}\tcomplaint\tuntil \\d{4}-`));
      app.clock.advance(30 * 86_400_000);
      expect((await tactful('holds', 'list')).out).toBe('Nobody is held.');
      expect((await tactful('holds', 'list', '--all')).out).toMatch(/\tover\t/);
      expect([await audit('hold.opened'), await audit('hold.step')]).toEqual([['operator'], ['operator', 'operator']]);
    });

    it('say why, until when and what is waited for in the language that is asked for', async () => {
      const contactId = await addPersonOnFile(app, { email: 'gehoord@molen.example' });
      const held = { contactId, kind: 'detractor', reason: { code: 'score', score: 3 }, cause: 'survey 1', by: 'system' } as const;
      await app.get(HoldsService).open(app.sql, [held], app.clock.now());
      const list = async (...words: string[]) => (await tactful('holds', 'list', '--contact', String(contactId), ...words)).out.split('\t').slice(1);
      const nl = ['detractor', 'tot een mens heeft nagebeld en de taak gesloten', '-', 'Gaf een 3 van de 10. Bel, luister, en zet recht wat misging.'];
      const en = ['detractor', 'until a human has followed up and closed the task', '-', 'Gave a 3 out of 10. Call, listen, and put right what went wrong.'];
      expect([await list('--language', 'nl'), await list()]).toEqual([nl, en]);
      await expect(tactful('holds', 'list', '--language', 'fr')).rejects.toThrow('--language');
      const id = (await tactful('holds', 'list', '--contact', String(contactId))).out.split('\t')[0]!;
      expect((await tactful('holds', 'close', id, 'resolved', '--language', 'nl')).out).toContain('\ttot ');
      await tactful('holds', 'close', id, 'followed_up');
      app.clock.advance(60 * 86_400_000);
      expect((await tactful('holds', 'list', '--contact', String(contactId), '--all', '--language', 'nl')).out).toContain('\tvoorbij\t');
    });

    it.each([
      [['open', 'complaint', '--contact', '999999', '--reason', 'x'], 'There is no contact 999999.'],
      [['open', 'complaint', '--reason', 'x'], 'name the contact or the account'],
      [['open', 'meeting', '--contact', '1', '--reason', 'x'], 'meetingAt: say when the meeting is'],
      [['close', 'contact/999999', 'resolved'], 'There is no hold contact/999999.'],
      [['close', 'nonsense', 'resolved'], 'There is no hold nonsense.'],
    ])('of nobody are refused: %j', async (words, says) => {
      const { err, code } = await tactful('holds', ...words);
      expect([err.includes(says), code]).toEqual([true, 1]);
    });
  });
});
