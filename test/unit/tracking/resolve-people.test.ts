import { fc } from '../../support/generated.js';
import { type Claims, type KnownIdentity, PeopleResolver, type Standing } from '../../../src/core/tracking/resolve-people.js';

const standing = (has: Partial<Standing> = {}): Standing => ({ userId: false, externalId: false, email: false, ...has });
const identify = (claims: Omit<Partial<Claims>, 'kind'>): Claims => ({ kind: 'identify', trusted: true, ...claims });

/** Contacts 1, 2, 3 … with the identities given, such as "u:ann a:device e:ann@x". */
function world(...people: string[]): PeopleResolver {
  const kinds = { u: 'user_id', a: 'anonymous_id', e: 'email', x: 'external_id' } as const;
  const known: KnownIdentity[] = [];
  const standings = new Map<number, Standing>();
  for (const [index, text] of people.entries()) {
    const identities = text.split(' ').map((one) => one.split(':') as [keyof typeof kinds, string]);
    standings.set(index + 1, standing({ userId: identities.some(([kind]) => kind === 'u'), externalId: identities.some(([kind]) => kind === 'x'), email: identities.some(([kind]) => kind === 'e') }));
    for (const [kind, value] of identities) known.push({ kind: kinds[kind], value, contactId: index + 1 });
  }
  return new PeopleResolver(known, standings);
}

describe('whom a message is about', () => {
  it.each([
    ['the user id decides', ['u:ann', 'e:ann@x'], identify({ userId: 'ann', email: 'ann@x' }), 1, [], ['email_of_another']],
    ['a new user id goes to the person with the address', ['e:ann@x'], identify({ userId: 'ann', email: 'ann@x' }), 1, [], []],
    ['a new user id goes to the visitor of the device', ['a:d'], identify({ userId: 'ann', anonymousId: 'd' }), 1, [], []],
    ['a new user id does not go to somebody with another user id', ['u:bob a:d'], identify({ userId: 'ann', anonymousId: 'd' }), -1, [], ['anonymous_id_of_another']],
    ['a new user id does not go to the device of somebody with another address', ['a:d e:bob@x'], identify({ userId: 'ann', anonymousId: 'd', email: 'ann@x' }), -1, [], ['anonymous_id_of_another']],
    ['a visitor is joined with whom he turns out to be', ['u:ann', 'a:d'], identify({ userId: 'ann', anonymousId: 'd' }), 1, [[2, 1]], []],
    ['a visitor is joined with the holder of the address he gives', ['e:ann@x', 'a:d'], identify({ anonymousId: 'd', email: 'ann@x' }), 1, [[2, 1]], []],
    ['a person with an address is not joined by his device', ['u:ann', 'a:d e:bob@x'], identify({ userId: 'ann', anonymousId: 'd' }), 1, [], ['anonymous_id_of_another']],
    ['a person of the CRM is not joined by his device', ['u:ann', 'a:d x:17'], identify({ userId: 'ann', anonymousId: 'd' }), 1, [], ['anonymous_id_of_another']],
    ['an address that two user ids claim stays', ['u:ann', 'u:bob e:bob@x'], identify({ userId: 'ann', email: 'bob@x' }), 1, [], ['email_of_another']],
    ['a second address on one device is a second person', ['a:d e:ann@x'], identify({ anonymousId: 'd', email: 'bob@x' }), -1, [], ['anonymous_id_of_another']],
  ] as const)('%s', (_, people, claims, person, merges, conflicts) => {
    const resolver = world(...people);
    const resolved = resolver.resolve(claims);
    expect(resolver.final(resolved.person)).toBe(person);
    expect(resolver.merges.map(({ from, into }) => [from, resolver.final(into)])).toEqual(merges);
    expect(resolved.conflicts.map(({ kind }) => kind)).toEqual(conflicts);
  });

  it('what one message says counts for the next', () => {
    const resolver = world();
    const first = resolver.resolve({ kind: 'other', anonymousId: 'd', trusted: true });
    const second = resolver.resolve(identify({ userId: 'ann', anonymousId: 'd', email: 'ann@x' }));
    const third = resolver.resolve({ kind: 'other', userId: 'ann', trusted: true });
    expect(new Set([first, second, third].map(({ person }) => resolver.final(person))).size).toBe(1);
    expect(resolver.merges).toEqual([]);
    expect(resolver.added.map(({ kind, value }) => `${kind} ${value}`)).toEqual(['anonymous_id d', 'user_id ann', 'email ann@x']);
  });

  it.each([
    ['a secret key joins two known people', ['u:old e:a@x', 'u:new'], true, [[1, 2]], []],
    ['a browser does not', ['u:old e:a@x', 'u:new'], false, [], ['alias_refused']],
    ['a browser joins a visitor', ['a:old', 'u:new'], false, [[1, 2]], []],
  ] as const)('alias: %s', (_, people, trusted, merges, conflicts) => {
    const resolver = world(...people);
    const resolved = resolver.resolve({ kind: 'alias', previousId: 'old', userId: 'new', trusted });
    expect(resolver.merges.map(({ from, into }) => [from, resolver.final(into)])).toEqual(merges);
    expect(resolved.conflicts.map(({ kind }) => kind)).toEqual(conflicts);
  });
});

describe('whatever is said, in whatever order', () => {
  const value = fc.constantFrom('1', '2', '3');
  const claims: fc.Arbitrary<Claims> = fc.oneof(
    fc.record({ kind: fc.constantFrom('identify', 'other'), userId: fc.option(value, { nil: undefined }), anonymousId: fc.option(value, { nil: undefined }), email: fc.option(value, { nil: undefined }), trusted: fc.boolean() })
      .map((one) => ({ ...one, email: one.kind === 'identify' ? one.email : undefined, ...(one.userId ?? one.anonymousId ?? one.email) === undefined ? { anonymousId: '1' } : {} })),
    fc.record({ kind: fc.constant('alias' as const), userId: value, previousId: value, trusted: fc.boolean() }),
  );
  const people = fc.subarray(['u:1 e:1', 'u:2', 'a:1', 'a:2 e:2', 'x:9 e:3', 'a:3 u:3'], { minLength: 0 });

  it('an identify never joins two user ids, and never moves an address', () => {
    fc.assert(
      fc.property(people, fc.array(claims.filter(({ kind }) => kind !== 'alias'), { maxLength: 12 }), (known, messages) => {
        const resolver = world(...known);
        const holder = (text: string): number => known.findIndex((one) => one.split(' ').includes(text)) + 1;
        for (const message of messages) resolver.resolve(message);
        const merged = new Set(resolver.merges.map(({ from }) => from));
        for (const text of ['u:1', 'u:2', 'u:3', 'e:1', 'e:2', 'e:3', 'x:9']) if (holder(text) > 0) expect(merged.has(holder(text))).toBe(false);
      }),
    );
  });

  it('nobody is merged twice, nobody into himself, nobody into somebody who is gone; every identity is added once', () => {
    fc.assert(
      fc.property(people, fc.array(claims, { maxLength: 15 }), (known, messages) => {
        const resolver = world(...known);
        for (const message of messages) resolver.resolve(message);
        const froms = resolver.merges.map(({ from }) => from);
        expect(new Set(froms).size).toBe(froms.length);
        for (const { from, into } of resolver.merges) {
          expect(from).toBeGreaterThan(0);
          expect(resolver.final(into)).toBeGreaterThan(0);
          expect(resolver.final(into)).not.toBe(from);
          expect(froms).not.toContain(resolver.final(into));
        }
        const added = resolver.added.map(({ kind, value: text }) => `${kind} ${text}`);
        expect(new Set(added).size).toBe(added.length);
      }),
    );
  });

  it('from a browser: two people with an address or a user id are never joined, and no address is taken from anybody', () => {
    fc.assert(
      fc.property(people, fc.array(claims, { maxLength: 15 }), (known, messages) => {
        const resolver = world(...known);
        for (const message of messages) {
          const { takesEmail, person } = resolver.resolve({ ...message, trusted: false });
          const before = person > 0 ? known[person - 1] : '';
          if (takesEmail) expect(before?.includes('e:') ?? false).toBe(false);
        }
        for (const { from } of resolver.merges) expect(known[from - 1]).toMatch(/^a:\d$/);
      }),
    );
  });
});
