import { smtpTargetOf } from '../../../src/platform/mail/smtp-target.js';
import { SmtpTransport } from '../../../src/platform/mail/smtp-transport.js';
import { ScriptedSmtp } from '../../support/scripted-smtp.js';

const message = Buffer.from('Subject: x\r\n\r\nHello\r\n');
const envelope = { from: 'bounce@voorbeeld.example', to: 'anna@isdom.example' };

describe('handing mail over', () => {
  let server: ScriptedSmtp;
  let transport: SmtpTransport;
  /** Gives up after a moment; where nobody is silent nothing does, however busy the machine is. */
  const impatient = { connect: 700, silence: 700, message: 1_500 };
  const patient = { connect: 20_000, silence: 20_000, message: 30_000 };
  const transportWith = (timeouts: typeof patient): SmtpTransport => new SmtpTransport(() => Promise.resolve(smtpTargetOf(server.url)), 3, 'voorbeeld.example', timeouts);

  beforeEach(async () => {
    server = await ScriptedSmtp.start();
    transport = transportWith(patient);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await transport.close();
    await server.stop();
  });

  it('delivers to the byte, over few connections', async () => {
    const outcomes = await Promise.all(Array.from({ length: 30 }, (_, index) => transport.send({ ...envelope, to: `p${index}@x.example` }, message)));
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome)))).toEqual(new Set([JSON.stringify({ kind: 'accepted', response: '250 2.0.0 taken' })]));
    expect(server.mails.map(({ to }) => to).sort()).toEqual(Array.from({ length: 30 }, (_, index) => `p${index}@x.example`).sort());
    expect(new Set(server.mails.map(({ source }) => source))).toEqual(new Set([message.toString()]));
    expect(server.connections).toBe(3);
  });

  it.each([
    ['a refused recipient', 'RCPT', '550 5.1.1 No such user', { kind: 'refused', code: 550, response: '550 5.1.1 No such user' }],
    ['a recipient refused for now', 'RCPT', '450 4.2.1 Greylisted', { kind: 'refused', code: 450 }],
    ['refused content', 'content', '554 5.7.1 Spam', { kind: 'refused', code: 554 }],
    ['content refused for now', 'content', '451 4.3.0 Later', { kind: 'refused', code: 451 }],
    ['content refused with goodbye', 'content', '421 4.3.2 Closing', { kind: 'refused', code: 421 }],
    ['a hang-up after the content', 'content', 'drop', { kind: 'unknown' }],
    ['silence after the content', 'content', 'hang', { kind: 'unknown' }],
    ['a hang-up at DATA', 'DATA', 'drop', { kind: 'not_handed_over' }],
    ['silence at DATA', 'DATA', 'hang', { kind: 'not_handed_over' }],
    ['a hang-up at RCPT', 'RCPT', 'drop', { kind: 'not_handed_over' }],
    ['a sender that is not wanted', 'MAIL', '550 5.7.1 Sign in first', { kind: 'not_handed_over' }],
    ['a sign-in asked for at RCPT', 'RCPT', '530 5.7.0 Authentication required', { kind: 'not_handed_over' }],
    ['a closing greeting', 'greeting', '421 4.3.2 Not now', { kind: 'not_handed_over' }],
    ['a refusing greeting', 'greeting', '554 5.7.1 Go away', { kind: 'not_handed_over' }],
    ['no greeting', 'greeting', 'hang', { kind: 'not_handed_over' }],
    ['a hang-up at once', 'greeting', 'drop', { kind: 'not_handed_over' }],
  ] as const)('tells apart: %s', async (_name, stage, answer, expected) => {
    server.script = (at) => (at === stage ? answer : undefined);
    if (answer === 'hang') transport = transportWith(impatient);
    const outcome = await transport.send(envelope, message);
    expect(outcome).toMatchObject(expected);
    expect(transport.pausedFor() > 0).toBe(outcome.kind === 'not_handed_over');
    expect(server.mails).toHaveLength(0);
  });

  it('sends on, on the same connection, after a refusal', async () => {
    server.script = (stage, _line, count) => (stage === 'RCPT' && count === 0 ? '550 5.1.1 No' : undefined);
    expect(await transport.send(envelope, message)).toMatchObject({ kind: 'refused' });
    expect(await transport.send(envelope, message)).toMatchObject({ kind: 'accepted' });
    expect(server.seen).toContain('RSET');
  });

  it('takes a fresh connection, without a word, where the server closed an idle one', async () => {
    expect(await transport.send(envelope, message)).toMatchObject({ kind: 'accepted' });
    server.script = (stage, _line, count) => (stage === 'MAIL' && count === 1 ? 'drop' : undefined);
    expect(await transport.send(envelope, message)).toMatchObject({ kind: 'accepted' });
    expect(server.connections).toBe(2);
    expect(transport.pausedFor()).toBe(0);
  });

  it('leaves a server alone that refuses connections, and comes back', async () => {
    const { port } = server;
    await server.stop();
    const now = jest.spyOn(performance, 'now').mockReturnValue(50_000);
    expect(await transport.send(envelope, message)).toMatchObject({ kind: 'not_handed_over' });
    expect(transport.pausedFor()).toBe(1_000);
    expect(await transport.send(envelope, message)).toMatchObject({ kind: 'not_handed_over', reason: expect.stringContaining('left alone') as string });
    server = await ScriptedSmtp.start(port);
    now.mockReturnValue(51_000);
    expect(await transport.send(envelope, message)).toMatchObject({ kind: 'accepted' });
  });

  it('ends a message that a server draws out', async () => {
    server.script = (stage) => (stage === 'content' ? '250-one moment' : undefined); // a reply that never ends
    transport = transportWith({ ...patient, message: 900 });
    const started = performance.now();
    expect(await transport.send(envelope, message)).toMatchObject({ kind: 'unknown' });
    expect(performance.now() - started).toBeLessThan(15_000); // it was not the silence after it
  });

  it('hands nothing over after it was closed', async () => {
    await transport.close();
    expect(await transport.send(envelope, message)).toMatchObject({ kind: 'not_handed_over' });
    expect(server.connections).toBe(0);
  });

  it('will not put a line end into the envelope', async () => {
    const outcome = await transport.send({ ...envelope, to: 'a@x.example>\r\nRCPT TO:<b@x.example' }, message);
    expect(outcome.kind).not.toBe('accepted');
    expect(server.mails).toHaveLength(0);
    expect(server.seen).not.toContain('DATA');
  });
});

describe('SMTP_URL', () => {
  it.each([
    ['smtp://mail.example', { host: 'mail.example', port: 587, secure: false, rejectUnauthorized: true }],
    ['smtps://us%40er:p%3Aw@mail.example', { port: 465, secure: true, auth: { user: 'us@er', pass: 'p:w' } }],
    ['smtp://[::1]:2525?requireTLS=true&rejectUnauthorized=false', { host: '::1', port: 2525, requireTLS: true, rejectUnauthorized: false }],
  ])('%s', (url, expected) => {
    expect(smtpTargetOf(url)).toMatchObject(expected);
  });
});
