import { campaignReads } from '../../../src/core/attribute/campaign-reads.js';
import type { DataReaders } from '../../../src/core/attribute/data-users.js';
import { refusedByCampaign } from '../../../src/core/attribute/refused-data.js';
import { campaignDefinition } from '../../../src/core/campaign/definition.js';
import { parseRule } from '../../../src/core/rule/parse-rule.js';
import type { Rule, Scope } from '../../../src/core/rule/rule.js';

const secret = { kind: 'attribute', attribute: 'secret', operator: 'is_set' };
const happened = { kind: 'event', event: 'Secret', count: { operator: 'at_least', value: 1 }, within: { kind: 'last_days', days: 30 } };

/** One rule of every kind that a rule can have, with what it must be found to read. A new kind does not compile without its line here. */
const BY_KIND: Record<Rule['kind'], { scope?: Scope; rule: unknown; reads: string[] }> = {
  attribute: { rule: secret, reads: ['contact.secret'] },
  all: { rule: { kind: 'all', conditions: [{ kind: 'sample', percent: 10, seed: 'a' }, secret] }, reads: ['contact.secret'] },
  any: { rule: { kind: 'any', conditions: [secret, happened] }, reads: ['contact.secret', 'event.Secret'] },
  not: { rule: { kind: 'not', condition: secret }, reads: ['contact.secret'] },
  event: { rule: happened, reads: ['event.Secret'] },
  event_value: { rule: { kind: 'event_value', event: 'Secret', property: 'value', aggregate: 'sum', is: { operator: 'at_least', value: 1 } }, reads: ['event.Secret'] },
  event_time: { rule: { kind: 'event_time', event: 'Secret', which: 'first', operator: 'in_last_days', days: 30 }, reads: ['event.Secret'] },
  sequence: { rule: { kind: 'sequence', first: { event: 'Seen' }, then: [{ event: 'Secret', withinDays: 3 }], never: { event: 'Bought' } }, reads: ['event.Bought', 'event.Secret', 'event.Seen'] },
  engagement: { rule: { kind: 'engagement', did: 'clicked', within: { kind: 'last_days', days: 30 } }, reads: ['event.Email Link Clicked'] },
  account: { rule: { kind: 'account', rule: secret }, reads: ['account.secret'] },
  parent: { scope: 'account', rule: { kind: 'parent', rule: secret }, reads: ['account.secret'] },
  subsidiaries: { scope: 'account', rule: { kind: 'subsidiaries', rule: secret }, reads: ['account.secret'] },
  people: { scope: 'account', rule: { kind: 'people', rule: secret }, reads: ['contact.secret'] },
  segment: { rule: { kind: 'segment', operator: 'not_in', segment: 'inner' }, reads: ['contact.inner_secret'] },
  mailable: { rule: { kind: 'all', conditions: [{ kind: 'mailable', purpose: 'news' }, secret] }, reads: ['contact.secret'] },
  sample: { rule: { kind: 'sample', percent: 10, seed: 'a' }, reads: [] },
};

function ruleOf(input: unknown): Rule {
  const parsed = parseRule(input);
  if (!parsed.ok) throw new Error(JSON.stringify([input, parsed.error]));
  return parsed.value;
}

const campaign = (change: object = {}) =>
  campaignDefinition.parse({ audience: { segment: 'audience', scope: 'contact' }, entry: { kind: 'now' }, purpose: 'news', steps: [{ kind: 'send', template: 'hello' }], ...change });

function readers(rule: unknown, scope: Scope = 'contact', rest: Partial<DataReaders> = {}): DataReaders {
  return {
    segments: new Map([
      ['audience', { scope, rule: ruleOf(rule) }],
      ['inner', { scope: 'contact', rule: ruleOf({ kind: 'attribute', attribute: 'inner_secret', operator: 'is_set' }) }],
    ]),
    templates: new Map(),
    campaigns: new Map(),
    computed: new Map(),
    derived: new Map(),
    lists: new Map(),
    ...rest,
  };
}

describe('what a campaign reads', () => {
  it.each(Object.entries(BY_KIND))('through a condition of the kind %s', (_, { rule, scope, reads }) => {
    expect(campaignReads(campaign(), readers(rule, scope)).map(({ data }) => data).sort()).toEqual(reads);
  });

  it('by its entry, its mails, and in which place', () => {
    const definition = campaign({ entry: { kind: 'event', event: 'Visited' }, steps: [{ kind: 'send', template: 'hello' }, { kind: 'wait', days: 3 }, { kind: 'send', template: 'again' }] });
    const templates = new Map([
      ['hello', { contactAttributes: ['nickname'], accountAttributes: [], events: [], segments: [], purposes: [] }],
      ['again', { contactAttributes: [], accountAttributes: ['tier'], events: [], segments: [], purposes: [] }],
    ]);
    expect(campaignReads(definition, readers({ kind: 'sample', percent: 1, seed: 'a' }, 'contact', { templates }))).toEqual([
      { data: 'event.Visited', path: 'entry.event' },
      { data: 'contact.nickname', path: 'steps[0].template' },
      { data: 'account.tier', path: 'steps[2].template' },
    ]);
  });

  it('behind a computed attribute: the events', () => {
    const computed = new Map([['secret', { aggregate: 'count' as const, event: 'Visited' }]]);
    expect(campaignReads(campaign(), readers(secret, 'contact', { computed }))).toEqual([
      { data: 'contact.secret', path: 'audience.segment' },
      { data: 'event.Visited', path: 'audience.segment', through: '"contact.secret", which is computed from it' },
    ]);
  });

  it('behind a list that a campaign or a snapshot filled: what chose those people', () => {
    const lists = new Map([['patients', { segments: ['inner'], events: ['Visited'] }]]);
    const reads = campaignReads(campaign(), readers({ kind: 'segment', operator: 'in', segment: 'patients' }, 'contact', { lists }));
    expect(reads).toEqual([
      { data: 'contact.inner_secret', path: 'audience.segment', through: 'segment "inner"' },
      { data: 'event.Visited', path: 'audience.segment', through: 'the campaign that fills the list "patients"' },
    ]);
  });

  it('does not go round in circles when lists fill each other', () => {
    const lists = new Map([['a', { segments: ['b'], events: [] }], ['b', { segments: ['a', 'inner'], events: [] }]]);
    expect(campaignReads(campaign({ audience: { segment: 'a', scope: 'contact' } }), readers(secret, 'contact', { lists })).map(({ data }) => data)).toEqual(['contact.inner_secret']);
  });

  it('but not what ends it for somebody: that only ever stops mail', () => {
    const definition = campaign({ exitOn: [{ event: 'Unsubscribed' }], steps: [{ kind: 'send', template: 'hello' }, { kind: 'wait', days: 1 }, { kind: 'exit_on_event', event: 'Ordered' }, { kind: 'send', template: 'hello' }] });
    expect(campaignReads(definition, readers({ kind: 'sample', percent: 1, seed: 'a' }))).toEqual([]);
  });
});

describe('what the purpose may not use', () => {
  const items = (purposes: string[], sensitive = false) => (name: string) => ({ name, purposes, sensitive });

  it.each([
    ['what nobody classified', [], false, 'refused', 'nobody has classified it yet, so it may be used for nothing'],
    ['what was collected for something else', ['service', 'surveys'], false, 'refused', 'it was collected for "service", "surveys"'],
    ['what is sensitive', ['news'], true, 'sensitive', 'only people with explicit consent to its use for "news" get this mail'],
  ] as const)('is told by name, with the place and what to do: %s', (_, purposes, sensitive, kind, words) => {
    const found = refusedByCampaign(readers(secret, 'contact', { campaigns: new Map([['spring', campaign()]]) }), items([...purposes], sensitive));
    expect(found.get('spring')).toEqual([{ kind, data: 'contact.secret', path: 'audience.segment', message: expect.stringContaining(words) }]);
    expect(found.get('spring')![0]!.message).toContain('Segment "audience" reads "contact.secret"');
  });

  it.each([[['*']], [['news', 'other']]])('does not name what may serve it: %j', (purposes) => {
    expect(refusedByCampaign(readers(secret, 'contact', { campaigns: new Map([['spring', campaign()]]) }), items(purposes)).size).toBe(0);
  });
});
