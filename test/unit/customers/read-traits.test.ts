import { readAccountTraits, readContactTraits, splitName } from '../../../src/customers/ingest/read-traits.js';

const plain = (traits: ReturnType<typeof readContactTraits>) => ({ fields: Object.fromEntries(traits.fields), attributes: Object.fromEntries(traits.attributes), problems: traits.problems.map(({ kind, path }) => [path, kind]) });

describe('traits of an identify', () => {
  it.each([
    ['names of the spec', { firstName: 'Ann', lastName: 'Bos', title: 'CFO', phone: '+31 6' }, { first_name: 'Ann', last_name: 'Bos', job_title: 'CFO', phone: '+31 6' }],
    ['names of ours', { first_name: 'Ann', job_title: 'CFO', time_zone: 'Europe/Paris' }, { first_name: 'Ann', job_title: 'CFO', time_zone: 'Europe/Paris' }],
    ['a birthday as a moment', { birthday: '1980-02-03T22:00:00.000Z' }, { birth_date: '1980-02-03' }],
    ['an address', { address: { city: 'Gent', country: 'Belgium' } }, { city: 'Gent', country: 'BE' }],
    ['a locale', { locale: 'nl-BE' }, { language: 'nl' }],
    ['a language that Tactful does not write: left out without a word', { locale: 'fi-FI' }, {}],
    ['a phone that is a number', { phone: 31612345678 }, { phone: '31612345678' }],
    ['null removes', { title: null, phone: '' }, { job_title: null, phone: null }],
    ['but not an address', { email: null }, {}],
    ['createdAt in milliseconds', { createdAt: 1700000000000 }, { created_at: '2023-11-14T22:13:20.000Z' }],
    ['an address in its one spelling', { email: ' Ann@EXAMPLE.org' }, { email: 'ann@example.org' }],
  ])('%s', (_, given, fields) => {
    expect(plain(readContactTraits(given))).toEqual({ fields, attributes: {}, problems: [] });
  });

  it.each([
    ['Ann Bos', { first_name: 'Ann', last_name: 'Bos' }],
    ['Ann van den Bos', { first_name: 'Ann', last_name: 'van den Bos' }],
    ['van den Bos, Ann', { first_name: 'Ann', last_name: 'van den Bos' }],
    ['  Madonna ', { first_name: 'Madonna' }],
    ['', {}],
    ['李小龙', { first_name: '李小龙' }],
  ])('a name in one piece: %s', (name, parts) => {
    expect(splitName(name)).toEqual(parts);
  });

  it('a name in one piece does not overrule its parts', () => {
    expect(plain(readContactTraits({ name: 'X Y', firstName: 'Ann' }))).toEqual({ fields: { first_name: 'Ann' }, attributes: {}, problems: [] });
  });

  it('attributes of the company get one spelling, nested ones one level', () => {
    const { attributes, problems } = plain(readContactTraits({ planType: 'x', 'Plan Size': 2, 'a-b': true, company: { name: 'Acme', id: 7 }, tags: ['a', 1, true], gone: null }));
    expect(attributes).toEqual({ plan_type: 'x', plan_size: 2, a_b: true, company_name: 'Acme', company_id: 7, tags: ['a', '1', 'true'], gone: null });
    expect(problems).toEqual([]);
  });

  it.each([
    ['a list of objects', { x: [{}] }, 'trait_nested'],
    ['two levels', { x: { y: { z: 1 } } }, 'trait_nested'],
    ['11,000 characters', { x: 'x'.repeat(11_000) }, 'trait_too_long'],
    ['501 items', { x: Array(501).fill(1) }, 'trait_too_long'],
    ['a name of 64 letters', { ['x'.repeat(64)]: 1 }, 'trait_name'],
    ['a nesting without end', { x: JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`) }, 'text_unusable'],
    ['a field of Tactful', { lifecycleStage: 'lead' }, 'trait_standard'],
  ])('%s is dropped', (_, given, kind) => {
    const { fields, attributes, problems } = plain(readContactTraits(given));
    expect([fields, attributes, problems.map(([, one]) => one)]).toEqual([{}, {}, [kind]]);
  });
});

describe('traits of a group', () => {
  it('are the fields of an account', () => {
    const given = { name: 'Acme', website: 'https://www.ACME.example/x', industry: 'Metal', employees: '40', address: { country: 'Netherlands', city: 'Ede' }, plan: 'gold' };
    expect(plain(readAccountTraits(given))).toEqual({ fields: { name: 'Acme', domain: 'acme.example', sector: 'Metal', employees: 40, country: 'NL', city: 'Ede' }, attributes: { plan: 'gold' }, problems: [] });
  });

  it('more employees than there can be are dropped', () => {
    expect(plain(readAccountTraits({ employees: 3e9 })).problems).toEqual([['traits.employees', 'trait_value']]);
  });
});
