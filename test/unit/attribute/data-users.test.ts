import { beyondPurposes, commonPurposes } from '../../../src/core/attribute/allowed-purposes.js';
import { dataUsers, isUsed, NO_USERS } from '../../../src/core/attribute/data-users.js';
import { campaignDefinition } from '../../../src/core/campaign/definition.js';
import type { Rule } from '../../../src/core/rule/rule.js';

describe('the purposes of two pieces of data used together', () => {
  it.each([
    [['*'], ['news'], ['news'], []],
    [['news', 'offers'], ['offers'], ['offers'], ['news']],
    [['news'], ['*'], ['news'], []],
    [['*'], ['*'], ['*'], []],
    [['*'], [], [], ['*']],
    [[], ['*'], [], []],
  ])('%j with %j: %j; beyond the second go %j', (a, b, common, beyond) => {
    expect(commonPurposes(a, b)).toEqual(common);
    expect(beyondPurposes(a, b)).toEqual(a.includes('*') && !b.includes('*') ? ['*'] : beyond);
  });
});

describe('who uses a piece of data', () => {
  const plan: Rule = { kind: 'attribute', attribute: 'plan', operator: 'equals', value: 'gold' };
  const campaign = campaignDefinition.parse({ audience: { segment: 'outer', scope: 'contact' }, entry: { kind: 'event', event: 'Visited' }, purpose: 'news', steps: [{ kind: 'send', template: 'hello' }] });
  const users = dataUsers({
    segments: new Map([
      ['inner', { scope: 'contact', rule: plan }],
      ['outer', { scope: 'contact', rule: { kind: 'segment', operator: 'in', segment: 'inner' } }],
      ['list', { scope: 'contact', list: 7 }],
    ]),
    templates: new Map([['hello', { contactAttributes: ['nickname'], accountAttributes: ['tier'], events: [], segments: [] }]]) as never,
    campaigns: new Map([['spring', campaign]]),
    computed: new Map([['visits', { aggregate: 'count', event: 'Visited' }]]),
    derived: new Map(),
    lists: new Map(),
  });

  it('is the segment that names it, and the campaign that reaches it through others', () => {
    expect(users.get('contact.plan')).toEqual({ segments: ['inner'], templates: [], campaigns: ['spring'], attributes: [] });
  });

  it('is the template that shows it, with the campaign that sends it', () => {
    expect(users.get('contact.nickname')).toEqual({ segments: [], templates: ['hello'], campaigns: ['spring'], attributes: [] });
    expect(users.get('account.tier')).toMatchObject({ templates: ['hello'] });
  });

  it('is for an event also what is computed from it', () => {
    expect(users.get('event.Visited')).toEqual({ segments: [], templates: [], campaigns: ['spring'], attributes: ['visits'] });
  });

  it('is nobody for all the rest', () => {
    expect(users.get('contact.shoe_size')).toBeUndefined();
    expect(isUsed(NO_USERS)).toBe(false);
  });
});
