import Handlebars from 'handlebars';
import { lintTemplate } from '../../../src/core/template/lint-template.js';
import { compileTemplate, missingFields } from '../../../src/core/template/render.js';
import { cpuTime } from '../../support/cpu-time.js';

function render(html: string, values: Record<string, Record<string, unknown>>, language: 'nl' | 'en' = 'en'): string {
  const result = compileTemplate({ subject: 's', text: 't', html }, language, 'Europe/Amsterdam').render(values);
  if (!result.ok) throw new Error(result.error);
  return result.value.html;
}

describe('rendering', () => {
  it('escapes what people are called, in HTML only', () => {
    const compiled = compileTemplate({ subject: '{{contact.first_name}}', text: '{{contact.first_name}}', html: '<p title="{{contact.first_name}}">{{contact.first_name}}</p>' }, 'en', 'UTC');
    const name = `<script>alert("x")</script> & 'co'`;
    const result = compiled.render({ contact: { first_name: name } });
    const escaped = Handlebars.escapeExpression(name);
    expect(result).toEqual({ ok: true, value: { subject: name, text: name, html: `<p title="${escaped}">${escaped}</p>` } });
    expect(escaped).not.toContain('<');
  });

  it('never reaches a prototype, even when a template got past the check', () => {
    const values = { contact: Object.assign(Object.create({ inherited: 'secret' }) as Record<string, unknown>, { own: 'x' }) };
    expect(render('[{{contact.inherited}}|{{contact.constructor}}|{{contact.own}}|{{contact.toString}}]', values)).toBe('[||x|]');
    expect(() => render('{{lookup contact "own"}}', values)).toThrow('lookup');
    expect(() => render('{{constructor.constructor "return process"}}', values)).toThrow();
  });

  it('takes the first filled value of a fallback; blanks are not filled', () => {
    expect(render('{{fallback contact.first_name contact.nick "reader"}}', { contact: { first_name: ' \t', nick: null } })).toBe('reader');
    expect(render('{{fallback contact.first_name "reader"}}', { contact: { first_name: 'Anna' } })).toBe('Anna');
  });

  it.each([
    ['nl', '{{formatDate account.won}}', { won: '2026-03-01' }, '1 maart 2026'],
    ['en', '{{formatDate account.won}}', { won: '2026-03-01' }, '1 March 2026'],
    ['nl', '{{formatDate account.won "short"}}', { won: new Date('2026-02-28T23:30:00Z') }, '01-03-2026'],
    ['en', '{{formatDate account.won "month"}}', { won: '2026-03-01' }, 'March 2026'],
    ['nl', '{{formatNumber account.won 2}}', { won: 1234.5 }, '1.234,50'],
    ['en', '{{formatNumber account.won}}', { won: 1234.567 }, '1,234.57'],
    ['en', '{{fallback (formatNumber account.won) "none"}}', { won: 'twelve' }, 'none'],
    ['en', '{{#if (gt account.won 3)}}many{{else}}few{{/if}}', { won: 4 }, 'many'],
    ['en', '{{#if (and (eq account.won 4) (not account.lost))}}a{{/if}}{{#if (or (ne account.won 4) (lt account.won 4))}}b{{/if}}', { won: 4 }, 'a'],
    ['en', '{{#each account.won as |item at|}}{{at}}{{item}}{{#unless @last}},{{/unless}}{{else}}none{{/each}}', { won: ['x', 'y'] }, '0x,1y'],
    ['en', '{{#each account.won}}{{this}}{{else}}none{{/each}}', { won: 'a text is no list' }, 'none'],
    ['en', '{{join account.won}}', { won: ['x', '', 'y'] }, 'x, y'],
  ] as const)('%s %s', (language, source, account, expected) => {
    expect(render(source, { account }, language)).toBe(expected);
  });

  it('ends a loop of a million with a clear error, quickly', () => {
    const million = Array.from({ length: 1_000_000 }, (_, index) => index);
    const thousand = million.slice(0, 1_000);
    const taken = cpuTime(() => {
      expect(() => render('{{#each contact.list}}x{{/each}}', { contact: { list: million } })).toThrow('loops more than 2000 times');
      expect(() => render('{{#each contact.list}}{{#each @root.contact.list}}x{{/each}}{{/each}}', { contact: { list: thousand } })).toThrow('loops more than 2000 times');
    });
    expect(taken).toBeLessThan(2_000);
  });

  it('ends an output without measure', () => {
    const list = Array.from({ length: 1_500 }, () => 'x'.repeat(1_000));
    expect(() => render('{{#each contact.list}}{{this}}{{/each}}', { contact: { list } })).toThrow('more than 1000000 characters');
    expect(() => render('{{contact.name}}{{contact.name}}', { contact: { name: 'x'.repeat(600_000) } })).toThrow('longer than 1000000 characters');
  });
});

describe('missing fields', () => {
  const fields = [
    { path: 'contact.first_name', required: true },
    { path: 'contact.city', required: false },
    { path: 'account.name', required: true },
    { path: 'links.unsubscribe', required: true },
    { path: 'contact.attributes.tea', required: true },
  ];
  it.each([
    ['all there', { contact: { first_name: 'Anna', attributes: { tea: 'mint' } }, account: { name: 'Isdom' } }, []],
    ['a name of blanks', { contact: { first_name: '  ', attributes: { tea: 0 } }, account: { name: 'Isdom' } }, ['contact.first_name']],
    ['no account', { contact: { first_name: 'Anna', attributes: { tea: 'mint' } } }, ['account.name']],
    ['only inherited', { contact: { first_name: 'Anna', attributes: Object.create({ tea: 'mint' }) as object }, account: { name: 'x' } }, ['contact.attributes.tea']],
  ])('%s', (_name, values, expected) => {
    expect(missingFields(fields, values)).toEqual(expected);
  });
});

describe('lint', () => {
  const good = '<a href="{{links.unsubscribe}}">x</a><a href="{{links.preferences}}">x</a><a href="{{links.human}}">x</a><p>{{workspace.postal_address}}</p>';
  const text = '{{links.unsubscribe}} {{links.preferences}} {{links.human}} {{workspace.postal_address}}';
  it('accepts a mail with its ways out', () => {
    expect(lintTemplate(`${good}<a href="https://voorbeeld.example/x?y={{contact.city}}">x</a>`, `${text} https://voorbeeld.example/x?y={{contact.city}} mail: mailto:x@voorbeeld.example, at 10:30`)).toEqual([]);
  });

  it.each([
    ['no way out', good.replace('{{links.unsubscribe}}', '#'), 'links.unsubscribe'],
    ['no preferences', good.replace('{{links.preferences}}', '#'), 'links.preferences'],
    ['no person', good.replace('{{links.human}}', '#'), 'links.human'],
    ['no postal address', good.replace('{{workspace.postal_address}}', ''), 'postal_address'],
    ['a script', `${good}<script>x</script>`, '<script>'],
    ['a form', `${good}<form action="x">`, '<form>'],
    ['a link that a field decides', `${good}<a href="{{contact.city}}">x</a>`, 'must begin with https://'],
    ['a host that a field decides', `${good}<a href="https://{{contact.city}}/">x</a>`, 'must begin with https://'],
    ['a javascript link', `${good}<a href="javascript:alert(1)">x</a>`, 'must begin with https://'],
  ])('refuses %s', (_name, html, message) => {
    expect(lintTemplate(html, text).map((problem) => problem.message).join('\n')).toContain(message);
  });

  it.each([
    ['no way out', text.replace('{{links.unsubscribe}}', ''), 'links.unsubscribe'],
    ['no preferences', text.replace('{{links.preferences}}', ''), 'links.preferences'],
    ['no person', text.replace('{{links.human}}', ''), 'links.human'],
    ['no postal address', text.replace('{{workspace.postal_address}}', ''), 'postal_address'],
    ['a host that a field decides', `${text} Look: https://{{contact.city}}/x`, 'must begin with https://'],
    ['a javascript link', `${text} (javascript:alert(1))`, 'must begin with https://'],
    ['another protocol', `${text} ftp://voorbeeld.example`, 'must begin with https://'],
  ])('refuses a text part with %s', (_name, given, message) => {
    expect(lintTemplate(good, given)).toEqual([expect.objectContaining({ part: 'text', message: expect.stringContaining(message) })]);
  });
});
