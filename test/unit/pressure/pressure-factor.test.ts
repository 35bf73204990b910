import { fc } from '../../support/generated.js';
import { changedFactor, FACTOR_CAUSES, type FactorCause, factorAt } from '../../../src/core/pressure/pressure-factor.js';

const NOW = new Date('2026-06-09T08:00:00Z');
const later = (days: number): Date => new Date(NOW.getTime() + days * 86_400_000);

describe('how much somebody bears', () => {
  it.each<[FactorCause, number]>([['topic_unsubscribed', 0.5], ['negative_reply', 0.5], ['less_often', 0.5], ['no_reaction', 0.7], ['reply', 1.2], ['meeting', 1.2]])('after %s is %d of what it was', (cause, factor) => {
    expect(changedFactor(undefined, { cause, at: NOW })).toEqual({ factor, at: NOW, cause });
  });

  it.each([[0, 0.5], [30, 0.75], [60, 0.875], [3_000, 1]])('after %d days has come half of the way back every thirty days: %d', (days, factor) => {
    expect(factorAt({ factor: 0.5, at: NOW }, later(days))).toBeCloseTo(factor, 6);
  });

  it('comes down from more than usual as well', () => expect(factorAt({ factor: 1.5, at: NOW }, later(30))).toBeCloseTo(1.25, 6));

  it('builds on what is left of the last sign', () => {
    const first = changedFactor(undefined, { cause: 'less_often', at: NOW });
    expect(changedFactor(first, { cause: 'no_reaction', at: later(30) })?.factor).toBeCloseTo(0.75 * 0.7, 6);
  });

  it('does not count the same sign twice in a day: who tries the choices of a page has asked once', () => {
    const first = changedFactor(undefined, { cause: 'less_often', at: NOW });
    expect(changedFactor(first, { cause: 'less_often', at: later(0.5) })).toBeUndefined();
    expect(changedFactor(first, { cause: 'less_often', at: later(1) })?.factor).toBeLessThan(0.3);
  });

  it('counts a sign that comes late as of the last one', () => {
    const first = changedFactor(undefined, { cause: 'less_often', at: NOW });
    expect(changedFactor(first, { cause: 'reply', at: later(-3) })).toEqual({ factor: 0.6, at: NOW, cause: 'reply' });
  });

  it('property: stays between a quarter and one and a half', () => {
    const signs = fc.array(fc.record({ cause: fc.constantFrom(...(Object.keys(FACTOR_CAUSES) as FactorCause[])), days: fc.integer({ min: 0, max: 100 }) }), { maxLength: 30 });
    fc.assert(
      fc.property(signs, (given) => {
        let factor: ReturnType<typeof changedFactor>;
        for (const { cause, days } of given) factor = changedFactor(factor, { cause, at: later(days) }) ?? factor;
        if (factor) for (const days of [0, 1, 50, 500]) expect(Math.abs(factorAt(factor, later(100 + days)) - 0.875)).toBeLessThanOrEqual(0.625);
      }),
    );
  });
});
