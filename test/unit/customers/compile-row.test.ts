import { compileRow, type ConvertedRow, type RowCompiler } from '../../../src/customers/import/compile-row.js';
import type { ImportKind } from '../../../src/customers/import/import-fields.js';
import { parseMap } from '../../../src/customers/import/map-file.js';

const services = { timeZone: 'Europe/Amsterdam', addressHash: (address: string) => `hash-of-${address}`, rowHash: (text: string) => `hash-of-${text}`, consent: { now: '2026-06-09T08:00:00.000Z', basisOf: (purpose: string) => (purpose === 'customers' ? ('soft_opt_in' as const) : ('consent' as const)) } };

function compile(kind: ImportKind, map: unknown, columns: string[]): RowCompiler {
  const parsed = parseMap(map, kind);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const compiled = compileRow(parsed.value, columns, services);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
  return compiled.value;
}

function staged(compiler: RowCompiler, cells: string[]): Record<string, string | null> {
  const row = compiler.convert(cells);
  if (row.kind !== 'row') throw new Error(JSON.stringify(row));
  return Object.fromEntries(compiler.columns.map(({ name }, index) => [name, row.cells[index] ?? null]));
}

const reason = (row: ConvertedRow): string => (row.kind === 'rejected' ? row.reason : row.kind);

describe('a row of contacts', () => {
  const compiler = compile(
    'contacts',
    {
      decimal: ',',
      dates: 'd-M-yyyy',
      empty: ['n.v.t.'],
      skip: [{ column: 'ID', values: ['99'] }],
      fields: {
        external_id: 'ID',
        email: { template: 'person-{ID}@klant.example' },
        first_name: 'Naam',
        country: { column: 'Land', replace: { Philipines: 'Philippines' } },
        account: { column: 'Bedrijf', optional: true },
        birth_date: 'Geboren',
        'attributes.income': { column: 'Inkomen', type: 'number' },
        'attributes.interests': { column: 'Interesses', type: 'list' },
      },
    },
    ['ID', 'Naam', 'Land', 'Geboren', 'Inkomen', 'Interesses'],
  );

  it('becomes typed values', () => {
    expect(staged(compiler, ['7', ' Anna ', 'Philipines', '1-2-1980', '1.234,50', 'wijn;kaas'])).toEqual({
      external_id: '7',
      email: 'person-7@klant.example',
      first_name: 'Anna',
      country: 'PH',
      account: null,
      birth_date: '1980-02-01',
      address_hash: '\\xhash-of-person-7@klant.example',
      account_key: null,
      attributes: '{"income":1234.5,"interests":["wijn","kaas"]}',
    });
  });

  it('has nothing where a cell is empty or says so', () => {
    expect(staged(compiler, ['7', '', 'n.v.t.', ' ', '', ''])).toMatchObject({ first_name: null, country: null, birth_date: null, attributes: null });
  });

  it('is rejected with every reason at once', () => {
    expect(reason(compiler.convert(['7', 'A', 'Atlantis', '31-2-1980', '1.5', '']))).toMatch(/country .*Atlantis.*; birth_date .*31-2-1980.*; .*income.*1\.5/);
  });

  it('is rejected when it does not tell who it is about, and makes no half address', () => {
    expect(reason(compiler.convert(['', 'A', '', '', '', '']))).toMatch(/does not tell who/);
  });

  it('is skipped where the map says so', () => {
    expect(compiler.convert(['99', 'A', '', '', '', '']).kind).toBe('skipped');
  });

  it('does not look a cell up in a prototype', () => {
    expect(staged(compiler, ['7', 'constructor', '', '', '', '__proto__;toString'])).toMatchObject({ first_name: 'constructor', attributes: '{"interests":["__proto__","toString"]}' });
  });
});

describe('an address with a line end', () => {
  const compiler = compile('contacts', { fields: { email: 'mail' } }, ['mail']);

  it.each(['a@b.example\r\nBcc: all@b.example', 'a@b.example\n', '\ra@b.example'])('is rejected: %j', (cell) => {
    expect(reason(compiler.convert([cell]))).toMatch(/line end/);
  });
});

describe('a row of events', () => {
  const map = { fields: { email: 'mail', name: 'event', occurred_at: 'at', 'properties.amount': { column: 'amount', type: 'number' } } };
  const columns = ['mail', 'event', 'at', 'amount', 'note'];
  const compiler = compile('events', map, columns);
  const key = (cells: string[]): string | null | undefined => staged(compiler, cells)['idempotency_key'];

  it('is its own key: the same values, the same key', () => {
    const row = ['a@b.example', 'Ordered', '2026-01-02T03:04:05Z', '5', 'x'];
    expect(key(row)).toBe(key([...row.slice(0, 4), 'another note']));
    expect(key(row)).not.toBe(key(['a@b.example', 'Ordered', '2026-01-02T03:04:05Z', '6', 'x']));
  });

  it('uses the key it brings', () => {
    const keyed = compile('events', { fields: { ...map.fields, idempotency_key: 'note' } }, columns);
    expect(staged(keyed, ['a@b.example', 'Ordered', '2026-01-02', '5', 'order-1'])['idempotency_key']).toBe('order-1');
    expect(staged(keyed, ['a@b.example', 'Ordered', '2026-01-02', '5', ''])['idempotency_key']).toMatch(/^row-/);
  });

  it('needs a name and a moment', () => {
    expect(reason(compiler.convert(['a@b.example', '', '2026-01-02', '', '']))).toBe('name is empty');
    expect(reason(compiler.convert(['a@b.example', 'x', '', '', '']))).toBe('occurred_at is empty');
  });
});

describe('a map against a header', () => {
  it('names every column that is not there, each place', () => {
    const parsed = parseMap({ fields: { email: 'Mail', first_name: { template: '{Voornaam} {Tussen}' } }, skip: [{ column: 'X', values: ['1'] }] }, 'contacts');
    const compiled = parsed.ok ? compileRow(parsed.value, ['E-mail'], services) : undefined;
    expect(compiled?.ok === false && compiled.error).toEqual([
      { path: 'fields.email', message: 'the file has no column "Mail"' },
      { path: 'fields.first_name', message: 'the file has no column "Voornaam"' },
      { path: 'skip.0.column', message: 'the file has no column "X"' },
    ]);
  });

  it('finds columns without regard to case, and tells forms that mean nothing', () => {
    const parsed = parseMap({ dates: 'QQ', timeZone: 'Mars/X', fields: { email: 'E-MAIL' } }, 'contacts');
    const compiled = parsed.ok ? compileRow(parsed.value, ['e-mail'], services) : undefined;
    expect(compiled?.ok === false && compiled.error.map(({ path }) => path)).toEqual(['fields.email', 'timeZone']);
  });

  it('changes text in a template on request', () => {
    const compiler = compile('accounts', { fields: { name: 'n', domain: { template: '{n|slug}.example' } } }, ['n']);
    expect(staged(compiler, ['Gekko & Cö'])).toMatchObject({ name: 'Gekko & Cö', domain: 'gekko-co.example', name_key: 'gekko co' });
  });
});

describe('a header with one name for several columns', () => {
  const problems = (map: unknown, columns: string[]): string[] => {
    const parsed = parseMap(map, 'contacts');
    const compiled = parsed.ok ? compileRow(parsed.value, columns, services) : parsed;
    return compiled.ok ? [] : compiled.error.map(({ path, message }) => `${path}: ${message}`);
  };
  const several = (column: string): string => `the file has several columns "${column}": give the one that is meant a name of its own`;

  it.each<[string, unknown, string[], string[]]>([
    ['is refused where a field asks for it', { fields: { email: 'mail', city: 'city' } }, ['mail', 'city', 'city'], [`fields.city: ${several('city')}`]],
    ['is refused where they differ in capitals only and none is written as asked', { fields: { email: 'mail', city: 'city' } }, ['mail', 'City', 'CITY'], [`fields.city: ${several('city')}`]],
    ['is refused within a text made of columns', { fields: { email: 'mail', city: { template: '{zip} {city}' } } }, ['mail', 'zip', 'city', 'city'], [`fields.city: ${several('city')}`]],
    ['is refused where it says which rows to skip', { fields: { email: 'mail' }, skip: [{ column: 'test', values: ['1'] }] }, ['mail', 'test', 'test'], [`skip.0.column: ${several('test')}`]],
    ['is refused where the column may be missing', { fields: { email: 'mail', city: { column: 'city', optional: true } } }, ['mail', 'city', 'city'], [`fields.city: ${several('city')}`]],
    ['is taken where one is written as asked', { fields: { email: 'mail' } }, ['mail', 'Mail'], []],
    ['is taken where nothing asks for it', { fields: { email: 'mail' } }, ['mail', '', '', 'note', 'note'], []],
  ])('%s', (_, map, columns, expected) => expect(problems(map, columns)).toEqual(expected));
});

describe('consents of a row', () => {
  const compiler = compile(
    'contacts',
    { fields: { email: 'mail' }, consents: [{ purpose: 'newsletter', event: 'given', at: 'when', when: { column: 'optin', values: ['ja'] }, proof: { method: 'form', controller: 'Voorbeeld', wording: 'Ja' } }] },
    ['mail', 'optin', 'when'],
  );

  it('are entries with their moment; what the map says of everybody is not written with each', () => {
    expect(JSON.parse(staged(compiler, ['a@b.example', 'ja', '2026-01-02T00:00:00Z'])['consents'] ?? '')).toEqual([{ of: 0, at: '2026-01-02T00:00:00.000Z' }]);
  });

  it('are entries with what the row adds to the proof', () => {
    const proven = compile('contacts', { fields: { email: 'mail' }, consents: [{ purpose: 'newsletter', event: 'given', at: 'when', evidence: { wording: 'text', note: 'note' }, proof: { method: 'form', controller: 'Voorbeeld' } }] }, ['mail', 'when', 'text', 'note']);
    expect(JSON.parse(staged(proven, ['a@b.example', '2026-01-02T00:00:00Z', 'Ja, graag', ''])['consents'] ?? '')).toEqual([{ of: 0, at: '2026-01-02T00:00:00.000Z', evidence: { wording: 'Ja, graag' } }]);
  });

  it('are none where the condition does not hold, and need a moment where it does', () => {
    expect(staged(compiler, ['a@b.example', 'nee', ''])['consents']).toBeNull();
    expect(reason(compiler.convert(['a@b.example', 'ja', '']))).toMatch(/consent for newsletter/);
  });
});

describe('the evidence of an imported consent', () => {
  const PROOF = { controller: 'Voorbeeld', wording: 'Ja, stuur mij de nieuwsbrief.' };
  const read = (consent: Record<string, unknown>, cells: Record<string, string> = {}): ConvertedRow => {
    const row = { mail: 'a@b.example', when: '2026-01-02T00:00:00Z', ...cells };
    return compile('contacts', { fields: { email: 'mail' }, consents: [{ purpose: 'newsletter', event: 'given', at: 'when', proof: PROOF, ...consent }] }, Object.keys(row)).convert(Object.values(row));
  };

  it.each([
    ['that names nobody it was given to', { proof: { wording: 'Ja' } }, {}, /does not say to whom/],
    ['that names no words', { proof: { controller: 'Voorbeeld' } }, {}, /does not say to which words/],
    ['whose words stand in a column that is empty here', { proof: { controller: 'Voorbeeld' }, evidence: { wording: 'text' } }, { text: '' }, /to which words/],
    ['without a date', {}, { when: '' }, /its moment is empty/],
    ['of tomorrow', {}, { when: '2026-06-10T08:00:00Z' }, /2026-06-10T08:00:00.000Z is in the future/],
    ['of a second from now', {}, { when: '2026-06-09T10:00:01+02:00' }, /in the future/],
    ['withdrawn tomorrow', { event: 'withdrawn' }, { when: '2026-06-10T08:00:00Z' }, /in the future/],
    ['confirmed, says the list', { event: 'confirmed' }, {}, /that it was confirmed/],
    ['confirmed, with an empty moment', { event: 'confirmed', evidence: { confirmedAt: 'confirmed' } }, { confirmed: '' }, /that it was confirmed/],
    ['confirmed in the future', { event: 'confirmed', evidence: { confirmedAt: 'confirmed' } }, { confirmed: '2027-01-01T00:00:00Z' }, /confirmedAt .* in the future/],
    ['confirmed again, says the list', { event: 're_confirmed' }, {}, /that it was confirmed/],
    ['that ends before it begins', { validUntil: 'until' }, { until: '2026-01-01T00:00:00Z' }, /ends .* before it begins/],
    ['with an address of a page that is none', { evidence: { captureUrl: 'page' } }, { page: 'javascript:alert(1)' }, /captureUrl/],
    ['with a hash that is none', { proof: { controller: 'Voorbeeld' }, evidence: { wordingHash: 'hash' } }, { hash: 'abc' }, /wordingHash/],
  ])('is asked for: a consent %s refuses its row', (_, consent, cells, why) => {
    expect(reason(read(consent, cells))).toMatch(why);
  });

  it.each([
    ['given', {}, {}],
    ['given to a version of a text', { proof: { controller: 'Voorbeeld', wordingVersion: 'shop@3' } }, {}],
    ['confirmed at a moment', { event: 'confirmed', evidence: { confirmedAt: 'confirmed' } }, { confirmed: '2026-01-02T10:00:00Z' }],
    ['confirmed by a token', { event: 'confirmed', evidence: { doubleOptInTokenId: 'token' } }, { token: 'abc-123' }],
    ['withdrawn, with nothing but a date', { event: 'withdrawn', proof: {} }, {}],
    ['expired, with nothing but a date', { event: 'expired', proof: {} }, {}],
    ['asked for, with nothing but a date', { event: 'requested', proof: {} }, {}],
    ['of a customer, whose proof is another', { purpose: 'customers', proof: { controller: 'Voorbeeld' }, evidence: { similarProducts: 'similar', optOutOffered: 'way_out' } }, { similar: 'ja', way_out: 'ja' }],
    ['to being followed in opens', { channel: 'email_opens' }, {}],
  ])('is enough: %s', (_, consent, cells) => {
    expect(reason(read(consent, cells))).toBe('row');
  });

  it.each([['a confirmation that is the same for everybody', { event: 'confirmed', proof: { ...PROOF, confirmedAt: '2026-01-01T00:00:00Z' } }], ['a channel that is none', { channel: 'fax' }], ['evidence of a kind we do not know', { evidence: { signature: 'x' } }]])('takes no map with %s', (_, consent) => {
    expect(parseMap({ fields: { email: 'mail' }, consents: [{ purpose: 'newsletter', event: 'given', at: 'when', proof: PROOF, ...consent }] }, 'contacts').ok).toBe(false);
  });
});
