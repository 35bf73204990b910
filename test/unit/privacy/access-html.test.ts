import { accessHtml } from '../../../src/core/privacy/access-html.js';

const SECTIONS = {
  profile: [{ field: 'first_name', value: '<b>Bea</b>', source: 'webwinkel', purposes: ['newsletter'] }, { field: 'restricted_at', value: '2026-06-09T07:30:00.000Z', source: '', purposes: [] }],
  consent_records: [{ at: new Date('2026-06-09T07:30:00Z'), purpose: 'newsletter', channel: 'email_opens', event: 'given', legal_basis: 'consent', actor: 'self', valid_until: null, wording: 'Ja, graag.', truncatedIp: '' }],
  events: [{ at: '2026-03-29T00:30:00+00:00', event: 'consent', properties: { plan: { name: 'team', seats: 3 }, tags: ['a', 'b'], paid: true } }],
  messages: [],
};

describe('the copy of somebody’s data, as a page', () => {
  const page = (language: 'nl' | 'en'): string => accessHtml({ madeAt: '2026-06-09T07:30:00.000Z', language, controller: 'Voorbeeld B.V.', sections: SECTIONS }, 'Europe/Amsterdam');
  const textOf = (html: string): string => html.replace(/<style>.*?<\/style>/, '').replace(/<[^>]+>/g, '|').replace(/\|+/g, '|');

  it('names things as people do, in their language and time', () => {
    const text = textOf(page('nl'));
    expect(text).toContain('gemaakt op 9 juni 2026 om 09:30');
    expect(text).toContain('|voornaam|');
    expect(text).toContain('|gebruik beperkt sinds|9 juni 2026 om 09:30|');
    expect(text).toContain('|kanaal|openen van mail|gebeurtenis|gegeven|grondslag|toestemming|door wie|uzelf|');
    expect(textOf(page('en'))).toContain('|channel|email opens|event|given|legal basis|consent|');
    expect(text).not.toMatch(/\d{4}-\d\d-\d\dT|[a-z]_[a-z]/);
  });

  it('shows a long record as a list of what it holds, without what is empty, and a short one as a table', () => {
    expect(page('nl')).toMatch(/<dl>(?:(?!<\/dl>).)*<dt>tekst die u zag<\/dt><dd>Ja, graag\.<\/dd><\/dl>/);
    expect(page('nl')).not.toMatch(/geldig tot|ingekort IP/);
    expect(page('nl')).toContain('<td data-label="bron">webwinkel</td>');
    expect(textOf(page('nl'))).toContain('Niets.');
  });

  it('shows what somebody did without brackets, and lets nobody write markup into it', () => {
    expect(textOf(page('nl'))).toContain('plan: (name: team; seats: 3); tags: a, b; paid: ja');
    expect(page('nl')).toContain('&#60;b&#62;Bea');
    expect(page('nl')).not.toContain('<b>');
  });
});
