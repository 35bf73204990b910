import { type Computation, computationSchema, computedType } from '../../../src/core/attribute/computation.js';
import { type ComputedEvent, computeValue } from '../../../src/core/attribute/compute-value.js';

const NOW = new Date('2026-06-09T08:00:00Z');
const order = (occurredAt: string, properties: Record<string, unknown> = {}, key = occurredAt): ComputedEvent => ({ name: 'Order Completed', occurredAt: new Date(occurredAt), key, properties });
const EVENTS = [
  order('2026-06-01T10:00:00Z', { value: 0.1, product: 'shoes' }),
  order('2026-06-08T10:00:00Z', { value: 0.2, product: 'socks' }),
  order('2026-03-01T10:00:00Z', { value: 100, product: 'shoes', gift: true }),
  { ...order('2026-06-08T12:00:00Z', { value: 999 }), name: 'Viewed Pricing' },
];
const event = 'Order Completed';

describe('a computed value', () => {
  it.each<[string, Computation, unknown]>([
    ['the number of orders', { aggregate: 'count', event }, 3],
    ['the number of orders in 30 days', { aggregate: 'count', event, withinDays: 30 }, 2],
    ['what was spent in all, as decimals are', { aggregate: 'sum', event, property: 'value' }, 100.3],
    ['what was spent in 30 days: 0.1 + 0.2 is 0.3', { aggregate: 'sum', event, property: 'value', withinDays: 30 }, 0.3],
    ['the average, to six places', { aggregate: 'average', event, property: 'value' }, 33.433333],
    ['the smallest order', { aggregate: 'minimum', event, property: 'value' }, 0.1],
    ['the largest order', { aggregate: 'maximum', event, property: 'value' }, 100],
    ['when the first order was', { aggregate: 'first', event }, '2026-03-01T10:00:00.000Z'],
    ['when the last order was', { aggregate: 'last', event }, '2026-06-08T10:00:00.000Z'],
    ['what was bought first', { aggregate: 'first', event, property: 'product', type: 'text' }, 'shoes'],
    ['what was bought last', { aggregate: 'last', event, property: 'product', type: 'text' }, 'socks'],
    ['what is bought most', { aggregate: 'most_frequent', event, property: 'product', type: 'text' }, 'shoes'],
    ['of two bought alike, the one bought last', { aggregate: 'most_frequent', event, property: 'product', type: 'text', withinDays: 30 }, 'socks'],
    ['orders of shoes, however it is spelt', { aggregate: 'count', event, where: [{ property: 'product', operator: 'equals', value: 'SHOES' }] }, 2],
    ['nothing, for who never did it', { aggregate: 'count', event: 'Demo Requested' }, undefined],
    ['nothing, where the property is of another type', { aggregate: 'sum', event, property: 'product' }, undefined],
    ['nothing of a prototype', { aggregate: 'last', event, property: 'constructor', type: 'text' }, undefined],
  ])('is %s', (_, computation, value) => {
    expect(computationSchema.parse(computation)).toEqual(computation);
    expect(computeValue(computation, EVENTS, NOW).value).toBe(value);
    expect(computeValue(computation, [...EVENTS].reverse(), NOW).value).toBe(value);
  });

  it('knows when the clock will change it', () => {
    const due = (computation: Computation, events: readonly ComputedEvent[]) => computeValue(computation, events, NOW).dueAt?.toISOString();
    expect(due({ aggregate: 'count', event }, EVENTS)).toBeUndefined();
    expect(due({ aggregate: 'count', event, withinDays: 30 }, EVENTS)).toBe('2026-07-01T10:00:00.001Z');
    expect(due({ aggregate: 'count', event }, [order('2026-06-09T08:05:00Z')])).toBe('2026-06-09T08:05:00.000Z');
  });

  it('orders events of one moment by their key', () => {
    const twins = [order('2026-06-01T10:00:00Z', { product: 'second' }, '😀'), order('2026-06-01T10:00:00Z', { product: 'first' }, '\uFFFD')];
    expect(computeValue({ aggregate: 'last', event, property: 'product', type: 'text' }, twins, NOW).value).toBe('second');
  });

  it.each<[Computation, string]>([
    [{ aggregate: 'count', event }, 'number'],
    [{ aggregate: 'last', event }, 'timestamp'],
    [{ aggregate: 'last', event, property: 'gift', type: 'boolean' }, 'boolean'],
    [{ aggregate: 'most_frequent', event, property: 'product', type: 'text' }, 'text'],
  ])('%j is a %s', (computation, type) => {
    expect(computedType(computation)).toBe(type);
  });

  it.each([
    [{ aggregate: 'count', event: '' }],
    [{ aggregate: 'count', event, property: 'value' }],
    [{ aggregate: 'first', event, property: 'product' }],
    [{ aggregate: 'most_frequent', event }],
    [{ aggregate: 'sum', event, property: "x'; drop table events; --" }],
    [{ aggregate: 'count', event, withinDays: 1.5 }],
  ])('%j is no computation', (input) => {
    expect(computationSchema.safeParse(input).success).toBe(false);
  });
});
