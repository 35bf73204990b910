import { fc } from '../../support/generated.js';
import { CONSENT_EVENTS, type ConsentEvent } from '../../../src/core/consent/consent-event.js';
import { foldLedger, isEnded, type LedgerRecord } from '../../../src/core/consent/fold-ledger.js';

const day = (number: number): Date => new Date(Date.UTC(2026, 0, number));

/** "3 given" is a consent given on the third; the order in the list is the order in which the ledger received them. */
function ledger(...acts: string[]): LedgerRecord[] {
  return acts.map((act, index) => {
    const [on, event, ...marks] = act.split(' ');
    const until = marks.find((mark) => mark.startsWith('until='));
    return {
      sequence: index + 1,
      event: event as ConsentEvent,
      occurredAt: day(Number(on)),
      validUntil: until === undefined ? null : day(Number(until.slice('until='.length))),
      legalBasis: 'consent' as const,
      evidenceComplete: !marks.includes('bare'),
    };
  });
}

describe('foldLedger', () => {
  it.each([
    ['was only asked', ['1 requested'], 'requested', 1],
    ['said yes', ['1 requested', '2 given'], 'given', 2],
    ['said yes and confirmed', ['1 given', '2 confirmed'], 'confirmed', 2],
    ['confirmed an answer to our question', ['1 requested', '2 confirmed'], 'confirmed', 2],
    ['came from a system that recorded only the confirmation', ['2 confirmed'], 'confirmed', 1],
    ['confirmed and ticked the box again', ['1 given', '2 confirmed', '3 given'], 'confirmed', 2],
    ['said no to the question', ['1 requested', '2 refused'], 'refused', 2],
    ['confirmed once and refused when asked again', ['1 confirmed', '2 requested', '3 refused'], 'refused', 3],
    ['withdrew', ['1 given', '2 confirmed', '3 withdrawn'], 'withdrawn', 3],
    ['withdrew and came back', ['1 confirmed', '2 withdrawn', '3 given'], 'given', 3],
    ['withdrew, came back and confirmed', ['1 confirmed', '2 withdrawn', '3 given', '4 confirmed'], 'confirmed', 4],
    ['withdrew and then opened the confirm link of an older mail', ['1 given', '2 withdrawn', '3 confirmed'], 'withdrawn', 2],
    ['withdrew, was asked again and confirmed that', ['1 given', '2 withdrawn', '3 requested', '4 confirmed'], 'confirmed', 4],
    ['withdrew and was only asked again', ['1 given', '2 withdrawn', '3 requested'], 'withdrawn', 2],
    ['withdrew and never answered the re-confirmation, which somebody recorded anyway', ['1 given', '2 withdrawn', '3 re_confirmed'], 'withdrawn', 2],
    ['objected without ever saying yes', ['1 objected'], 'objected', 1],
    ['objected and clicked an old unsubscribe link later', ['1 objected', '2 withdrawn'], 'objected', 1],
    ['withdrew and then objected', ['1 withdrawn', '2 objected'], 'objected', 2],
    ['objected, and the yes ran out later', ['1 given', '2 objected', '3 expired'], 'objected', 2],
    ['ran out', ['1 given', '2 expired'], 'expired', 2],
    ['ran out and re-confirmed', ['1 confirmed', '2 expired', '3 re_confirmed'], 'confirmed', 3],
    ['re-confirmed in time', ['1 confirmed until=9', '3 re_confirmed until=30'], 'confirmed', 2],
    ['said yes and no in the same moment, no written first', ['1 withdrawn', '1 given', '1 confirmed'], 'withdrawn', 1],
    ['confirmed and objected in the same moment', ['1 objected', '1 confirmed'], 'objected', 1],
    ['gave a yes before the no that reached us first', ['3 withdrawn', '1 given', '2 confirmed'], 'withdrawn', 1],
    ['gave a yes after the no, and the confirmation reached us before the yes', ['2 withdrawn', '4 confirmed', '3 given'], 'confirmed', 2],
    ['said yes again after the validity was over', ['1 confirmed until=5', '6 given'], 'given', 2],
  ])('knows what holds for somebody who %s', (_, acts, state, sequence) => {
    expect(foldLedger(ledger(...acts))).toMatchObject({ state, sequence });
  });

  it('keeps the dates of the whole way', () => {
    expect(foldLedger(ledger('1 given', '2 confirmed until=40', '3 withdrawn'))).toMatchObject({ givenAt: day(1), confirmedAt: day(2), endedAt: day(3), state: 'withdrawn' });
    expect(foldLedger(ledger('1 given', '2 withdrawn', '3 given'))).toMatchObject({ givenAt: day(3), confirmedAt: null, endedAt: null });
    expect(foldLedger(ledger('1 confirmed until=9', '3 re_confirmed until=30'))).toMatchObject({ givenAt: day(1), confirmedAt: day(3), validUntil: day(30) });
  });

  it.each([
    ['the words were on the form, the click carries none', ['1 given', '2 confirmed bare'], true],
    ['the words were in the question', ['1 requested', '2 confirmed bare'], true],
    ['nobody knows the words', ['1 given bare', '2 confirmed bare'], false],
    ['the person agreed again, to words that are known', ['1 given bare', '2 confirmed bare', '3 given', '4 confirmed bare'], true],
    ['a later import knows less than the form did', ['1 given', '2 given bare'], true],
    ['the words belong to the yes before the withdrawal', ['1 given', '2 withdrawn', '3 given bare', '4 confirmed bare'], false],
  ])('says whether the evidence is complete when %s', (_, acts, complete) => {
    expect(foldLedger(ledger(...acts))?.evidenceComplete).toBe(complete);
  });

  it('has nothing to say without records', () => {
    expect(foldLedger([])).toBeUndefined();
  });
});

describe('every ledger', () => {
  const record = fc.record({
    event: fc.constantFrom(...CONSENT_EVENTS),
    occurredAt: fc.integer({ min: 1, max: 8 }).map(day),
    validUntil: fc.option(fc.integer({ min: 1, max: 12 }).map(day)),
    evidenceComplete: fc.boolean(),
  });
  const records = fc.array(record, { maxLength: 10 }).map((list) => list.map((one, index): LedgerRecord => ({ ...one, sequence: index + 1, legalBasis: 'consent' })));
  const allowsMail = (list: LedgerRecord[]): boolean => ['given', 'confirmed'].includes(foldLedger(list)?.state ?? '');

  it('comes to the same, in whatever order it is read', () => {
    fc.assert(
      fc.property(
        records.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        ([list, shuffled]) => expect(foldLedger(shuffled)).toEqual(foldLedger(list)),
      ),
    );
  });

  it('ends with a no when the no is the last thing that happened, or happened at the same moment as the last yes', () => {
    fc.assert(
      fc.property(records, fc.constantFrom('refused' as const, 'withdrawn' as const, 'objected' as const), (list, event) => {
        const no: LedgerRecord = { sequence: list.length + 1, event, occurredAt: day(8), validUntil: null, legalBasis: 'consent', evidenceComplete: true };
        const state = foldLedger([...list, no])?.state;
        expect(state !== undefined && isEnded(state)).toBe(true);
      }),
    );
  });

  it('never comes to a yes because a yes was taken out, or a no was put in', () => {
    fc.assert(
      // Without validity: a later yes for a shorter time is the person's last word, and taking it out would lengthen the earlier one.
      fc.property(records, fc.nat(), fc.integer({ min: 1, max: 8 }), (generated, pick, on) => {
        const list = generated.map((one) => ({ ...one, validUntil: null }));
        if (allowsMail(list)) return;
        const yes = list.filter((one) => one.event === 'given' || one.event === 'confirmed' || one.event === 're_confirmed');
        const removed = yes[pick % Math.max(1, yes.length)];
        expect(allowsMail(list.filter((one) => one !== removed))).toBe(false);
        for (const event of ['withdrawn', 'objected'] as const) {
          expect(allowsMail([...list, { sequence: list.length + 1, event, occurredAt: day(on), validUntil: null, legalBasis: 'consent', evidenceComplete: true }])).toBe(false);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
