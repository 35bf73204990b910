import { collectMergeFields, mergeMergeFields } from '../../../src/core/template/merge-fields.js';
import { compileTemplate, missingFields } from '../../../src/core/template/render.js';
import { knownFields } from '../../../src/core/template/template-fields.js';

const known = knownFields({ contact: ['visits'], account: [] });
const TEXT = 'Dear reader, {{#personal}}you came {{contact.attributes.visits}} times{{else}}good to see you{{/personal}}.';
const template = compileTemplate({ subject: TEXT, html: `<p>${TEXT}</p>`, text: TEXT }, 'en', 'Europe/Amsterdam');

function fields(source: string) {
  const found = collectMergeFields('text', source, known);
  if (!found.ok) throw new Error(JSON.stringify(found.error));
  return found.value;
}

describe('what was fitted to a person', () => {
  it.each([
    ['who lets us', { off: false }, 'you came 7 times'],
    ['of whom nothing is known', undefined, 'you came 7 times'],
    ['who objected to profiling', { off: true }, 'good to see you'],
  ])('is read by %s as it should be, in every part', (_, profiling, words) => {
    const mail = template.render({ profiling, contact: { attributes: { visits: 7 } } });
    if (!mail.ok) throw new Error(mail.error);
    for (const part of Object.values(mail.value)) expect(part).toContain(words);
  });

  it('is the generic text also within loops and other blocks', () => {
    const nested = compileTemplate({ subject: 's', html: '', text: '{{#with contact}}{{#if first_name}}{{#personal}}A{{else}}B{{/personal}}{{/if}}{{/with}}' }, 'en', 'UTC');
    const mail = nested.render({ profiling: { off: true }, contact: { first_name: 'Eva' } });
    expect(mail.ok && mail.value.text).toBe('B');
  });

  it('denies nobody who reads the generic text for a field that stands only there', () => {
    expect(fields(TEXT)).toEqual([{ path: 'contact.attributes.visits', required: true, personal: true }]);
    expect(missingFields(fields(TEXT), { profiling: { off: true }, contact: {} })).toEqual([]);
    expect(missingFields(fields(TEXT), { profiling: { off: false }, contact: {} })).toEqual(['contact.attributes.visits']);
  });

  it('is needed by all when it stands outside too', () => {
    const both = mergeMergeFields([fields(TEXT), fields('{{contact.attributes.visits}}')]);
    expect(both).toEqual([{ path: 'contact.attributes.visits', required: true }]);
    expect(missingFields(both, { profiling: { off: true }, contact: {} })).toEqual(['contact.attributes.visits']);
  });

  it('takes no field', () => {
    expect(collectMergeFields('text', '{{#personal contact.first_name}}x{{/personal}}', known).ok).toBe(false);
  });
});
