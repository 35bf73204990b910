import { exitConditions, exitStepsBefore, nextSendStep, waitMilliseconds } from '../../../src/core/campaign/definition.js';
import { parseDefinition } from '../../../src/core/campaign/validate-definition.js';
import { aDefinition, newsletter } from './definitions.js';

describe('the shape of a definition', () => {
  it('fills in what a newsletter leaves out', () => {
    const parsed = parseDefinition({ audience: { segment: 'readers', scope: 'contact' }, entry: { kind: 'now' }, purpose: 'newsletter', steps: [{ kind: 'send', template: 'june' }] });
    expect(parsed).toEqual({
      ok: true,
      value: {
        audience: { segment: 'readers', scope: 'contact', roles: [] },
        entry: { kind: 'now' },
        purpose: 'newsletter',
        messageClass: 'marketing',
        sender: 'workspace',
        steps: [{ kind: 'send', template: 'june' }],
        exitOn: [],
        timeToLiveHours: 72,
        priority: 50,
        expectedValue: 0,
        holdoutPercent: 0,
        reentry: 'never',
      },
    });
  });

  it('lets people enter again by default when the campaign recurs', () => {
    expect(aDefinition({ entry: { kind: 'cron', cron: '0 9 * * 1' } })).toMatchObject({ entry: { timeZone: 'Europe/Amsterdam' }, reentry: 'always' });
    expect(aDefinition({ entry: { kind: 'cron', cron: '0 9 * * 1' }, reentry: 'never' }).reentry).toBe('never');
  });

  it.each([
    ['a step of an unknown kind', { steps: [{ kind: 'call', number: '1' }] }, 'steps[0].kind'],
    ['a wait of nothing', { steps: [{ kind: 'wait', days: 0 }] }, 'steps[0]'],
    ['a wait of two years', { steps: [{ kind: 'wait', days: 730 }] }, 'steps[0]'],
    ['a wait of half a day', { steps: [{ kind: 'wait', days: 0.5 }] }, 'steps[0].days'],
    ['a wait of minus one day', { steps: [{ kind: 'wait', days: -1 }] }, 'steps[0].days'],
    ['no steps', { steps: [] }, 'steps'],
    ['fifty-one steps', { steps: Array.from({ length: 51 }, () => ({ kind: 'send', template: 'x' })) }, 'steps'],
    ['a moment without an offset', { entry: { kind: 'at', at: '2026-06-09T09:00:00' } }, 'entry.at'],
    ['an unknown entry', { entry: { kind: 'moon' } }, 'entry.kind'],
    ['a key with a quote in it', { audience: { segment: `x'; drop table segments; --`, scope: 'contact' } }, 'audience.segment'],
    ['an unknown role', { audience: { segment: 'a', scope: 'account', roles: ['boss'] } }, 'audience.roles[0]'],
    ['an unknown field', { colour: 'blue' }, ''],
    ['a priority of nought', { priority: 0 }, 'priority'],
    ['a priority over a hundred', { priority: 101 }, 'priority'],
    ['half a priority', { priority: 1.5 }, 'priority'],
    ['a loss', { expectedValue: -1 }, 'expectedValue'],
    ['an event without a name', { exitOn: [{ event: '' }] }, 'exitOn[0].event'],
    ['a filter with an unknown operator', { exitOn: [{ event: 'Replied', where: [{ property: 'x', operator: 'like', value: '%' }] }] }, 'exitOn[0].where[0].operator'],
    ['a holdout of everybody', { holdoutPercent: 100 }, 'holdoutPercent'],
  ])('refuses %s', (_, change, path) => {
    const parsed = parseDefinition({ ...newsletter, ...change });
    expect(parsed.ok ? undefined : parsed.error[0]?.path).toBe(path);
  });

  it.each([[null], ['text'], [[]], [JSON.parse('{"__proto__": {"purpose": "newsletter"}}')]])('refuses %j without throwing', (input) => {
    expect(parseDefinition(input).ok).toBe(false);
  });
});

describe('steps', () => {
  it('adds up a wait', () => {
    expect(waitMilliseconds({ days: 2, hours: 3, minutes: 4 })).toBe(((2 * 24 + 3) * 60 + 4) * 60_000);
  });

  it('finds the send step that follows', () => {
    const { steps } = aDefinition({ steps: [{ kind: 'send', template: 'a' }, { kind: 'wait', days: 1 }, { kind: 'send', template: 'b' }] });
    expect([0, 1, 2, 3].map((from) => nextSendStep(steps, from))).toEqual([0, 2, 2, undefined]);
  });

  it.each([
    ['the first mail', 0, []],
    ['the mail behind an exit', 3, [2]],
    ['a later mail, which the exit lies two mails before', 4, []],
    ['a mail behind two exits', 7, [5, 6]],
  ] as const)('knows the exits on the way to %s', (_, send, exits) => {
    const exit = { kind: 'exit_on_event', event: 'Replied' };
    const mail = { kind: 'send', template: 'a' };
    const { steps } = aDefinition({ steps: [mail, { kind: 'wait', days: 1 }, exit, mail, mail, exit, exit, mail] });
    expect(exitStepsBefore(steps, send)).toEqual(exits);
  });

  it('lists exit conditions with the step they belong to', () => {
    const definition = aDefinition({ exitOn: [{ event: 'Unsubscribed' }], steps: [{ kind: 'exit_on_event', event: 'Replied' }, { kind: 'send', template: 'a' }] });
    expect(exitConditions(definition).map(({ step, condition }) => [step, condition.event])).toEqual([[undefined, 'Unsubscribed'], [0, 'Replied']]);
  });
});
