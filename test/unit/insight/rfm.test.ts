import { fc } from '../../support/generated.js';
import { DEFAULT_RFM_CLASSES, quintileCuts, quintileOf, QUINTILES, rfmClasses, rfmClassOf } from '../../../src/core/insight/rfm.js';

const counted = (values: readonly number[]) => [...Map.groupBy(values, (value) => value)].map(([value, same]) => ({ value, people: same.length }));
const quintiles = (values: readonly number[]): number[] => values.map((value) => quintileOf(value, quintileCuts(counted(values))));

describe('quintiles', () => {
  it.each([
    ['ten different values are two in each', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]],
    ['five people are one in each', [50, 10, 40, 20, 30], [5, 1, 4, 2, 3]],
    ['one person is in the middle', [7], [3]],
    ['people who are all alike are all in the middle', [3, 3, 3, 3, 3, 3], [3, 3, 3, 3, 3, 3]],
    ['most people with one order share a quintile', [1, 1, 1, 1, 1, 1, 2, 3], [2, 2, 2, 2, 2, 2, 5, 5]],
    ['two people are low and high', [1, 9], [2, 4]],
    ['nobody', [], []],
  ])('%s', (_, values, expected) => {
    expect(quintiles(values)).toEqual(expected);
  });

  const population = fc.array(fc.integer({ min: -5, max: 40 }), { minLength: 1, maxLength: 200 });

  it('are from 1 to 5, rise with the value, and are the same for equal values, in whatever order people come', () => {
    fc.assert(
      fc.property(population, (values) => {
        const scores = quintiles(values);
        values.forEach((value, one) => {
          expect(QUINTILES).toContain(scores[one]);
          values.forEach((other, two) => {
            if (value <= other) expect(scores[one]).toBeLessThanOrEqual(scores[two]!);
          });
        });
        expect(quintiles(values.toReversed()).toReversed()).toEqual(scores);
      }),
    );
  });

  it('hold about a fifth each where nobody is alike', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer(), { minLength: 5, maxLength: 300 }), (values) => {
        const sizes = QUINTILES.map((quintile) => quintiles(values).filter((own) => own === quintile).length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('the classes of RFM', () => {
  it.each([
    [5, 5, 5, 'champions'],
    [4, 4, 2, 'loyal'],
    [5, 1, 3, 'new'],
    [4, 1, 1, 'promising'],
    [5, 2, 4, 'potential_loyal'],
    [3, 3, 3, 'need_attention'],
    [3, 1, 5, 'about_to_sleep'],
    [1, 5, 5, 'cannot_lose'],
    [2, 4, 3, 'at_risk'],
    [2, 2, 2, 'hibernating'],
    [1, 1, 5, 'lost'],
  ] as const)('recency %d, frequency %d, monetary %d is %s', (recency, frequency, monetary, name) => {
    expect(rfmClassOf(recency, frequency, monetary, DEFAULT_RFM_CLASSES)).toBe(name);
  });

  it('fit everybody', () => {
    expect(rfmClasses.safeParse(DEFAULT_RFM_CLASSES).error).toBeUndefined();
  });

  it.each([
    ['a table that leaves people out', [{ name: 'good', recency: [3, 5] }], 'leave out recency 1'],
    ['a class that nobody can be in', [{ name: 'all' }, { name: 'good', recency: [3, 5] }], 'never reached'],
    ['a range that is turned round', [{ name: 'odd', recency: [5, 1] }, { name: 'all' }], 'lowest, highest'],
    ['two classes of one name', [{ name: 'all', recency: [5, 5] }, { name: 'all' }], 'stands in the table before'],
    ['a quintile that does not exist', [{ name: 'odd', recency: [0, 6] }, { name: 'all' }], 'whole number|Too'],
    ['a name with a quote', [{ name: `x'; drop table contacts` }], 'lower-case letter'],
    ['no class', [], 'Too small'],
  ])('are refused: %s', (_, table, message) => {
    expect(JSON.stringify(rfmClasses.safeParse(table).error?.issues)).toMatch(new RegExp(message));
  });
});
