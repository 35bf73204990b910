import { collectMergeFields, mergeMergeFields } from '../../../src/core/template/merge-fields.js';
import { knownFields } from '../../../src/core/template/template-fields.js';
import { cpuTime } from '../../support/cpu-time.js';

const known = knownFields({ contact: ['favourite_tea', 'visits'], account: ['plan'] });

function fieldsOf(source: string): Record<string, boolean> {
  const result = collectMergeFields('html', source, known);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return Object.fromEntries(result.value.map(({ path, required }) => [path, required]));
}

function problemsOf(source: string, part: 'html' | 'subject' = 'html'): string[] {
  const result = collectMergeFields(part, source, known);
  return result.ok ? [] : result.error.map(({ message }) => message);
}

describe('which fields a template reads', () => {
  it.each([
    ['plain', 'Dear {{contact.first_name}},', { 'contact.first_name': true }],
    ['with a fallback', 'Dear {{fallback contact.first_name "reader"}},', { 'contact.first_name': false }],
    ['with a field as the last fallback', '{{fallback contact.first_name contact.last_name}}', { 'contact.first_name': false, 'contact.last_name': true }],
    ['inside an if on itself', '{{#if contact.first_name}}Dear {{contact.first_name}}{{else}}Hello{{/if}}', { 'contact.first_name': false }],
    ['in the else of an if on itself', '{{#if contact.first_name}}Hi{{else}}Dear {{contact.first_name}}{{/if}}', { 'contact.first_name': true }],
    ['in the else of an unless on itself', '{{#unless contact.city}}?{{else}}{{contact.city}}{{/unless}}', { 'contact.city': false }],
    ['inside an if on another field', '{{#if contact.city}}{{contact.first_name}}{{/if}}', { 'contact.city': false, 'contact.first_name': true }],
    ['guarded by an and', '{{#if (and contact.city contact.first_name)}}{{contact.first_name}} {{contact.city}}{{/if}}', { 'contact.city': false, 'contact.first_name': false }],
    ['guarded by an or of nots', '{{#if (or (not contact.city) false)}}{{else}}{{contact.city}}{{/if}}', { 'contact.city': false }],
    ['guarded by a comparison', '{{#if (eq contact.country "NL")}}{{contact.country}}{{/if}}', { 'contact.country': false }],
    ['an or proves neither', '{{#if (or contact.city contact.country)}}{{contact.city}}{{/if}}', { 'contact.city': true, 'contact.country': false }],
    ['formatted', '{{formatDate account.last_won_on "short"}}', { 'account.last_won_on': true }],
    ['formatted within a fallback', '{{fallback (formatDate account.last_won_on) "never"}}', { 'account.last_won_on': false }],
    ['below a with', '{{#with account}}{{name}}{{/with}}', { 'account.name': true }],
    ['a loop over a list', '{{#each contact.attributes.favourite_tea}}{{this}} of {{@root.account.name}}{{/each}}', { 'account.name': true, 'contact.attributes.favourite_tea': false }],
    ['a loop with a name for its item', '{{#each contact.attributes.visits as |visit|}}{{visit.page}}{{/each}}', { 'contact.attributes.visits': false }],
    ['twice, once without fallback', '{{fallback contact.city "x"}}{{contact.city}}', { 'contact.city': true }],
    ['own attributes and events', '{{account.attributes.plan}} {{event.page}}', { 'account.attributes.plan': true, 'event.page': true }],
  ])('%s', (_name, source, expected) => {
    expect(fieldsOf(source)).toEqual(expected);
  });

  it('joins parts: required anywhere is required', () => {
    expect(mergeMergeFields([[{ path: 'contact.city', required: false }], [{ path: 'contact.city', required: true }]])).toEqual([{ path: 'contact.city', required: true }]);
  });
});

describe('what a template may not say', () => {
  it.each([
    ['the constructor of everything', '{{constructor.constructor "return process"}}', 'cannot reach into the program'],
    ['the constructor as a helper', '{{#with (constructor.constructor "return process")}}{{/with}}', 'takes a field'],
    ['a prototype', '{{contact.__proto__.polluted}}', 'cannot reach into the program'],
    ['a prototype in brackets', '{{contact.[__proto__].x}}', 'cannot reach into the program'],
    ['lookup', '{{lookup contact "constructor"}}', 'unknown helper "lookup"'],
    ['log', '{{log contact}}', 'unknown helper "log"'],
    ['a loop over a range', '{{#each (range 1000000)}}x{{/each}}', 'takes a field'],
    ['a partial', '{{> evil}}', 'partials'],
    ['a decorator', '{{* evil}}', 'partials'],
    ['raw output', '{{{contact.first_name}}}', 'unescaped output'],
    ['raw output by ampersand', '{{&contact.first_name}}', 'unescaped output'],
    ['a helper as a block', '{{#fallback contact.city}}{{/fallback}}', 'is not a block'],
    ['a block as a helper', '{{if contact.city}}', 'is a block'],
    ['a field as a block', '{{#contact}}{{/contact}}', 'is not a block'],
    ['a root field inside a loop', '{{#each contact.attributes.visits}}{{contact.city}}{{/each}}', '@root.contact.city'],
    ['this at the top', '{{this}}', 'name a field'],
    ['other data', '{{@budget.rounds}}', 'is not available'],
    ['above the top', '{{../../contact.city}}', 'climbs above the top'],
    ['a whole root', '{{contact}}', 'unknown field "contact"'],
    ['half a block', '{{#if contact.city}}', 'cannot be read'],
    ['an empty fallback', '{{fallback contact.city ""}}', 'would still be missing'],
  ])('refuses %s', (_name, source, message) => {
    expect(problemsOf(source).join('\n')).toContain(message);
  });

  it('names an unknown field and what comes near', () => {
    expect(problemsOf('{{contact.firstname}}')).toEqual(['unknown field "contact.firstname"; did you mean "contact.first_name"?']);
    expect(problemsOf('{{contact.favourite_tea}}')).toEqual(['unknown field "contact.favourite_tea"; did you mean "contact.attributes.favourite_tea"?']);
  });

  it('tells the line', () => {
    const result = collectMergeFields('html', 'one\ntwo\n{{contact.nose}}', known);
    expect(result).toMatchObject({ ok: false, error: [{ part: 'html', line: 3 }] });
  });

  it('lets a subject be plain text', () => {
    expect(problemsOf('{{{contact.first_name}}}', 'subject')).toEqual([]);
  });

  it('refuses blocks within blocks within blocks', () => {
    expect(problemsOf('{{#if contact.city}}'.repeat(40) + '{{/if}}'.repeat(40)).join()).toContain('nested more than');
    expect(problemsOf(`{{formatDate ${'(formatDate '.repeat(40)}contact.city${')'.repeat(40)}}}`).join()).toContain('nested more than');
  });

  it.each([
    ['blocks', '{{#if contact.city}}'.repeat(15_000) + '{{/if}}'.repeat(15_000)],
    ['parentheses', `{{not ${'(not '.repeat(50_000)}1${')'.repeat(50_000)}}}`],
    ['expressions', '{{contact.city}}'.repeat(20_000)],
    ['openings', '{{'.repeat(200_000)],
  ])('refuses a flood of %s without choking on it', (_name, source) => {
    let problems: readonly string[] = [];
    expect(cpuTime(() => (problems = problemsOf(source)))).toBeLessThan(2_000);
    expect(problems.join()).toMatch(/^(has more than 1000 expressions|cannot be read: Parse error on line 1.*)$/);
  });

  it('refuses a source that is too long, before reading it', () => {
    expect(problemsOf('x'.repeat(500_001)).join()).toContain('longer than');
  });
});
