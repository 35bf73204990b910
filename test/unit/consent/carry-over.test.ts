import { fc } from '../../support/generated.js';
import { carryOver, holdNo, type LedgerFact } from '../../../src/core/consent/carry-over.js';
import { CONSENT_EVENTS, type ConsentEntry } from '../../../src/core/consent/consent-event.js';
import { foldLedger } from '../../../src/core/consent/fold-ledger.js';

const NOW = new Date('2026-06-09T08:00:00Z');
const fact = (contactId: number) =>
  fc.array(fc.record({ event: fc.constantFrom(...CONSENT_EVENTS), day: fc.integer({ min: 0, max: 40 }), purpose: fc.constantFrom('newsletter', 'offers'), channel: fc.constantFrom('email', 'tracking') }), { maxLength: 8 }).map((rows) =>
    rows.map(({ event, day, purpose, channel }, index): LedgerFact => ({
      contactId, sequence: index + 1, recordId: `${contactId}-${index}`, purpose, channel, event, occurredAt: new Date(NOW.getTime() - day * 86_400_000), validUntil: null, legalBasis: 'consent',
      proof: { actor: 'self', method: 'web_form', controller: 'x', wordingVersion: '1' },
    })),
  );
const STRICTNESS: Record<string, number> = { refused: 1, withdrawn: 2, objected: 3 };

function stateOf(facts: readonly LedgerFact[], purpose: string, channel: string): string | undefined {
  return foldLedger(facts.filter((one) => one.purpose === purpose && one.channel === channel).map((one) => ({ ...one, evidenceComplete: true })))?.state;
}

/** As the ledger appends: what has no moment happens now, after everything. */
function appended(facts: readonly LedgerFact[], entries: readonly ConsentEntry[]): LedgerFact[] {
  return [...facts, ...entries.map((entry, index) => ({ ...entry, channel: entry.channel ?? 'email', occurredAt: entry.occurredAt ?? new Date(NOW.getTime() + 1), validUntil: null, sequence: facts.length + index + 1, recordId: '' }))];
}

describe('the ledger of who stays', () => {
  it('is nowhere less strict than either was, whatever both had said and when', () => {
    fc.assert(
      fc.property(fact(1), fact(2), fc.boolean(), (merged, survivor, sameAddress) => {
        const after = appended(survivor, carryOver(merged, survivor, 2, sameAddress));
        for (const purpose of ['newsletter', 'offers']) {
          for (const channel of ['email', 'tracking']) {
            const [was, were, is] = [merged, survivor, after].map((facts) => STRICTNESS[stateOf(facts, purpose, channel) ?? ''] ?? 0);
            expect(is).toBeGreaterThanOrEqual(Math.max(was ?? 0, were ?? 0));
          }
        }
      }),
    );
  });

  it('confirms nothing that was confirmed for another address only', () => {
    fc.assert(
      fc.property(fact(1), fact(2), (merged, survivor) => {
        const before = stateOf(survivor, 'newsletter', 'email');
        if (before !== 'confirmed') expect(carryOver(merged, survivor, 2, false).filter(({ channel, event }) => channel === 'email' && event === 'confirmed')).toEqual([]);
      }),
    );
  });

  it('names the origin of each fact, also after a second merge', () => {
    fc.assert(
      fc.property(fact(1), fact(2), fact(3), (first, second, third) => {
        const once = appended(second, carryOver(first, second, 2, true)).map((one) => ({ ...one, contactId: 2 }));
        const twice = carryOver(once, third, 3, true);
        for (const entry of twice) expect([1, 2, 3]).toContain(entry.proof.carriedFrom?.contactId);
        expect(twice.filter((entry) => entry.proof.carriedFrom?.contactId === 1 && entry.occurredAt !== undefined).length).toBeGreaterThanOrEqual(first.length);
      }),
    );
  });

  it('takes over no again after an undo, and nothing else', () => {
    fc.assert(
      fc.property(fact(1), fact(2), (survivor, other) => {
        const entries = holdNo(survivor, other, 2);
        for (const entry of entries) expect(['refused', 'withdrawn', 'objected']).toContain(entry.event);
        const after = appended(other, entries);
        for (const purpose of ['newsletter', 'offers']) expect(STRICTNESS[stateOf(after, purpose, 'email') ?? ''] ?? 0).toBeGreaterThanOrEqual(STRICTNESS[stateOf(survivor, purpose, 'email') ?? ''] ?? 0);
      }),
    );
  });
});
