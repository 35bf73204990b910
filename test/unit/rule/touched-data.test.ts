import { mergeTouchedData, touchedData } from '../../../src/core/rule/touched-data.js';
import { noSegments, rule, segments } from './people.js';

const is = (attribute: string) => ({ kind: 'attribute', attribute, operator: 'is_set' });

describe('the data a rule touches', () => {
  it('is told apart by whose it is, each once, sorted', () => {
    const input = { kind: 'any', conditions: [is('country'), { kind: 'not', condition: is('birth_date') }, { kind: 'event', event: 'Order Completed' }, is('country'), { kind: 'mailable', purpose: 'newsletter' }, { kind: 'account', rule: { kind: 'all', conditions: [is('country'), { kind: 'people', rule: is('job_title') }] } }] };
    expect(touchedData(rule(input), 'contact', noSegments)).toEqual({ contactAttributes: ['birth_date', 'country', 'job_title'], accountAttributes: ['country'], events: ['Order Completed'], segments: [], purposes: ['newsletter'], campaigns: [] });
  });

  it('includes what the segments it uses touch, also theirs', () => {
    const lookup = segments({
      leads: { scope: 'contact', rule: rule({ kind: 'all', conditions: [is('lifecycle_stage'), { kind: 'segment', operator: 'not_in', segment: 'minors' }] }) },
      minors: { scope: 'contact', rule: rule(is('birth_date')) },
    });
    expect(touchedData(rule({ kind: 'segment', operator: 'in', segment: 'leads' }), 'contact', lookup)).toEqual({ contactAttributes: ['birth_date', 'lifecycle_stage'], accountAttributes: [], events: [], segments: ['leads', 'minors'], purposes: [], campaigns: [] });
  });

  it('comes together from several sources', () => {
    const one = { contactAttributes: ['country'], accountAttributes: [], events: ['b'], segments: ['s'], purposes: ['newsletter'] };
    const other = { contactAttributes: ['city', 'country'], accountAttributes: ['sector'], events: ['a'], segments: [], purposes: ['events', 'newsletter'] };
    expect(mergeTouchedData([one, other])).toEqual({ contactAttributes: ['city', 'country'], accountAttributes: ['sector'], events: ['a', 'b'], segments: ['s'], purposes: ['events', 'newsletter'] });
  });
});
