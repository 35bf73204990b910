import { fc } from '../../support/generated.js';
import type { Computation } from '../../../src/core/attribute/computation.js';
import type { ComputedEvent } from '../../../src/core/attribute/compute-value.js';
import { propertyFilter } from '../rule/random-rules.js';

export const NOW = new Date('2026-06-09T08:00:00.000Z');
const HOUR = 3_600_000;

const pick = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

const NAMES = ['Order Completed', 'Viewed Pricing'];
const PROPERTIES = ['value', 'product', 'gift'];

/** On the edges of windows, at one moment twice, and a little ahead. */
const moment = fc.oneof(
  pick([0, -1, 1, -24 * HOUR, -24 * HOUR - 1, -24 * HOUR + 1, -7 * 24 * HOUR, -7 * 24 * HOUR - 1, 5 * 60_000, -400 * 24 * HOUR]),
  fc.integer({ min: -40 * 24 * HOUR, max: 10 * 60_000 }),
).map((offset) => new Date(NOW.getTime() + offset));

const number = fc.oneof(pick([0, 1, -1, 0.1, 0.2, 0.3, 19.95, 1e15, -1e15, 1.0000005e15, 1e300, 1e-9, 0.0000005, 1.0000005, -0.0000005]), fc.integer({ min: -1_000, max: 1_000 }), fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }));
const text = pick(['shoes', 'Shoes', 'schoenen', '靴', '👟', '', '%', "'; drop table contacts; --", 'x'.repeat(500), 'x'.repeat(501), '😀'.repeat(500), '__proto__']);
const value = fc.oneof({ arbitrary: number, weight: 3 }, { arbitrary: text, weight: 3 }, pick<unknown>([true, false, null, ['shoes'], { a: 1 }, '5']));

export const event: fc.Arbitrary<ComputedEvent> = fc.record({
  name: pick(NAMES),
  occurredAt: moment,
  key: pick(['a', 'b', 'B', 'ab', '\uFFFD', '😀', 'é']),
  properties: fc.dictionary(pick([...PROPERTIES, 'plan', 'score']), value, { maxKeys: 4 }).map((properties) => JSON.parse(JSON.stringify(properties)) as Record<string, unknown>),
});

/** As the table keeps them: one for each moment and key. */
export const stream: fc.Arbitrary<ComputedEvent[]> = fc.array(event, { maxLength: 14 }).map((events) => [...new Map(events.map((one) => [`${one.occurredAt.getTime()} ${one.key}`, one])).values()]);

const shape = {
  event: pick(NAMES),
  where: fc.option(fc.array(propertyFilter, { minLength: 1, maxLength: 2 }), { freq: 4, nil: undefined }),
  withinDays: fc.option(pick([1, 7, 30]), { freq: 2, nil: undefined }),
};
const property = pick(PROPERTIES);
const type = pick(['text', 'number', 'boolean'] as const);

export const computation: fc.Arbitrary<Computation> = fc
  .oneof(
    fc.record({ aggregate: fc.constant('count' as const), ...shape }),
    fc.record({ aggregate: pick(['sum', 'average', 'minimum', 'maximum'] as const), property: fc.constant('value'), ...shape }),
    fc.record({ aggregate: pick(['first', 'last'] as const), ...shape }),
    fc.record({ aggregate: pick(['first', 'last', 'most_frequent'] as const), property, type, ...shape }),
  )
  .map((made) => JSON.parse(JSON.stringify(made)) as Computation);
