import { cronCalendar } from '../../../src/campaigns/cron.js';
import { parseDefinition, validateDefinition, type DefinitionSurroundings } from '../../../src/core/campaign/validate-definition.js';
import type { Purpose } from '../../../src/core/consent/purpose.js';
import { newsletter, play } from './definitions.js';

const purpose: Purpose = {
  key: 'newsletter', name: { nl: 'Nieuwsbrief', en: 'Newsletter' }, description: { nl: '', en: '' }, frequency: { nl: '', en: '' }, legalBasis: 'consent', messageClass: 'marketing',
  channels: ['email'], doubleOptIn: true, retentionDays: 730, balancingAssessment: null, validUntil: null, retiredAt: null,
};

const known: DefinitionSurroundings = {
  now: new Date('2026-06-09T08:00:00Z'),
  calendar: cronCalendar,
  segment: (key) =>
    ({
      readers: { scope: 'contact' as const, touched: [{ name: 'contact.city', purposes: ['*'], sensitive: false }] },
      'growing-accounts': { scope: 'account' as const, touched: [] },
      'by-birthday': { scope: 'contact' as const, touched: [{ name: 'contact.birth_date', purposes: [], sensitive: false }] },
      broken: { scope: 'contact' as const, touched: [], problem: 'attribute "shoe_size" no longer exists.' },
    })[key],
  template: (key) =>
    ({
      june: { unfillable: [], touched: [{ name: 'contact.first_name', purposes: ['*'], sensitive: false }] },
      offer: { unfillable: [], touched: [] },
      reminder: { unfillable: [], touched: [] },
      receipt: { unfillable: ['event.total'], touched: [] },
      nosy: { unfillable: [], touched: [{ name: 'contact.phone', purposes: ['contract'], sensitive: false }, { name: 'account.tier', purposes: ['newsletter'], sensitive: false }] },
    })[key],
  purpose: (key) =>
    ({
      newsletter: purpose,
      'old': { ...purpose, key: 'old', retiredAt: new Date('2026-01-01T00:00:00Z') },
      past: { ...purpose, key: 'past', validUntil: new Date('2026-06-09T08:00:00Z') },
      orders: { ...purpose, key: 'orders', legalBasis: 'contract' as const, messageClass: 'service' as const },
    })[key],
  event: (name) => ({ name: `event.${name}`, purposes: name === 'Signed Up' ? ['*'] : [], sensitive: false }),
  list: (key) => ({ fair: { scope: 'contact' as const, isList: true }, partners: { scope: 'account' as const, isList: true }, readers: { scope: 'contact' as const, isList: false } })[key],
};

function problemsOf(definition: Record<string, unknown>): { path: string; message: string }[] {
  const parsed = parseDefinition(definition);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return validateDefinition(parsed.value, known);
}

describe('what a definition refers to', () => {
  it.each([['a newsletter', newsletter], ['a play', play]])('%s has no problems', (_, definition) => {
    expect(problemsOf(definition)).toEqual([]);
  });

  const send = (template: string): object => ({ kind: 'send', template });
  const wait = { kind: 'wait', days: 1 };
  const audience = (change: object): object => ({ ...newsletter, audience: { ...newsletter.audience, ...change } });
  const playFor = (change: object): object => ({ ...play, audience: { ...play.audience, ...change } });

  it.each<[string, object, string, string]>([
    ['an unknown segment', audience({ segment: 'nobody' }), 'audience.segment', 'There is no segment "nobody"'],
    ['a segment that no longer works', audience({ segment: 'broken' }), 'audience.segment', 'attribute "shoe_size" no longer exists'],
    ['a segment of accounts for a mail to contacts', audience({ segment: 'growing-accounts' }), 'audience.scope', 'about accounts'],
    ['roles for contacts', audience({ roles: ['user'] }), 'audience.roles', 'campaign for accounts'],
    ['people per account for contacts', audience({ perAccount: 2 }), 'audience.perAccount', 'campaign for accounts'],
    ['a play without roles', playFor({ roles: [] }), 'audience.roles', 'name the roles'],
    ['a role named twice', playFor({ roles: ['user', 'user'] }), 'audience.roles', 'named twice'],
    ['a cron that never fires', { ...newsletter, entry: { kind: 'cron', cron: '0 9 30 2 *' } }, 'entry.cron', 'never comes'],
    ['a cron of nonsense', { ...newsletter, entry: { kind: 'cron', cron: 'every monday' } }, 'entry.cron', 'is not a cron expression'],
    ['a cron with seconds', { ...newsletter, entry: { kind: 'cron', cron: '* * * * * *' } }, 'entry.cron', 'is not a cron expression'],
    ['a cron on Mars', { ...newsletter, entry: { kind: 'cron', cron: '0 9 * * 1', timeZone: 'Mars/Olympus' } }, 'entry.cron', 'is not a time zone'],
    ['re-entry where nobody can enter again', { ...newsletter, reentry: 'always' }, 'reentry', 'taken once'],
    ['an unknown purpose', { ...newsletter, purpose: 'fun' }, 'purpose', 'There is no purpose "fun"'],
    ['a retired purpose', { ...newsletter, purpose: 'old' }, 'purpose', 'no longer in use'],
    ['a purpose that ends this minute', { ...newsletter, purpose: 'past' }, 'purpose', 'no longer in use'],
    ['automated mail that poses as a human’s own, which holds let pass', { ...newsletter, messageClass: 'personal' }, 'messageClass', 'is what a person writes to one person'],
    ['advertising in the mail that asks to confirm', { ...newsletter, messageClass: 'opt_in_request' }, 'steps[0].template', 'holds no advertising'],
    ['promotion on the basis of a contract', { ...newsletter, purpose: 'orders' }, 'messageClass', 'does not carry marketing mail'],
    ['an unknown template', { ...newsletter, steps: [send('july')] }, 'steps[0].template', 'There is no template "july"'],
    ['a segment that reads unclassified data', audience({ segment: 'by-birthday' }), 'audience.segment', '"contact.birth_date", which may not be used for the purpose "newsletter"'],
    ['a template that reads data of another purpose', { ...newsletter, steps: [send('nosy')] }, 'steps[0].template', 'reads "contact.phone", which'],
    ['a template that nobody’s values can fill', { ...newsletter, steps: [send('receipt')] }, 'steps[0].template', 'needs "event.total", which a campaign cannot fill in'],
    ['an entry by an event of another purpose', { ...newsletter, entry: { kind: 'event', event: 'Ticket Opened' } }, 'entry.event', '"event.Ticket Opened"'],
    ['a first step that waits', { ...newsletter, steps: [wait, send('june')] }, 'steps[0]', 'begins by waiting'],
    ['a last step that waits', { ...newsletter, steps: [send('june'), wait] }, 'steps[1]', 'Nothing comes after'],
    ['a list that is not there', { ...newsletter, steps: [send('june'), { kind: 'add_to_list', list: 'trade-show' }] }, 'steps[1].list', 'There is no list "trade-show"'],
    ['a segment in place of a list', { ...newsletter, steps: [{ kind: 'remove_from_list', list: 'readers' }, send('june')] }, 'steps[0].list', 'follows from the rule'],
    ['a list of accounts in a mail to contacts', { ...newsletter, steps: [send('june'), { kind: 'add_to_list', list: 'partners' }] }, 'steps[1].list', 'is of accounts'],
    ['two mails with only a list between', { ...newsletter, steps: [send('june'), { kind: 'add_to_list', list: 'fair' }, send('offer')] }, 'steps[2]', 'put a wait between'],
    ['two mails at once', { ...newsletter, steps: [send('june'), { kind: 'exit_on_event', event: 'Replied' }, send('offer')] }, 'steps[2]', 'put a wait between'],
    ['four mails whatever the person does', { ...newsletter, steps: [send('june'), wait, send('june'), wait, send('june'), wait, send('june')] }, 'exitOn', '4 mails go out'],
  ])('names %s', (_, definition, path, words) => {
    const problems = problemsOf(definition as Record<string, unknown>);
    expect(problems.map((problem) => problem.path)).toEqual([path]);
    expect(problems[0]?.message).toContain(words);
  });

  it('names a campaign that sends nothing', () => {
    expect(problemsOf({ ...newsletter, steps: [{ kind: 'exit_on_event', event: 'Replied' }] })).toEqual([{ path: 'steps', message: 'Nothing is sent: add a send step.' }]);
  });

  it.each([
    ['waits first after an event', { ...newsletter, entry: { kind: 'event', event: 'Signed Up' }, steps: [wait, send('june')] }],
    ['changes lists at its beginning and its end', { ...newsletter, steps: [{ kind: 'remove_from_list', list: 'fair' }, send('june'), { kind: 'add_to_list', list: 'fair' }] }],
    ['puts accounts into a list, as a play', { ...play, steps: [send('offer'), { kind: 'add_to_list', list: 'partners' }] }],
    ['ends on an event collected for something else', { ...newsletter, exitOn: [{ event: 'Ticket Opened' }] }],
    ['recurs on the 29th of February', { ...newsletter, entry: { kind: 'cron', cron: '0 9 29 2 *' } }],
    ['sends four mails unless the person reacts', { ...newsletter, exitOn: [{ event: 'Replied' }], steps: [send('june'), wait, send('june'), wait, send('june'), wait, send('june')] }],
  ])('accepts a campaign that %s', (_, definition) => {
    expect(problemsOf(definition)).toEqual([]);
  });

  it('tells all problems at once', () => {
    expect(problemsOf({ ...audience({ segment: 'nobody' }), purpose: 'fun', steps: [send('july'), wait] })).toHaveLength(4);
  });
});
