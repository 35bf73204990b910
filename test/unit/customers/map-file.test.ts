import { readdirSync, readFileSync } from 'node:fs';
import type { ImportKind } from '../../../src/customers/import/import-fields.js';
import { type MapProblem, parseMap } from '../../../src/customers/import/map-file.js';

const MAPS = 'test/support/data/maps';

function problemsOf(map: unknown, kind: ImportKind = 'contacts'): MapProblem[] {
  const parsed = parseMap(map, kind);
  return parsed.ok ? [] : parsed.error;
}

describe('a map', () => {
  it.each(readdirSync(MAPS))('is sound in the example %s', (name) => {
    const text = readFileSync(`${MAPS}/${name}`, 'utf8');
    expect(problemsOf(text, (JSON.parse(text) as { kind: ImportKind }).kind)).toEqual([]);
  });

  it('takes a column name for short', () => {
    const parsed = parseMap({ fields: { email: 'E-mail' } }, 'contacts');
    expect(parsed.ok && parsed.value.fields['email']).toEqual({ column: 'E-mail' });
  });

  it.each<[string, unknown, ImportKind, string]>([
    ['that is not JSON', '{"fields": ', 'contacts', ''],
    ['that is a list', [], 'contacts', ''],
    ['of another kind', { kind: 'accounts', fields: { email: 'a' } }, 'contacts', 'kind'],
    ['with an unknown field', { fields: { email: 'a', shoe_size: 'b' } }, 'contacts', 'fields.shoe_size'],
    ['with an unknown option', { fields: { email: 'a' }, delimeter: ';' }, 'contacts', ''],
    ['without anything that tells who', { fields: { first_name: 'a' } }, 'contacts', 'fields'],
    ['without the name of an account', { fields: { sector: 'a' } }, 'accounts', 'fields.name'],
    ['with two origins for one field', { fields: { email: { column: 'a', const: 'b' } } }, 'contacts', 'fields.email'],
    ['with attributes where there are none', { fields: { email: 'a', name: 'b', 'attributes.x': 'c' } }, 'users', 'fields.attributes.x'],
    ['with a standard field among the attributes', { fields: { email: 'a', 'attributes.city': 'b' } }, 'contacts', 'fields.attributes.city'],
    ['with a capital in an attribute', { fields: { email: 'a', 'attributes.Income': 'b' } }, 'contacts', 'fields.attributes.Income'],
    ['with a role but no account', { fields: { email: 'a', role: 'b' } }, 'contacts', 'fields.role'],
    ['with an option of another kind', { fields: { name: 'a' }, createAccounts: true }, 'accounts', 'createAccounts'],
  ])('%s is refused', (_, map, kind, path) => {
    expect(problemsOf(map, kind).map((problem) => problem.path)).toContain(path);
  });

  it.each([
    ['{"fields": {"email": "a", "__proto__": "b"}}', 'fields.__proto__'],
    ['{"fields": {"email": "a"}, "__proto__": {"createAccounts": true}}', '__proto__'],
    ['{"fields": {"email": "a", "attributes.__proto__": "b"}}', 'fields.attributes.__proto__'],
    ['{"fields": {"email": "a", "attributes.constructor": "b"}}', 'fields.attributes.constructor'],
    ['{"fields": {"email": {"column": "a", "replace": {"constructor": "b"}}}}', 'fields.email.replace.constructor'],
  ])('with a poisoned key is refused by its path: %s', (map, path) => {
    expect(problemsOf(map).map((problem) => problem.path)).toContain(path);
    expect(({} as Record<string, unknown>)['createAccounts']).toBeUndefined();
  });
});
