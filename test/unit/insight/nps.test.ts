import { fc } from '../../support/generated.js';
import { addCounts, ANSWER_WITHIN_DAYS, CHANGE_WITHIN_DAYS, isScore, mayAnswer, npsGroup, npsOf } from '../../../src/core/insight/nps.js';

const counts = fc.record({ promoters: fc.nat(1e6), passives: fc.nat(1e6), detractors: fc.nat(1e6) });

describe('the net promoter score', () => {
  it.each([
    [10, 'promoter'], [9, 'promoter'], [8, 'passive'], [7, 'passive'], [6, 'detractor'], [3, 'detractor'], [0, 'detractor'],
  ] as const)('takes somebody who gives a %i for a %s', (score, group) => {
    expect(npsGroup(score)).toBe(group);
  });

  it.each([
    [{ promoters: 0, passives: 0, detractors: 0 }, null],
    [{ promoters: 5, passives: 0, detractors: 0 }, 100],
    [{ promoters: 0, passives: 0, detractors: 3 }, -100],
    [{ promoters: 0, passives: 7, detractors: 0 }, 0],
    [{ promoters: 6, passives: 1, detractors: 3 }, 30],
    [{ promoters: 2, passives: 0, detractors: 1 }, 33],
    [{ promoters: 1, passives: 0, detractors: 2 }, -33],
    [{ promoters: 101, passives: 0, detractors: 99 }, 1],
    [{ promoters: 201, passives: 0, detractors: 199 }, 1], // 0.5 is rounded away from zero
    [{ promoters: 199, passives: 0, detractors: 201 }, -1],
  ])('of %j is %p', (given, score) => {
    expect(npsOf(given).score).toBe(score);
  });

  it('is a whole number between −100 and 100, and never −0', () => {
    fc.assert(
      fc.property(counts, (given) => {
        const { score, answers } = npsOf(given);
        expect(answers).toBe(given.promoters + given.passives + given.detractors);
        if (answers === 0) expect(score).toBeNull();
        else expect(Number.isInteger(score) && !Object.is(score, -0) && Math.abs(score!) <= 100).toBe(true);
      }),
    );
  });

  it('turns its sign when promoters and detractors change places', () => {
    fc.assert(fc.property(counts, (given) => {
      const turned = npsOf({ ...given, promoters: given.detractors, detractors: given.promoters }).score;
      expect((npsOf(given).score ?? 0) + (turned ?? 0)).toBe(0);
    }));
  });

  it('never falls when somebody becomes happier, and is the same however answers are gathered', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 1, maxLength: 60 }), fc.nat(), fc.nat(60), (scores, who, cut) => {
      const of = (list: readonly number[]) => ({ promoters: list.filter((one) => npsGroup(one) === 'promoter').length, passives: list.filter((one) => npsGroup(one) === 'passive').length, detractors: list.filter((one) => npsGroup(one) === 'detractor').length });
      const happier = scores.map((score, index) => (index === who % scores.length ? Math.min(10, score + 1) : score));
      expect(npsOf(of(happier)).score!).toBeGreaterThanOrEqual(npsOf(of(scores)).score!);
      expect(npsOf(addCounts(of(scores.slice(0, cut)), of(scores.slice(cut))))).toEqual(npsOf(of(scores.toReversed())));
    }));
  });

  it.each([[-1, false], [0, true], [10, true], [11, false], [7.5, false], [Number.NaN, false]])('knows whether %p is an answer: %p', (score, is) => {
    expect(isScore(score)).toBe(is);
  });

  it('takes an answer for sixty days, and another one for two weeks after the first', () => {
    const day = (days: number): Date => new Date(Date.UTC(2026, 5, 9) + days * 86_400_000);
    expect(mayAnswer({ askedAt: day(0), answeredAt: null }, day(ANSWER_WITHIN_DAYS - 0.001))).toBe(true);
    expect(mayAnswer({ askedAt: day(0), answeredAt: null }, day(ANSWER_WITHIN_DAYS))).toBe(false);
    expect(mayAnswer({ askedAt: day(0), answeredAt: day(59) }, day(59 + CHANGE_WITHIN_DAYS - 0.001))).toBe(true);
    expect(mayAnswer({ askedAt: day(0), answeredAt: day(59) }, day(59 + CHANGE_WITHIN_DAYS))).toBe(false);
  });
});
