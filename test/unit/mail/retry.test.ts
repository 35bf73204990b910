import { nextAttempt, transportPause } from '../../../src/core/mail/retry.js';
import { enhancedStatus, meaningOf } from '../../../src/core/mail/smtp-reply.js';

const queued = new Date('2026-11-02T09:00:00Z');
const minutes = (count: number): Date => new Date(queued.getTime() + count * 60_000);

describe('trying again', () => {
  it('waits 5 m, 15 m, 1 h, 4 h, 8 h, 24 h, and gives up at 72 h', () => {
    let now = queued;
    const waits: number[] = [];
    for (let attempt = 1; ; attempt += 1) {
      const next = nextAttempt(attempt, queued, now);
      if (!next) break;
      waits.push((next.getTime() - now.getTime()) / 60_000);
      now = next;
    }
    expect(waits).toEqual([5, 15, 60, 240, 480, 1_440, 1_440]);
    expect(now.getTime() - queued.getTime()).toBeLessThanOrEqual(72 * 3_600_000);
  });

  it('gives up by age, however few the attempts', () => {
    expect(nextAttempt(1, queued, minutes(72 * 60 - 4))).toBeUndefined();
    expect(nextAttempt(1, queued, minutes(72 * 60 - 6))).toEqual(minutes(72 * 60 - 1));
  });

  it('leaves an unreachable server alone for longer and longer, at most a minute', () => {
    expect([1, 2, 3, 6, 7, 500].map(transportPause)).toEqual([1_000, 2_000, 4_000, 32_000, 60_000, 60_000]);
  });
});

describe('what a reply means', () => {
  it.each([
    [421, '421 4.3.2 Closing', { kind: 'retry' }],
    [450, '450 4.2.1 Greylisted', { kind: 'retry' }],
    [550, '550 5.1.1 No such user', { kind: 'failed', suppress: true }],
    [550, '550-5.1.1 No such user\n550 5.1.1 here', { kind: 'failed', suppress: true }],
    [551, '551 5.1.6 Moved', { kind: 'failed', suppress: true }],
    [556, '556 5.1.10 Null MX', { kind: 'failed', suppress: true }],
    [550, '550 5.7.1 Your mail looks like spam', { kind: 'failed', suppress: false }],
    [550, '550 No such user', { kind: 'failed', suppress: false }],
    [552, '552 5.2.2 Mailbox full', { kind: 'failed', suppress: false }],
    [550, '550 5.1.100 odd', { kind: 'failed', suppress: false }],
  ])('%i %s', (code, response, expected) => {
    expect(meaningOf(code, response)).toEqual(expected);
  });

  it('reads the enhanced status only where it belongs', () => {
    expect(enhancedStatus('550 mail to 5.1.1 refused')).toBeUndefined();
    expect(enhancedStatus('250 2.0.0 OK')).toBe('2.0.0');
  });
});
